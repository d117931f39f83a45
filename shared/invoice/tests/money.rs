//! What is left to pay, what rounds it, and what else than VAT is taken of it.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Balance, Invoice, Mark, ParseOptions, Parsed, Rejected, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

/// An invoice over 1,000.00 with these members besides.
fn with(changes: &Value) -> Value {
    let mut document = json!({
        "number": "M-1", "issue_date": "2026-05-11", "currency": "USD",
        "seller": { "name": "Example Works" }, "buyer": { "name": "Example Shop" },
        "lines": [{ "name": "Goods", "quantity": 1, "unit_price": "1000" }],
    });
    document.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    document
}

fn parsed(document: &Value) -> Result<Parsed, Rejected> {
    parse(document.to_string().as_bytes(), &ParseOptions::default())
}

fn computed(changes: &Value) -> Invoice {
    let document = with(changes);
    parsed(&document).unwrap_or_else(|rejected| panic!("{document:#} {rejected:#?}")).invoice
}

fn warnings(changes: &Value) -> Vec<(String, &'static str)> {
    let warnings = parsed(&with(changes)).unwrap().warnings;
    warnings.into_iter().map(|warning| (warning.pointer, warning.rule)).collect()
}

fn faults(changes: &Value) -> Vec<(String, &'static str)> {
    let faults = parsed(&with(changes)).unwrap_err().faults;
    faults.into_iter().map(|fault| (fault.pointer, fault.rule)).collect()
}

fn terms(percent: u32) -> Value {
    json!({ "days": 30, "discounts": [{ "days": 10, "percent": percent }] })
}

#[test]
fn early_payment_is_taken_of_what_is_left() {
    let sales_tax = json!([{ "name": "Sales tax", "rate": 10 }]);
    let cases = [
        (json!({ "other_taxes": sales_tax }), "1078.00"),
        (json!({ "other_taxes": sales_tax, "prepaid_amount": "100" }), "980.00"),
        (json!({ "withholding_taxes": [{ "name": "IRPF", "rate": 15 }] }), "833.00"),
        (json!({ "rounding_amount": "0.50" }), "980.49"),
    ];
    for (mut changes, expected) in cases {
        changes["payment_terms"] = terms(2);
        let invoice = computed(&changes);
        assert_eq!(invoice.early_payment_discounts[0].amount_to_pay.to_string(), expected, "{changes}");
    }
}

#[test]
fn nothing_to_pay_offers_no_discount() {
    for changes in [
        json!({ "type_code": "381", "preceding_invoices": [{ "number": "M-0" }] }),
        json!({ "prepaid_amount": "1000" }),
        json!({ "prepaid_amount": "1001" }),
    ] {
        let mut changes = changes;
        changes["payment_terms"] = terms(2);
        assert_eq!(computed(&changes).early_payment_discounts, [], "{changes}");
        let expected = ("/payment_terms/discounts".to_owned(), "early-payment");
        assert!(warnings(&changes).contains(&expected), "{changes}");
    }
}

#[test]
fn other_taxes_are_taken_of_their_lines_and_of_each_other() {
    let changes = json!({
        "lines": [
            { "name": "Book", "unit_price": "20", "other_taxes": ["GST"] },
            { "name": "Lamp", "unit_price": "80", "other_taxes": ["GST", "PST"] },
        ],
        "charges": [{ "amount": "10", "reason": "Freight", "other_taxes": ["PST"] }],
        "other_taxes": [
            { "name": "GST", "rate": 5 },
            { "name": "PST", "rate": 7 },
            { "name": "Levy", "rate": 10, "on": ["GST", "PST"] },
        ],
    });
    let invoice = computed(&changes);
    let figures = |index: usize| {
        let tax = &invoice.other_taxes[index];
        (tax.base_amount.unwrap().to_string(), tax.amount.to_string())
    };
    assert_eq!(figures(0), ("100.00".to_owned(), "5.00".to_owned()));
    assert_eq!(figures(1), ("90.00".to_owned(), "6.30".to_owned()));
    // The total of 110.00 and both taxes.
    assert_eq!(figures(2), ("121.30".to_owned(), "12.13".to_owned()));
    assert_eq!(invoice.totals.amount_to_pay.to_string(), "133.43");
}

