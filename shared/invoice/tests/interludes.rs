//! Headings, texts and subtotals between the lines: no lines of EN 16931, but in their place.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Invoice, LineEntry, ParseOptions, Parsed, Rejected, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

fn document(lines: &Value) -> Value {
    json!({
        "number": "I-1",
        "issue_date": "2026-03-09",
        "currency": "EUR",
        "seller": { "name": "Harbour & Pine GmbH", "vat_id": "DE123456789", "address": { "country": "DE" } },
        "buyer": { "name": "Cooperativa Río Claro", "address": { "country": "ES" } },
        "tax_rate": 19,
        "lines": lines,
    })
}

fn read(document: &Value) -> Result<Parsed, Rejected> {
    parse(document.to_string().as_bytes(), &ParseOptions::default())
}

fn invoice(lines: &Value) -> Invoice {
    read(&document(lines)).unwrap_or_else(|rejected| panic!("{:#?}", rejected.faults)).invoice
}

fn faults(document: &Value) -> Vec<(String, &'static str)> {
    read(document).unwrap_err().faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
}

fn line(price: &str) -> Value {
    json!({ "name": "Shelf", "unit_price": price })
}

fn heading(text: &str) -> Value {
    json!({ "kind": "heading", "text": text })
}

fn subtotal() -> Value {
    json!({ "kind": "subtotal" })
}

/// The net amounts of the subtotals, in order.
fn subtotals(invoice: &Invoice) -> Vec<String> {
    let amount = |entry| match entry {
        LineEntry::Subtotal(subtotal) => Some(subtotal.net_amount.to_string()),
        _ => None,
    };
    invoice.lines.entries().filter_map(amount).collect()
}

#[test]
fn entries_keep_their_order_and_lines_their_numbers() {
    let lines = json!([
        heading("Ground floor"),
        { "kind": "text", "text": "Delivered in parts" },
        line("1.10"),
        { "kind": "line", "name": "Lamp", "unit_price": "2.20" },
        subtotal(),
        heading("First floor"),
        line("4.40"),
        { "kind": "subtotal", "text": "First floor in all" },
    ]);
    let invoice = invoice(&lines);
    let ids: Vec<&str> = invoice.lines.iter().map(|line| line.id.as_str()).collect();
    assert_eq!(ids, ["1", "2", "3"], "what is no line takes no number");
    assert_eq!(invoice.totals.line_total.to_string(), "7.70");
    assert_eq!(subtotals(&invoice), ["3.30", "4.40"]);
    let answered = serde_json::to_value(&invoice).unwrap()["lines"].clone();
    let kinds: Vec<&str> =
        answered.as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap_or("line")).collect();
    assert_eq!(kinds, ["heading", "text", "line", "line", "subtotal", "heading", "line", "subtotal"]);
    assert_eq!(answered[0]["text"], "Ground floor");
    assert_eq!(answered[4], json!({ "kind": "subtotal", "net_amount": "3.30" }));
    assert_eq!(answered[7], json!({ "kind": "subtotal", "text": "First floor in all", "net_amount": "4.40" }));
}

#[test]
fn subtotals_have_the_basis_of_the_amounts() {
    let mut document = document(&json!([line("119.00"), line("11.90"), subtotal()]));
    document["prices_include_tax"] = json!(true);
    let parsed = read(&document).unwrap();
    let entry = parsed.invoice.lines.entries().last().unwrap();
    let LineEntry::Subtotal(subtotal) = entry else { panic!("{entry:?}") };
    assert_eq!(subtotal.net_amount.to_string(), "110.00");
    assert_eq!(subtotal.amount_with_tax.unwrap().to_string(), "130.90");
}

#[test]
fn a_subtotal_of_nothing_is_zero_and_warned_of() {
    let lines =
        json!([line("1"), subtotal(), { "kind": "text", "text": "Nothing" }, subtotal(), heading("A"), subtotal()]);
    let parsed = read(&document(&lines)).unwrap();
    assert_eq!(subtotals(&parsed.invoice), ["1.00", "0.00", "0.00"]);
    let warned: Vec<&str> = parsed
        .warnings
        .iter()
        .filter(|warning| warning.rule == "subtotal-of-nothing")
        .map(|warning| warning.pointer.as_str())
        .collect();
    assert_eq!(warned, ["/lines/3", "/lines/5"]);
}

#[test]
fn entries_that_are_no_lines_do_not_count_as_lines() {
    let only_between = document(&json!([heading("A"), { "kind": "text", "text": "B" }, subtotal()]));
    assert_eq!(faults(&only_between), [("/lines".to_owned(), "BR-16")]);
    let mut limits = ParseOptions::default();
    limits.limits.lines = 2;
    let three = document(&json!([heading("A"), line("1"), subtotal()])).to_string();
    let rejected = parse(three.as_bytes(), &limits).unwrap_err();
    assert_eq!((rejected.faults[0].pointer.as_str(), rejected.faults[0].rule), ("/lines", "count"));
}

