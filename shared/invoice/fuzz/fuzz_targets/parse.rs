//! JSON to model to totals: no input panics, and what is accepted keeps the laws of the norm.

#![no_main]

use invoice::{Amount, Invoice, ParseOptions, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    match parse(document, &ParseOptions::default()) {
        Ok(parsed) => check(&parsed.invoice),
        Err(rejected) => assert!(!rejected.faults.is_empty()),
    }
});

/// The arithmetic rules BR-CO-10 to BR-CO-16.
fn check(invoice: &Invoice) {
    let totals = &invoice.totals;
    let sum = |amounts: &mut dyn Iterator<Item = Amount>| amounts.map(Amount::minor_units).sum::<i128>();
    let minor = Amount::minor_units;
    assert_eq!(minor(totals.line_total), sum(&mut invoice.lines.iter().map(|line| line.net_amount)));
    assert_eq!(minor(totals.allowance_total), sum(&mut invoice.allowances.iter().map(|one| one.amount)));
    assert_eq!(minor(totals.charge_total), sum(&mut invoice.charges.iter().map(|one| one.amount)));
    assert_eq!(
        minor(totals.total_without_tax),
        minor(totals.line_total) - minor(totals.allowance_total) + minor(totals.charge_total)
    );
    assert_eq!(minor(totals.total_without_tax), sum(&mut invoice.tax_breakdown.iter().map(|group| group.taxable_amount)));
    assert_eq!(minor(totals.tax_total), sum(&mut invoice.tax_breakdown.iter().map(|group| group.tax_amount)));
    assert_eq!(minor(totals.total_with_tax), minor(totals.total_without_tax) + minor(totals.tax_total));
    assert_eq!(
        minor(totals.payable_amount),
        minor(totals.total_with_tax) - minor(totals.prepaid_amount) + minor(totals.rounding_amount)
    );
    assert!(!totals.payable_amount.to_string().starts_with("-0") || totals.payable_amount.is_negative());
}
