//! Headings, texts and subtotals between the lines, in all three formats.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use invoice::{Format, Invoice};
use samples::{parse, render};
use serde_json::{Value, json};
use tools::text_of;

const EXAMPLE: &str = include_str!("../../../events/sectioned_invoice.json");

fn example() -> Value {
    serde_json::from_str(EXAMPLE).unwrap()
}

fn with_lines(lines: Vec<Value>) -> Invoice {
    let mut document = example();
    document["lines"] = json!(lines);
    parse(&document)
}

fn heading(text: &str) -> Value {
    json!({ "kind": "heading", "text": text })
}

/// The first page that has a text, and the lines of that page.
fn page_with<'t>(text: &'t str, wanted: &str) -> Vec<&'t str> {
    text.split('\u{c}')
        .find(|page| page.contains(wanted))
        .unwrap_or_else(|| panic!("{wanted} in {text}"))
        .lines()
        .collect()
}

#[test]
fn the_page_shows_them_in_their_order() {
    let text = text_of(&render(&parse(&example()), Format::Pdf).bytes);
    let wanted = [
        "Ground floor",
        "stays open to readers meanwhile.",
        "Oak shelving unit, 12 bays",
        "Reading lamp, brass",
        "Ground floor in all",
        "First floor",
        "Oak shelving unit, 6 bays",
        "Assembly on site",
        "Subtotal",
        "Delivery to both floors",
        "Freight",
    ];
    let mut rest = text.as_str();
    for one in wanted {
        rest = rest.split_once(one).unwrap_or_else(|| panic!("{one} in its place in\n{text}")).1;
    }
    let amount_of = |label: &str| {
        let line = text.lines().find(|line| line.trim_start().starts_with(label)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    assert_eq!(amount_of("Ground floor in all"), "2,123.50");
    assert_eq!(amount_of("Subtotal"), "1,494.00");
}

#[test]
fn a_subtotal_has_the_basis_of_the_column_over_it() {
    let mut document = example();
    document["prices_include_tax"] = json!(true);
    let text = text_of(&render(&parse(&document), Format::Pdf).bytes);
    let line = text.lines().find(|line| line.contains("Ground floor in all")).unwrap();
    assert!(line.ends_with("2,123.50"), "{text}");
}

/// Headings at every height of a page: where a page ends, none is its last row, and no subtotal the first of the next.
#[test]
fn no_heading_stands_alone_at_the_foot_of_a_page() {
    let mut broken = 0;
    for before in 8..44 {
        let mut lines = vec![json!({ "name": "Filler", "unit_price": "1.11" }); before];
        lines.push(heading("The heading"));
        lines.push(heading("The lower heading"));
        lines.extend([
            json!({ "name": "Follower", "unit_price": "2.22" }),
            json!({ "kind": "subtotal", "text": "The sum" }),
        ]);
        lines.extend(vec![json!({ "name": "Filler", "unit_price": "1.11" }); 3]);
        let text = text_of(&render(&with_lines(lines), Format::Pdf).bytes);
        let page = page_with(&text, "The heading").join("\n");
        for follower in ["The lower heading", "Follower", "The sum"] {
            assert!(page.contains(follower), "{before} rows before: {follower}\n{text}");
        }
        broken += usize::from(text.split('\u{c}').nth(1).is_some_and(|page| page.contains("The heading")));
    }
    assert!(broken > 2, "{broken} documents part before the heading");
}

/// Also where a run of headings needs more than a page.
#[test]
fn the_last_of_many_headings_stays_with_its_line() {
    for count in 50..90 {
        let mut lines: Vec<Value> = (0..count).map(|number| heading(&format!("Heading {number}."))).collect();
        lines.push(json!({ "name": "Follower", "unit_price": "2.22" }));
        let text = text_of(&render(&with_lines(lines), Format::Pdf).bytes);
        let page = page_with(&text, &format!("Heading {}.", count - 1)).join("\n");
        assert!(page.contains("Follower"), "{count} headings\n{text}");
    }
}

#[test]
fn carried_forward_passes_over_subtotals() {
    let mut lines = Vec::new();
    for section in 0..30 {
        lines.push(heading(&format!("Section {section}")));
        for number in 0..3 {
            lines.push(json!({ "name": "Row", "unit_price": format!("{}.{:02}", 10 + section, 7 * number + 1) }));
        }
        lines.push(json!({ "kind": "text", "text": "A text between sections" }));
        lines.push(json!({ "kind": "subtotal", "text": "Sum of the section" }));
    }
    let text = text_of(&render(&with_lines(lines), Format::Pdf).bytes);
    let cents = |line: &str| -> i64 {
        let digits: String = line.split_whitespace().last().unwrap().chars().filter(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    let (mut printed, mut carried) = (0, 0);
    for line in text.lines() {
        match line.trim_start() {
            row if row.starts_with("Row") => printed += cents(line),
            row if row.starts_with("Carried forward") => {
                assert_eq!(cents(line), printed, "{text}");
                carried += 1;
            }
            _ => {}
        }
    }
    assert!(carried > 5, "{carried}");
}

/// A text of many pages is parted like a row, and the rest of the document follows.
#[test]
fn a_long_text_goes_over_pages() {
    let words = (0..1_500).map(|number| format!("w{number}")).collect::<Vec<_>>().join(" ");
    let lines = vec![json!({ "kind": "text", "text": words }), json!({ "name": "Follower", "unit_price": "2.22" })];
    let text = text_of(&render(&with_lines(lines), Format::Pdf).bytes);
    assert!(text.matches('\u{c}').count() > 1);
    let printed: Vec<&str> = text.split_whitespace().collect();
    assert!((0..1_500).all(|number| printed.contains(&format!("w{number}").as_str())));
    assert!(text.contains("Follower"));
}

fn sheet(bytes: &[u8], name: &str) -> calamine::Range<Data> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).unwrap();
    book.worksheet_range(name).unwrap()
}

fn cells(range: &calamine::Range<Data>) -> Vec<Vec<String>> {
    range.rows().map(|row| row.iter().map(ToString::to_string).filter(|cell| !cell.is_empty()).collect()).collect()
}

#[test]
fn the_sheet_has_a_row_for_each_and_sums_that_count_no_line_twice() {
    let bytes = render(&parse(&example()), Format::Excel).bytes;
    let rows = cells(&sheet(&bytes, "Invoice"));
    let at = |text: &str| rows.iter().position(|row| row.first().is_some_and(|cell| cell == text)).unwrap();
    assert_eq!(at("First floor") - at("Ground floor"), 5);
    assert_eq!(rows[at("Ground floor in all")], ["Ground floor in all", "2123.5"]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.clone())).unwrap();
    let formulas = book.worksheet_formula("Invoice").unwrap();
    let of_subtotals: Vec<&String> = formulas
        .used_cells()
        .map(|(_, _, formula)| formula)
        .filter(|formula| formula.starts_with("SUBTOTAL(9,"))
        .collect();
    assert_eq!(of_subtotals.len(), 3, "two sections and the sum of all: {of_subtotals:?}");
    // The sheet for other programs has lines alone.
    assert_eq!(sheet(&bytes, "Lines").height(), 1 + 5);
}

#[test]
fn the_csv_file_has_a_row_for_each_and_no_sum_among_the_amounts() {
    let bytes = render(&parse(&example()), Format::Csv).bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let column = |name: &str| -> Vec<String> {
        let index = head.iter().position(|column| column == name).unwrap();
        rows.iter().map(|row| row[index].to_owned()).collect()
    };
    let kinds = column("line_kind");
    assert_eq!(
        kinds,
        ["heading", "text", "line", "line", "subtotal", "heading", "line", "line", "subtotal", "text", "line"]
    );
    assert_eq!(column("item_name")[0], "Ground floor");
    assert_eq!(column("item_name")[8], "", "a subtotal without a text has none");
    let subtotals = column("subtotal");
    assert_eq!((subtotals[4].as_str(), subtotals[8].as_str()), ("2123.50", "1494.00"));
    let cents = |figure: &String| figure.replace('.', "").parse::<i64>().unwrap_or_default();
    assert_eq!(column("net_amount").iter().map(cents).sum::<i64>(), 371_250, "what a program adds up");
    let ids: Vec<String> = column("line_id").into_iter().filter(|id| !id.is_empty()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"]);
    assert!(column("invoice_number").iter().all(|number| number == "HP-2026-0101"));
}

#[test]
fn texts_between_lines_are_guarded_and_covered_like_others() {
    let lines = vec![
        heading("=1+1"),
        json!({ "name": "A", "unit_price": "1" }),
        json!({ "kind": "text", "text": "\u{12000}" }),
    ];
    let invoice = with_lines(lines);
    let csv = String::from_utf8(render(&invoice, Format::Csv).bytes).unwrap();
    assert!(csv.contains(",'=1+1,"), "{csv}");
    assert_eq!(render(&invoice, Format::Pdf).uncovered_characters, ['\u{12000}']);
}