#[test]
fn pointers_count_what_was_sent() {
    let lines = json!([
        heading("A"),
        { "name": "Shelf", "unit_price": "1.00", "id": "7" },
        { "kind": "text", "text": "B" },
        { "name": "Lamp", "unit_price": "-2.00" },
        subtotal(),
        { "name": "Lamp", "quantity": 3, "unit_price": "1.00", "net_amount": "4.00", "id": "7" },
        { "name": "Lamp", "unit_price": "one" },
    ]);
    assert_eq!(
        faults(&document(&lines)),
        [
            ("/lines/6/unit_price".to_owned(), "number"),
            ("/lines/5/id".to_owned(), "line-id-unique"),
            ("/lines/3/unit_price".to_owned(), "BR-27"),
            ("/lines/5/net_amount".to_owned(), "line-net-amount"),
        ]
    );
    let rounded = invoice(&json!([heading("A"), line("1.00"), subtotal(), { "name": "B", "unit_price": "0.125" }]));
    let places: Vec<&str> = rounded.roundings.iter().map(|rounding| rounding.pointer.as_str()).collect();
    assert!(places.contains(&"/lines/3/amount_before_adjustments"), "{places:?}");
}

#[test]
fn what_an_entry_is_not_is_refused_at_its_place() {
    let refused = [
        (json!({ "kind": "title", "text": "A" }), "/lines/1/kind", "line-kind"),
        (json!({ "kind": 7, "text": "A" }), "/lines/1/kind", "line-kind"),
        (json!({ "kind": ["heading"], "text": "A" }), "/lines/1/kind", "type"),
        (json!({ "kind": "heading" }), "/lines/1/text", "required"),
        (json!({ "kind": "heading", "text": " " }), "/lines/1/text", "required"),
        (json!({ "kind": "text", "text": null }), "/lines/1/text", "required"),
        (json!({ "kind": "text", "text": ["A"] }), "/lines/1/text", "type"),
        (json!({ "kind": "heading", "text": "A\u{1}" }), "/lines/1/text", "control-character"),
        (json!({ "kind": "heading", "text": "A", "quantity": 1 }), "/lines/1/quantity", "unknown-key"),
        (json!({ "kind": "subtotal", "net_amount": "1.00" }), "/lines/1/net_amount", "unknown-key"),
        (json!({ "name": "A", "unit_price": "1", "text": "B" }), "/lines/1/text", "unknown-key"),
        (json!("Ground floor"), "/lines/1", "type"),
    ];
    for (entry, pointer, rule) in refused {
        let found = faults(&document(&json!([line("1"), entry])));
        assert_eq!(found, [(pointer.to_owned(), rule)], "{entry}");
    }
    let named = read(&document(&json!([line("1"), { "kind": "heading", "text": "A", "title": "B" }]))).unwrap_err();
    assert_eq!(named.faults[0].expected.as_deref(), Some("text"), "{:?}", named.faults);
}

/// A fault in a heading hides nothing that is said of lines, and the other way round.
#[test]
fn faults_of_headings_and_lines_come_at_once() {
    let lines = json!([
        { "kind": "heading" },
        { "name": "Shelf", "unit_price": "1.00", "net_amount": "2.00" },
    ]);
    let mut both = document(&lines);
    both["totals"] = json!({ "total_without_tax": "9.00" });
    let found = faults(&both);
    for place in ["/lines/0/text", "/lines/1/net_amount", "/totals/total_without_tax"] {
        assert!(found.iter().any(|(pointer, _)| pointer == place), "{place} in {found:?}");
    }
}

#[test]
fn an_entry_without_a_kind_is_a_line() {
    for kind in [Value::Null, json!("line"), json!("")] {
        let invoice = invoice(&json!([{ "kind": kind, "name": "A", "unit_price": "1" }]));
        assert_eq!(invoice.lines.len(), 1, "{kind}");
        assert!(!invoice.lines.has_interludes());
    }
}

fn entry() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => (-3..9_i64, 0..5_000_u32).prop_map(|(quantity, cents)| {
            json!({ "name": "A", "quantity": quantity, "unit_price": format!("{}.{:02}", cents / 100, cents % 100) })
        }),
        1 => Just(heading("H")),
        1 => Just(json!({ "kind": "text", "text": "T" })),
        1 => Just(subtotal()),
    ]
}

proptest! {
    /// What stands between lines changes no figure of the invoice, and sections that all end in a subtotal add up to the sum
    /// of the lines.
    #[test]
    fn interludes_change_no_figure(entries in proptest::collection::vec(entry(), 1..40), with_tax: bool) {
        let is_line = |entry: &&Value| entry.get("kind").is_none();
        let lines: Vec<Value> = entries.iter().filter(is_line).cloned().collect();
        prop_assume!(!lines.is_empty());
        let mut sectioned: Vec<Value> = Vec::new();
        for entry in entries {
            if entry["kind"] == "heading" {
                sectioned.push(subtotal());
            }
            sectioned.push(entry);
        }
        sectioned.push(subtotal());
        let of = |lines: Value| {
            let mut document = document(&lines);
            document["prices_include_tax"] = json!(with_tax);
            read(&document).unwrap().invoice
        };
        let (plain, sectioned) = (of(json!(lines)), of(json!(sectioned)));
        prop_assert_eq!(&plain.lines[..], &sectioned.lines[..]);
        prop_assert_eq!(&plain.totals, &sectioned.totals);
        let (mut net, mut gross) = (0, 0);
        for entry in sectioned.lines.entries() {
            if let LineEntry::Subtotal(subtotal) = entry {
                net += subtotal.net_amount.minor_units();
                gross += subtotal.amount_with_tax.map_or(0, |amount| amount.minor_units());
            }
        }
        prop_assert_eq!(net, plain.totals.line_total.minor_units());
        if with_tax {
            let seen: i128 = plain.lines.iter().map(|line| line.amount_with_tax.unwrap().minor_units()).sum();
            prop_assert_eq!(gross, seen);
        }
    }
}
