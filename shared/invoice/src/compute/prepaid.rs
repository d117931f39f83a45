//! What is paid already, and what rounds the amount due.

use super::Computation;
use crate::figures::{Amount, Currency, Decimal, Exact};
use crate::finding::Finding;
use crate::input::{InvoiceInput, PrepaymentInput};
use crate::model::Prepayment;

/// The deposits that were paid before; `None` if one of them has a fault.
pub(crate) fn prepayments(input: &InvoiceInput, computation: &mut Computation<'_>) -> Option<Vec<Prepayment>> {
    let inputs = &input.prepayments;
    let read: Vec<_> =
        inputs.iter().enumerate().filter_map(|(index, one)| prepayment(one, index, computation)).collect();
    (read.len() == inputs.len()).then_some(read)
}

fn prepayment(input: &PrepaymentInput, index: usize, computation: &mut Computation<'_>) -> Option<Prepayment> {
    let place = |key: &str| format!("/prepayments/{index}/{key}");
    let amount = computation.amount(input.amount.0?, "BR-DEC-16", || place("amount"))?;
    if amount.is_negative() {
        let finding = Finding::new(place("amount"), "prepayment", "a prepayment is not below zero");
        computation.findings.fault(finding.expected("0 or more").found(amount.to_string()));
        return None;
    }
    if let Some(rate) = input.tax_rate {
        super::beyond::check_rate(rate, || place("tax_rate"), computation)?;
    }
    let by_rate = input.tax_rate.and_then(|rate| tax_within(amount, rate));
    let sent = match input.tax_amount {
        Some(sent) => Some(computation.amount(sent, "amount-decimals", || place("tax_amount"))?),
        None => None,
    };
    if let Some(computed) = by_rate {
        computation.check(input.tax_amount, computed, || place("tax_amount"), "prepayment", "the tax in this amount");
    }
    if let Some(tax) = sent.filter(|tax| tax.is_negative() || tax.minor_units() > amount.minor_units()) {
        let finding = Finding::new(place("tax_amount"), "prepayment", "the tax is a part of the amount");
        computation.findings.fault(finding.expected(format!("0 to {amount}")).found(tax.to_string()));
        return None;
    }
    Some(Prepayment {
        number: input.number.clone(),
        date: input.date,
        amount,
        tax_rate: input.tax_rate,
        tax_amount: by_rate.or(sent),
    })
}

/// The tax of that rate that is in an amount.
fn tax_within(amount: Amount, rate: Decimal) -> Option<Amount> {
    Some(amount.minus(super::net::without_tax(amount, rate).round(amount.currency())?))
}

/// What is paid already (BT-113): the sum of the prepayments, else as it was sent.
pub(crate) fn prepaid_amount(
    input: &InvoiceInput,
    prepayments: Option<&[Prepayment]>,
    computation: &mut Computation<'_>,
) -> Option<Amount> {
    let sent = match input.prepaid_amount {
        Some(sent) => Some(computation.amount(sent, "BR-DEC-16", || "/prepaid_amount".to_owned())?),
        None => None,
    };
    if input.prepayments.is_empty() {
        return Some(sent.unwrap_or(Amount::zero(computation.currency)));
    }
    let sum = Amount::sum(computation.currency, prepayments?.iter().map(|one| one.amount));
    let what = "the sum of the prepayments";
    computation.check(input.prepaid_amount, sum, || "/prepaid_amount".to_owned(), "prepayment", what);
    Some(sum)
}

/// The most that a coin is worth, as a multiple of the usual largest one: more would be a discount.
const COINS: i128 = 10;

/// The coin to which what is to be paid is rounded; `Some(None)` without one.
pub(crate) fn coin(input: &InvoiceInput, computation: &mut Computation<'_>) -> Option<Option<Amount>> {
    let Some(sent) = input.rounding else {
        return Some(None);
    };
    let coin = computation.amount(sent, "rounding", || "/rounding".to_owned())?;
    if coin.minor_units() <= 0 {
        let finding = Finding::new("/rounding".to_owned(), "rounding", "a coin is worth more than nothing");
        computation.findings.fault(finding.expected("a coin such as 0.05").found(sent.to_string()));
        return None;
    }
    let largest = largest_coin(computation.currency)?;
    let most = Amount::from_minor_units(COINS * largest.minor_units(), computation.currency);
    if coin.minor_units() > most.minor_units() {
        let message = format!("no coin of {} is worth more than {most}", computation.currency);
        let finding = Finding::new("/rounding".to_owned(), "rounding", message);
        computation.mismatch(finding.expected(format!("at most {most}")).found(coin.to_string()));
        return None;
    }
    Some(Some(coin))
}

/// The rounding amount that was sent (BT-114), zero without one. It rounds, so it is no more than a coin.
pub(crate) fn sent_rounding(
    input: &InvoiceInput,
    coin: Option<Amount>,
    computation: &mut Computation<'_>,
) -> Option<Amount> {
    let Some(sent) = input.rounding_amount else {
        return Some(Amount::zero(computation.currency));
    };
    let pointer = || "/rounding_amount".to_owned();
    let amount = computation.amount(sent, "BR-DEC-17", pointer)?;
    let most = coin.or_else(|| largest_coin(computation.currency))?;
    if amount.minor_units().abs() > most.minor_units() {
        let message =
            format!("a rounding amount is at most {most} here: make a discount or a fee an allowance or a charge");
        let finding = Finding::new(pointer(), "rounding-amount", message);
        computation.mismatch(finding.expected(format!("-{most} to {most}")).found(amount.to_string()));
        return None;
    }
    Some(amount)
}

/// What cash is rounded to at most where no coin is named: a whole unit, or what takes its place where coins are larger
/// (Unicode CLDR, `cashRounding`, and what central banks issue).
fn largest_coin(currency: Currency) -> Option<Amount> {
    let units = match currency.code() {
        "HUF" => 5,
        "CLP" | "ISK" | "JPY" | "KRW" => 10,
        "COP" | "CRC" | "PYG" => 100,
        "GNF" | "IDR" | "IQD" | "IRR" | "LAK" | "LBP" | "SYP" | "UZS" | "VND" => 1000,
        _ => 1,
    };
    Exact::from(Decimal::from(units)).round(currency)
}

/// What is to be added to an amount so that it is a multiple of a coin, half away from zero.
pub(crate) fn to_coins(amount: Amount, coin: Amount) -> Amount {
    let (units, coin) = (amount.minor_units(), coin.minor_units());
    let coins = (2 * units.abs() + coin) / (2 * coin) * units.signum();
    Amount::from_minor_units(coins * coin - units, amount.currency())
}
