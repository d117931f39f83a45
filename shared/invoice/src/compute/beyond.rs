//! Taxes beyond the norm, and the VAT in another currency.

use super::Computation;
use crate::figures::{Amount, Decimal, Exact};
use crate::finding::Finding;
use crate::input::{InvoiceInput, OtherTaxInput, WithholdingTaxInput};
use crate::model::{OtherTax, TaxCategory, TaxGroup, WithholdingTax};

/// The taxes outside of the norm's totals.
#[derive(Debug, Default)]
pub(crate) struct TaxesBeyond {
    pub(crate) other: Vec<OtherTax>,
    pub(crate) withheld: Vec<WithholdingTax>,
}

/// What the taxes beyond VAT are taken of.
pub(crate) struct Bases<'a> {
    /// The total without VAT (BT-109).
    pub(crate) total: Option<Amount>,
    /// The net amounts of lines, allowances (below zero) and charges, each with the names of the taxes that it names.
    pub(crate) shares: Vec<(&'a [String], Option<Amount>)>,
}

impl Bases<'_> {
    /// Whether a line, an allowance or a charge names the tax, so that it is taken of those alone.
    fn is_named(&self, tax: &str) -> bool {
        self.shares.iter().any(|(names, _)| names.iter().any(|name| name == tax))
    }

    fn of(&self, tax: &str) -> Option<Amount> {
        let total = self.total?;
        if !self.is_named(tax) {
            return Some(total);
        }
        let named = self.shares.iter().filter(|(names, _)| names.iter().any(|name| name == tax));
        let amounts: Option<Vec<Amount>> = named.map(|(_, amount)| *amount).collect();
        Some(Amount::sum(total.currency(), amounts?))
    }
}

/// Computes all of them, as far as their bases are known.
pub(crate) fn taxes_beyond(
    input: &InvoiceInput,
    bases: &Bases<'_>,
    computation: &mut Computation<'_>,
) -> Option<TaxesBeyond> {
    let mut others: Vec<Option<OtherTax>> = Vec::with_capacity(input.other_taxes.len());
    for (index, tax) in input.other_taxes.iter().enumerate() {
        let base = base_of(input, index, bases, &others);
        let computed = other_tax(tax, index, (base, is_fixed(tax, bases)), computation);
        others.push(computed);
    }
    let withheld = input.withholding_taxes.iter().enumerate();
    let withheld: Vec<_> = withheld.map(|(index, tax)| withholding_tax(tax, index, bases.total, computation)).collect();
    let (other, withheld): (Option<_>, Option<_>) = (others.into_iter().collect(), withheld.into_iter().collect());
    Some(TaxesBeyond { other: other?, withheld: withheld? })
}

/// The base of the other tax with that index: its lines, or the total, and the taxes before it that it is on.
fn base_of(input: &InvoiceInput, index: usize, bases: &Bases<'_>, before: &[Option<OtherTax>]) -> Option<Amount> {
    let tax = &input.other_taxes[index];
    let mut base = bases.of(tax.name.0.as_deref()?)?;
    for (input, computed) in input.other_taxes.iter().zip(before) {
        if input.name.0.as_ref().is_some_and(|name| tax.on.contains(name)) {
            base = base.plus(computed.as_ref()?.amount);
        }
    }
    Some(base)
}

/// Whether the base follows from the invoice, so that one that is sent is only checked.
fn is_fixed(tax: &OtherTaxInput, bases: &Bases<'_>) -> bool {
    !tax.on.is_empty() || tax.name.0.as_deref().is_some_and(|name| bases.is_named(name))
}

fn other_tax(
    input: &OtherTaxInput,
    index: usize,
    (own_base, is_fixed): (Option<Amount>, bool),
    computation: &mut Computation<'_>,
) -> Option<OtherTax> {
    let place = |key: &str| format!("/other_taxes/{index}/{key}");
    let sent = match input.amount {
        Some(amount) => Some(computation.amount(amount, "amount-decimals", || place("amount"))?),
        None => None,
    };
    let Some(rate) = input.rate else {
        let Some(amount) = sent else {
            computation.findings.fault(Finding::new(place("rate"), "required", "a rate or an amount is required"));
            return None;
        };
        let (name, on) = (input.name.0.clone()?, input.on.clone());
        return Some(OtherTax { name, rate: None, base_amount: None, on, amount });
    };
    check_rate(rate, || place("rate"), computation)?;
    let sent_base = match input.base_amount {
        Some(base) => Some(computation.amount(base, "amount-decimals", || place("base_amount"))?),
        None => None,
    };
    if let (Some(own_base), true) = (own_base, is_fixed) {
        let what = "what this tax is taken of";
        computation.check(input.base_amount, own_base, || place("base_amount"), "other-tax-base", what);
    }
    let base = if is_fixed { own_base? } else { sent_base.or(own_base)? };
    let amount = computation.round(Exact::from(base).percent(rate), || place("amount"))?;
    if let Some(sent) = sent.filter(|sent| *sent != amount) {
        let finding =
            Finding::new(place("amount"), "other-tax-amount", format!("{rate} percent of {base} is {amount}"));
        computation.mismatch(finding.expected(amount.to_string()).found(sent.to_string()));
        return None;
    }
    let (name, on) = (input.name.0.clone()?, input.on.clone());
    Some(OtherTax { name, rate: Some(rate), base_amount: Some(base), on, amount })
}

