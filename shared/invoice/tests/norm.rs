//! What the rules of EN 16931 refuse, what they leave open, and that no fault hides another.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{ParseOptions, Parsed, Rejected, parse};
use serde_json::{Value, json};

fn full() -> Value {
    json!({
        "number": "F-1", "issue_date": "2026-03-09", "currency": "EUR",
        "seller": { "name": "Nordlicht GmbH", "vat_id": "DE123456789", "address": { "city": "Kiel", "country": "DE" } },
        "buyer": { "name": "Río Claro", "vat_id": "ESB12345678", "address": { "city": "Vigo", "country": "ES" } },
        "lines": [{ "name": "Shelf", "quantity": 3, "unit_price": "10.05", "tax_rate": 19 }],
    })
}

fn with(changes: &[(&str, Value)]) -> Value {
    let mut document = full();
    for (pointer, value) in changes {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(elements) => elements[key.parse::<usize>().unwrap()] = value.clone(),
            parent => parent[key] = value.clone(),
        }
    }
    document
}

fn parsed(document: &Value) -> Result<Parsed, Rejected> {
    parse(document.to_string().as_bytes(), &ParseOptions::default())
}

fn faults(changes: &[(&str, Value)]) -> Vec<(String, &'static str)> {
    match parsed(&with(changes)) {
        Ok(_) => Vec::new(),
        Err(rejected) => rejected.faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect(),
    }
}

fn warnings(changes: &[(&str, Value)]) -> Vec<(String, &'static str)> {
    let parsed = parsed(&with(changes)).unwrap_or_else(|rejected| panic!("{changes:?} {rejected:#?}"));
    parsed.warnings.into_iter().map(|warning| (warning.pointer, warning.rule)).collect()
}

fn named(list: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    list.iter().map(|(place, rule)| ((*place).to_owned(), *rule)).collect()
}

/// An allowance or charge over nothing but a category.
fn adjustment(category: &str) -> Value {
    json!([{ "amount": "1.00", "reason": "x", "tax_category": category }])
}

#[test]
fn allowances_and_charges_bring_the_conditions_of_their_category() {
    let nobody = || json!({ "name": "x" });
    for (list, rules) in [
        ("/allowances", ["BR-AE-03", "BR-G-03", "BR-O-03", "BR-IC-03"]),
        ("/charges", ["BR-AE-04", "BR-G-04", "BR-O-04", "BR-IC-04"]),
    ] {
        assert_eq!(faults(&[(list, adjustment("E"))]), named(&[("/tax_exemptions", "BR-E-10")]));
        let reverse = faults(&[(list, adjustment("AE")), ("/buyer", nobody())]);
        assert_eq!(reverse, named(&[("/buyer/vat_id", rules[0])]));
        let export = faults(&[(list, adjustment("G")), ("/seller", nobody())]);
        assert_eq!(export, named(&[("/seller/vat_id", rules[1])]));
        let untaxed = faults(&[(list, adjustment("O")), ("/buyer", nobody())]);
        assert_eq!(untaxed, named(&[("/seller/vat_id", rules[2]), ("/lines", "BR-O-11")]));
        let delivery = json!({ "date": "2026-03-05", "address": { "country": "ES" } });
        let within = faults(&[(list, adjustment("K")), ("/buyer", nobody()), ("/delivery", delivery)]);
        assert_eq!(within, named(&[("/buyer/vat_id", rules[3])]));
    }
}

#[test]
fn what_a_legal_invoice_would_lack_is_warned_of() {
    let seller = json!({ "name": "Nordlicht GmbH", "tax_id": "1", "legal_id": { "id": "HRB 1" }, "address": { "country": "DE" } });
    let untaxed = json!([{ "name": "Shelf", "unit_price": 1 }]);
    let buyer = json!({ "name": "x" });
    let cases = [
        (vec![("/delivery", json!({ "address": "Calle Mayor 8" }))], "/delivery/address/country", "BR-57"),
        (vec![("/buyer/address", json!(null))], "/buyer/address", "BR-10"),
        (vec![("/buyer/address", json!("Calle Mayor 8"))], "/buyer/address/country", "BR-11"),
        (vec![("/seller/address", json!(null))], "/seller/address", "BR-08"),
        (vec![("/currency", json!("TND"))], "/currency", "BR-DEC-18"),
        (vec![("/seller", seller), ("/lines", untaxed), ("/buyer/vat_id", json!(null))], "/tax_exemptions", "BR-O-10"),
        (vec![("/lines/0/tax_category", json!("L")), ("/lines/0/tax_rate", json!(0))], "/lines/0/tax_rate", "BR-AF-05"),
        (vec![("/lines/0/tax_category", json!("M")), ("/lines/0/tax_rate", json!(0))], "/lines/0/tax_rate", "BR-AG-05"),
    ];
    for (changes, place, rule) in cases {
        assert_eq!(warnings(&changes), named(&[(place, rule)]), "{changes:?}");
    }
    // Outside of the European Union nobody asks for it.
    let elsewhere = json!({ "name": "Example Works", "address": { "country": "US" } });
    assert_eq!(warnings(&[("/seller", elsewhere), ("/buyer", buyer)]), []);
}

