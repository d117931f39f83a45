//! What is left to pay is one figure in every format, and a document that leaves nothing to pay shows no way to pay.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use std::io::Cursor;

use calamine::{Data, Reader as _, Xlsx};
use invoice::{Format, Invoice};
use proptest::prelude::*;
use samples::{parse, render};
use serde_json::{Value, json};

const LINK: &str = "https://pay.example/S-1";
const IBAN: &str = "DE02 1203 0000 0000 2020 51";

/// An invoice over 100.00 and 19 % that can be paid in every way, with these members besides.
fn with(changes: &Value) -> Invoice {
    let mut document = json!({
        "number": "S-1", "issue_date": "2026-05-11", "currency": "EUR", "locale": "en-GB",
        "seller": { "name": "Test Werk GmbH", "vat_id": "DE123456789", "address": { "city": "Berlin", "country": "DE" } },
        "buyer": { "name": "Kunde AG", "address": { "city": "Hamburg", "country": "DE" } },
        "tax_rate": 19,
        "lines": [{ "name": "Plan", "quantity": 1, "unit_price": "100" }],
        "payment": { "iban": IBAN, "link": LINK },
    });
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    parse(&document)
}

fn text(invoice: &Invoice) -> String {
    tools::text_of(&render(invoice, Format::Pdf).bytes)
}

fn csv_field(invoice: &Invoice, name: &str) -> String {
    let bytes = render(invoice, Format::Csv).bytes;
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let column = reader.headers().unwrap().iter().position(|column| column == name).unwrap();
    reader.records().next().unwrap().unwrap()[column].to_owned()
}

/// The rows of the first sheet, as texts.
fn rows(invoice: &Invoice) -> Vec<Vec<String>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(render(invoice, Format::Excel).bytes)).unwrap();
    let sheet = book.worksheet_range("Invoice").unwrap();
    sheet.rows().map(|row| row.iter().map(cell).collect()).collect()
}

fn cell(cell: &Data) -> String {
    match cell {
        Data::Float(number) => format!("{number:.2}"),
        other => other.to_string(),
    }
}

/// The figure beside a label on the first sheet.
fn figure(invoice: &Invoice, label: &str) -> Option<String> {
    let mut found = rows(invoice).into_iter().filter(|row| row.iter().any(|cell| cell == label));
    // The mark beside the title has the same word as the amount that was paid.
    found.find_map(|row| row.into_iter().rfind(|cell| !cell.is_empty()).filter(|figure| figure != label))
}

#[test]
fn documents_that_leave_nothing_to_pay_show_no_way_to_pay() {
    let back = json!([{ "name": "Chair returned", "quantity": -1, "unit_price": "129.90" }]);
    let nothing = json!([{ "name": "Sample", "quantity": 1, "unit_price": "0" }]);
    let credit = json!({ "lines": back, "type_code": "381", "preceding_invoices": [{ "number": "S-0" }] });
    let cases = [
        (json!({ "mark": "paid" }), "Nothing to pay", "0.00"),
        (json!({ "prepaid_amount": "119.00" }), "Nothing to pay", "0.00"),
        (json!({ "lines": nothing }), "Nothing to pay", "0.00"),
        (json!({ "prepaid_amount": "120.00" }), "Balance", "-1.00"),
        (json!({ "lines": back }), "Balance", "-154.58"),
        (credit, "Balance", "-154.58"),
    ];
    for (changes, label, amount) in cases {
        let invoice = with(&changes);
        let text = text(&invoice);
        for absent in ["Amount due", "Amount credited", "IBAN", "2020 51", LINK, "Scan to"] {
            assert!(!text.contains(absent), "{changes}: {absent} in\n{text}");
        }
        assert!(text.contains(label), "{changes}: {label} not in\n{text}");
        assert!(text.contains(&amount.replace('-', "\u{2212}")), "{changes}: {amount} not in\n{text}");
        assert_eq!(figure(&invoice, label).as_deref(), Some(amount), "{changes}");
        assert_eq!(figure(&invoice, "Amount due"), None, "{changes}");
        assert!(!rows(&invoice).concat().iter().any(|cell| cell.contains("IBAN")), "{changes}");
        assert_eq!(csv_field(&invoice, "amount_to_pay"), amount, "{changes}");
    }
    let due = text(&with(&json!({})));
    assert!(due.contains("Amount due") && due.contains("IBAN") && due.contains("119.00"), "{due}");
}

/// What is credited goes to the account, but nobody is to pay it.
#[test]
fn credit_notes_show_no_link_to_pay_by() {
    let invoice = with(&json!({ "type_code": "381", "preceding_invoices": [{ "number": "S-0" }] }));
    let text = text(&invoice);
    assert!(text.contains("Amount credited") && text.contains("IBAN"), "{text}");
    assert!(!text.contains(LINK) && !text.contains("Scan to"), "{text}");
    assert!(!rows(&invoice).concat().iter().any(|cell| cell.contains(LINK)));
}

#[test]
fn what_was_paid_stands_with_its_amount() {
    for changes in [json!({ "mark": "paid" }), json!({ "prepaid_amount": "119.00" })] {
        let invoice = with(&changes);
        assert_eq!(figure(&invoice, "Paid").as_deref(), Some("-119.00"), "{changes}");
        assert!(text(&invoice).contains("Paid"), "{changes}");
    }
    // A deposit before the rest that the mark tells of.
    let invoice = with(&json!({ "mark": "paid", "prepaid_amount": "19.00" }));
    assert_eq!(figure(&invoice, "Paid already").as_deref(), Some("-19.00"));
    assert_eq!(figure(&invoice, "Paid").as_deref(), Some("-100.00"));
}

