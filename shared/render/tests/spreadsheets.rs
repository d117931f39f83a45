//! Workbooks and CSV files as other programs read them.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use invoice::Format;
use jiff::civil::{self, Date};
use proptest::prelude::*;
use render::{CsvDialect, Style};
use samples::{flat, full, item, parse, render};
use serde_json::{Value, json};

/// What begins like a formula, a link or an entity in some program.
const TRAPS: [&str; 9] = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=HYPERLINK(\"http://evil.example\")",
    "http://harbour.example",
    "<b>&amp;</b>",
    "=cmd|'/C calc'!A0",
    "_x0041_",
];

fn workbook(bytes: &[u8]) -> Xlsx<Cursor<Vec<u8>>> {
    Xlsx::new(Cursor::new(bytes.to_vec())).unwrap()
}

fn csv_rows(bytes: &[u8]) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv::Reader::from_reader(bytes);
    let head = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect();
    (head, rows)
}

#[test]
fn user_text_is_never_a_formula_in_workbooks() {
    for trap in TRAPS {
        let mut json = flat(vec![item(trap, "1", "1")]);
        for key in ["company_name", "invoice_no", "bill_to_name", "bill_to_company", "bill_to_address"] {
            json[key] = json!(trap);
        }
        let mut book = workbook(&render(&parse(&json), Format::Excel).bytes);
        for name in book.sheet_names() {
            let formulas = book.worksheet_formula(&name).unwrap();
            for (_, _, formula) in formulas.used_cells().filter(|(_, _, formula)| !formula.is_empty()) {
                assert!(formula.starts_with("SUM(") || formula.starts_with("ROUND("), "{formula}");
            }
            let cells = book.worksheet_range(&name).unwrap();
            assert!(cells.used_cells().any(|(_, _, cell)| *cell == Data::String(trap.to_owned())), "{trap} in {name}");
        }
    }
}

/// The rows of a long sheet are written in another way.
#[test]
fn sheets_of_few_and_of_many_lines_show_the_same_cells() {
    let texts = TRAPS.iter().chain(&[" spaced ", "two\nlines"]);
    let items: Vec<Value> = texts.map(|text| item(text, "1.5", "1234.25")).collect();
    let cells = |items: Vec<Value>| {
        let bytes = render(&parse(&flat(items)), Format::Excel).bytes;
        workbook(&bytes).worksheet_range("Lines").unwrap()
    };
    let (few, many) = (cells(items.clone()), cells(vec![items.clone(); 3].concat()));
    assert_eq!((few.height(), many.height()), (items.len() + 1, 3 * items.len() + 1));
    for (few, many) in few.rows().zip(many.rows()) {
        assert_eq!(few, many);
    }
}

#[test]
fn user_text_is_never_a_formula_in_csv() {
    for trap in TRAPS {
        let rendered = render(&parse(&flat(vec![item(trap, "-1", "1")])), Format::Csv);
        let (head, rows) = csv_rows(&rendered.bytes);
        let cell = |name: &str| rows[0][head.iter().position(|column| column == name).unwrap()].clone();
        let is_dangerous = trap.starts_with(['=', '+', '-', '@']);
        assert_eq!(cell("item_name"), if is_dangerous { format!("'{trap}") } else { trap.to_owned() });
        // A negative number is a number, not a formula.
        assert_eq!(cell("net_amount"), "-1.00");
    }
}

#[test]
fn csv_follows_rfc_4180() {
    let text = "two\nlines, \"quoted\"";
    let bytes = render(&parse(&flat(vec![item(text, "1", "1")])), Format::Csv).bytes;
    let raw = String::from_utf8(bytes.clone()).unwrap();
    assert!(raw.ends_with("\r\n"));
    assert!(raw.contains("\"two\nlines, \"\"quoted\"\"\""));
    let (head, rows) = csv_rows(&bytes);
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].len(), head.len());
}

#[test]
fn dialects_of_csv() {
    let invoice = parse(&flat(vec![item("One", "1.5", "2")]));
    let render_as = |dialect| {
        let mut style = Style::default();
        style.csv_dialect = dialect;
        String::from_utf8(render::render(&invoice, Format::Csv, &style).unwrap().bytes).unwrap()
    };
    assert!(render_as(CsvDialect::Excel).starts_with("\u{feff}invoice_number,"));
    let german = render_as(CsvDialect::ExcelDe);
    assert!(german.starts_with("\u{feff}invoice_number;"));
    assert!(german.contains(";1,5;C62;2;1;3,00;"), "{german}");
}

