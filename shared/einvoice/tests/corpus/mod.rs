//! Invoices to write and to judge: made by hand, and what is wrong in them on purpose.

#![allow(dead_code, reason = "not each test needs all of them")]

pub(crate) mod mutants;
pub(crate) mod random;
pub(crate) mod xml;

use einvoice::Profile;
use invoice::{Finding, Format, Invoice, ParseOptions};
use serde_json::{Value, json};

/// Parses an invoice that the model accepts.
pub(crate) fn parse(json: &Value) -> Invoice {
    match invoice::parse(json.to_string().as_bytes(), &ParseOptions::default()) {
        Ok(parsed) => parsed.invoice,
        Err(rejected) => panic!("{:#?}\n{json:#}", rejected.faults),
    }
}

/// Writes an invoice in a format.
pub(crate) fn write(invoice: &Invoice, format: Format) -> Result<Vec<u8>, Vec<Finding>> {
    einvoice::write(invoice, profile(format, invoice)).map(|written| written.xml)
}

/// The profile of a legal format.
pub(crate) fn profile(format: Format, invoice: &Invoice) -> Profile {
    Profile::of(format, invoice).expect("a legal format")
}

/// A change of an invoice's data.
pub(crate) type Edit = fn(&mut Value);

/// An invoice and the formats that it must become.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) json: Value,
    pub(crate) formats: Vec<Format>,
}

const EVERYWHERE: &str = "ubl cii xrechnung xrechnung-cii peppol factur-x";
const WITHOUT_PEPPOL: &str = "ubl cii xrechnung xrechnung-cii factur-x";
const PLAIN: &str = "ubl cii factur-x";
const FRENCH: &str = "ubl cii peppol factur-x factur-x-fr";
const ABROAD: &str = "ubl cii peppol factur-x";

fn formats(names: &str) -> Vec<Format> {
    names.split_ascii_whitespace().map(|name| name.parse().expect("a format")).collect()
}

/// Puts a value at a pointer; the last segment may be new.
pub(crate) fn set(json: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match json.pointer_mut(parent).expect("a parent") {
        Value::Object(members) => {
            members.insert(key.to_owned(), value);
        }
        Value::Array(entries) => entries[key.parse::<usize>().expect("an index")] = value,
        other => panic!("{other} has no members"),
    }
}

pub(crate) fn remove(json: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    json.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object").remove(key);
}

/// A German invoice with what each profile asks for, and no more.
pub(crate) fn german() -> Value {
    json!({
        "number": "RE-2026-0093",
        "issue_date": "2026-03-09",
        "currency": "EUR",
        "buyer_reference": "04011000-1234512345-06",
        "seller": {
            "name": "Hafen & Kiefer GmbH",
            "vat_id": "DE 123 456 789",
            "address": { "lines": ["Kaistraße 14"], "city": "Hamburg", "postal_code": "20457", "country": "DE" },
            "contact": { "name": "Buchhaltung", "phone": "+49 40 496 0017", "email": "rechnung@hafen-kiefer.example" },
        },
        "buyer": {
            "name": "Beispiel Lesesäle AöR",
            "address": { "lines": ["Hauptstraße 8"], "city": "Bremen", "postal_code": "28195", "country": "DE" },
            "electronic_address": { "id": "4304171000002", "scheme": "0088" },
        },
        "delivery": { "date": "2026-03-05" },
        "payment": { "iban": "DE89 3704 0044 0532 0130 00", "account_name": "Hafen & Kiefer GmbH" },
        "payment_terms": 30,
        "tax_rate": 19,
        "lines": [
            { "name": "Regal aus Eiche", "quantity": 3, "unit_price": "418.50" },
            { "name": "Aufbau <vor Ort> & Anfahrt", "quantity": "2.5", "unit": "HUR", "unit_price": "61.20" },
        ],
    })
}

