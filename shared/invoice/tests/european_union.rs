//! What a legal e-invoice of the European Union will need is told in time, and asked of nobody else.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{ParseOptions, parse};
use serde_json::json;

/// The rules of the warnings about an invoice of this category from a seller without a tax number.
fn warnings(country: &str, category: &str) -> Vec<&'static str> {
    let exemption = json!([{ "tax_category": "E", "reason": "Exempt by national law" }]);
    let mut invoice = json!({
        "number": "1",
        "issue_date": "2026-03-09",
        "currency": "EUR",
        "seller": { "name": "Nordlicht Werkstatt GmbH", "address": { "city": "Lübeck", "country": country } },
        "buyer": { "name": "Example Reading Rooms", "address": { "city": "Bristol", "country": "GB" } },
        "lines": [{ "name": "Oak table", "quantity": 1, "unit_price": 10, "tax_category": category }],
    });
    if category == "S" {
        invoice["lines"][0]["tax_rate"] = json!(19);
    }
    if category == "E" {
        invoice["tax_exemptions"] = exemption;
    }
    let parsed = parse(invoice.to_string().as_bytes(), &ParseOptions::default()).unwrap();
    parsed.warnings.iter().map(|warning| warning.rule).collect()
}

#[test]
fn sellers_in_the_union_are_told_of_the_missing_number() {
    for (category, rule) in [("S", "BR-S-02"), ("Z", "BR-Z-02"), ("E", "BR-E-02")] {
        assert!(warnings("DE", category).contains(&rule), "{category}: {:?}", warnings("DE", category));
    }
}

#[test]
fn sellers_elsewhere_need_none() {
    for category in ["S", "Z", "E"] {
        assert_eq!(warnings("US", category), Vec::<&str>::new(), "{category}");
    }
}
