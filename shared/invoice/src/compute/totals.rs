//! The totals of the document (BG-22).

use super::Computation;
use super::beyond::TaxesBeyond;
use super::prepaid::{coin, prepaid_amount, sent_rounding, to_coins};
use crate::figures::Amount;
use crate::input::InvoiceInput;
use crate::model::{Prepayment, Totals};

/// The sums of which the totals are made; those that rest on what could not be read are none.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sums {
    pub(crate) lines: Option<Amount>,
    pub(crate) allowances: Option<Amount>,
    pub(crate) charges: Option<Amount>,
    pub(crate) tax: Option<Amount>,
    /// Lines less allowances plus charges with tax, where prices include it: what the customer saw.
    pub(crate) with_tax: Option<Amount>,
}

impl Sums {
    /// The total without VAT (BT-109; BR-CO-13).
    pub(crate) fn total_without_tax(&self) -> Option<Amount> {
        Some(self.lines?.minus(self.allowances?).plus(self.charges?))
    }
}

/// What is added to the total with tax, or taken off it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beside<'a> {
    pub(crate) beyond: Option<&'a TaxesBeyond>,
    pub(crate) prepayments: Option<&'a [Prepayment]>,
}

/// Adds up the totals (BR-CO-10 to BR-CO-16) and checks them against those that were sent, as far as they are known.
pub(crate) fn totals(
    sums: &Sums,
    beside: Beside<'_>,
    input: &InvoiceInput,
    computation: &mut Computation<'_>,
) -> Option<Totals> {
    let zero = Amount::zero(computation.currency);
    let sent = input.totals.clone().unwrap_or_default();
    let prepaid = prepaid_amount(input, beside.prepayments, computation);
    let coin = coin(input, computation);
    let sent_rounding = sent_rounding(input, coin.flatten(), computation);
    let mut check = |sent, computed, what| computation.check_total(sent, computed, what);

    let lines = check(sent.line_total, sums.lines, ("line_total", "BR-CO-10", "the sum of the lines"));
    let allowances =
        check(sent.allowance_total, sums.allowances, ("allowance_total", "BR-CO-11", "the sum of the allowances"));
    let charges = check(sent.charge_total, sums.charges, ("charge_total", "BR-CO-12", "the sum of the charges"));
    let without_tax = Sums { lines, allowances, charges, ..*sums }.total_without_tax();
    let what = ("total_without_tax", "BR-CO-13", "the total without tax");
    let without_tax = check(sent.total_without_tax, without_tax, what);
    let tax = check(sent.tax_total, sums.tax, ("tax_total", "BR-CO-14", "the tax"));
    let with_tax = without_tax.zip(tax).map(|(amount, tax)| amount.plus(tax));
    let with_tax = check(sent.total_with_tax, with_tax, ("total_with_tax", "BR-CO-15", "the total with tax"));

    // The residue that no net amount can express.
    let residue = if input.prices_include_tax {
        sums.with_tax.zip(with_tax).map(|(seen, with_tax)| seen.minus(with_tax))
    } else {
        Some(zero)
    };
    let rounding = sent_rounding.zip(residue).map(|(sent, residue)| sent.plus(residue));
    let other = beside.beyond.map(|taxes| Amount::sum(zero.currency(), taxes.other.iter().map(|tax| tax.amount)));
    let withheld = beside.beyond.map(|taxes| Amount::sum(zero.currency(), taxes.withheld.iter().map(|tax| tax.amount)));
    let beyond = other.zip(withheld).map(|(other, withheld)| other.minus(withheld));
    let unrounded = with_tax.zip(prepaid).zip(rounding).map(|((total, prepaid), sum)| total.minus(prepaid).plus(sum));
    // A coin rounds what is paid in the end; an amount that was sent is that of the client's own till.
    let to_coin = match (coin, input.rounding_amount) {
        (Some(Some(coin)), None) => unrounded.zip(beyond).map(|(due, beyond)| to_coins(due.plus(beyond), coin)),
        (Some(_), _) => Some(zero),
        (None, _) => None,
    };
    let rounding = rounding.zip(to_coin).map(|(sum, to_coin)| sum.plus(to_coin));
    let payable = unrounded.zip(to_coin).map(|(due, to_coin)| due.plus(to_coin));
    let payable = check(sent.payable_amount, payable, ("payable_amount", "BR-CO-16", "the amount due"));
    let to_pay = payable.zip(beyond).map(|(payable, beyond)| payable.plus(beyond));
    let to_pay = check(sent.amount_to_pay, to_pay, ("amount_to_pay", "amount-to-pay", "the amount to pay"));

    let tax_total_in_tax_currency = super::beyond::tax_in_tax_currency(input, sums.tax, computation);
    // What was sent only stands in for what is computed: without that there are no totals.
    let total_without_tax = sums.total_without_tax()?;
    let totals = Totals {
        line_total: sums.lines?,
        allowance_total: sums.allowances?,
        charge_total: sums.charges?,
        total_without_tax,
        tax_total: sums.tax?,
        tax_total_in_tax_currency,
        total_with_tax: with_tax?,
        prepaid_amount: prepaid?,
        rounding_amount: rounding?,
        payable_amount: payable?,
        other_tax_total: other?,
        withholding_total: withheld?,
        amount_to_pay: to_pay?,
    };
    for figure in
        [totals.line_total, total_without_tax, totals.total_with_tax, totals.payable_amount, totals.amount_to_pay]
    {
        computation.in_range(figure, || "/lines".to_owned())?;
    }
    Some(totals)
}
