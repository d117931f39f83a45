//! The pages of a hybrid document and the XML that it carries are the same invoice: the text is read by its position, the
//! XML by its paths.

#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../einvoice/tests/corpus/mod.rs"]
mod corpus;
mod tools;

use std::collections::BTreeMap;

use corpus::xml::texts;
use corpus::{parse, random};
use invoice::{Decimal, Format};
use lopdf::{Document, Object};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult};
use render::Style;
use serde_json::json;

/// Tags, and the signs between the whole and the fraction and between groups.
const LOCALES: [(&str, char, char); 7] = [
    ("en-GB", '.', ','),
    ("de-DE", ',', '.'),
    ("fr-FR", ',', ' '),
    ("pl-PL", ',', ' '),
    ("es-ES", ',', '.'),
    ("nl-NL", ',', '.'),
    ("ja-JP", '.', ','),
];
/// Words with less room between them, in points, stand in one cell: wider than a space, narrower than a gap of columns.
const SPACE: f64 = 5.0;
/// What stands on one line, or ends at one edge, differs by less, in points.
const TOLERANCE: f64 = 2.0;

const DOCUMENT: &str = "CrossIndustryInvoice/ExchangedDocument";
const AGREEMENT: &str = "CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement";
const SETTLEMENT: &str = "CrossIndustryInvoice/SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement";
const LINE: &str = "CrossIndustryInvoice/SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem";

/// A piece of text on a page, in points.
#[derive(Debug, Clone)]
struct Cell {
    text: String,
    top: f64,
    left: f64,
    right: f64,
}

/// The lines of all pages, from top to bottom, each with its cells from left to right.
fn rows(pdf: &[u8]) -> Vec<Vec<Cell>> {
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for page in tools::run("pdftotext", &["-bbox", "{}", "-"], pdf).split("<page ").skip(1) {
        let mut words: Vec<Cell> = page.lines().filter_map(word).collect();
        words.sort_by(|one, other| one.top.total_cmp(&other.top));
        for line in words.chunk_by(|one, next| (one.top - next.top).abs() < TOLERANCE) {
            let mut line = line.to_vec();
            line.sort_by(|one, other| one.left.total_cmp(&other.left));
            rows.push(cells(line));
        }
    }
    rows
}

fn word(line: &str) -> Option<Cell> {
    let (attributes, text) = line.trim().strip_prefix("<word ")?.strip_suffix("</word>")?.split_once('>')?;
    let number =
        |name: &str| -> Option<f64> { attributes.split_once(&format!("{name}=\""))?.1.split_once('"')?.0.parse().ok() };
    let text = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character));
    Some(Cell { text, top: number("yMax")?, left: number("xMin")?, right: number("xMax")? })
}

fn cells(words: Vec<Cell>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for word in words {
        match cells.last_mut() {
            Some(last) if word.left - last.right < SPACE => {
                last.text = format!("{} {}", last.text, word.text);
                last.right = word.right;
            }
            _ => cells.push(word),
        }
    }
    cells
}

