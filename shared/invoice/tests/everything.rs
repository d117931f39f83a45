//! An invoice that uses every member of the full form: nothing that was sent is dropped.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{ParseOptions, json_schema, parse};
use serde_json::{Value, json};

/// One pixel of the colour #1a73e8.
const LOGO: &str = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGOQKn4BAAIgAXZmNuK1AAAAAElFTkSuQmCC";

fn party(mark: &str) -> Value {
    json!({
        "name": format!("name of {mark}"),
        "trading_name": format!("trading name of {mark}"),
        "identifiers": [{ "id": format!("identifier of {mark}"), "scheme": "0088" }],
        "legal_id": { "id": format!("legal id of {mark}"), "scheme": "0002" },
        "vat_id": if mark == "seller" { "DE123456789" } else { "ESB12345678" },
        "electronic_address": { "id": format!("electronic address of {mark}"), "scheme": "EM" },
        "address": address(mark),
        "contact": {
            "name": format!("contact of {mark}"),
            "phone": format!("phone of {mark}"),
            "email": format!("{mark}@harbour-pine.example"),
        },
    })
}

fn address(mark: &str) -> Value {
    json!({
        "lines": [format!("first line of {mark}"), format!("second line of {mark}"), format!("third line of {mark}")],
        "city": format!("city of {mark}"),
        "postal_code": format!("postal code of {mark}"),
        "subdivision": format!("subdivision of {mark}"),
        "country": "NL",
    })
}

fn line() -> Value {
    json!({
        "kind": "line",
        "id": "line-1",
        "name": "name of item",
        "description": "description of item",
        "quantity": "3.5",
        "unit": "HUR",
        "unit_price": "9.75",
        "gross_price": "10.25",
        "price_discount": "0.5",
        "price_base_quantity": "2",
        "tax_category": "S",
        "tax_rate": "19",
        "allowances": [{ "amount": "1.71", "percent": "10", "base_amount": "17.06", "reason": "line allowance", "reason_code": "95" }],
        "charges": [{ "amount": "2.22", "reason": "line charge", "reason_code": "FC" }],
        "net_amount": "17.57",
        "note": "note of line",
        "invoiced_object": { "id": "object of line", "scheme": "ABT" },
        "order_line_reference": "order line",
        "buyer_accounting_reference": "accounting of line",
        "period": { "start": "2026-02-01", "end": "2026-02-28" },
        "seller_item_id": "seller's item",
        "buyer_item_id": "buyer's item",
        "standard_item_id": { "id": "standard item", "scheme": "0160" },
        "classifications": [{ "code": "class", "scheme": "TSP", "version": "24.0" }],
        "origin_country": "PT",
        "other_taxes": ["other tax"],
        "attributes": [{ "name": "attribute", "value": "value of attribute" }],
    })
}

