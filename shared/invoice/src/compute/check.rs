//! Figures that the client sends and that follow from others: checked, equal after rounding, never taken over.

use crate::figures::{Amount, Decimal, Exact};
use crate::finding::{Finding, Findings};
use crate::input::TotalsInput;
use crate::model::Totals;

/// Checks one figure.
fn check(
    sent: Option<Decimal>,
    computed: Amount,
    pointer: impl FnOnce() -> String,
    rule: &'static str,
    what: &str,
    findings: &mut Findings,
) {
    let Some(sent) = sent else {
        return;
    };
    let rounded = Exact::from(sent).round(computed.currency());
    if rounded == Some(computed) {
        return;
    }
    let found = rounded.map_or_else(|| sent.to_string(), |rounded| rounded.to_string());
    let finding = Finding::new(pointer(), rule, format!("{what} is {computed}, not {found}"));
    findings.fault(finding.expected(computed.to_string()).found(found));
}

/// Checks the net amount of the line with that index (BT-131).
pub(crate) fn check_line(sent: Option<Decimal>, computed: Amount, index: usize, findings: &mut Findings) {
    let pointer = || format!("/lines/{index}/net_amount");
    check(sent, computed, pointer, "line-net-amount", "the net amount of this line", findings);
}

/// Checks the totals of the document (BR-CO-10 to BR-CO-16).
pub(crate) fn check_totals(sent: &TotalsInput, computed: &Totals, findings: &mut Findings) {
    let checks = [
        (sent.line_total, computed.line_total, "line_total", "BR-CO-10", "the sum of the lines"),
        (sent.allowance_total, computed.allowance_total, "allowance_total", "BR-CO-11", "the sum of the allowances"),
        (sent.charge_total, computed.charge_total, "charge_total", "BR-CO-12", "the sum of the charges"),
        (sent.total_without_tax, computed.total_without_tax, "total_without_tax", "BR-CO-13", "the total without tax"),
        (sent.tax_total, computed.tax_total, "tax_total", "BR-CO-14", "the tax"),
        (sent.total_with_tax, computed.total_with_tax, "total_with_tax", "BR-CO-15", "the total with tax"),
        (sent.payable_amount, computed.payable_amount, "payable_amount", "BR-CO-16", "the amount due"),
        (sent.amount_to_pay, computed.amount_to_pay, "amount_to_pay", "amount-to-pay", "the amount to pay"),
    ];
    for (sent, computed, key, rule, what) in checks {
        check(sent, computed, || format!("/totals/{key}"), rule, what, findings);
    }
}
