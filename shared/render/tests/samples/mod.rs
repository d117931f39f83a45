//! Invoices to render.

#![allow(dead_code, reason = "not each test needs all of them")]

use invoice::{Format, Invoice, ParseOptions};
use render::{Rendered, Style};
use serde_json::{Value, json};

/// Parses an invoice that has no fault.
pub(crate) fn parse(json: &Value) -> Invoice {
    match invoice::parse(json.to_string().as_bytes(), &ParseOptions::default()) {
        Ok(parsed) => parsed.invoice,
        Err(rejected) => panic!("{:#?}", rejected.faults),
    }
}

pub(crate) fn render(invoice: &Invoice, format: Format) -> Rendered {
    render::render(invoice, format, &Style::default()).unwrap()
}

/// A flat invoice with these items and no totals, which are computed.
pub(crate) fn flat(items: Vec<Value>) -> Value {
    json!({
        "company_name": "Harbour & Pine Ltd",
        "company_address": "14 Quay Street, Bristol BS1 4QT",
        "company_phone": "+44 117 496 0017",
        "date": "2026-03-09",
        "invoice_no": "HP-2026-0093",
        "bill_to_name": "Ana Moreno",
        "bill_to_company": "Cooperativa Río Claro",
        "bill_to_address": "Calle Mayor 8, 28013 Madrid",
        "items": items,
        "tax_rate": 20,
    })
}

pub(crate) fn item(description: &str, quantity: &str, price: &str) -> Value {
    json!({ "description": description, "qty": quantity, "unit_price": price })
}

/// So many lines of differing length.
pub(crate) fn many_lines(count: usize) -> Value {
    let items = (1..=count).map(|number| {
        let more = if number % 9 == 0 {
            ", with a description long enough to wrap over several lines of its column"
        } else {
            ""
        };
        let mut item = item(
            &format!("Article {number}{more}"),
            &format!("{}", number % 7 + 1),
            &format!("{}.{:02}", 20 + number % 80, number % 100),
        );
        item["id"] = json!(format!("SKU-{number:05}"));
        item
    });
    flat(items.collect())
}

/// A full invoice with nearly every part that is printed.
pub(crate) fn full() -> Value {
    json!({
        "number": "RE-2026-0417",
        "issue_date": "2026-04-17",
        "currency": "EUR",
        "due_date": "2026-05-17",
        "purchase_order_reference": "PO-88121",
        "buyer_reference": "04011000-12345-34",
        "period": { "start": "2026-03-01", "end": "2026-03-31" },
        "seller": {
            "name": "Nordlicht Werkstatt GmbH",
            "vat_id": "DE123456789",
            "legal_id": { "id": "HRB 12345" },
            "address": { "lines": ["Speicherstraße 4"], "city": "Lübeck", "postal_code": "23552", "country": "DE" },
            "contact": { "phone": "+49 451 555 0100", "email": "rechnung@nordlicht.example" },
        },
        "buyer": {
            "name": "Łódź Design Sp. z o.o.",
            "vat_id": "PL5260001246",
            "address": { "lines": ["ul. Piotrkowska 12"], "city": "Łódź", "postal_code": "90-001", "country": "PL" },
        },
        "lines": [
            {
                "name": "Oak table, oiled", "description": "Top 200 × 95 cm, two leaves of 45 cm",
                "seller_item_id": "T-200", "quantity": "2", "unit": "C62", "unit_price": "1249.00",
                "tax_category": "S", "tax_rate": "19",
                "allowances": [{ "percent": "10", "reason": "Display item" }],
            },
            {
                "name": "Manual, printed", "seller_item_id": "M-1", "quantity": "12.5", "unit": "HUR",
                "unit_price": "9.4562", "tax_category": "S", "tax_rate": "7",
            },
        ],
        "charges": [{ "amount": "49.00", "reason": "Freight", "tax_category": "S", "tax_rate": "19" }],
        "prepaid_amount": "500.00",
        "payment_terms": "Payable within 30 days without deduction.",
        "payment": {
            "means": "58",
            "remittance_information": "RE-2026-0417",
            "iban": "DE02120300000000202051",
            "bank": "BYLADEM1001",
            "account_name": "Nordlicht Werkstatt GmbH",
        },
        "notes": ["Goods remain our property until they are paid in full."],
    })
}
