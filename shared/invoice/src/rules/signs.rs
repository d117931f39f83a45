//! Documents whose sum is below zero, and what is left of a payment block where nothing is to be paid.

use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;
use crate::model::{Mark, Totals};

/// Warns of sums that are probably not meant so, with what to do.
pub(crate) fn warn_of_signs(input: &InvoiceInput, totals: &Totals, findings: &mut Findings) {
    let is_credit_note = input.type_code.is_credit_note();
    let warning = if totals.total_with_tax.is_negative() && is_credit_note {
        let message = "the credit note is below zero, which would take money back: a credit note says what is credited, \
                       so give its quantities without a sign";
        Some(("/lines", "credit-note-sign", message))
    } else if totals.total_with_tax.is_negative() {
        let message = "the invoice is below zero: to give money back, send a credit note (type_code credit_note) with \
                       the quantities without a sign";
        Some(("/type_code", "invoice-below-zero", message))
    } else if totals.amount_to_pay.is_negative() && !totals.prepaid_amount.is_zero() {
        let message = "more is paid already than is to be paid: nothing is due, and the rest is to be paid back";
        Some(("/prepaid_amount", "overpaid", message))
    } else if totals.amount_to_pay.is_negative() {
        let message = "what is to be paid in the end is below zero: check the taxes that are withheld and the rounding";
        Some(("/totals", "amount-below-zero", message))
    } else {
        None
    };
    if let Some((pointer, rule, message)) = warning {
        findings.warning(Finding::new(pointer.to_owned(), rule, message).found(totals.amount_to_pay.to_string()));
    }
    if is_credit_note && input.payment.as_ref().is_some_and(|payment| payment.link.is_some()) {
        let message = "what is credited is not paid online: documents show no link to pay by";
        findings.warning(Finding::new("/payment/link".to_owned(), "link-on-credit-note", message));
    }
    let is_paid = totals.amount_to_pay.is_zero() || (input.mark == Some(Mark::Paid) && !is_credit_note);
    if input.payment.is_some() && (is_paid || totals.amount_to_pay.is_negative()) {
        let message = "nothing is to be paid: documents show no account, code or link to pay by";
        findings.warning(Finding::new("/payment".to_owned(), "nothing-to-pay", message));
    }
}