/// The number that a cell shows, with or without a currency.
fn number(text: &str, (decimal, group): (char, char)) -> Option<Decimal> {
    let is_part = |c: &char| c.is_ascii_digit() || *c == decimal || *c == group || *c == '\u{2212}' || *c == '\u{a0}';
    let without_currency = text.trim_matches(|c: char| c.is_ascii_uppercase() || c == ' ');
    if without_currency.is_empty() || !without_currency.chars().all(|c| is_part(&c)) {
        return None;
    }
    let plain: String = without_currency
        .chars()
        .filter(|c| *c != group && *c != '\u{a0}')
        .map(|c| {
            if c == decimal {
                '.'
            } else if c == '\u{2212}' {
                '-'
            } else {
                c
            }
        })
        .collect();
    plain.parse().ok()
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn carried_xml(pdf: &[u8]) -> Vec<u8> {
    let document = Document::load_mem(pdf).unwrap();
    let dictionary = |object: &Object| document.dereference(object).unwrap().1.as_dict().unwrap().clone();
    let file = dictionary(&document.catalog().unwrap().get(b"AF").unwrap().as_array().unwrap()[0]);
    let streams = dictionary(file.get(b"EF").unwrap());
    let (_, stream) = document.dereference(streams.get(b"UF").unwrap()).unwrap();
    stream.as_stream().unwrap().decompressed_content().unwrap()
}

struct Xml(BTreeMap<String, Vec<String>>);

impl Xml {
    fn all(&self, path: &str) -> &[String] {
        self.0.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    fn one(&self, path: &str) -> &str {
        self.all(path).first().unwrap_or_else(|| panic!("{path} is missing"))
    }

    fn amounts(&self, path: &str) -> Vec<Decimal> {
        self.all(path).iter().map(|text| text.parse().unwrap()).collect()
    }
}

/// Compares what a program reads with what a person reads.
fn compare(xml: &[u8], rows: &[Vec<Cell>], signs: (char, char)) -> TestCaseResult {
    let xml = Xml(texts(xml));
    let text_of = |row: &Vec<Cell>| row.iter().map(|cell| without_spaces(&cell.text)).collect::<String>();
    let lines: Vec<String> = rows.iter().map(text_of).collect();
    let all = lines.join("\n");
    for path in [
        format!("{DOCUMENT}/ID"),
        format!("{AGREEMENT}/SellerTradeParty/Name"),
        format!("{AGREEMENT}/BuyerTradeParty/Name"),
        format!("{AGREEMENT}/BuyerTradeParty/PostalTradeAddress/CityName"),
        format!("{SETTLEMENT}/InvoiceCurrencyCode"),
    ] {
        let text = without_spaces(xml.one(&path));
        prop_assert!(lines.iter().any(|line| line.contains(&text)), "{} is not in\n{}", text, all);
    }
    for path in [
        format!("{DOCUMENT}/IssueDateTime/DateTimeString"),
        format!("{SETTLEMENT}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString"),
    ] {
        for date in xml.all(&path) {
            prop_assert!(rows.iter().flatten().any(|cell| shows_date(cell, date)), "{} is not in\n{}", date, all);
        }
    }
    compare_figures(&xml, rows, &lines, signs)
}

/// Whether a cell shows year and day of a date such as `20260309`, whatever its month is called.
fn shows_date(cell: &Cell, date: &str) -> bool {
    let (year, day) = (&date[..4], date[6..].trim_start_matches('0'));
    let numbers: Vec<&str> = cell.text.split(|c: char| !c.is_ascii_digit()).collect();
    numbers.contains(&year) && numbers.contains(&day)
}

/// Line by line in their order, then the totals below them.
fn compare_figures(xml: &Xml, rows: &[Vec<Cell>], lines: &[String], signs: (char, char)) -> TestCaseResult {
    let amounts: Vec<Option<(Decimal, f64)>> =
        rows.iter().map(|row| row.last().and_then(|cell| Some((number(&cell.text, signs)?, cell.right)))).collect();
    let names = xml.all(&format!("{LINE}/SpecifiedTradeProduct/Name"));
    let nets = xml.amounts(&format!(
        "{LINE}/SpecifiedLineTradeSettlement/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount"
    ));
    prop_assert_eq!(names.len(), nets.len());
    let mut from = 0;
    let mut edge = None;
    for (name, net) in names.iter().zip(nets) {
        let name = without_spaces(name);
        let is_line =
            |index: &usize| lines[*index].contains(&name) && amounts[*index].is_some_and(|(amount, _)| amount == net);
        let found = (from..rows.len()).find(is_line);
        let found = found.ok_or_else(|| TestCaseError::fail(format!("{name} {net} in\n{}", lines.join("\n"))))?;
        let right = amounts[found].map_or(0.0, |(_, right)| right);
        let aligned = *edge.get_or_insert(right);
        prop_assert!((aligned - right).abs() < TOLERANCE, "one column of amounts: {} and {}", aligned, right);
        from = found + 1;
    }
    let totals: Vec<Decimal> = amounts[from..].iter().flatten().map(|(amount, _)| *amount).collect();
    let sums = format!("{SETTLEMENT}/SpecifiedTradeSettlementHeaderMonetarySummation");
    for path in [
        format!("{sums}/TaxBasisTotalAmount"),
        format!("{sums}/GrandTotalAmount"),
        format!("{sums}/TotalPrepaidAmount"),
        format!("{sums}/DuePayableAmount"),
        format!("{SETTLEMENT}/ApplicableTradeTax/CalculatedAmount"),
        format!("{SETTLEMENT}/SpecifiedTradeAllowanceCharge/ActualAmount"),
    ] {
        for amount in xml.amounts(&path).into_iter().filter(|amount| *amount != Decimal::ZERO) {
            let is_shown = totals.iter().any(|total| unsigned(*total) == unsigned(amount));
            prop_assert!(is_shown, "{} {} is not among {:?}:\n{}", path, amount, totals, lines.join("\n"));
        }
    }
    Ok(())
}

/// What is taken off has a minus on the pages and none in the XML.
fn unsigned(amount: Decimal) -> String {
    amount.to_string().trim_start_matches('-').to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_people_read_is_what_programs_read(
        json in random::invoice(),
        (locale, decimal, group) in prop::sample::select(LOCALES.to_vec()),
    ) {
        let mut json = json;
        json["locale"] = json!(locale);
        // The pages then show prices with tax, which the norm does not have.
        json.as_object_mut().unwrap().remove("prices_include_tax");
        let Ok(parsed) = invoice::parse(json.to_string().as_bytes(), &invoice::ParseOptions::default()) else {
            return Ok(());
        };
        let Ok(document) = render::render(&parsed.invoice, Format::FacturX, &Style::default()) else { return Ok(()) };
        compare(&carried_xml(&document.bytes), &rows(&document.bytes), (decimal, group))?;
    }
}

#[test]
fn a_difference_is_found() {
    let mut json = corpus::german();
    json["locale"] = json!("de-DE");
    let pages = render::render(&parse(&json), Format::FacturX, &Style::default()).unwrap().bytes;
    let (rows, signs) = (rows(&pages), (',', '.'));
    assert!(compare(&carried_xml(&pages), &rows, signs).is_ok());
    for (pointer, value) in [
        ("/lines/1/unit_price", json!("61.21")),
        ("/lines/1/name", json!("Abbau")),
        ("/number", json!("RE-2026-0094")),
        ("/issue_date", json!("2026-03-10")),
        ("/seller/name", json!("Hafen und Kiefer GmbH")),
    ] {
        let mut other = json.clone();
        corpus::set(&mut other, pointer, value);
        let other = render::render(&parse(&other), Format::FacturX, &Style::default()).unwrap().bytes;
        assert!(compare(&carried_xml(&other), &rows, signs).is_err(), "{pointer}");
    }
}
