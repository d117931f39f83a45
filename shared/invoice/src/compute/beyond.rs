//! Taxes beyond the norm, and the VAT in another currency.

use super::Computation;
use crate::figures::{Amount, Decimal, Exact};
use crate::finding::Finding;
use crate::input::{InvoiceInput, OtherTaxInput, WithholdingTaxInput};
use crate::model::{OtherTax, WithholdingTax};

/// The taxes outside of the norm's totals.
#[derive(Debug, Default)]
pub(crate) struct TaxesBeyond {
    pub(crate) other: Vec<OtherTax>,
    pub(crate) withheld: Vec<WithholdingTax>,
}

/// Computes all of them; their base is the total without VAT (BT-109) unless said otherwise.
pub(crate) fn taxes_beyond(
    input: &InvoiceInput,
    total_without_tax: Amount,
    computation: &mut Computation<'_>,
) -> Option<TaxesBeyond> {
    let mut taxes = TaxesBeyond::default();
    for (index, tax) in input.other_taxes.iter().enumerate() {
        taxes.other.extend(other_tax(tax, index, total_without_tax, computation));
    }
    for (index, tax) in input.withholding_taxes.iter().enumerate() {
        taxes.withheld.extend(withholding_tax(tax, index, total_without_tax, computation));
    }
    let is_complete =
        taxes.other.len() == input.other_taxes.len() && taxes.withheld.len() == input.withholding_taxes.len();
    is_complete.then_some(taxes)
}

fn other_tax(
    input: &OtherTaxInput,
    index: usize,
    total_without_tax: Amount,
    computation: &mut Computation<'_>,
) -> Option<OtherTax> {
    let place = |key: &str| format!("/other_taxes/{index}/{key}");
    let name = input.name.0.clone()?;
    let sent = match input.amount {
        Some(amount) => Some(computation.amount(amount, "amount-decimals", || place("amount"))?),
        None => None,
    };
    let Some(rate) = input.rate else {
        let Some(amount) = sent else {
            computation.findings.fault(Finding::new(place("rate"), "required", "a rate or an amount is required"));
            return None;
        };
        return Some(OtherTax { name, rate: None, base_amount: None, amount });
    };
    check_rate(rate, || place("rate"), computation)?;
    let base = base_amount(input.base_amount, total_without_tax, || place("base_amount"), computation)?;
    let amount = computation.round(Exact::from(base).percent(rate), || place("amount"))?;
    if let Some(sent) = sent.filter(|sent| *sent != amount) {
        let finding =
            Finding::new(place("amount"), "other-tax-amount", format!("{rate} percent of {base} is {amount}"));
        computation.findings.fault(finding.expected(amount.to_string()).found(sent.to_string()));
        return None;
    }
    Some(OtherTax { name, rate: Some(rate), base_amount: Some(base), amount })
}

fn withholding_tax(
    input: &WithholdingTaxInput,
    index: usize,
    total_without_tax: Amount,
    computation: &mut Computation<'_>,
) -> Option<WithholdingTax> {
    let place = |key: &str| format!("/withholding_taxes/{index}/{key}");
    let (name, rate) = (input.name.0.clone()?, input.rate.0?);
    check_rate(rate, || place("rate"), computation)?;
    let base_amount = base_amount(input.base_amount, total_without_tax, || place("base_amount"), computation)?;
    let amount = computation.round(Exact::from(base_amount).percent(rate), || place("amount"))?;
    Some(WithholdingTax { name, rate, base_amount, amount })
}

fn base_amount(
    sent: Option<Decimal>,
    otherwise: Amount,
    pointer: impl FnOnce() -> String,
    computation: &mut Computation<'_>,
) -> Option<Amount> {
    match sent {
        Some(sent) => computation.amount(sent, "amount-decimals", pointer),
        None => Some(otherwise),
    }
}

fn check_rate(rate: Decimal, pointer: impl FnOnce() -> String, computation: &mut Computation<'_>) -> Option<()> {
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
    tax_total: Amount,
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
    let by_rate = input.tax_exchange_rate.and_then(|rate| Exact::from(tax_total).times(rate).round(currency));
    let sent = input.tax_total_in_tax_currency.and_then(|sent| Exact::from(sent).round(currency));
    let pointer = "/tax_total_in_tax_currency".to_owned();
    match (sent, by_rate) {
        (Some(sent), Some(computed)) if sent != computed => {
            let message = format!("{tax_total} at this exchange rate is {computed}");
            let finding = Finding::new(pointer, "BR-53", message);
            computation.findings.fault(finding.expected(computed.to_string()).found(sent.to_string()));
            None
        }
        (None, None) => {
            let message = "a tax_currency needs a tax_exchange_rate or the tax_total_in_tax_currency";
            computation.findings.fault(Finding::new(pointer, "BR-53", message));
            None
        }
        (sent, by_rate) => sent.or(by_rate),
    }
}
