//! What is wrong is refused at its place, by its rule, all at once.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Currency, Limits, ParseOptions, Parsed, Rejected, parse};
use serde_json::{Value, json};

fn full() -> Value {
    json!({
        "number": "F-1",
        "issue_date": "2026-03-09",
        "currency": "EUR",
        "seller": { "name": "Harbour & Pine GmbH", "vat_id": "DE123456789", "address": { "country": "DE" } },
        "buyer": { "name": "Cooperativa Río Claro", "vat_id": "ESB12345678", "address": { "country": "ES" } },
        "lines": [{ "name": "Shelf", "quantity": 3, "unit_price": "10.05", "tax_rate": 19 }],
    })
}

fn flat() -> Value {
    json!({
        "company_name": "Harbour & Pine Ltd",
        "date": "2026-03-09",
        "invoice_no": "F-1",
        "bill_to_name": "Ana Moreno",
        "items": [{ "id": "A", "description": "Shelf", "qty": 3, "unit_price": 10.05, "total": 30.15 }],
        "subtotal": 30.15,
        "tax_rate": 20,
        "tax_amount": 6.03,
        "total_amount": 36.18,
    })
}

fn parse_value(document: &Value) -> Result<Parsed, Rejected> {
    parse(document.to_string().as_bytes(), &ParseOptions::default())
}

/// The places and rules of all faults.
fn faults(result: Result<Parsed, Rejected>) -> Vec<(String, &'static str)> {
    match result {
        Ok(_) => Vec::new(),
        Err(rejected) => rejected.faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect(),
    }
}