fn withholding_tax(
    input: &WithholdingTaxInput,
    index: usize,
    total_without_tax: Option<Amount>,
    computation: &mut Computation<'_>,
) -> Option<WithholdingTax> {
    let place = |key: &str| format!("/withholding_taxes/{index}/{key}");
    let rate = input.rate.0?;
    check_rate(rate, || place("rate"), computation)?;
    let base_amount = match input.base_amount {
        Some(sent) => computation.amount(sent, "amount-decimals", || place("base_amount"))?,
        None => total_without_tax?,
    };
    let amount = computation.round(Exact::from(base_amount).percent(rate), || place("amount"))?;
    Some(WithholdingTax { name: input.name.0.clone()?, rate, base_amount, amount })
}

/// The VAT that the buyer of a split payment (category B) pays to the state: it is not paid to the seller (article 17-ter
/// of the Italian decree DPR 633/1972).
pub(crate) fn split_payments(groups: &[TaxGroup], tax_name: Option<&str>) -> impl Iterator<Item = WithholdingTax> {
    let name = tax_name.unwrap_or("IVA").to_owned();
    let split = groups.iter().filter(|group| group.category == TaxCategory::B && !group.tax_amount.is_zero());
    split.map(move |group| WithholdingTax {
        name: name.clone(),
        rate: group.rate.unwrap_or_default(),
        base_amount: group.taxable_amount,
        amount: group.tax_amount,
    })
}

pub(super) fn check_rate(
    rate: Decimal,
    pointer: impl FnOnce() -> String,
    computation: &mut Computation<'_>,
) -> Option<()> {
    if !rate.is_negative() && rate <= Decimal::HUNDRED {
        return Some(());
    }
    let finding = Finding::new(pointer(), "tax-rate", "a tax rate is from 0 to 100 percent");
    computation.findings.fault(finding.expected("0 to 100").found(rate.to_string()));
    None
}

/// The VAT in the currency of the tax office (BT-111; BR-53): as was sent, else by the exchange rate.
pub(crate) fn tax_in_tax_currency(
    input: &InvoiceInput,
    tax_total: Option<Amount>,
    computation: &mut Computation<'_>,
) -> Option<Amount> {
    let Some(currency) = input.tax_currency else {
        let strays = [
            (input.tax_exchange_rate.is_some(), "/tax_exchange_rate"),
            (input.tax_total_in_tax_currency.is_some(), "/tax_total_in_tax_currency"),
        ];
        for (_, pointer) in strays.into_iter().filter(|(is_sent, _)| *is_sent) {
            let message = "this says nothing without a tax_currency";
            computation.findings.fault(Finding::new(pointer.to_owned(), "tax-currency", message));
        }
        return None;
    };
    if currency == computation.currency {
        warn_of_same_currency(input, tax_total, computation);
        return None;
    }
    let rate = input.tax_exchange_rate;
    let by_rate = rate.zip(tax_total).and_then(|(rate, tax)| Exact::from(tax).times(rate).round(currency));
    let sent = input.tax_total_in_tax_currency.and_then(|sent| Exact::from(sent).round(currency));
    let pointer = "/tax_total_in_tax_currency".to_owned();
    match (sent, by_rate) {
        (Some(sent), Some(computed)) if sent != computed => {
            let message = format!("the tax at this exchange rate is {computed}");
            let finding = Finding::new(pointer, "BR-53", message);
            computation.mismatch(finding.expected(computed.to_string()).found(sent.to_string()));
            None
        }
        (None, None) if rate.is_none() => {
            let message = "a tax_currency needs a tax_exchange_rate or the tax_total_in_tax_currency";
            computation.findings.fault(Finding::new(pointer, "BR-53", message));
            None
        }
        (sent, by_rate) => sent.or(by_rate),
    }
}

/// A tax currency that is the invoice's own says nothing (BT-6 is for another one), and neither may what stands beside it.
fn warn_of_same_currency(input: &InvoiceInput, tax_total: Option<Amount>, computation: &mut Computation<'_>) {
    let message = "the tax_currency is that of the invoice: it is left out";
    computation.findings.warning(Finding::new("/tax_currency".to_owned(), "tax-currency", message));
    if let Some(rate) = input.tax_exchange_rate.filter(|rate| *rate != Decimal::ONE) {
        let message = "a currency is worth one of its own units";
        let finding = Finding::new("/tax_exchange_rate".to_owned(), "tax-currency", message);
        computation.mismatch(finding.expected("1").found(rate.to_string()));
    }
    if let Some(tax) = tax_total {
        let pointer = || "/tax_total_in_tax_currency".to_owned();
        computation.check(input.tax_total_in_tax_currency, tax, pointer, "BR-53", "the tax");
    }
}