/// A French one.
pub(crate) fn french() -> Value {
    json!({
        "number": "F-2026-0093",
        "issue_date": "2026-10-09",
        "currency": "EUR",
        "buyer_reference": "SERVICE-12",
        "seller": {
            "name": "Quai & Pin SARL",
            "vat_id": "FR40303265045",
            "address": { "lines": ["14 rue du Quai"], "city": "Nantes", "postal_code": "44000", "country": "FR" },
        },
        "buyer": {
            "name": "Salles de lecture SA",
            "vat_id": "FR83404833048",
            "address": { "lines": ["8 rue Haute"], "city": "Rennes", "postal_code": "35000", "country": "FR" },
        },
        "notes": [{ "text": "B2B", "subject": "BAR" }],
        "payment": { "iban": "FR14 2004 1010 0505 0001 3M02 606" },
        "payment_terms": 30,
        "tax_rate": 20,
        "lines": [{ "name": "Étagère en chêne", "quantity": 3, "unit_price": "418.50" }],
    })
}

/// A seller and a buyer in two countries.
fn between(seller: Value, buyer: Value) -> Value {
    let mut json = german();
    set(&mut json, "/seller", seller);
    set(&mut json, "/buyer", buyer);
    json
}

fn belgian() -> Value {
    let seller = json!({
        "name": "Kaai & Den NV",
        "vat_id": "BE 0403.170.701",
        "address": { "lines": ["Kaaistraat 14"], "city": "Antwerpen", "postal_code": "2000", "country": "BE" },
    });
    let buyer = json!({
        "name": "Salles de lecture SRL",
        "vat_id": "BE 0202.239.951",
        "address": { "lines": ["Rue Haute 8"], "city": "Namur", "postal_code": "5000", "country": "BE" },
    });
    let mut json = between(seller, buyer);
    json["tax_rate"] = json!(21);
    json["payment"] = json!({ "iban": "BE68 5390 0754 7034", "remittance_information": "+++090/9337/55493+++" });
    json
}

fn dutch() -> Value {
    let seller = json!({
        "name": "Kade & Den B.V.",
        "vat_id": "NL001234567B01",
        "legal_id": { "id": "12345678", "scheme": "0106" },
        "address": { "lines": ["Kade 14"], "city": "Rotterdam", "postal_code": "3011 AA", "country": "NL" },
    });
    let buyer = json!({
        "name": "Leeszalen B.V.",
        "legal_id": { "id": "87654321", "scheme": "0106" },
        "address": { "lines": ["Hoofdstraat 8"], "city": "Utrecht", "postal_code": "3511 AA", "country": "NL" },
    });
    let mut json = between(seller, buyer);
    json["tax_rate"] = json!(21);
    json["payment"] = json!({ "iban": "NL91 ABNA 0417 1643 00" });
    json
}

fn italian() -> Value {
    let buyer = json!({
        "name": "Sale di lettura S.p.A.",
        "vat_id": "IT00743110157",
        "address": { "lines": ["Via Alta 8"], "city": "Bolzano", "postal_code": "39100", "country": "IT" },
    });
    let mut json = german();
    set(&mut json, "/buyer", buyer);
    set(&mut json, "/delivery/address", json!({ "city": "Bolzano", "postal_code": "39100", "country": "IT" }));
    remove(&mut json, "/tax_rate");
    json["tax_category"] = json!("K");
    json
}

fn set_category(json: &mut Value, category: &str, exemption: Option<Value>) {
    remove(json, "/tax_rate");
    json["tax_category"] = json!(category);
    if let Some(exemption) = exemption {
        json["tax_exemptions"] = json!([exemption]);
    }
}