#[test]
fn names_of_other_taxes_are_checked() {
    let line = json!([{ "name": "Lamp", "unit_price": "80", "other_taxes": ["PST"] }]);
    let gst = json!([{ "name": "GST", "rate": 5 }]);
    assert_eq!(
        faults(&json!({ "lines": line, "other_taxes": gst })),
        [("/lines/0/other_taxes/0".to_owned(), "other-tax-name")]
    );
    let itself = json!([{ "name": "GST", "rate": 5, "on": ["GST"] }]);
    assert_eq!(faults(&json!({ "other_taxes": itself })), [("/other_taxes/0/on/0".to_owned(), "other-tax-name")]);
    let wrong_base = json!([{ "name": "PST", "rate": 5, "base_amount": "79" }]);
    assert_eq!(
        faults(&json!({ "lines": line, "other_taxes": wrong_base })),
        [("/other_taxes/0/base_amount".to_owned(), "other-tax-base")]
    );
}

#[test]
fn prices_include_vat_alone() {
    let fault = ("/prices_include_tax".to_owned(), "prices-include-tax");
    let by_rate = json!([{ "name": "Sales tax", "rate": 10 }]);
    let by_amount = json!([{ "name": "City tax", "amount": "3.00" }]);
    for (rate, taxes) in [(json!(null), &by_rate), (json!(19), &by_rate), (json!(null), &by_amount)] {
        let changes = json!({ "prices_include_tax": true, "tax_rate": rate, "other_taxes": taxes });
        assert_eq!(faults(&changes), std::slice::from_ref(&fault), "{changes}");
    }
    // An amount beside VAT is added to what the customer saw.
    let invoice = computed(&json!({ "prices_include_tax": true, "tax_rate": 19, "other_taxes": by_amount }));
    assert_eq!(invoice.totals.amount_to_pay.to_string(), "1003.00");
}

#[test]
fn coins_round_and_bound() {
    let francs = |more: Value| {
        let mut changes = json!({ "currency": "CHF", "lines": [{ "name": "Goods", "unit_price": "12.33" }] });
        changes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        changes
    };
    let totals = computed(&francs(json!({ "rounding": "0.05" }))).totals;
    assert_eq!(
        (totals.rounding_amount.to_string().as_str(), totals.payable_amount.to_string().as_str()),
        ("0.02", "12.35")
    );
    assert_eq!(computed(&francs(json!({}))).totals.payable_amount.to_string(), "12.33");
    let given = computed(&francs(json!({ "rounding": "0.05", "rounding_amount": "-0.03" }))).totals;
    assert_eq!(given.payable_amount.to_string(), "12.30");
    let fault = [("/rounding_amount".to_owned(), "rounding-amount")];
    assert_eq!(faults(&francs(json!({ "rounding": "0.05", "rounding_amount": "-0.06" }))), fault);
    assert_eq!(faults(&francs(json!({ "rounding_amount": "-1.01" }))), fault);
    for coin in ["10.01", "1000"] {
        let fault = [("/rounding".to_owned(), "rounding")];
        assert_eq!(faults(&francs(json!({ "rounding": coin }))), fault, "a coin of {coin} would be a discount");
    }
    assert!(parsed(&with(&francs(json!({ "rounding": "10" })))).is_ok());
    assert_eq!(faults(&francs(json!({ "rounding": "0" }))), [("/rounding".to_owned(), "rounding")]);
    assert_eq!(faults(&francs(json!({ "rounding": "0.001" }))), [("/rounding".to_owned(), "rounding")]);
    let forints = json!({ "currency": "HUF", "lines": [{ "name": "Goods", "unit_price": "1003" }], "rounding": 5 });
    assert_eq!(computed(&forints).totals.payable_amount.to_string(), "1005.00");
}

