//! Invoices that break one rule each, which the official judges must find, too.

use invoice::Format;
use serde_json::{Value, json};

use super::{Edit, french, german, remove, set};

/// An invoice that breaks a rule.
pub(crate) struct Mutant {
    /// The rule that must be named, by us and by the judge.
    pub(crate) rule: &'static str,
    pub(crate) format: Format,
    pub(crate) json: Value,
}

type Row = (&'static str, &'static str, Edit);

#[rustfmt::skip]
const GERMAN: &[Row] = &[
    ("PEPPOL-EN16931-R040", "xrechnung-cii", |json| {
        json["currency"] = json!("JPY");
        json["allowances"] = json!([{ "percent": "33.3", "reason": "Rabatt" }]);
    }),
    ("BR-08", "ubl", |json| remove(json, "/seller/address")),
    ("BR-09", "cii", |json| remove(json, "/seller/address/country")),
    ("BR-10", "ubl", |json| remove(json, "/buyer/address")),
    ("BR-11", "cii", |json| remove(json, "/buyer/address/country")),
    ("BR-17", "ubl", |json| {
        set(json, "/seller/trading_name", json!("Hafen"));
        json["payee"] = json!({ "name": "Hafen" });
    }),
    ("BR-51", "cii", |json| json["payment"] = json!({ "card": { "number": "1234 56** **** 1234" } })),
    ("BR-57", "ubl", |json| set(json, "/delivery/address", json!({ "city": "Kiel", "postal_code": "24103" }))),
    ("BR-57", "cii", |json| set(json, "/delivery/address", json!({ "city": "Kiel", "postal_code": "24103" }))),
    ("BR-CO-26", "ubl", |json| {
        remove(json, "/seller/vat_id");
        set(json, "/seller/tax_id", json!("201/113/40209"));
    }),
    ("BR-S-02", "ubl", |json| {
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 1" }));
    }),
    ("BR-Z-02", "cii", |json| {
        json["tax_rate"] = json!(0);
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 1" }));
    }),
    ("BR-S-03", "ubl", |json| {
        json["allowances"] = json!([{ "amount": "1", "reason": "A" }]);
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 1" }));
    }),
    ("BR-S-04", "cii", |json| {
        json["charges"] = json!([{ "amount": "1", "reason": "A" }]);
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 1" }));
    }),
    ("BR-CO-17", "ubl", |json| json["tax_rate"] = json!("0.4")),
    ("BR-CL-04", "ubl", |json| json["currency"] = json!("HRK")),
    ("BR-FX-EN-04", "factur-x", |json| remove(json, "/delivery")),
    ("BR-DE-2", "xrechnung", |json| remove(json, "/seller/contact")),
    ("BR-DE-3", "xrechnung", |json| remove(json, "/seller/address/city")),
    ("BR-DE-4", "xrechnung-cii", |json| remove(json, "/seller/address/postal_code")),
    ("BR-DE-5", "xrechnung", |json| remove(json, "/seller/contact/name")),
    ("BR-DE-6", "xrechnung-cii", |json| remove(json, "/seller/contact/phone")),
    ("BR-DE-7", "xrechnung", |json| remove(json, "/seller/contact/email")),
    ("BR-DE-8", "xrechnung-cii", |json| remove(json, "/buyer/address/city")),
    ("BR-DE-9", "xrechnung", |json| remove(json, "/buyer/address/postal_code")),
    ("BR-DE-10", "xrechnung", |json| {
        set(json, "/delivery/address", json!({ "postal_code": "24103", "country": "DE" }));
    }),
    ("BR-DE-11", "xrechnung-cii", |json| set(json, "/delivery/address", json!({ "city": "Kiel", "country": "DE" }))),
    ("BR-DE-15", "xrechnung", |json| remove(json, "/buyer_reference")),
    ("BR-DE-15", "xrechnung-cii", |json| remove(json, "/buyer_reference")),
    ("BR-DE-16", "xrechnung", |json| {
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 1" }));
    }),
    ("BR-DE-18", "xrechnung", |json| json["payment_terms"] = json!("#1 Zahlung an uns")),
    ("BR-DE-18", "xrechnung-cii", |json| {
        json["payment_terms"] = json!({ "days": 30, "discounts": [{ "days": 10, "percent": "2.125" }] });
    }),
    ("BR-DE-22", "xrechnung", |json| {
        let file = json!({ "file_name": "a.csv", "media_type": "text/csv", "content": "YQ==" });
        json["supporting_documents"] = json!([{ "reference": "1", "attachment": file }, { "reference": "2", "attachment": file }]);
    }),
    ("BR-DE-23-b", "xrechnung", |json| set(json, "/payment/card", json!({ "number": "1234" }))),
    ("BR-DE-24-a", "xrechnung", |json| json["payment"] = json!({ "means": "48" })),
    ("BR-DE-24-b", "xrechnung-cii", |json| {
        set(json, "/payment/means", json!("48"));
        set(json, "/payment/card", json!({ "number": "1234" }));
    }),
    ("BR-DE-25-a", "xrechnung", |json| json["payment"] = json!({ "means": "59" })),
    ("BR-DE-30", "xrechnung", |json| {
        json["payment"] = json!({ "direct_debit": { "mandate": "M", "debited_account": "DE75512108001245126199" } });
    }),
    ("BR-DE-31", "xrechnung", |json| {
        json["payment"] = json!({ "direct_debit": { "mandate": "M", "creditor_id": "DE98ZZZ09999999999" } });
    }),
    ("PEPPOL-EN16931-R010", "peppol", |json| remove(json, "/buyer/electronic_address")),
    ("PEPPOL-EN16931-R003", "peppol", |json| remove(json, "/buyer_reference")),
    ("PEPPOL-EN16931-R007", "peppol", |json| json["business_process"] = json!("B1")),
    ("PEPPOL-EN16931-R061", "peppol", |json| {
        json["payment"] = json!({ "direct_debit": {
            "creditor_id": "DE98ZZZ09999999999", "debited_account": "DE75512108001245126199" } });
    }),
    ("PEPPOL-EN16931-R110", "peppol", |json| {
        json["period"] = json!({ "start": "2026-02-01", "end": "2026-02-28" });
        set(json, "/lines/0/period", json!({ "start": "2026-01-31" }));
    }),
    ("PEPPOL-EN16931-R111", "xrechnung", |json| {
        json["period"] = json!({ "start": "2026-02-01", "end": "2026-02-28" });
        set(json, "/lines/0/period", json!({ "end": "2026-03-01" }));
    }),
    ("PEPPOL-EN16931-R120", "peppol", |json| {
        json["currency"] = json!("JPY");
        set(json, "/lines/0/unit_price", json!("10.1"));
    }),
    ("PEPPOL-EN16931-P0100", "peppol", |json| json["type_code"] = json!("130")),
    ("PEPPOL-EN16931-P0112", "peppol", |json| {
        json["type_code"] = json!("384");
        set(json, "/buyer/address/country", json!("AT"));
    }),
    ("PEPPOL-EN16931-CL008", "peppol", |json| {
        set(json, "/buyer/electronic_address", json!({ "id": "a@b.example", "scheme": "EM" }));
    }),
    ("PEPPOL-COMMON-R040", "peppol", |json| set(json, "/buyer/electronic_address/id", json!("4304171000003"))),
    ("DE-R-002", "peppol", |json| remove(json, "/seller/contact")),
    ("DE-R-015", "peppol", |json| {
        remove(json, "/buyer_reference");
        json["purchase_order_reference"] = json!("B-1");
    }),
    ("BR-CO-25", "factur-x", |json| remove(json, "/payment_terms")),
];