#[test]
fn deposits_stand_one_a_line() {
    let invoice = with(&json!({ "prepayments": [
        { "amount": "11.90", "number": "D-1", "date": "2026-02-01", "tax_rate": 19 },
        { "amount": "23.80", "number": "D-2", "tax_amount": "3.80" },
    ] }));
    let first = "Paid already D-1, 1 February 2026 (incl. VAT 19% 1.90)";
    assert_eq!(figure(&invoice, first).as_deref(), Some("-11.90"), "{:#?}", rows(&invoice));
    assert_eq!(figure(&invoice, "Paid already D-2 (incl. VAT 3.80)").as_deref(), Some("-23.80"));
    assert_eq!(figure(&invoice, "Amount due").as_deref(), Some("83.30"));
}

#[test]
fn amounts_with_tax_stand_as_they_were_given_and_add_up() {
    let invoice = with(&json!({
        "prices_include_tax": true,
        "lines": [{ "name": "Plan", "unit_price": "119" }, { "name": "Book", "unit_price": "10.70", "tax_rate": 7 }],
        "allowances": [{ "amount": "10.00", "reason": "Voucher", "tax_rate": 19 }],
        "charges": [{ "amount": "4.90", "reason": "Freight", "tax_rate": 19 }],
    }));
    for (label, amount) in [
        ("Subtotal incl. tax", "129.70"),
        ("Voucher", "-10.00"),
        ("Freight", "4.90"),
        ("Total incl. tax", "124.60"),
        ("Amount due", "124.60"),
    ] {
        assert_eq!(figure(&invoice, label).as_deref(), Some(amount), "{label}: {:#?}", rows(&invoice));
    }
    assert!(text(&invoice).contains("Amount incl. tax EUR"));
}

#[test]
fn prices_without_any_tax_are_not_called_with_tax() {
    let invoice = with(&json!({ "prices_include_tax": true, "tax_rate": 0 }));
    let text = text(&invoice);
    assert!(!text.contains("incl. tax") && !text.contains("before tax"), "{text}");
}

#[test]
fn taxes_name_a_base_that_is_not_the_sum_above() {
    let untaxed = json!({
        "seller": { "name": "Test Werk" }, "tax_rate": null,
        "lines": [{ "name": "Book", "unit_price": "20" }, { "name": "Lamp", "unit_price": "80", "other_taxes": ["PST"] }],
        "other_taxes": [
            { "name": "GST", "rate": 5 },
            { "name": "PST", "rate": 7 },
            { "name": "Levy", "rate": 10, "on": ["GST"] },
        ],
        "withholding_taxes": [{ "name": "IRPF", "rate": 15 }, { "name": "Half", "rate": 1, "base_amount": "50" }],
    });
    let invoice = with(&untaxed);
    for (label, amount) in [
        ("GST 5%", "5.00"),
        ("PST 7% of 80.00", "5.60"),
        ("Levy 10% of 105.00", "10.50"),
        ("IRPF 15% withheld", "-15.00"),
        ("Half 1% of 50.00 withheld", "-0.50"),
    ] {
        assert_eq!(figure(&invoice, label).as_deref(), Some(amount), "{label}: {:#?}", rows(&invoice));
    }
    // After VAT the sum above is another one.
    let taxed = with(&json!({ "withholding_taxes": [{ "name": "IRPF", "rate": 15 }] }));
    assert_eq!(figure(&taxed, "IRPF 15% of 100.00 withheld").as_deref(), Some("-15.00"));
}

#[test]
fn titles_say_what_a_document_is() {
    for (code, title) in [
        ("380", "Invoice"),
        ("383", "Debit note"),
        ("386", "Prepayment invoice"),
        ("389", "Self-billed invoice"),
        ("81", "Credit note"),
        ("325", "Pro forma invoice"),
    ] {
        let text = text(&with(&json!({ "type_code": code })));
        assert!(text.contains(title), "{code}: {title} not in\n{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_figure_is_left_to_pay_everywhere(
        price in 1_u32..900_000,
        (prepaid, withheld, tax) in (0_u32..900_000, 0_u32..30, 0_u32..30),
        mark in prop::option::of(prop::sample::select(vec!["paid", "copy"])),
        coin in prop::option::of(Just("0.05")),
        returned: bool,
    ) {
        let cents = |value: u32| format!("{}.{:02}", value / 100, value % 100);
        let invoice = with(&json!({
            "lines": [{ "name": "Plan", "quantity": if returned { -1 } else { 1 }, "unit_price": cents(price) }],
            "prepaid_amount": cents(prepaid),
            "withholding_taxes": [{ "name": "IRPF", "rate": withheld }],
            "other_taxes": [{ "name": "City tax", "rate": tax }],
            "rounding": coin,
            "mark": mark,
            "payment_terms": { "days": 30, "discounts": [{ "days": 10, "percent": 2 }] },
        }));
        let balance = invoice.balance(invoice.presentation.mark);
        let ends_with = balance.amount().to_string();
        prop_assert_eq!(csv_field(&invoice, "amount_to_pay"), ends_with.clone());
        let labels = ["Amount due", "Nothing to pay", "Balance"];
        let on_sheet: Vec<String> = labels.iter().filter_map(|label| figure(&invoice, label)).collect();
        prop_assert_eq!(on_sheet, vec![ends_with.clone()]);
        let text = text(&invoice);
        let is_due = balance.left_to_pay().minor_units() > 0;
        prop_assert_eq!(text.contains("Amount due"), is_due, "{}", text);
        prop_assert_eq!(text.contains("IBAN"), is_due, "{}", text);
        // The code of the transfer is drawn where something is due, as its caption says.
        prop_assert_eq!(text.contains("Scan to transfer"), is_due, "{}", text);
        prop_assert_eq!(text.contains("off until"), is_due, "{}", text);
    }
}