/// What is added to the German invoice, and the formats that it must become then.
const GERMAN: &[(&str, &str, Edit)] = &[
    ("plain", EVERYWHERE, |_| {}),
    ("reduced-rate", EVERYWHERE, |json| json["tax_rate"] = json!(7)),
    ("several-rates", EVERYWHERE, |json| set(json, "/lines/1/tax_rate", json!("7"))),
    ("zero-rated", EVERYWHERE, |json| set_category(json, "Z", None)),
    ("exempt", EVERYWHERE, |json| {
        set_category(json, "E", Some(json!({ "tax_category": "E", "reason": "Steuerfrei nach § 4 UStG" })));
    }),
    ("exempt-by-code", EVERYWHERE, |json| {
        let reason = json!({ "tax_category": "E", "reason": "Bildung", "reason_code": "VATEX-EU-132-1I" });
        set_category(json, "E", Some(reason));
    }),
    ("reverse-charge", EVERYWHERE, |json| {
        set_category(json, "AE", None);
        set(json, "/buyer/vat_id", json!("DE987654321"));
    }),
    ("export", EVERYWHERE, |json| {
        set_category(json, "G", None);
        set(
            json,
            "/buyer/address",
            json!({ "lines": ["Seegasse 8"], "city": "Zug", "postal_code": "6300", "country": "CH" }),
        );
    }),
    ("not-subject", EVERYWHERE, |json| {
        set_category(json, "O", None);
        remove(json, "/seller/vat_id");
        set(json, "/seller/legal_id", json!({ "id": "HRB 123456" }));
        set(json, "/seller/electronic_address", json!({ "id": "4012345000016", "scheme": "0088" }));
        set(json, "/seller/tax_id", json!("201/113/40209"));
    }),
    ("canary-islands", EVERYWHERE, |json| {
        set_category(json, "L", None);
        json["tax_rate"] = json!(7);
    }),
    ("ceuta", EVERYWHERE, |json| {
        set_category(json, "M", None);
        json["tax_rate"] = json!("4");
    }),
    ("mixed-categories", EVERYWHERE, |json| {
        set(json, "/lines/1/tax_category", json!("E"));
        json["tax_exemptions"] = json!([{ "tax_category": "E", "reason": "Steuerfrei" }]);
    }),
    ("document-allowance", EVERYWHERE, |json| {
        json["allowances"] = json!([{ "amount": "20.00", "reason": "Treue", "reason_code": "95" }]);
    }),
    ("document-allowance-percent", EVERYWHERE, |json| {
        json["allowances"] = json!([{ "percent": "3.5", "reason": "Rabatt" }]);
    }),
    ("document-charge", EVERYWHERE, |json| {
        json["charges"] = json!([{ "amount": "12.50", "reason": "Fracht", "reason_code": "FC", "tax_rate": 7 }]);
    }),
    ("line-allowance", EVERYWHERE, |json| {
        set(json, "/lines/0/allowances", json!([{ "percent": 10, "reason": "Menge" }]));
    }),
    ("line-charge", EVERYWHERE, |json| {
        set(json, "/lines/0/charges", json!([{ "amount": "4.99", "reason": "Verpackung", "reason_code": "PC" }]));
    }),
    ("all-adjustments", EVERYWHERE, |json| {
        json["allowances"] =
            json!([{ "percent": 5, "base_amount": "100.00", "reason": "A" }, { "amount": "1", "reason": "B" }]);
        json["charges"] = json!([{ "percent": 2, "reason": "C" }, { "amount": "3.30", "reason_code": "FC" }]);
        let (allowances, charges) =
            (json!([{ "amount": "7", "reason": "D" }]), json!([{ "percent": 1, "reason": "E" }]));
        set(json, "/lines/1/allowances", allowances);
        set(json, "/lines/1/charges", charges);
    }),
    ("gross-price", EVERYWHERE, |json| {
        set(json, "/lines/0/gross_price", json!("450.00"));
        set(json, "/lines/0/price_discount", json!("31.50"));
    }),
    ("gross-price-alone", EVERYWHERE, |json| set(json, "/lines/0/gross_price", json!("418.50"))),
    ("base-quantity", EVERYWHERE, |json| {
        set(json, "/lines/0/price_base_quantity", json!("100"));
        set(json, "/lines/0/unit_price", json!("1999.95"));
    }),
    ("prices-include-tax", EVERYWHERE, |json| json["prices_include_tax"] = json!(true)),
    ("prices-include-tax-with-discount", EVERYWHERE, |json| {
        json["prices_include_tax"] = json!(true);
        set(json, "/lines/0/gross_price", json!("450.00"));
        set(json, "/lines/0/price_discount", json!("31.50"));
    }),
    ("prepaid", EVERYWHERE, |json| json["prepaid_amount"] = json!("500.00")),
    ("rounded", EVERYWHERE, |json| json["rounding_amount"] = json!("-0.02")),
    ("negative-line", EVERYWHERE, |json| set(json, "/lines/1/quantity", json!("-1"))),
    ("free-line", EVERYWHERE, |json| set(json, "/lines/1/unit_price", json!("0"))),
    ("negative-total", EVERYWHERE, |json| set(json, "/lines/0/quantity", json!("-3"))),
    ("credit-note", EVERYWHERE, |json| {
        json["type_code"] = json!("381");
        json["preceding_invoices"] = json!([{ "number": "RE-2026-0087", "issue_date": "2026-02-27" }]);
    }),
    ("credit-note-with-references", EVERYWHERE, |json| {
        json["type_code"] = json!("381");
        json["preceding_invoices"] = json!([{ "number": "RE-2026-0087" }]);
        json["project_reference"] = json!("PROJEKT-7");
        json["tender_or_lot_reference"] = json!("LOS-3");
        json["tax_point_date"] = json!("2026-03-08");
    }),
    ("credit-note-without-payment", EVERYWHERE, |json| {
        json["type_code"] = json!("381");
        remove(json, "/payment");
    }),
    ("corrected", EVERYWHERE, |json| {
        json["type_code"] = json!("384");
        json["preceding_invoices"] = json!([{ "number": "RE-2026-0087", "issue_date": "2026-02-27" }]);
    }),
    ("partial", EVERYWHERE, |json| json["type_code"] = json!("326")),
    ("self-billed", EVERYWHERE, |json| json["type_code"] = json!("389")),
    ("self-billed-credit-note", ABROAD, |json| {
        json["type_code"] = json!("261");
        json["preceding_invoices"] = json!([{ "number": "RE-2026-0087" }]);
    }),
    ("prepayment", PLAIN, |json| json["type_code"] = json!("386")),
    ("references", "ubl xrechnung peppol factur-x", |json| {
        for (key, value) in [
            ("project_reference", "PROJEKT-7"),
            ("contract_reference", "VERTRAG-9"),
            ("purchase_order_reference", "BESTELLUNG-1"),
            ("sales_order_reference", "AUFTRAG-2"),
            ("receiving_advice_reference", "WE-5"),
            ("despatch_advice_reference", "LS-4"),
            ("tender_or_lot_reference", "LOS-3"),
            ("buyer_accounting_reference", "KST 4711"),
        ] {
            json[key] = json!(value);
        }
        json["invoiced_object"] = json!({ "id": "ZAEHLER-4711", "scheme": "ABT" });
        json["preceding_invoices"] = json!([{ "number": "A-1", "issue_date": "2026-01-31" }, { "number": "A-2" }]);
    }),
    ("sales-order-alone", EVERYWHERE, |json| json["sales_order_reference"] = json!("AUFTRAG-2")),
    ("notes", EVERYWHERE, |json| {
        json["notes"] =
            json!([{ "text": "Eigentum bleibt bis zur Zahlung bei uns.\nZweite Zeile.", "subject": "AAI" }, "Danke!"]);
    }),
    ("custom-fields", EVERYWHERE, |json| json["custom_fields"] = json!({ "Fahrer": "Linie 7" })),
    ("interludes", EVERYWHERE, |json| {
        let lines = json["lines"].as_array_mut().expect("lines");
        lines.insert(0, json!({ "kind": "heading", "text": "Erdgeschoss" }));
        lines.insert(1, json!({ "kind": "text", "text": "Lieferung in Teilen" }));
        lines.push(json!({ "kind": "subtotal", "text": "Erdgeschoss gesamt" }));
    }),
    ("period-alone", EVERYWHERE, |json| {
        remove(json, "/delivery");
        json["period"] = json!({ "start": "2026-02-01", "end": "2026-02-28" });
    }),
    ("period", EVERYWHERE, |json| {
        json["period"] = json!({ "start": "2026-02-01", "end": "2026-02-28" });
        set(json, "/lines/0/period", json!({ "start": "2026-02-01", "end": "2026-02-14" }));
    }),
    ("open-period", EVERYWHERE, |json| json["period"] = json!({ "start": "2026-02-01" })),
    ("tax-point-date", EVERYWHERE, |json| {
        json["tax_point_date"] = json!("2026-03-08");
        set(json, "/lines/1/tax_rate", json!("7"));
    }),
    ("tax-point-code", EVERYWHERE, |json| {
        json["tax_point_code"] = json!("35");
        set(json, "/lines/1/tax_rate", json!("7"));
    }),
    ("tax-point-payment", EVERYWHERE, |json| json["tax_point_code"] = json!("432")),
    ("delivery", EVERYWHERE, |json| {
        json["delivery"] = json!({
            "name": "Lager Nord", "contact_name": "Tor 3", "date": "2026-03-05",
            "location": { "id": "4304171000002", "scheme": "0088" },
            "address": { "lines": ["Hafen 1"], "city": "Kiel", "postal_code": "24103", "subdivision": "SH", "country": "DE" },
        });
    }),
    ("long-addresses", EVERYWHERE, |json| {
        set(json, "/seller/address/lines", json!(["Kaistraße 14", "Hinterhaus", "3. Stock"]));
        set(json, "/buyer/address/lines", json!(["Hauptstraße 8", "Zimmer 12", "bei Empfang"]));
        set(json, "/buyer/address/subdivision", json!("Bremen"));
    }),
    ("parties", EVERYWHERE, |json| {
        set(json, "/seller/trading_name", json!("Hafen & Kiefer"));
        set(json, "/seller/identifiers", json!([{ "id": "4012345000016", "scheme": "0088" }, { "id": "L-77" }]));
        set(json, "/seller/legal_id", json!({ "id": "HRB 123456" }));
        set(json, "/seller/tax_id", json!("201/113/40209"));
        set(json, "/seller/legal_information", json!("Stammkapital 25.000 €\nAmtsgericht Hamburg"));
        set(json, "/buyer/trading_name", json!("Lesesäle"));
        set(json, "/buyer/identifiers", json!([{ "id": "K-12" }]));
        set(json, "/buyer/legal_id", json!({ "id": "4304171000002", "scheme": "0088" }));
        set(json, "/buyer/vat_id", json!("DE987654321"));
        set(
            json,
            "/buyer/contact",
            json!({ "name": "Einkauf", "phone": "+49 421 1", "email": "einkauf@lesesaele.example" }),
        );
    }),
    ("payee", EVERYWHERE, |json| {
        json["payee"] = json!({
            "name": "Beispiel Factoring AG",
            "identifier": { "id": "F-9" },
            "legal_id": { "id": "HRB 9" },
        });
    }),
    ("tax-representative", EVERYWHERE, |json| {
        json["tax_representative"] = json!({
            "name": "Beispiel Steuer GmbH", "vat_id": "DE111111125",
            "address": { "lines": ["Ring 1"], "city": "Köln", "postal_code": "50667", "country": "DE" },
        });
    }),
    ("several-accounts", EVERYWHERE, |json| {
        json["payment"] = json!({
            "means_text": "Überweisung",
            "remittance_information": "RE-2026-0093",
            "credit_transfers": [
                { "iban": "DE89370400440532013000", "bank": "COBADEFFXXX" },
                { "iban": "DE75512108001245126199", "account_name": "Zweites Konto" },
            ],
        });
    }),
    ("account-number", EVERYWHERE, |json| {
        json["payment"] = json!({ "means": "30", "account_number": "00012345678", "bank": "10020030" });
    }),
    ("card", EVERYWHERE, |json| {
        json["payment"] = json!({ "card": { "number": "1234", "holder": "A. Moreno" } });
    }),
    ("direct-debit", EVERYWHERE, |json| json["payment"] = direct_debit()),
    ("direct-debit-to-payee", EVERYWHERE, |json| {
        json["payment"] = direct_debit();
        json["payee"] = json!({ "name": "Beispiel Factoring AG", "identifier": { "id": "F-9" } });
    }),
    ("cash", EVERYWHERE, |json| json["payment"] = json!({ "means": "10", "means_text": "Bar" })),
    ("payment-link", EVERYWHERE, |json| set(json, "/payment/link", json!("https://pay.example/1?a=1&b=2"))),
    ("no-payment", EVERYWHERE, |json| remove(json, "/payment")),
    ("skonto", EVERYWHERE, |json| {
        json["payment_terms"] = json!({
            "text": "Zahlbar in 30 Tagen", "days": 30,
            "discounts": [{ "days": 10, "percent": 3 }, { "days": 14, "percent": "2.5" }],
        });
    }),
    ("skonto-alone", EVERYWHERE, |json| json["payment_terms"] = json!({ "discounts": [{ "days": 7, "percent": 2 }] })),
    ("terms-in-words", EVERYWHERE, |json| json["payment_terms"] = json!("Sofort ohne Abzug")),
    ("attachments", EVERYWHERE, |json| {
        json["supporting_documents"] = json!([
            { "reference": "ZEIT-03", "description": "Stunden", "attachment": {
                "file_name": "stunden.csv", "media_type": "text/csv", "content": "ZGF5LGhvdXJzCg==" } },
            { "reference": "PLAN-1", "url": "https://files.hafen-kiefer.example/plan.pdf" },
            { "reference": "NUR-NUMMER" },
        ]);
    }),
    ("tax-in-other-currency", EVERYWHERE, |json| {
        json["currency"] = json!("SEK");
        json["tax_currency"] = json!("EUR");
        json["tax_exchange_rate"] = json!("0.0912");
    }),
    ("in-yen", EVERYWHERE, |json| {
        json["currency"] = json!("JPY");
        set(json, "/lines/0/unit_price", json!("41850"));
        set(json, "/lines/1/unit_price", json!("6120"));
    }),
    ("in-dinars", EVERYWHERE, |json| {
        json["currency"] = json!("KWD");
        json["tax_rate"] = json!("20");
        set(json, "/lines/1/unit_price", json!("61.20"));
    }),
    ("items", EVERYWHERE, |json| {
        json["lines"][0] = json!({
            "id": "10", "name": "Regal aus Eiche", "description": "Geölt,\nmit sechs Böden", "quantity": 3, "unit": "H87",
            "unit_price": "418.50", "note": "Liefertermin wie besprochen", "order_line_reference": "3",
            "buyer_accounting_reference": "KST 1", "invoiced_object": { "id": "ZAEHLER-1", "scheme": "AVE" },
            "seller_item_id": "R-77", "buyer_item_id": "B-12",
            "standard_item_id": { "id": "04012345000016", "scheme": "0160" },
            "classifications": [{ "code": "56101519", "scheme": "TST", "version": "19.05.01" }, { "code": "94036010", "scheme": "HS" }],
            "origin_country": "PL",
            "attributes": [{ "name": "Farbe", "value": "Natur" }, { "name": "Höhe", "value": "2,10 m" }],
        });
        json["purchase_order_reference"] = json!("BESTELLUNG-1");
    }),
    ("many-lines", EVERYWHERE, |json| {
        let line = json["lines"][0].clone();
        json["lines"] = Value::Array(vec![line; 120]);
    }),
    ("no-delivery", "ubl cii xrechnung xrechnung-cii peppol", |json| remove(json, "/delivery")),
    ("english", EVERYWHERE, |json| json["locale"] = json!("en-GB")),
    ("mail-addresses", WITHOUT_PEPPOL, |json| {
        set(json, "/seller/electronic_address", json!({ "id": "rechnung@hafen-kiefer.example", "scheme": "EM" }));
        set(json, "/buyer/electronic_address", json!({ "id": "eingang@lesesaele.example", "scheme": "EM" }));
    }),
    ("routing-id", WITHOUT_PEPPOL, |json| remove(json, "/buyer/electronic_address")),
    ("dutch-usage", "ubl cii", |json| {
        json["specification"] = json!("urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0");
    }),
    ("profile-basic", "factur-x", |json| {
        json["specification"] = json!("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic");
        remove(json, "/seller/contact");
        remove(json, "/payment/account_name");
    }),
    ("profile-extended", "factur-x", |json| {
        json["specification"] = json!("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended");
    }),
    ("profile-xrechnung", "factur-x", |json| {
        json["specification"] = json!("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0");
    }),
];

