//! Amounts have at most two decimals (BR-DEC), whatever the currency has.

use invoice::{Adjustment, Amount, Finding};

use super::Faults;
use crate::document::Document;
use crate::figures;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let is_fine = |currency: invoice::Currency| currency.minor_units() <= figures::AMOUNT_DECIMALS;
    if is_fine(invoice.currency) && invoice.tax_currency.is_none_or(is_fine) {
        return;
    }
    let totals = &invoice.totals;
    let figures = [
        ("BR-DEC-09", "BT-106", "line_total", Some(totals.line_total)),
        ("BR-DEC-10", "BT-107", "allowance_total", Some(totals.allowance_total)),
        ("BR-DEC-11", "BT-108", "charge_total", Some(totals.charge_total)),
        ("BR-DEC-12", "BT-109", "total_without_tax", Some(totals.total_without_tax)),
        ("BR-DEC-13", "BT-110", "tax_total", Some(totals.tax_total)),
        ("BR-DEC-14", "BT-112", "total_with_tax", Some(totals.total_with_tax)),
        ("BR-DEC-15", "BT-111", "tax_total_in_tax_currency", totals.tax_total_in_tax_currency),
        ("BR-DEC-16", "BT-113", "prepaid_amount", Some(totals.prepaid_amount)),
        ("BR-DEC-17", "BT-114", "rounding_amount", Some(totals.rounding_amount)),
        ("BR-DEC-18", "BT-115", "payable_amount", Some(totals.payable_amount)),
    ];
    for (rule, term, key, amount) in figures {
        check_amount(report, (rule, term), amount, || format!("/totals/{key}"));
    }
    for group in &invoice.tax_breakdown {
        check_amount(report, ("BR-DEC-19", "BT-116"), Some(group.taxable_amount), || "/lines".to_owned());
        check_amount(report, ("BR-DEC-20", "BT-117"), Some(group.tax_amount), || "/tax_rate".to_owned());
    }
    let allowance = [("BR-DEC-01", "BT-92"), ("BR-DEC-02", "BT-93")];
    let charge = [("BR-DEC-05", "BT-99"), ("BR-DEC-06", "BT-100")];
    check_adjustments(report, allowance, &invoice.allowances, "/allowances");
    check_adjustments(report, charge, &invoice.charges, "/charges");
    for (index, line) in invoice.lines.iter().enumerate() {
        let place = format!("/lines/{index}");
        check_amount(report, ("BR-DEC-23", "BT-131"), Some(line.net_amount), || format!("{place}/net_amount"));
        let allowance = [("BR-DEC-24", "BT-136"), ("BR-DEC-25", "BT-137")];
        let charge = [("BR-DEC-27", "BT-141"), ("BR-DEC-28", "BT-142")];
        check_adjustments(report, allowance, &line.allowances, &format!("{place}/allowances"));
        check_adjustments(report, charge, &line.charges, &format!("{place}/charges"));
    }
}

fn check_adjustments(
    report: &mut Faults,
    [amount, base]: [(&'static str, &'static str); 2],
    adjustments: &[Adjustment],
    place: &str,
) {
    for (index, adjustment) in adjustments.iter().enumerate() {
        check_amount(report, amount, Some(adjustment.amount), || format!("{place}/{index}/amount"));
        check_amount(report, base, adjustment.base_amount, || format!("{place}/{index}/base_amount"));
    }
}

fn check_amount(
    report: &mut Faults,
    (rule, term): (&'static str, &'static str),
    amount: Option<Amount>,
    pointer: impl FnOnce() -> String,
) {
    if let Some(amount) = amount.filter(|amount| !figures::fits(*amount)) {
        let currency = amount.currency();
        let message = format!("an e-invoice has amounts of at most two decimals, also in {currency}");
        let finding = Finding::new(pointer(), rule, message).expected("at most 2 decimals");
        report.fault(term, finding.found(amount.to_string()));
    }
}
