//! The totals of the document (BG-22).

use super::Computation;
use super::beyond::TaxesBeyond;
use crate::figures::Amount;
use crate::input::InvoiceInput;
use crate::model::{TaxGroup, Totals};

/// The sums of which the totals are made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sums {
    pub(crate) lines: Amount,
    pub(crate) allowances: Amount,
    pub(crate) charges: Amount,
    /// Lines less allowances plus charges with tax, where prices include it: what the customer saw.
    pub(crate) with_tax: Option<Amount>,
}

impl Sums {
    /// The total without VAT (BT-109; BR-CO-13).
    pub(crate) fn total_without_tax(&self) -> Amount {
        self.lines.minus(self.allowances).plus(self.charges)
    }
}

/// Adds up the totals (BR-CO-10 to BR-CO-16).
pub(crate) fn totals(
    sums: &Sums,
    groups: &[TaxGroup],
    beyond: &TaxesBeyond,
    input: &InvoiceInput,
    computation: &mut Computation<'_>,
) -> Option<Totals> {
    let zero = Amount::zero(computation.currency);
    let prepaid_amount = match input.prepaid_amount {
        Some(sent) => computation.amount(sent, "BR-DEC-16", || "/prepaid_amount".to_owned())?,
        None => zero,
    };
    let sent_rounding = match input.rounding_amount {
        Some(sent) => computation.amount(sent, "BR-DEC-17", || "/rounding_amount".to_owned())?,
        None => zero,
    };
    let total_without_tax = sums.total_without_tax();
    let tax_total = Amount::sum(computation.currency, groups.iter().map(|group| group.tax_amount));
    let total_with_tax = total_without_tax.plus(tax_total);
    let residue = sums.with_tax.map_or(zero, |seen| seen.minus(total_with_tax));
    let rounding_amount = sent_rounding.plus(residue);
    let payable_amount = total_with_tax.minus(prepaid_amount).plus(rounding_amount);
    let other_tax_total = Amount::sum(computation.currency, beyond.other.iter().map(|tax| tax.amount));
    let withholding_total = Amount::sum(computation.currency, beyond.withheld.iter().map(|tax| tax.amount));
    let amount_to_pay = payable_amount.plus(other_tax_total).minus(withholding_total);
    let tax_total_in_tax_currency = super::beyond::tax_in_tax_currency(input, tax_total, computation);
    for figure in [sums.lines, total_without_tax, total_with_tax, payable_amount, amount_to_pay] {
        computation.in_range(figure, || "/lines".to_owned())?;
    }
    Some(Totals {
        line_total: sums.lines,
        allowance_total: sums.allowances,
        charge_total: sums.charges,
        total_without_tax,
        tax_total,
        tax_total_in_tax_currency,
        total_with_tax,
        prepaid_amount,
        rounding_amount,
        payable_amount,
        other_tax_total,
        withholding_total,
        amount_to_pay,
    })
}