#[test]
fn an_exemption_may_be_for_an_allowance_or_a_charge_alone() {
    for list in ["/allowances", "/charges"] {
        let exemption = json!([{ "tax_category": "E", "reason_code": "vatex-eu-132" }]);
        let document = with(&[(list, adjustment("E")), ("/tax_exemptions", exemption)]);
        let invoice = parsed(&document).unwrap_or_else(|rejected| panic!("{rejected:#?}")).invoice;
        let group = invoice.tax_breakdown.iter().find(|group| group.category.code() == "E").unwrap();
        assert_eq!(group.exemption_reason_code.unwrap().code(), "VATEX-EU-132");
    }
}

#[test]
fn a_fault_brings_no_other_about_exemptions() {
    let exemption = json!([{ "tax_category": "E", "reason": "x" }]);
    let lines = json!([
        { "name": "Shelf", "unit_price": 1, "tax_rate": 19 },
        { "name": "Care", "unit_price": "-1", "tax_category": "E" },
    ]);
    let found = faults(&[("/lines", lines), ("/tax_exemptions", exemption.clone())]);
    assert_eq!(found, named(&[("/lines/1/unit_price", "BR-27")]));
    let lines = json!([{ "name": "Care", "unit_price": 1, "tax_category": "X" }]);
    let found = faults(&[("/lines", lines), ("/tax_exemptions", exemption)]);
    assert_eq!(found, named(&[("/lines/0/tax_category", "BR-CL-17")]));
}

#[test]
fn what_the_norm_leaves_open_is_accepted() {
    let identifiers = json!([{ "id": "1" }, { "id": "2" }]);
    let cases = [
        (vec![("/due_date", json!("2026-03-08"))], vec![("/due_date", "due-date")]),
        (vec![("/seller/vat_id", json!("DE12"))], vec![("/seller/vat_id", "vat-id")]),
        (vec![("/buyer/identifiers", identifiers)], vec![("/buyer/identifiers", "buyer-identifier")]),
        (vec![("/tax_currency", json!("EUR"))], vec![("/tax_currency", "tax-currency")]),
        (vec![("/charges", json!([{ "amount": 1, "base_amount": 4, "reason": "x" }]))], vec![]),
        (vec![("/seller/name", json!("Nordlicht\r\nGmbH"))], vec![("/seller/name", "line-break")]),
        (
            vec![("/charges", json!([{ "amount": 1, "reason": "Freight\nand more" }]))],
            vec![("/charges/0/reason", "line-break")],
        ),
        (vec![("/seller/address", json!({ "lines": ["1", "2", "3", "4"], "country": "DE" }))], vec![]),
    ];
    for (changes, expected) in cases {
        assert_eq!(warnings(&changes), named(&expected), "{changes:?}");
    }
    let named_so = parsed(&with(&[("/seller/name", json!("Nordlicht\r\nGmbH"))])).unwrap().invoice;
    assert_eq!(named_so.seller.name, "Nordlicht GmbH");
    let addressed = parsed(&with(&[("/buyer/address", json!("1\n2\n3\n4\n5"))])).unwrap().invoice;
    assert_eq!(addressed.buyer.address.unwrap().lines, ["1", "2", "3, 4, 5"]);
    let charged = parsed(&with(&[("/charges", json!([{ "amount": 1, "base_amount": 4, "reason": "x" }]))])).unwrap();
    assert_eq!(charged.invoice.charges[0].base_amount.unwrap().to_string(), "4.00");
    assert_eq!(parsed(&with(&[("/tax_currency", json!("EUR"))])).unwrap().invoice.tax_currency, None);
}

#[test]
fn the_prefix_and_the_checksum_stay_faults() {
    assert_eq!(faults(&[("/seller/vat_id", json!("123"))]), named(&[("/seller/vat_id", "BR-CO-09")]));
    let rejected = parsed(&with(&[("/payment", json!({ "iban": "DE89370400440532013001" }))])).unwrap_err();
    assert!(rejected.faults[0].message.contains("account_number"), "{rejected:#?}");
}

#[test]
fn a_split_payment_is_one_within_italy() {
    let party = |name: &str| json!({ "name": name, "address": { "city": "Roma", "country": "IT" } });
    let seller =
        json!({ "name": "Legno Srl", "vat_id": "IT12345678901", "address": { "city": "Roma", "country": "IT" } });
    let line = json!([{ "name": "Shelf", "unit_price": 100, "tax_category": "B", "tax_rate": 22 }]);
    let changes = [("/seller", seller), ("/buyer", party("Comune")), ("/lines", line.clone())];
    assert_eq!(warnings(&changes), []);
    let totals = parsed(&with(&changes)).unwrap().invoice.totals;
    // The norm's totals have the tax; to be paid to the seller is what is left without it.
    assert_eq!(
        (totals.payable_amount.to_string().as_str(), totals.amount_to_pay.to_string().as_str()),
        ("122.00", "100.00")
    );
    let abroad = warnings(&[("/lines", line)]);
    assert_eq!(abroad, named(&[("/seller/address/country", "BR-B-01"), ("/buyer/address/country", "BR-B-01")]));
    let mixed = json!([
        { "name": "a", "unit_price": 1, "tax_category": "B", "tax_rate": 22 },
        { "name": "b", "unit_price": 1, "tax_rate": 22 },
    ]);
    assert_eq!(faults(&[("/lines", mixed)]), named(&[("/lines", "BR-B-02")]));
}

