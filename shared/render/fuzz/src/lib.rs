//! Invoices out of a fuzzer's bytes. Random JSON is hardly ever an invoice, so its form is given, and its texts, figures
//! and looks are the fuzzer's.

use arbitrary::Arbitrary;
use invoice::{Format, Invoice, ParseOptions};
use render::{CsvDialect, Layout, Mark, Paper, Style};
use serde_json::{Value, json};

/// What the fuzzer decides.
#[derive(Debug, Arbitrary)]
pub struct Wish<'a> {
    number: &'a str,
    seller: Party<'a>,
    buyer: Party<'a>,
    lines: Vec<Line<'a>>,
    notes: Vec<&'a str>,
    tax_rate: u8,
    currency: u8,
    locale: u8,
    prices_include_tax: bool,
    looks: u8,
}

#[derive(Debug, Arbitrary)]
struct Party<'a> {
    name: &'a str,
    address: &'a str,
}

#[derive(Debug, Arbitrary)]
struct Line<'a> {
    id: Option<&'a str>,
    name: &'a str,
    description: Option<&'a str>,
    quantity: i32,
    decimals: u8,
    unit_price: u32,
}

const CURRENCIES: [&str; 6] = ["EUR", "USD", "JPY", "KWD", "INR", "CLF"];
const LOCALES: [&str; 8] = ["en", "de-AT", "fr", "ar", "he", "hi", "ja", "es-MX"];
const MOST_LINES: usize = 200;

/// The document of the fuzzer's invoice, where it wished for one that is right. The same invoice gives the same bytes.
pub fn document(wish: &Wish, format: Format) -> Option<(Invoice, Vec<u8>)> {
    let json = wish.json().to_string();
    let invoice = invoice::parse(json.as_bytes(), &ParseOptions::default()).ok()?.invoice;
    let style = wish.style();
    let rendered = render::render(&invoice, format, &style).expect("an invoice has its documents");
    assert_eq!(rendered.bytes, render::render(&invoice, format, &style).expect("a second time, too").bytes);
    Some((invoice, rendered.bytes))
}

impl Wish<'_> {
    fn json(&self) -> Value {
        json!({
            "number": shown(self.number),
            "issue_date": "2026-03-09",
            "currency": CURRENCIES[usize::from(self.currency) % CURRENCIES.len()],
            "seller": self.seller.json(),
            "buyer": self.buyer.json(),
            "lines": self.lines().collect::<Vec<_>>(),
            "notes": self.notes.iter().map(|note| shown(note)).collect::<Vec<_>>(),
            "tax_rate": self.tax_rate % 101,
            "locale": LOCALES[usize::from(self.locale) % LOCALES.len()],
            "prices_include_tax": self.prices_include_tax,
        })
    }

    fn lines(&self) -> impl Iterator<Item = Value> {
        let first = json!({ "name": "Shelf", "unit_price": 1 });
        [first].into_iter().chain(self.lines.iter().take(MOST_LINES).map(Line::json))
    }

    fn style(&self) -> Style {
        let choice = |place: u32| self.looks >> place & 3;
        let mut style = Style::default();
        style.paper = [None, Some(Paper::A4), Some(Paper::Letter), None][usize::from(choice(0))];
        style.layout = if choice(2) % 2 == 0 { Layout::Classic } else { Layout::Modern };
        style.mark = [None, Some(Mark::Draft), Some(Mark::Paid), Some(Mark::Copy)][usize::from(choice(4))];
        style.csv_dialect =
            [CsvDialect::Rfc4180, CsvDialect::Excel, CsvDialect::ExcelDe, CsvDialect::Rfc4180][usize::from(choice(6))];
        style
    }
}

impl Party<'_> {
    fn json(&self) -> Value {
        json!({ "name": shown(self.name), "address": shown(self.address) })
    }
}

impl Line<'_> {
    fn json(&self) -> Value {
        json!({
            "seller_item_id": self.id.map(shown),
            "name": shown(self.name),
            "description": self.description.map(shown),
            "quantity": decimal(i128::from(self.quantity), self.decimals),
            "unit_price": decimal(i128::from(self.unit_price), self.decimals / 13),
        })
    }
}

/// The text as an invoice may have it: no document shows control characters, and none is blank.
fn shown(text: &str) -> String {
    let kept: String = text.chars().filter(|character| !character.is_control()).collect();
    if kept.trim().is_empty() { "x".to_owned() } else { kept }
}

/// The number with at most 12 of its digits after the point.
fn decimal(number: i128, decimals: u8) -> String {
    let decimals = usize::from(decimals % 13);
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", number.unsigned_abs(), width = decimals + 1);
    let (integer, fraction) = digits.split_at(digits.len() - decimals);
    if fraction.is_empty() { format!("{sign}{integer}") } else { format!("{sign}{integer}.{fraction}") }
}