#[test]
fn deposits_make_up_what_is_paid() {
    let deposits = json!([
        { "amount": "119.00", "number": "D-1", "date": "2026-02-01", "tax_rate": 19 },
        { "amount": "100", "tax_amount": "0" },
    ]);
    let invoice = computed(&json!({ "prepayments": deposits, "prepaid_amount": "219.00" }));
    assert_eq!(invoice.totals.amount_to_pay.to_string(), "781.00");
    assert_eq!(invoice.prepayments[0].tax_amount.unwrap().to_string(), "19.00");
    assert_eq!(invoice.prepayments[0].number.as_deref(), Some("D-1"));
    let cases = [
        (json!({ "prepayments": deposits, "prepaid_amount": "220" }), "/prepaid_amount"),
        (
            json!({ "prepayments": [{ "amount": "119", "tax_rate": 19, "tax_amount": "19.01" }] }),
            "/prepayments/0/tax_amount",
        ),
        (json!({ "prepayments": [{ "amount": "10", "tax_amount": "10.01" }] }), "/prepayments/0/tax_amount"),
        (json!({ "prepayments": [{ "amount": "-10" }] }), "/prepayments/0/amount"),
    ];
    for (changes, place) in cases {
        assert_eq!(faults(&changes), [(place.to_owned(), "prepayment")], "{changes}");
    }
}

#[test]
fn a_link_on_a_credit_note_is_warned_of() {
    let credit = json!({
        "type_code": "credit_note", "preceding_invoices": [{ "number": "M-0" }],
        "payment": { "account_number": "1", "link": "https://pay.example/1" },
    });
    assert_eq!(warnings(&credit), [("/payment/link".to_owned(), "link-on-credit-note")]);
}

#[test]
fn sums_below_zero_are_warned_of_with_what_to_do() {
    let back = json!([{ "name": "Chair returned", "quantity": -1, "unit_price": "129.90" }]);
    let account = json!({ "account_number": "1" });
    let credit = json!({
        "type_code": "credit_note", "preceding_invoices": [{ "number": "M-0" }], "lines": back, "payment": account,
    });
    let invoice = json!({ "lines": back, "payment": account });
    let overpaid = json!({ "prepaid_amount": "1000.01", "payment": account });
    let cases = [
        (credit, "/lines", "credit-note-sign"),
        (invoice, "/type_code", "invoice-below-zero"),
        (overpaid, "/prepaid_amount", "overpaid"),
    ];
    for (changes, place, rule) in cases {
        let expected = [(place.to_owned(), rule), ("/payment".to_owned(), "nothing-to-pay")];
        assert_eq!(warnings(&changes), expected, "{changes}");
        let invoice = computed(&changes);
        assert!(matches!(invoice.balance(None), Balance::BelowZero(_)), "{changes}");
        assert!(invoice.balance(Some(Mark::Paid)).left_to_pay().is_zero());
    }
}

#[test]
fn a_credit_note_is_one_by_any_code() {
    for code in ["381", "81", "83", "261", "396"] {
        assert!(computed(&json!({ "type_code": code })).type_code.is_credit_note(), "{code}");
    }
    for code in ["380", "383", "386", "389", "325"] {
        assert!(!computed(&json!({ "type_code": code })).type_code.is_credit_note(), "{code}");
    }
    assert_eq!(faults(&json!({ "type_code": "310" })), [("/type_code".to_owned(), "BR-CL-01")]);
}

proptest! {
    #[test]
    fn a_discount_never_exceeds_what_is_left(
        price in 1_u32..5_000_000,
        (tax, withheld, percent) in (0_u32..30, 0_u32..30, 0_u32..=100),
        prepaid in 0_u32..6_000_000,
        coin in prop::option::of(prop::sample::select(vec!["0.05", "0.10", "1"])),
    ) {
        let cents = |value: u32| format!("{}.{:02}", value / 100, value % 100);
        let invoice = computed(&json!({
            "lines": [{ "name": "Goods", "unit_price": cents(price) }],
            "other_taxes": [{ "name": "Sales tax", "rate": tax }],
            "withholding_taxes": [{ "name": "Withheld", "rate": withheld }],
            "prepaid_amount": cents(prepaid),
            "rounding": coin,
            "payment_terms": terms(percent),
        }));
        let left = invoice.balance(None).left_to_pay();
        prop_assert_eq!(invoice.early_payment_discounts.is_empty(), left.is_zero());
        for discount in &invoice.early_payment_discounts {
            let units = discount.amount.minor_units();
            prop_assert!((0..=left.minor_units()).contains(&units), "{} of {}", discount.amount, left);
            prop_assert_eq!(discount.amount_to_pay.minor_units(), left.minor_units() - units);
        }
        if let Some(coin) = coin {
            let coin: invoice::Decimal = coin.parse().unwrap();
            let units = (coin.to_f64() * 100.0).round() as i128;
            prop_assert_eq!(invoice.totals.amount_to_pay.minor_units() % units, 0);
        }
    }
}
