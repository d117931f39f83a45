//! The laws that hold for every invoice.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::{Amount, Invoice, ParseOptions, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

const CURRENCIES: [&str; 6] = ["EUR", "USD", "JPY", "KWD", "CLF", "CHF"];

/// A line: quantity in thousandths, price in ten-thousandths, and a rate.
type LineFigures = (i64, u64, u8);

fn line_figures() -> impl Strategy<Value = LineFigures> {
    let rate = prop_oneof![Just(0_u8), Just(7), Just(8), Just(19), Just(20), Just(25)];
    (-50_000_i64..50_000, 0_u64..5_000_000, rate)
}

fn decimal(value: i128, scale: usize) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", value.unsigned_abs(), width = scale + 1);
    let (integer, fraction) = digits.split_at(digits.len() - scale);
    if scale == 0 { format!("{sign}{integer}") } else { format!("{sign}{integer}.{fraction}") }
}

fn document(lines: &[LineFigures], currency: &str, includes_tax: bool) -> Value {
    let lines: Vec<Value> = lines
        .iter()
        .map(|(quantity, price, rate)| {
            json!({
                "name": "Article",
                "quantity": decimal(i128::from(*quantity), 3),
                "unit_price": decimal(i128::from(*price), 4),
                "tax_rate": rate,
            })
        })
        .collect();
    json!({
        "number": "L-1",
        "issue_date": "2026-03-09",
        "currency": currency,
        "prices_include_tax": includes_tax,
        "seller": { "name": "Harbour & Pine Ltd" },
        "buyer": { "name": "Example Reading Rooms" },
        "lines": lines,
    })
}

fn computed(document: &Value) -> Invoice {
    let bytes = serde_json::to_vec(document).unwrap();
    let parsed = parse(&bytes, &ParseOptions::default());
    parsed.unwrap_or_else(|rejected| panic!("{rejected:#?}\n{document:#}")).invoice
}

fn sum(amounts: impl Iterator<Item = Amount>) -> i128 {
    amounts.map(Amount::minor_units).sum()
}

fn assert_sums(invoice: &Invoice) {
    let totals = &invoice.totals;
    let minor = Amount::minor_units;
    assert_eq!(minor(totals.line_total), sum(invoice.lines.iter().map(|line| line.net_amount)));
    assert_eq!(
        minor(totals.total_without_tax),
        minor(totals.line_total) - minor(totals.allowance_total) + minor(totals.charge_total)
    );
    let groups = &invoice.tax_breakdown;
    assert_eq!(minor(totals.total_without_tax), sum(groups.iter().map(|group| group.taxable_amount)));
    assert_eq!(minor(totals.tax_total), sum(groups.iter().map(|group| group.tax_amount)));
    assert_eq!(minor(totals.total_with_tax), minor(totals.total_without_tax) + minor(totals.tax_total));
    assert_eq!(
        minor(totals.payable_amount),
        minor(totals.total_with_tax) - minor(totals.prepaid_amount) + minor(totals.rounding_amount)
    );
    let printed = serde_json::to_string(invoice).unwrap();
    for zero in ["\"-0\"", "\"-0.0\"", "\"-0.00\"", "\"-0.000\"", "\"-0.0000\""] {
        assert!(!printed.contains(zero), "{printed}");
    }
}