fn direct_debit() -> Value {
    json!({ "direct_debit": {
        "mandate": "MANDAT-42", "creditor_id": "DE98ZZZ09999999999", "debited_account": "DE75512108001245126199",
    } })
}

const FRENCH_CASES: &[(&str, &str, Edit)] = &[
    ("plain", FRENCH, |_| {}),
    ("services", FRENCH, |json| set(json, "/lines/0/unit", json!("HUR"))),
    ("mixed", FRENCH, |json| {
        let service = json!({ "name": "Montage", "quantity": 2, "unit": "DAY", "unit_price": "500" });
        json["lines"].as_array_mut().expect("lines").push(service);
    }),
    ("reduced-rates", FRENCH, |json| {
        let line = json!({ "name": "Livre", "unit_price": "19.90", "tax_rate": "5.5" });
        json["lines"].as_array_mut().expect("lines").push(line);
    }),
    ("consumer", FRENCH, |json| {
        json["notes"] = json!([{ "text": "B2C", "subject": "BAR" }]);
        remove(json, "/buyer/vat_id");
        set(json, "/buyer/electronic_address", json!({ "id": "4304171000002", "scheme": "0088" }));
    }),
    ("credit-note", FRENCH, |json| {
        json["type_code"] = json!("381");
        json["preceding_invoices"] = json!([{ "number": "F-2026-0087", "issue_date": "2026-09-27" }]);
    }),
    ("corrected", "ubl cii factur-x factur-x-fr", |json| {
        json["type_code"] = json!("384");
        json["preceding_invoices"] = json!([{ "number": "F-2026-0087", "issue_date": "2026-09-27" }]);
    }),
    ("paid", FRENCH, |json| {
        json["business_process"] = json!("B2");
        json["prepaid_amount"] = json!("1506.60");
        json["payment"] = json!({ "means": "48", "card": { "number": "1234" } });
    }),
    ("own-terms", FRENCH, |json| {
        json["notes"] = json!([
            { "text": "B2B", "subject": "BAR" },
            { "text": "Pénalités : trois fois le taux légal.", "subject": "PMD" },
            { "text": "Indemnité : 40 €.", "subject": "PMT" },
            { "text": "Escompte : 1 % sous 8 jours.", "subject": "AAB" },
        ]);
    }),
    ("discount", FRENCH, |json| {
        json["payment_terms"] = json!({ "days": 30, "discounts": [{ "days": 8, "percent": 1 }] })
    }),
    ("prices-include-tax", FRENCH, |json| {
        json["prices_include_tax"] = json!(true);
        set(json, "/lines/0/unit_price", json!("19.99"));
        set(json, "/lines/0/quantity", json!("7"));
    }),
    ("fine-prices", FRENCH, |json| {
        set(json, "/lines/0/unit_price", json!("0.123456789"));
        set(json, "/lines/0/quantity", json!("125000"));
    }),
    ("siret", FRENCH, |json| {
        set(json, "/seller/legal_id", json!({ "id": "303265045", "scheme": "0002" }));
        set(json, "/seller/identifiers", json!([{ "id": "30326504500017", "scheme": "0009" }]));
    }),
    ("attachments", FRENCH, |json| {
        json["supporting_documents"] = json!([{ "reference": "BL-3", "description": "BON_LIVRAISON" }]);
    }),
    ("in-dollars", FRENCH, |json| {
        json["currency"] = json!("USD");
        json["tax_currency"] = json!("EUR");
        json["tax_exchange_rate"] = json!("0.92");
    }),
];

/// All invoices that are made by hand.
pub(crate) fn cases() -> Vec<Case> {
    let edited = |base: fn() -> Value, country: &str, rows: &[(&str, &str, Edit)]| -> Vec<Case> {
        rows.iter()
            .map(|(name, names, edit)| {
                let mut json = base();
                edit(&mut json);
                Case { name: format!("{country}-{name}"), json, formats: formats(names) }
            })
            .collect()
    };
    let countries: &[(&str, &str, Edit)] = &[("plain", ABROAD, |_| {})];
    let mut cases = edited(german, "de", GERMAN);
    // Peppol wants the French process to be one of its own.
    cases.extend(edited(french, "fr", FRENCH_CASES).into_iter().map(without_peppol_process));
    cases.extend(edited(belgian, "be", countries));
    cases.extend(edited(dutch, "nl", countries));
    cases.extend(edited(italian, "it", countries));
    cases
}

fn without_peppol_process(mut case: Case) -> Case {
    if case.json.get("business_process").is_some() {
        case.formats.retain(|format| *format != Format::Peppol);
    }
    case
}