#[test]
fn the_dialect_of_the_data_goes_before_the_styles() {
    let mut data = flat(vec![item("One", "1.5", "2")]);
    data["csv_dialect"] = "excel-de".into();
    let bytes = render(&parse(&data), Format::Csv).bytes;
    assert!(String::from_utf8(bytes).unwrap().starts_with("\u{feff}invoice_number;"));
}

#[test]
fn every_column_is_documented_in_its_place() {
    let (head, _) = csv_rows(&render(&parse(&flat(vec![item("One", "1", "1")])), Format::Csv).bytes);
    let (_, table) = include_str!("../CSV.md").split_once("| Column |").unwrap();
    let documented: Vec<&str> = table.lines().filter_map(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(documented, head.iter().collect::<Vec<_>>());
}

#[test]
fn figures_with_more_digits_than_a_spreadsheet_keeps_are_text() {
    let invoice = parse(&flat(vec![item("Large", "1", "123456789012345.67")]));
    let mut book = workbook(&render(&invoice, Format::Excel).bytes);
    let cells = book.worksheet_range("Invoice").unwrap();
    assert!(cells.used_cells().any(|(_, _, cell)| *cell == Data::String("123456789012345.67".to_owned())));
    assert_eq!(formulas(&mut book), Vec::<String>::new());
}

#[test]
fn totals_are_formulas_with_their_values() {
    let mut book = workbook(&render(&parse(&full()), Format::Excel).bytes);
    let found = formulas(&mut book);
    assert!(found.iter().any(|formula| formula.starts_with("SUM(")), "{found:?}");
    let formulas = book.worksheet_formula("Invoice").unwrap();
    let cells = book.worksheet_range("Invoice").unwrap();
    let (row, column) = formulas.start().unwrap();
    for (y, x, _) in formulas.used_cells().filter(|(_, _, formula)| !formula.is_empty()) {
        let at = (row + u32::try_from(y).unwrap(), column + u32::try_from(x).unwrap());
        assert!(matches!(cells.get_value(at), Some(Data::Float(_))), "{at:?}");
    }
}

fn formulas(book: &mut Xlsx<Cursor<Vec<u8>>>) -> Vec<String> {
    let formulas = book.worksheet_formula("Invoice").unwrap();
    formulas.used_cells().map(|(_, _, formula)| formula.clone()).filter(|formula| !formula.is_empty()).collect()
}

/// All numbers of a sheet, to twelve significant digits.
fn numbers_of(book: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str) -> Vec<String> {
    let cells = book.worksheet_range(sheet).unwrap();
    let float = |cell: &Data| if let Data::Float(number) = cell { Some(*number) } else { None };
    cells.used_cells().filter_map(|(_, _, cell)| float(cell)).map(|number| format!("{number:.3}")).collect()
}

/// Whether a cell has what a field of a CSV file says.
fn says(cell: &Data, text: &str) -> bool {
    match cell {
        Data::Empty => text.is_empty(),
        Data::String(found) => found == text,
        Data::Float(number) => text.parse() == Ok(*number),
        Data::DateTime(day) => text.parse().is_ok_and(|date: Date| f64::from(days_of(date)) == day.as_f64()),
        _ => false,
    }
}

/// A date as spreadsheets count it.
fn days_of(date: Date) -> i32 {
    date.since(civil::date(1899, 12, 30)).unwrap().get_days()
}

fn items() -> impl Strategy<Value = Vec<Value>> {
    let item_of = |(quantity, price): (i64, u32)| {
        let sign = if quantity < 0 { "-" } else { "" };
        let quantity = format!("{sign}{}.{}", quantity.abs() / 10, quantity.abs() % 10);
        item("Article", &quantity, &format!("{}.{:02}", price / 100, price % 100))
    };
    proptest::collection::vec((-50_i64..5_000, 0_u32..9_000_000).prop_map(item_of), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn workbooks_and_csv_show_the_same_figures(items in items(), rate in 0_u32..3_000) {
        let mut json = flat(items);
        json["tax_rate"] = json!(format!("{}.{:02}", rate / 100, rate % 100));
        let Ok(parsed) = invoice::parse(json.to_string().as_bytes(), &invoice::ParseOptions::default()) else {
            return Ok(());
        };
        let invoice = parsed.invoice;
        let mut book = workbook(&render(&invoice, Format::Excel).bytes);
        let shown = numbers_of(&mut book, "Invoice");
        let (head, rows) = csv_rows(&render(&invoice, Format::Csv).bytes);
        let lines = book.worksheet_range("Lines").unwrap();
        let names: Vec<String> = lines.headers().unwrap();
        prop_assert_eq!(lines.height(), rows.len() + 1);
        for (cells, row) in lines.rows().skip(1).zip(&rows) {
            for (cell, name) in cells.iter().zip(&names) {
                let text = &row[head.iter().position(|column| column == name).unwrap()];
                prop_assert!(says(cell, text), "{}: {:?} is not {}", name, cell, text);
            }
        }
        for (row, line) in rows.iter().zip(&invoice.lines) {
            for (name, expected) in [
                ("net_amount", line.net_amount.to_string()),
                ("quantity", line.quantity.to_string()),
                ("amount_to_pay", invoice.totals.amount_to_pay.to_string()),
                ("tax_total", invoice.totals.tax_total.to_string()),
            ] {
                let found = &row[head.iter().position(|column| column == name).unwrap()];
                prop_assert_eq!(found, &expected);
                let number: f64 = found.parse().unwrap();
                prop_assert!(shown.contains(&format!("{number:.3}")), "{} {} not in {:?}", name, number, shown);
            }
        }
    }
}

/// A part of a workbook.
fn part(workbook: &[u8], name: &str) -> String {
    let mut book = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    std::io::read_to_string(book.by_name(name).unwrap()).unwrap()
}

/// The heights in points that rows of the first sheet say.
fn heights(workbook: &[u8]) -> Vec<f64> {
    let sheet = part(workbook, "xl/worksheets/sheet1.xml");
    let of_row = |row: &str| row.split_once(" ht=\"")?.1.split('"').next()?.parse().ok();
    sheet.split("<row ").skip(1).filter_map(of_row).collect()
}

/// LibreOffice fits no row by itself, and no program fits rows of merged cells.
#[test]
fn rows_are_as_high_as_what_wraps_in_them() {
    let mut json = full();
    json["lines"][0]["description"] = json!("one\ntwo\nthree\nfour\nfive\nsix");
    json["lines"][1]["description"] = json!("words that take some room in their column ".repeat(12));
    json["notes"] = json!(["A note that is longer than all columns of the sheet together. ".repeat(9)]);
    json["buyer_reference"] = json!("a reference of many words ".repeat(8).trim());
    json["seller"]["name"] = json!("Werkstatt für Möbel aus Eiche und Kiefer ".repeat(4).trim());
    let workbook = render(&parse(&json), Format::Excel).bytes;
    // The name, its seven lines, and that of the allowance.
    let lines = |count: u32| f64::from(count) * 15.0;
    let found = heights(&workbook);
    assert!(found.iter().any(|height| (lines(8)..lines(10)).contains(height)), "{found:?}");
    assert!(found.iter().filter(|height| **height >= lines(2)).count() >= 5, "{found:?}");
    let merged = part(&workbook, "xl/worksheets/sheet1.xml").matches("<mergeCell ").count();
    assert!(merged >= 3, "{merged} ranges");
}

#[test]
fn columns_have_room_for_their_names_and_figures() {
    let mut json = full();
    json["tax_name"] = json!("Goods and services tax");
    for locale in ["en-GB", "ar", "he", "pl"] {
        json["locale"] = json!(locale);
        let sheet = part(&render(&parse(&json), Format::Excel).bytes, "xl/worksheets/sheet1.xml");
        let widths: Vec<f64> =
            sheet.split(" width=\"").skip(1).filter_map(|rest| rest.split('"').next()?.parse().ok()).collect();
        assert_eq!(widths.len(), 7, "{locale}: each column has a width of its own: {widths:?}");
        assert!(widths[5] >= 20.0, "{locale}: the name of the tax is cut: {widths:?}");
    }
}

/// Aligned to the side where columns end, labels grow over the empty cells before them.
#[test]
fn texts_grow_over_empty_cells_in_both_directions() {
    let aligned = |locale: &str| {
        let mut json = full();
        json["locale"] = json!(locale);
        let styles = part(&render(&parse(&json), Format::Excel).bytes, "xl/styles.xml");
        let cells = styles.split("<cellXfs").nth(1).unwrap().split("</cellXfs>").next().unwrap().to_owned();
        (cells.matches("horizontal=\"left\"").count(), cells.matches("horizontal=\"right\"").count())
    };
    let (english, arabic) = (aligned("en-GB"), aligned("ar"));
    // Figures and the labels of totals change sides; the other sheets stay from left to right.
    assert!(english.0 > 3 && arabic.0 > english.0 + 3, "{english:?}, {arabic:?}");
}

/// The cells of a CSV file by the names of their columns.
fn csv_cells(json: &Value) -> Vec<std::collections::BTreeMap<String, String>> {
    let bytes = render(&parse(json), Format::Csv).bytes;
    let text = String::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}').to_owned();
    let delimiter = if text.starts_with("invoice_number;") { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text.as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

#[test]
fn dialects_for_excel_keep_texts_that_look_like_numbers() {
    let ids = ["000451", "12E4567", "3-4", "00123456789012345678", "Oak 12", "HP-OAK-12", "4711"];
    let mut json = full();
    json["number"] = json!("000451");
    json["lines"] =
        ids.iter().map(|id| json!({ "name": "x", "unit_price": 1, "seller_item_id": id, "tax_rate": 19 })).collect();
    json["charges"] = json!([]);
    for dialect in ["excel", "excel-de"] {
        json["csv_dialect"] = json!(dialect);
        let rows = csv_cells(&json);
        assert_eq!(rows[0]["invoice_number"], "\t000451");
        for (row, id) in rows.iter().zip(ids) {
            assert_eq!(row["item_id"].trim_start_matches('\t'), id);
        }
        let has_tab: Vec<bool> = rows.iter().map(|row| row["item_id"].starts_with('\t')).collect();
        assert_eq!(has_tab[..4], [true; 4]);
        assert!(!has_tab[6], "a whole number stays one");
        // A tab parts fields in some programs, unless it is quoted.
        let raw = String::from_utf8(render(&parse(&json), Format::Csv).bytes).unwrap();
        assert!(raw.contains("\"\t12E4567\""), "{raw}");
    }
    json["csv_dialect"] = json!("rfc4180");
    assert_eq!(csv_cells(&json)[0]["invoice_number"], "000451");
}

#[test]
fn wide_and_hidden_formulas_are_guarded() {
    for trap in ["＝1+1", "＋1", "－1", "＠SUM(A1)", "\u{200b}=1+1", "\u{a0}=1+1", "\u{feff}=1+1", "\u{2060}＝1"] {
        let rows = csv_cells(&flat(vec![item(trap, "1", "1")]));
        assert_eq!(rows[0]["item_name"], format!("'{trap}"), "{trap:?}");
    }
}

#[test]
fn what_belongs_to_the_invoice_stands_in_the_first_row() {
    let mut json = full();
    json["notes"] = json!(["one", { "text": "two", "subject": "AAI" }]);
    let rows = csv_cells(&json);
    assert_eq!(rows[0]["notes"], "one; #AAI#two");
    assert_eq!(rows[0]["payment_accounts"], "DE02120300000000202051, Nordlicht Werkstatt GmbH, BYLADEM1001");
    assert_eq!(rows[0]["line_allowances"], "249.80 (10% of 2498.00), Display item");
    assert_eq!((rows[1]["notes"].as_str(), rows[1]["invoice_number"].as_str()), ("", "RE-2026-0417"));
    // In the workbook each entry has a row.
    let mut book = workbook(&render(&parse(&json), Format::Excel).bytes);
    let data = book.worksheet_range("Data").unwrap();
    let notes: Vec<String> = data.rows().filter(|row| row[0] == *"notes").map(|row| row[1].to_string()).collect();
    assert_eq!(notes, ["one", "#AAI#two"]);
}

#[test]
fn texts_without_end_do_not_keep_a_workbook_from_being_made() {
    let mut json = full();
    let long = "long ".repeat(1_900);
    json["lines"][0]["description"] = json!(long);
    json["lines"][0]["note"] = json!(long);
    let attribute = json!({ "name": "n".repeat(900), "value": "v".repeat(900) });
    json["lines"][0]["attributes"] = json!(vec![attribute; 40]);
    json["notes"] = json!(vec![long; 5]);
    let mut book = workbook(&render(&parse(&json), Format::Excel).bytes);
    for sheet in book.sheet_names() {
        let cells = book.worksheet_range(&sheet).unwrap();
        assert!(cells.used_cells().all(|(_, _, cell)| cell.to_string().encode_utf16().count() <= 32_767), "{sheet}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn net_price_times_quantity_is_the_amount(
        lines in proptest::collection::vec((1_i64..2_000, 1_u32..90_000, prop::sample::select(vec!["19", "7", "21", "5.5"])), 1..12),
    ) {
        let mut json = full();
        json["prices_include_tax"] = json!(true);
        json["charges"] = json!([]);
        json["prepaid_amount"] = json!("0");
        json["lines"] = lines.iter().map(|(quantity, price, rate)| json!({
            "name": "x", "tax_rate": rate,
            "quantity": format!("{}.{}", quantity / 10, quantity % 10),
            "unit_price": format!("{}.{:02}", price / 100, price % 100),
        })).collect();
        for row in csv_cells(&json) {
            let number = |name: &str| row[name].parse::<f64>().unwrap();
            let product = number("quantity") * number("net_price") / number("price_base_quantity");
            prop_assert!((product - number("net_amount")).abs() < 0.005_001, "{product} is not {}", number("net_amount"));
        }
    }
}
