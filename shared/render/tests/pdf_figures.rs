//! The PDF shows the figures of the invoice, whatever they are.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use invoice::{Amount, Format};
use proptest::prelude::*;
use samples::{flat, item, parse, render};
use serde_json::json;

/// A zero with a minus, which is never printed.
const NEGATIVE_ZERO: &str = "\u{2212}0.00 ";

/// The digits as the document prints them.
fn printed(amount: Amount) -> String {
    let plain = amount.to_string();
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("\u{2212}", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{grouped}{point}{fraction}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_printed_in_full(
        lines in proptest::collection::vec((1_u32..90_000, 0_u32..900_000_000), 1..30),
        currency in prop::sample::select(vec!["EUR", "JPY", "KWD", "USD"]),
    ) {
        let items = lines.iter().map(|(quantity, price)| {
            let price = if currency == "JPY" { price.to_string() } else { format!("{}.{:02}", price / 100, price % 100) };
            item("Article", &format!("{}.{}", quantity / 10, quantity % 10), &price)
        });
        let mut json = flat(items.collect());
        json["currency"] = json!(currency);
        let invoice = parse(&json);
        let text = tools::text_of(&render(&invoice, Format::Pdf).bytes);
        for line in &invoice.lines {
            prop_assert!(text.contains(&printed(line.net_amount)), "{} in\n{}", line.net_amount, text);
        }
        for total in [invoice.totals.line_total, invoice.totals.tax_total, invoice.totals.amount_to_pay] {
            prop_assert!(text.contains(&printed(total)), "{} in\n{}", total, text);
        }
        prop_assert!(!text.contains(NEGATIVE_ZERO), "a negative zero");
    }
}