/// Sets the value at a pointer whose parent is there.
fn set(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Array(elements) => elements[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
}

/// Changes one place of the full form, and asserts that the only fault is at `place` by `rule`.
fn assert_fault(changes: &[(&str, Value)], place: &str, rule: &str) {
    let mut document = full();
    for (pointer, value) in changes {
        set(&mut document, pointer, value.clone());
    }
    let found = faults(parse_value(&document));
    assert_eq!(found, [(place.to_owned(), rule)].map(|(place, rule)| (place, rule)), "{changes:?}");
}

#[test]
fn single_values() {
    let cases = [
        ("/number", json!(null), "/number", "BR-02"),
        ("/number", json!("  "), "/number", "BR-02"),
        ("/number", json!(17), "/number", "type"),
        ("/number", json!("a\u{7}b"), "/number", "control-character"),
        ("/number", json!("a\nb"), "/number", "control-character"),
        ("/number", json!("a\u{9f}b"), "/number", "control-character"),
        ("/number", json!("a\u{ffff}"), "/number", "control-character"),
        ("/number", json!("x".repeat(1001)), "/number", "text-length"),
        ("/issue_date", json!("2026-02-29"), "/issue_date", "date"),
        ("/issue_date", json!("09.03.2026"), "/issue_date", "date"),
        ("/issue_date", json!("2026-03-09T10:00"), "/issue_date", "date"),
        ("/currency", json!("EURO"), "/currency", "BR-CL-04"),
        ("/currency", json!("XXX"), "/currency", "BR-CL-04"),
        ("/type_code", json!("999"), "/type_code", "BR-CL-01"),
        ("/seller/vat_id", json!("123"), "/seller/vat_id", "BR-CO-09"),
        ("/seller/address/country", json!("UK"), "/seller/address/country", "BR-CL-14"),
        ("/seller/contact", json!({ "email": "nobody" }), "/seller/contact/email", "email"),
        ("/seller/electronic_address", json!({ "id": "x" }), "/seller/electronic_address/scheme", "BR-62"),
        ("/buyer/tax_id", json!("1"), "/buyer/tax_id", "buyer-term"),
        ("/lines/0/name", json!(null), "/lines/0/name", "BR-25"),
        ("/lines/0/unit", json!("hours"), "/lines/0/unit", "BR-CL-23"),
        ("/lines/0/quantity", json!("NaN"), "/lines/0/quantity", "number"),
        ("/lines/0/quantity", json!("1e20"), "/lines/0/quantity", "number"),
        ("/lines/0/quantity", json!("0.0000000000001"), "/lines/0/quantity", "number"),
        ("/lines/0/quantity", json!(true), "/lines/0/quantity", "type"),
        ("/lines/0/unit_price", json!("-1"), "/lines/0/unit_price", "BR-27"),
        ("/lines/0/unit_price", json!(null), "/lines/0/unit_price", "BR-26"),
        ("/lines/0/gross_price", json!("-1"), "/lines/0/gross_price", "BR-28"),
        ("/lines/0/gross_price", json!("11"), "/lines/0/unit_price", "unit-price"),
        ("/lines/0/price_base_quantity", json!(0), "/lines/0/price_base_quantity", "price-base-quantity"),
        ("/lines/0/tax_rate", json!(101), "/lines/0/tax_rate", "tax-rate"),
        ("/lines/0/tax_rate", json!(-1), "/lines/0/tax_rate", "tax-rate"),
        ("/lines/0/tax_rate", json!(null), "/lines/0/tax_rate", "BR-CO-04"),
        ("/lines/0/tax_category", json!("X"), "/lines/0/tax_category", "BR-CL-17"),
        ("/lines/0/tax_category", json!("Z"), "/lines/0/tax_rate", "BR-Z-05"),
        ("/lines/0/tax_category", json!("O"), "/lines/0/tax_rate", "BR-O-05"),
        ("/lines/0/net_amount", json!("30.16"), "/lines/0/net_amount", "line-net-amount"),
        ("/lines/0/origin_country", json!("ZZ"), "/lines/0/origin_country", "BR-CL-14"),
        ("/lines/0/period", json!({}), "/lines/0/period", "BR-CO-20"),
        ("/lines/0/allowances", json!([{ "percent": 10 }]), "/lines/0/allowances/0/reason", "BR-42"),
        ("/lines/0/charges", json!([{ "reason": "x" }]), "/lines/0/charges/0/amount", "BR-43"),
        ("/lines/0/charges", json!([{ "amount": "1.001", "reason": "x" }]), "/lines/0/charges/0/amount", "BR-DEC-27"),
        ("/allowances", json!([{ "amount": "1.001", "reason": "x" }]), "/allowances/0/amount", "BR-DEC-01"),
        ("/allowances", json!([{ "amount": "-1", "reason": "x" }]), "/allowances/0/amount", "adjustment-sign"),
        ("/allowances", json!([{ "percent": 101, "reason": "x" }]), "/allowances/0/percent", "percent"),
        ("/allowances", json!([{ "amount": 1, "reason_code": "FC" }]), "/allowances/0/reason_code", "BR-CL-19"),
        (
            "/allowances",
            json!([{ "amount": 4, "percent": 10, "reason": "x" }]),
            "/allowances/0/amount",
            "adjustment-amount",
        ),
        ("/charges", json!([{ "amount": 1, "reason_code": "95" }]), "/charges/0/reason_code", "BR-CL-20"),
        ("/prepaid_amount", json!("0.001"), "/prepaid_amount", "BR-DEC-16"),
        ("/rounding_amount", json!("0.001"), "/rounding_amount", "BR-DEC-17"),
        ("/period", json!({ "start": "2026-03-02", "end": "2026-03-01" }), "/period/end", "BR-29"),
        ("/payment", json!({ "iban": "DE89370400440532013001" }), "/payment/iban", "iban"),
        ("/payment", json!({ "means": 30 }), "/payment/iban", "BR-61"),
        ("/payment", json!({ "means": "999" }), "/payment/means", "BR-CL-16"),
        ("/payment", json!({ "card": { "number": "4111111111111111" } }), "/payment/card/number", "BR-51"),
        ("/payment", json!({ "link": "javascript:alert(1)" }), "/payment/link", "payment-link"),
        ("/payment", json!({ "link": "https://" }), "/payment/link", "payment-link"),
        ("/payment", json!({ "link": "pay.example/1" }), "/payment/link", "payment-link"),
        ("/payment_terms", json!({ "discounts": [{ "percent": 2 }] }), "/payment_terms/discounts/0/days", "required"),
        ("/payment_terms", json!(1.5), "/payment_terms", "days"),
        (
            "/tax_exemptions",
            json!([{ "tax_category": "S", "reason": "x" }]),
            "/tax_exemptions/0/tax_category",
            "BR-S-10",
        ),
        (
            "/tax_exemptions",
            json!([{ "tax_category": "E", "reason": "x" }]),
            "/tax_exemptions/0/tax_category",
            "tax-exemption",
        ),
        ("/tax_currency", json!("PLN"), "/tax_total_in_tax_currency", "BR-53"),
        (
            "/tax_representative",
            json!({ "name": "x", "address": { "country": "NL" } }),
            "/tax_representative/vat_id",
            "BR-56",
        ),
        ("/notes", json!([{ "text": "x", "subject": "nope" }]), "/notes/0/subject", "BR-CL-08"),
        ("/preceding_invoices", json!([{}]), "/preceding_invoices/0/number", "BR-55"),
        ("/logo", json!("aGVsbG8="), "/logo", "logo"),
        ("/logo", json!("***"), "/logo", "base64"),
        ("/accent_color", json!("#12345"), "/accent_color", "color"),
        ("/locale", json!("english"), "/locale", "locale"),
        ("/style", json!("baroque"), "/style", "style"),
        ("/paper", json!("legal"), "/paper", "paper"),
        ("/mark", json!("void"), "/mark", "mark"),
        ("/csv_dialect", json!("tsv"), "/csv_dialect", "csv-dialect"),
        ("/footer", json!("x".repeat(301)), "/footer", "text-length"),
        ("/footer", json!("1\n2\n3\n4\n5"), "/footer", "text-length"),
        ("/footer", json!("a\u{0}b"), "/footer", "control-character"),
        ("/totals", json!({ "line_total": "30.14" }), "/totals/line_total", "BR-CO-10"),
        ("/totals", json!({ "allowance_total": "1" }), "/totals/allowance_total", "BR-CO-11"),
        ("/totals", json!({ "charge_total": "1" }), "/totals/charge_total", "BR-CO-12"),
        ("/totals", json!({ "total_without_tax": "30.14" }), "/totals/total_without_tax", "BR-CO-13"),
        ("/totals", json!({ "tax_total": "5.72" }), "/totals/tax_total", "BR-CO-14"),
        ("/totals", json!({ "total_with_tax": "35.89" }), "/totals/total_with_tax", "BR-CO-15"),
        ("/totals", json!({ "payable_amount": "35.87" }), "/totals/payable_amount", "BR-CO-16"),
        ("/lines", json!([]), "/lines", "BR-16"),
        ("/lines", json!({}), "/lines", "type"),
    ];
    for (pointer, value, place, rule) in cases {
        assert_fault(&[(pointer, value)], place, rule);
    }
}

#[test]
fn conditions_of_the_categories() {
    let line = |category: &str| json!([{ "name": "Shelf", "unit_price": 10, "tax_category": category }]);
    let no_vat_id = json!({ "name": "x" });
    assert_fault(&[("/lines", line("S"))], "/lines/0/tax_rate", "BR-S-05");
    assert_fault(&[("/lines", line("L"))], "/lines/0/tax_rate", "BR-AF-05");
    assert_fault(&[("/lines", line("E"))], "/tax_exemptions", "BR-E-10");
    assert_fault(&[("/lines", line("AE")), ("/seller", no_vat_id.clone())], "/seller/vat_id", "BR-AE-02");
    assert_fault(&[("/lines", line("AE")), ("/buyer", no_vat_id.clone())], "/buyer/vat_id", "BR-AE-02");
    assert_fault(&[("/lines", line("G")), ("/seller", no_vat_id.clone())], "/seller/vat_id", "BR-G-02");
    let delivered = json!({ "date": "2026-03-05", "address": { "country": "ES" } });
    assert_fault(
        &[("/lines", line("K")), ("/delivery", delivered), ("/buyer", no_vat_id.clone())],
        "/buyer/vat_id",
        "BR-IC-02",
    );
    let placed = json!({ "address": { "country": "ES" } });
    assert_fault(&[("/lines", line("K")), ("/delivery", placed)], "/delivery/date", "BR-IC-11");
    let dated = json!({ "date": "2026-03-05" });
    assert_fault(&[("/lines", line("K")), ("/delivery", dated)], "/delivery/address/country", "BR-IC-12");
    assert_fault(&[("/lines", line("O")), ("/buyer", no_vat_id.clone())], "/seller/vat_id", "BR-O-02");
    let mixed = json!([
        { "name": "a", "unit_price": 10, "tax_category": "O" },
        { "name": "b", "unit_price": 10, "tax_rate": 19 },
    ]);
    assert_fault(&[("/lines", mixed), ("/seller", no_vat_id.clone()), ("/buyer", no_vat_id)], "/lines", "BR-O-11");
}

#[test]
fn relations_between_values() {
    assert_fault(
        &[("/tax_point_date", json!("2026-03-09")), ("/tax_point_code", json!(35))],
        "/tax_point_code",
        "BR-CO-03",
    );
    assert_fault(&[("/payment_terms", json!(30)), ("/due_date", json!("2026-04-01"))], "/due_date", "due-date");
    let line = json!({ "id": "1", "name": "x", "unit_price": 1, "tax_rate": 19 });
    assert_fault(&[("/lines", json!([line, line]))], "/lines/1/id", "line-id-unique");
    let lines = json!([
        { "name": "x", "unit_price": 1, "tax_rate": 19 },
        { "name": "y", "unit_price": 1, "tax_rate": 7 },
    ]);
    let allowance = json!([{ "amount": 1, "reason": "x" }]);
    assert_fault(&[("/lines", lines), ("/allowances", allowance)], "/allowances/0/tax_rate", "BR-32");
}

#[test]
fn unknown_keys_name_the_nearest() {
    let cases = [
        ("/lines/0/unitprice", "unit_price"),
        ("/lines/0/price", "unit_price"),
        ("/lines/0/Quantity", "quantity"),
        ("/lines/0/qty", "quantity"),
        ("/items", "lines"),
        ("/lines/0/taxrate", "tax_rate"),
        ("/sellr", "seller"),
        ("/issuedate", "issue_date"),
        ("/seller/vatid", "vat_id"),
        ("/seller/address/zip", "postal_code"),
        ("/buyer/adress", "address"),
    ];
    for (pointer, name) in cases {
        let mut document = full();
        set(&mut document, pointer, json!(1));
        let rejected = parse_value(&document).unwrap_err();
        assert_eq!(rejected.faults[0].pointer, pointer);
        assert_eq!(rejected.faults[0].expected.as_deref(), Some(name), "{pointer}");
        assert!(rejected.faults[0].message.ends_with(&format!("did you mean {name}?")));
    }
}

#[test]
fn all_faults_at_once() {
    let mut document = full();
    set(&mut document, "/issue_date", json!("2026-13-01"));
    set(&mut document, "/seller/vat_id", json!("DE1"));
    set(&mut document, "/sellr", json!(1));
    let lines = json!([
        { "name": "a", "unit_price": "abc", "tax_rate": 19 },
        { "name": "b", "unit_price": -1, "tax_rate": 19 },
        { "name": "c", "unit_price": 1, "tax_rate": 19, "net_amount": "1.01" },
        { "nam": "d", "unit_price": 1, "unit": "x" },
    ]);
    set(&mut document, "/lines", lines);
    let found = faults(parse_value(&document));
    let expected = [
        ("/issue_date", "date"),
        ("/sellr", "unknown-key"),
        ("/lines/0/unit_price", "number"),
        ("/lines/3/nam", "unknown-key"),
        ("/lines/3/unit", "BR-CL-23"),
        ("/lines/3/name", "BR-25"),
        ("/lines/1/unit_price", "BR-27"),
        ("/lines/2/net_amount", "line-net-amount"),
        ("/lines/3/tax_rate", "BR-CO-04"),
    ];
    for (pointer, rule) in expected {
        assert!(found.contains(&(pointer.to_owned(), rule)), "{pointer} {rule}: {found:?}");
    }
    assert_eq!(found.len(), expected.len(), "{found:?}");
}

#[test]
fn flat_totals_are_checked_at_their_keys() {
    assert!(parse_value(&flat()).is_ok());
    let cases = [
        ("/items/0/total", json!(30.16), "line-net-amount", "30.15", "30.16"),
        ("/subtotal", json!("30.14"), "BR-CO-13", "30.15", "30.14"),
        ("/tax_amount", json!(6.02), "BR-CO-14", "6.03", "6.02"),
        ("/total_amount", json!(36.19), "BR-CO-15", "36.18", "36.19"),
    ];
    for (pointer, value, rule, expected, found) in cases {
        let mut document = flat();
        set(&mut document, pointer, value);
        let rejected = parse_value(&document).unwrap_err();
        assert_eq!(rejected.faults.len(), 1);
        let fault = &rejected.faults[0];
        assert_eq!((fault.pointer.as_str(), fault.rule), (pointer, rule));
        assert_eq!(fault.expected.as_deref(), Some(expected));
        assert_eq!(fault.found.as_deref(), Some(found));
        assert!(fault.term.is_some());
    }
}

#[test]
fn flat_faults_have_flat_places() {
    let cases = [
        ("/company_name", json!(null), "/company_name", "BR-06"),
        ("/invoice_no", json!(""), "/invoice_no", "BR-02"),
        ("/date", json!("09/03/2026"), "/date", "date"),
        ("/bill_to_name", json!(null), "/bill_to_name", "BR-07"),
        ("/items", json!(null), "/items", "BR-16"),
        ("/items", json!([]), "/items", "BR-16"),
        ("/items/0/qty", json!("three"), "/items/0/qty", "number"),
        ("/items/0/unit_price", json!(null), "/items/0/unit_price", "BR-26"),
        ("/items/0/description", json!(null), "/items/0/description", "BR-25"),
        ("/tax_rate", json!(200), "/tax_rate", "tax-rate"),
        ("/currency", json!("DOLLAR"), "/currency", "BR-CL-04"),
    ];
    for (pointer, value, place, rule) in cases {
        let mut document = flat();
        set(&mut document, pointer, value);
        assert_eq!(faults(parse_value(&document)), [(place.to_owned(), rule)], "{pointer}");
    }
}

#[test]
fn flat_keys_that_are_not_known_are_warnings() {
    let mut document = flat();
    set(&mut document, "/logo_url", json!("x"));
    set(&mut document, "/items/0/colour", json!("x"));
    let parsed = parse_value(&document).unwrap();
    let warned: Vec<&str> = parsed.warnings.iter().map(|warning| warning.pointer.as_str()).collect();
    assert_eq!(warned, ["/items/0/colour", "/logo_url"]);
}

#[test]
fn flat_numbers_may_stand_for_labels() {
    let mut document = flat();
    set(&mut document, "/invoice_no", json!(1001));
    set(&mut document, "/items/0/id", json!(7));
    let invoice = parse_value(&document).unwrap().invoice;
    assert_eq!(invoice.number, "1001");
    assert_eq!(invoice.lines[0].seller_item_id.as_deref(), Some("7"));
}

#[test]
fn the_default_currency_is_the_caller_s() {
    let options = ParseOptions { default_currency: "JPY".parse().unwrap(), ..ParseOptions::default() };
    let document = json!({
        "company_name": "x", "date": "2026-03-09", "invoice_no": "1", "bill_to_name": "y",
        "items": [{ "description": "z", "qty": 1, "unit_price": 10.5 }],
    });
    let invoice = parse(document.to_string().as_bytes(), &options).unwrap().invoice;
    assert_eq!(invoice.totals.payable_amount.to_string(), "11");
    assert_ne!(invoice.currency, Currency::USD);
}

#[test]
fn json_itself() {
    let deep = format!("{}1{}", "[".repeat(40), "]".repeat(40));
    let deep = format!(r#"{{"lines":{deep}}}"#);
    let long_key = format!(r#"{{"seller":{{"{}":1}}}}"#, "ä".repeat(101));
    let long_texts = format!(r#"{{"notes":[{}""]}}"#, format!(r#""{}","#, r"\n".repeat(9_999)).repeat(11));
    let depth = "/lines".to_owned() + &"/0".repeat(31);
    let cases = [
        ("", "", "json-syntax"),
        ("[]", "", "type"),
        (r#"{"number":1,}"#, "", "json-syntax"),
        (r#"{"number":01}"#, "/number", "json-syntax"),
        (r#"{"number":NaN}"#, "/number", "number"),
        (r#"{"lines":[1,-Infinity]}"#, "/lines/1", "number"),
        (r#"{"number":"\ud800"}"#, "/number", "lone-surrogate"),
        (r#"{"number":"\udc00x"}"#, "/number", "lone-surrogate"),
        (
            r#"{"seller":{"name":"a
b"}}"#,
            "/seller/name",
            "control-character",
        ),
        (&deep, &depth, "json-depth"),
        (&long_key, "/seller", "key-length"),
        (&long_texts, "/notes/10", "count"),
    ];
    for (document, place, rule) in cases {
        let found = faults(parse(document.as_bytes(), &ParseOptions::default()));
        assert_eq!(found, [(place.to_owned(), rule)], "{document}");
    }
    let invalid = parse(b"{\"number\":\"\xff\"}", &ParseOptions::default()).unwrap_err();
    assert_eq!((invalid.faults[0].pointer.as_str(), invalid.faults[0].rule), ("/number", "utf-8"));
}

#[test]
fn keys_that_stand_twice() {
    let text = full().to_string().replacen("\"name\":\"Shelf\"", "\"name\":\"Shelf\",\"name\":\"Table\"", 1);
    let found = faults(parse(text.as_bytes(), &ParseOptions::default()));
    assert_eq!(found, [("/lines/0/name".to_owned(), "duplicate-key")]);
}

#[test]
fn a_byte_order_mark_is_ignored() {
    let text = format!("\u{feff}{}", full());
    assert!(parse(text.as_bytes(), &ParseOptions::default()).is_ok());
}

#[test]
fn limits() {
    let options = |limits| ParseOptions { limits, ..ParseOptions::default() };
    let mut document = full();
    let line = document["lines"][0].clone();
    document["lines"] = json!([line, line, line]);
    let strict = options(Limits { lines: 2, ..Limits::default() });
    let found = faults(parse(document.to_string().as_bytes(), &strict));
    assert_eq!(found, [("/lines".to_owned(), "count")]);
    document["lines"] = json!(vec![json!({ "name": "x" }); 50]);
    let few = options(Limits { findings: 10, ..Limits::default() });
    let rejected = parse(document.to_string().as_bytes(), &few).unwrap_err();
    assert_eq!(rejected.faults.len(), 11);
    assert_eq!(rejected.faults[10].pointer, "");
}

#[test]
fn absurd_magnitudes_are_faults() {
    let largest = "999999999999999";
    let mut document = full();
    set(&mut document, "/lines/0/quantity", json!(largest));
    set(&mut document, "/lines/0/unit_price", json!(largest));
    assert_eq!(faults(parse_value(&document))[0].1, "amount-range");
    document["prices_include_tax"] = json!(true);
    assert_eq!(faults(parse_value(&document))[0].1, "amount-range");
    document["currency"] = json!("JPY");
    set(&mut document, "/lines/0/price_base_quantity", json!("0.000000000001"));
    assert_eq!(faults(parse_value(&document))[0].1, "amount-range");
}

#[test]
fn an_ordinary_invoice_needs_no_numbers_of_its_parties() {
    for (currency, rate) in [("USD", json!("8.875")), ("JPY", json!(10)), ("USD", json!(null))] {
        let mut document = full();
        document["currency"] = json!(currency);
        document["seller"] = json!({ "name": "Example Works" });
        document["buyer"] = json!({ "name": "Example Shop" });
        set(&mut document, "/lines/0/tax_rate", rate);
        let parsed = parse_value(&document).unwrap();
        assert_eq!(parsed.warnings, []);
    }
}

#[test]
fn hostile_documents_cost_little() {
    let values = format!(r#"{{"lines":[{}1]}}"#, "1,".repeat(600_000));
    let found = faults(parse(values.as_bytes(), &ParseOptions::default()));
    assert_eq!(found, [(String::new(), "count")]);
    let keys: String = (0..100_000).map(|index| format!("\"unitprise{index}\":1,")).collect();
    let keys = format!(r#"{{{keys}"number":"1"}}"#);
    let rejected = parse(keys.as_bytes(), &ParseOptions::default()).unwrap_err();
    assert_eq!(rejected.faults.len(), 1001);
    let adjustments = r#"{"amount":1,"reason":"x"},"#.repeat(20_000);
    let lines = r#"{"name":"x","unit_price":1},"#.repeat(20_000);
    let (adjustments, lines) = (adjustments.trim_end_matches(','), lines.trim_end_matches(','));
    let document = format!(
        r#"{{"number":"1","issue_date":"2026-03-09","seller":{{"name":"x"}},"buyer":{{"name":"y"}},"allowances":[{adjustments}],"lines":[{lines}]}}"#
    );
    let found = faults(parse(document.as_bytes(), &ParseOptions::default()));
    assert_eq!(found, [("/lines".to_owned(), "count"), ("/allowances".to_owned(), "count")]);
}