fn everything() -> Value {
    let mut document = json!({
        "number": "E-1", "issue_date": "2026-03-09", "type_code": "380", "currency": "EUR", "tax_currency": "PLN",
        "tax_exchange_rate": "4", "tax_total_in_tax_currency": "17.68", "tax_point_date": "2026-03-10",
        "due_date": "2026-04-08", "buyer_reference": "buyer reference", "project_reference": "project",
        "contract_reference": "contract", "purchase_order_reference": "purchase order",
        "sales_order_reference": "sales order", "receiving_advice_reference": "receiving advice",
        "despatch_advice_reference": "despatch advice", "tender_or_lot_reference": "tender",
        "invoiced_object": { "id": "object", "scheme": "AAA" }, "buyer_accounting_reference": "accounting",
        "business_process": "process", "specification": "specification", "prices_include_tax": false,
        "tax_rate": "19", "tax_category": "S", "prepaid_amount": "3.33", "rounding_amount": "0.04",
        "rounding": "0.05", "prepayments": [{ "amount": "3.33", "number": "D-1", "date": "2026-02-20", "tax_rate": "7", "tax_amount": "0.22" }],
    });
    let rest = json!({
        "payment_terms": { "text": "terms", "days": 30, "discounts": [{ "days": 10, "percent": "2" }] },
        "notes": [{ "text": "note", "subject": "AAI" }],
        "preceding_invoices": [{ "number": "E-0", "issue_date": "2026-01-31" }],
        "seller": party("seller"), "buyer": party("buyer"),
        "payee": { "name": "payee", "identifier": { "id": "payee id", "scheme": "0060" }, "legal_id": { "id": "payee legal id" } },
        "tax_representative": { "name": "representative", "vat_id": "NL123456789B01", "address": address("representative") },
        "delivery": {
            "name": "delivery", "contact_name": "delivery contact", "location": { "id": "location", "scheme": "0088" },
            "date": "2026-03-05", "address": address("delivery"),
        },
        "period": { "start": "2026-03-01", "end": "2026-03-31" },
        "payment": {
            "means": "58", "means_text": "means", "remittance_information": "remittance", "link": "https://pay.harbour-pine.example/E-1",
            "iban": "DE89370400440532013000", "account_name": "account", "bank": "COBADEFFXXX",
            "credit_transfers": [{ "account_number": "other account", "account_name": "other name", "bank": "other bank" }],
            "card": { "number": "1234", "holder": "holder" },
            "direct_debit": { "mandate": "mandate", "creditor_id": "creditor", "debited_account": "debited" },
        },
        "lines": [line(), { "name": "exempt", "unit_price": "5.01", "tax_category": "E" }],
        "allowances": [{ "amount": "1.11", "reason": "allowance", "reason_code": "100", "tax_category": "S", "tax_rate": "19" }],
        "charges": [{ "percent": "50", "base_amount": "13.62", "reason": "charge", "reason_code": "AA", "tax_category": "S", "tax_rate": "19" }],
        "tax_exemptions": [{ "tax_category": "E", "reason": "exemption", "reason_code": "VATEX-EU-132" }],
        "supporting_documents": [{
            "reference": "support", "description": "description of support", "url": "https://files.harbour-pine.example/1",
            "attachment": { "file_name": "file.csv", "media_type": "text/csv", "content": "ZGF5LGhvdXJzCg==" },
        }],
        "other_taxes": [
            { "name": "other tax", "rate": "1.5", "base_amount": "17.57", "amount": "0.26" },
            { "name": "tax on a tax", "rate": "1", "base_amount": "28.54", "on": ["other tax"] },
        ],
        "withholding_taxes": [{ "name": "withheld", "rate": "2.5", "base_amount": "8.88" }],
        "custom_fields": { "field": "value of field" },
        "logo": LOGO, "logo_width": 40, "logo_side": "right", "accent_color": "#1a73e8", "style": "modern", "footer": "footer", "locale": "de-AT", "tax_name": "USt",
        "paper": "letter", "mark": "copy", "csv_dialect": "excel-de",
        "totals": {
            "line_total": "22.58", "allowance_total": "1.11", "charge_total": "6.81", "total_without_tax": "28.28",
            "tax_total": "4.42", "total_with_tax": "32.70", "payable_amount": "29.41", "amount_to_pay": "29.74",
        },
    });
    document.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    document
}

/// All texts and numbers of a document, with their places.
fn leaves(value: &Value, place: &str, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| leaves(value, &format!("{place}/{key}"), found))
        }
        Value::Array(elements) => elements.iter().for_each(|value| leaves(value, place, found)),
        Value::String(text) => found.push((place.to_owned(), text.clone())),
        Value::Number(number) => found.push((place.to_owned(), number.to_string())),
        Value::Bool(_) | Value::Null => {}
    }
}

#[test]
fn nothing_is_dropped() {
    let document = everything();
    let parsed = parse(document.to_string().as_bytes(), &ParseOptions::default());
    let invoice = parsed.unwrap_or_else(|rejected| panic!("{rejected:#?}")).invoice;
    let (mut sent, mut computed) = (Vec::new(), Vec::new());
    leaves(&document, "", &mut sent);
    leaves(&serde_json::to_value(&invoice).unwrap(), "", &mut computed);
    for (place, text) in sent {
        // These are not printed as they were sent: the picture is named, the rest is in what follows from it.
        let follows = ["/logo", "/tax_exchange_rate", "/payment_terms/days", "/rounding", "/lines/kind"]
            .contains(&place.as_str());
        assert!(follows || computed.iter().any(|(_, other)| *other == text), "{place}: {text}");
    }
    assert_eq!(invoice.presentation.logo.unwrap().media_type(), "image/png");
}

#[test]
fn every_member_of_the_schema_is_used() {
    let document = everything();
    let members = json_schema()["properties"].as_object().unwrap().clone();
    for member in members.keys().filter(|member| *member != "tax_point_code") {
        assert!(document.get(member).is_some(), "{member}");
    }
    let line_members = json_schema()["$defs"]["Line"]["properties"].as_object().unwrap().clone();
    for member in line_members.keys() {
        assert!(document["lines"][0].get(member).is_some(), "{member}");
    }
}
