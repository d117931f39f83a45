//! Factur-X 1.09, beyond EN 16931-1: it keeps a rule that CEN's newer artefacts have dropped.

use super::{Condition, Faults, expect};
use crate::document::Document;
use crate::practice;

/// XRechnung's judges keep this rule, too.
pub(super) const PAYMENT_TERMS: Condition = expect(
    ("BR-CO-25", "BT-9"),
    "/due_date",
    "an amount that is still due needs a due date or payment terms",
    "a due_date, or payment_terms",
    |document| {
        let payable = document.invoice.totals.payable_amount;
        let is_due = !payable.is_negative() && !payable.is_zero();
        !is_due || document.invoice.due_date.is_some() || document.payment_terms.is_some()
    },
);

const CONDITIONS: &[Condition] = &[
    PAYMENT_TERMS,
    expect(
        ("BR-FX-EN-04", "BT-72"),
        "/delivery/date",
        "between two Germans an invoice names the day or the period of the supply",
        "a delivery date, or a period",
        |document| {
            let invoice = document.invoice;
            let delivery = document.delivery.as_deref();
            let is_dated = delivery.is_some_and(|delivery| delivery.date.is_some());
            // Without a date the judges want any content in the group.
            let has_content = delivery.is_some_and(|delivery| *delivery != invoice::Delivery::default())
                || invoice.despatch_advice_reference.is_some()
                || invoice.receiving_advice_reference.is_some();
            let is_prepayment = invoice.type_code.code() == "386";
            !document.is_within("DE") || is_prepayment || is_dated || (practice::has_period(invoice) && has_content)
        },
    ),
];

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    // XRechnung's table has it already.
    if !document.profile.has(crate::RuleSet::XRechnung) {
        report.judge(document, CONDITIONS);
    }
}