proptest! {
    #[test]
    fn totals_add_up(
        lines in prop::collection::vec(line_figures(), 1..12),
        currency in prop::sample::select(&CURRENCIES[..]),
        includes_tax: bool,
    ) {
        assert_sums(&computed(&document(&lines, currency, includes_tax)));
    }

    #[test]
    fn order_of_lines_changes_no_total(
        lines in prop::collection::vec(line_figures(), 1..12),
        shuffled_by in any::<u64>(),
        currency in prop::sample::select(&CURRENCIES[..]),
        includes_tax: bool,
    ) {
        let mut shuffled = lines.clone();
        let count = shuffled.len() as u64;
        for index in 0..shuffled.len() {
            let other = (shuffled_by.wrapping_mul(index as u64 + 7) % count) as usize;
            shuffled.swap(index, other);
        }
        let before = computed(&document(&lines, currency, includes_tax));
        let after = computed(&document(&shuffled, currency, includes_tax));
        prop_assert_eq!(before.totals, after.totals);
        prop_assert_eq!(before.tax_breakdown, after.tax_breakdown);
    }

    #[test]
    fn turning_all_quantities_turns_all_amounts(
        lines in prop::collection::vec(line_figures(), 1..12),
        currency in prop::sample::select(&CURRENCIES[..]),
        includes_tax: bool,
    ) {
        let turned: Vec<LineFigures> = lines.iter().map(|(quantity, price, rate)| (-quantity, *price, *rate)).collect();
        let before = computed(&document(&lines, currency, includes_tax));
        let after = computed(&document(&turned, currency, includes_tax));
        prop_assert_eq!(before.totals.payable_amount.negated(), after.totals.payable_amount);
        prop_assert_eq!(before.totals.tax_total.negated(), after.totals.tax_total);
        prop_assert_eq!(before.totals.rounding_amount.negated(), after.totals.rounding_amount);
    }

    #[test]
    fn whole_figures_scale(
        lines in prop::collection::vec((1_i64..500, 1_u64..100_000), 1..12),
        factor in 2_i64..50,
    ) {
        // Whole cents and whole percentages of multiples of 100 cents leave nothing to round.
        let figures = |factor: i64| -> Vec<LineFigures> {
            lines.iter().map(|(quantity, price)| (quantity * factor * 1000, price * 10_000, 19)).collect()
        };
        let once = computed(&document(&figures(1), "EUR", false));
        let scaled = computed(&document(&figures(factor), "EUR", false));
        let factor = i128::from(factor);
        prop_assert_eq!(once.totals.payable_amount.minor_units() * factor, scaled.totals.payable_amount.minor_units());
        prop_assert!(once.roundings.is_empty());
    }

    #[test]
    fn prices_with_tax_keep_the_gross(
        lines in prop::collection::vec(line_figures(), 1..12),
        currency in prop::sample::select(&CURRENCIES[..]),
    ) {
        let invoice = computed(&document(&lines, currency, true));
        let seen = sum(invoice.lines.iter().map(|line| line.amount_with_tax.unwrap()));
        prop_assert_eq!(invoice.totals.payable_amount.minor_units(), seen);
        // At most half a minor unit a group cannot be expressed.
        let residue = invoice.totals.rounding_amount.minor_units().unsigned_abs();
        prop_assert!(residue <= invoice.tax_breakdown.len() as u128);
        for line in &invoice.lines {
            let gross = line.amount_with_tax.unwrap();
            prop_assert!(line.net_amount.minor_units().unsigned_abs() <= gross.minor_units().unsigned_abs() + 1);
        }
    }

    #[test]
    fn with_tax_and_back(
        lines in prop::collection::vec(line_figures(), 1..12),
        currency in prop::sample::select(&CURRENCIES[..]),
    ) {
        let lines: Vec<LineFigures> = lines.into_iter().map(|(quantity, price, rate)| (quantity.abs(), price, rate)).collect();
        let without = computed(&document(&lines, currency, false));
        // One line for each group, its price the group's amount with tax.
        let back: Vec<Value> = without
            .tax_breakdown
            .iter()
            .map(|group| {
                let gross = group.taxable_amount.minor_units() + group.tax_amount.minor_units();
                let price = decimal(gross, usize::from(without.currency.minor_units()));
                json!({ "name": "Group", "unit_price": price, "tax_rate": group.rate.unwrap().to_string() })
            })
            .collect();
        let mut with_tax = document(&[], currency, true);
        with_tax["lines"] = back.into();
        let with_tax = computed(&with_tax);
        prop_assert_eq!(&without.tax_breakdown, &with_tax.tax_breakdown);
        prop_assert_eq!(without.totals.payable_amount, with_tax.totals.payable_amount);
        prop_assert!(with_tax.totals.rounding_amount.is_zero());
    }

    #[test]
    fn flat_and_full_are_one_invoice(
        lines in prop::collection::vec((-50_000_i64..50_000, 0_u64..5_000_000), 1..8),
        rate in prop::option::of(0_u8..30),
    ) {
        let texts = |(quantity, price): &(i64, u64)| {
            (decimal(i128::from(*quantity), 3), decimal(i128::from(*price), 4))
        };
        let items: Vec<Value> = lines
            .iter()
            .map(texts)
            .map(|(quantity, price)| json!({ "id": "A-1", "description": "Article", "qty": quantity, "unit_price": price }))
            .collect();
        let full_lines: Vec<Value> = lines
            .iter()
            .map(texts)
            .map(|(quantity, price)| json!({ "name": "Article", "seller_item_id": "A-1", "quantity": quantity, "unit_price": price }))
            .collect();
        let flat = json!({
            "company_name": "Harbour & Pine Ltd",
            "company_address": "14 Quay Street\nBristol",
            "company_phone": "+44 117 496 0017",
            "date": "2026-03-09",
            "invoice_no": "L-1",
            "bill_to_name": "Ana Moreno",
            "bill_to_company": "Cooperativa Río Claro",
            "bill_to_address": "Calle Mayor 8",
            "ship_to_name": "Warehouse 3",
            "items": items,
            "tax_rate": rate,
        });
        let full = json!({
            "number": "L-1",
            "issue_date": "2026-03-09",
            "seller": {
                "name": "Harbour & Pine Ltd",
                "address": { "lines": ["14 Quay Street", "Bristol"] },
                "contact": { "phone": "+44 117 496 0017" },
            },
            "buyer": {
                "name": "Cooperativa Río Claro",
                "address": "Calle Mayor 8",
                "contact": { "name": "Ana Moreno" },
            },
            "delivery": { "name": "Warehouse 3" },
            "lines": full_lines,
            "tax_rate": rate,
        });
        prop_assert_eq!(computed(&flat), computed(&full));
    }

    #[test]
    fn totals_off_by_a_unit_are_refused(
        lines in prop::collection::vec(line_figures(), 1..6),
        currency in prop::sample::select(&CURRENCIES[..]),
        off in prop_oneof![Just(-1_i128), Just(1)],
    ) {
        let mut sent = document(&lines, currency, false);
        let invoice = computed(&sent);
        let scale = usize::from(invoice.currency.minor_units());
        let payable = invoice.totals.payable_amount.minor_units();
        sent["totals"] = json!({ "payable_amount": decimal(payable, scale) });
        prop_assert_eq!(&computed(&sent), &invoice);
        sent["totals"] = json!({ "payable_amount": decimal(payable + off, scale) });
        let rejected = parse(&serde_json::to_vec(&sent).unwrap(), &ParseOptions::default()).unwrap_err();
        prop_assert_eq!(rejected.faults.len(), 1);
        prop_assert_eq!(&rejected.faults[0].pointer, "/totals/payable_amount");
        prop_assert_eq!(rejected.faults[0].expected.clone(), Some(invoice.totals.payable_amount.to_string()));
    }

    #[test]
    fn bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        if let Err(rejected) = parse(&bytes, &ParseOptions::default()) {
            prop_assert!(!rejected.faults.is_empty());
        }
    }

    #[test]
    fn broken_documents_never_panic(
        lines in prop::collection::vec(line_figures(), 1..4),
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let mut bytes = serde_json::to_vec(&document(&lines, "EUR", true)).unwrap();
        let position = position.index(bytes.len());
        bytes[position] = byte;
        let _ = parse(&bytes, &ParseOptions::default());
    }
}