#[test]
fn an_imported_line_may_be_rounded_in_another_way() {
    let imported = ParseOptions { is_imported: true, ..ParseOptions::default() };
    let parse_imported = |net: &str| {
        let document = with(&[("/lines/0/net_amount", json!(net))]);
        parse(document.to_string().as_bytes(), &imported)
    };
    for net in ["30.13", "30.15", "30.17"] {
        let invoice = parse_imported(net).unwrap().invoice;
        assert_eq!(invoice.lines[0].net_amount.to_string(), net);
        assert_eq!(invoice.totals.line_total.to_string(), net);
    }
    for net in ["30.12", "30.18"] {
        assert_eq!(parse_imported(net).unwrap_err().faults[0].rule, "line-net-amount");
    }
    assert_eq!(
        faults(&[("/lines/0/net_amount", json!("30.16"))]),
        named(&[("/lines/0/net_amount", "line-net-amount")])
    );
}

#[test]
fn a_wrong_quantity_hides_no_wrong_total() {
    let lines = |quantity: &str, net: Value| {
        json!([
            { "name": "a", "quantity": quantity, "unit_price": "10.00", "tax_rate": 19, "net_amount": net },
            { "name": "b", "quantity": 1, "unit_price": "5.00", "tax_rate": 19 },
        ])
    };
    // The net amount that was sent stands in for the line that cannot be computed: 25.00 and 4.75.
    let totals = json!({ "line_total": "25.01", "tax_total": "4.76", "total_with_tax": "29.75" });
    let found = faults(&[("/lines", lines("two", json!("20.00"))), ("/totals", totals)]);
    let expected =
        [("/lines/0/quantity", "number"), ("/totals/line_total", "BR-CO-10"), ("/totals/tax_total", "BR-CO-14")];
    assert_eq!(found, named(&expected));
    // Without it the totals are checked against each other: 25.00 and 4.75 are not 29.76.
    let totals = json!({ "total_without_tax": "25.00", "tax_total": "4.75", "total_with_tax": "29.76" });
    let found = faults(&[("/lines", lines("two", json!(null))), ("/totals", totals)]);
    assert_eq!(found, named(&[("/lines/0/quantity", "number"), ("/totals/total_with_tax", "BR-CO-15")]));
}

#[test]
fn every_fault_is_told_beside_every_other() {
    // Each of these is wrong, and none of them rests on another.
    let wrong = [
        ("/lines/0/quantity", json!("three"), "/lines/0/quantity", "number"),
        ("/lines/0/tax_rate", json!(200), "/lines/0/tax_rate", "tax-rate"),
        ("/allowances", json!([{ "amount": "1.001", "reason": "x" }]), "/allowances/0/amount", "BR-DEC-01"),
        ("/charges", json!([{ "percent": 2 }]), "/charges/0/reason", "BR-38"),
        ("/prepaid_amount", json!("0.001"), "/prepaid_amount", "BR-DEC-16"),
        ("/rounding_amount", json!("7"), "/rounding_amount", "rounding-amount"),
        ("/other_taxes", json!([{ "name": "x", "rate": 101 }]), "/other_taxes/0/rate", "tax-rate"),
        ("/withholding_taxes", json!([{ "name": "x", "rate": 101 }]), "/withholding_taxes/0/rate", "tax-rate"),
        ("/prepayments", json!([{ "amount": "-1" }]), "/prepayments/0/amount", "prepayment"),
        ("/tax_currency", json!("PLN"), "/tax_total_in_tax_currency", "BR-53"),
        (
            "/payment_terms",
            json!({ "discounts": [{ "days": 1, "percent": 101 }] }),
            "/payment_terms/discounts/0/percent",
            "percent",
        ),
        ("/number", json!(null), "/number", "BR-02"),
        (
            "/totals",
            json!({ "total_without_tax": 1, "tax_total": 1, "total_with_tax": 3 }),
            "/totals/total_with_tax",
            "BR-CO-15",
        ),
    ];
    let changes: Vec<(&str, Value)> = wrong.iter().map(|(pointer, value, ..)| (*pointer, value.clone())).collect();
    let found = faults(&changes);
    for (_, _, place, rule) in &wrong {
        assert!(found.contains(&((*place).to_owned(), *rule)), "{place} {rule}: {found:#?}");
    }
    assert_eq!(found.len(), wrong.len(), "{found:#?}");
}