#[rustfmt::skip]
const FRENCH: &[Row] = &[
    ("BR-FR-01", "factur-x-fr", |json| json["number"] = json!("F-2026-0093-0123456789-0123456789-0123456789")),
    ("BR-FR-02", "factur-x-fr", |json| json["number"] = json!("F 2026.0093")),
    ("BR-FR-03", "factur-x-fr", |json| json["tax_point_date"] = json!("1999-12-31")),
    ("BR-FR-04", "factur-x-fr", |json| json["type_code"] = json!("326")),
    ("BR-FR-08", "factur-x-fr", |json| json["business_process"] = json!("X1")),
    ("BR-FR-09", "factur-x-fr", |json| {
        set(json, "/seller/legal_id", json!({ "id": "303265045", "scheme": "0002" }));
        set(json, "/seller/identifiers", json!([{ "id": "40326504500017", "scheme": "0009" }]));
    }),
    ("BR-FR-10", "factur-x-fr", |json| {
        set(json, "/seller/vat_id", json!("DE123456789"));
    }),
    ("BR-FR-11", "factur-x-fr", |json| {
        set(json, "/buyer/vat_id", json!("DE987654321"));
    }),
    ("BR-FR-12", "factur-x-fr", |json| {
        remove(json, "/buyer/vat_id");
        json["notes"] = json!([{ "text": "B2C", "subject": "BAR" }]);
    }),
    ("BR-FR-15", "factur-x-fr", |json| json["tax_category"] = json!("L")),
    ("BR-FR-16", "factur-x-fr", |json| json["tax_rate"] = json!("19")),
    ("BR-FR-17", "factur-x-fr", |json| {
        json["supporting_documents"] = json!([{ "reference": "1", "description": "Heures" }]);
    }),
    ("BR-FR-20", "factur-x-fr", |json| json["notes"] = json!([{ "text": "PRO", "subject": "BAR" }])),
    ("BR-FR-21", "factur-x-fr", |json| {
        set(json, "/buyer/electronic_address", json!({ "id": "4304171000002", "scheme": "0088" }));
    }),
    ("BR-FR-CO-04", "factur-x-fr", |json| json["type_code"] = json!("384")),
    ("BR-FR-CO-05", "factur-x-fr", |json| json["type_code"] = json!("381")),
    ("BR-FR-CO-09", "factur-x-fr", |json| json["business_process"] = json!("B2")),
    ("BR-FR-CO-12", "factur-x-fr", |json| json["currency"] = json!("USD")),
    ("BR-FR-DEC-02", "factur-x-fr", |json| set(json, "/lines/0/quantity", json!("1.23456"))),
];

/// All of them.
pub(crate) fn mutants() -> Vec<Mutant> {
    let rows = |base: fn() -> Value, rows: &'static [Row]| {
        rows.iter().map(move |(rule, format, edit)| {
            let mut json = base();
            edit(&mut json);
            Mutant { rule, format: format.parse().expect("a format"), json }
        })
    };
    rows(german, GERMAN).chain(rows(french, FRENCH)).collect()
}
