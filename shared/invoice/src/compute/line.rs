//! Lines as they are sent: with tax where prices include it, else without.

use super::adjustment::{AdjustmentKind, SentAdjustment, compute_adjustment};
use super::tax::{SentTax, TaxDefaults, TaxKey, TaxPlace, resolve};
use super::{Computation, Unreadable};
use crate::figures::{Amount, Decimal, Exact};
use crate::finding::Finding;
use crate::input::{AdjustmentInput, LineInput};

/// A line, its amounts known.
#[derive(Debug, Clone)]
pub(crate) struct SentLine {
    pub(crate) quantity: Decimal,
    pub(crate) price: SentPrice,
    pub(crate) allowances: Vec<SentAdjustment>,
    pub(crate) charges: Vec<SentAdjustment>,
    /// Quantity and price, rounded, less allowances plus charges.
    pub(crate) total: Amount,
    pub(crate) tax: TaxKey,
}

/// A price (BG-29).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SentPrice {
    pub(crate) net: Decimal,
    pub(crate) discount: Option<Decimal>,
    pub(crate) gross: Option<Decimal>,
    pub(crate) base_quantity: Decimal,
}

/// What is known of a line, an allowance or a charge: its tax, its amounts, or both.
#[derive(Debug, Clone)]
pub(crate) struct Known<T> {
    pub(crate) tax: Option<TaxKey>,
    /// The amounts; the tax in them counts only where it is known.
    pub(crate) amounts: Option<T>,
}

/// Finds the tax and the amounts of the line with that index, as far as they can be read.
pub(crate) fn compute_line(
    input: &LineInput,
    index: usize,
    defaults: &TaxDefaults,
    unreadable: &Unreadable,
    computation: &mut Computation<'_>,
) -> Known<SentLine> {
    let pointer = || format!("/lines/{index}");
    let own = SentTax { category: input.tax_category, rate: input.tax_rate };
    let is_tax_readable = !unreadable.line_taxes.contains(&index);
    let tax =
        if is_tax_readable { resolve(own, defaults, TaxPlace::Line, pointer, computation.findings) } else { None };
    let are_amounts_readable = !unreadable.line_amounts.contains(&index);
    let amounts =
        if are_amounts_readable { line_amounts(input, index, tax.unwrap_or_default(), computation) } else { None };
    Known { tax, amounts }
}

fn line_amounts(input: &LineInput, index: usize, tax: TaxKey, computation: &mut Computation<'_>) -> Option<SentLine> {
    let price = compute_price(input, index, computation);
    let quantity = input.quantity.unwrap_or(Decimal::ONE);
    let figure = if computation.prices_include_tax { "amount_with_tax" } else { "amount_before_adjustments" };
    let extension = price.and_then(|price| {
        let exact = Exact::from(quantity).times(price.net).over(price.base_quantity);
        computation.round(exact, || format!("/lines/{index}/{figure}"))
    });
    let adjust = |list: &[AdjustmentInput], kind, key: &str, computation: &mut Computation<'_>| {
        line_adjustments(list, kind, (extension, tax), &format!("/lines/{index}/{key}"), computation)
    };
    let allowances = adjust(&input.allowances, AdjustmentKind::LineAllowance, "allowances", computation);
    let charges = adjust(&input.charges, AdjustmentKind::LineCharge, "charges", computation);
    let (price, extension, allowances, charges) = (price?, extension?, allowances?, charges?);
    let total = extension.minus(sum(computation, &allowances)).plus(sum(computation, &charges));
    let total = computation.in_range(total, || format!("/lines/{index}"))?;
    let total = imported_amount(input, total, computation).unwrap_or(total);
    Some(SentLine { quantity, price, allowances, charges, total, tax })
}

/// The net amount that another program rounded in its own way (BT-131), where it is that of the line.
fn imported_amount(input: &LineInput, total: Amount, computation: &Computation<'_>) -> Option<Amount> {
    /// In hundredths of the currency: what validators of the norm's users allow.
    const TOLERANCE: i128 = 2;
    if !computation.is_imported || computation.prices_include_tax {
        return None;
    }
    let sent = Exact::from(input.net_amount?).round(computation.currency)?;
    let decimals = u32::from(computation.currency.minor_units());
    let difference = sent.minus(total).minor_units().abs();
    (difference * 100 <= TOLERANCE * 10_i128.pow(decimals)).then_some(sent)
}

/// The sum of the amounts of allowances or of charges.
pub(crate) fn sum(computation: &Computation<'_>, adjustments: &[SentAdjustment]) -> Amount {
    Amount::sum(computation.currency, adjustments.iter().map(|adjustment| adjustment.amount))
}

fn line_adjustments(
    inputs: &[AdjustmentInput],
    kind: AdjustmentKind,
    (extension, tax): (Option<Amount>, TaxKey),
    pointer: &str,
    computation: &mut Computation<'_>,
) -> Option<Vec<SentAdjustment>> {
    let mut computed = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let place = format!("{pointer}/{index}");
        let own_taxes = [
            (input.tax_category.is_some(), "tax_category"),
            (input.tax_rate.is_some(), "tax_rate"),
            (!input.other_taxes.is_empty(), "other_taxes"),
        ];
        if let Some((_, key)) = own_taxes.into_iter().find(|(is_sent, _)| *is_sent) {
            let message = "an allowance or charge of a line has the tax of its line";
            computation.findings.fault(Finding::new(format!("{place}/{key}"), "line-adjustment-tax", message));
        }
        computed.extend(compute_adjustment(input, kind, extension, tax, &place, computation));
    }
    (computed.len() == inputs.len()).then_some(computed)
}

/// Finds the net price, from the gross price and the discount where it is not given, and checks all of them.
fn compute_price(input: &LineInput, index: usize, computation: &mut Computation<'_>) -> Option<SentPrice> {
    let base_quantity = input.price_base_quantity.unwrap_or(Decimal::ONE);
    let positive_base = !base_quantity.is_negative() && !base_quantity.is_zero();
    let fault = |computation: &mut Computation<'_>, key: &str, rule, message: &str, found: Option<Decimal>| {
        let mut finding = Finding::new(format!("/lines/{index}/{key}"), rule, message);
        finding.found = found.map(|found| found.to_string());
        computation.findings.fault(finding);
    };
    if !positive_base {
        let message = "the quantity for which a price holds is greater than zero";
        fault(computation, "price_base_quantity", "price-base-quantity", message, Some(base_quantity));
    }
    let negative = [
        ("unit_price", "BR-27", input.unit_price),
        ("gross_price", "BR-28", input.gross_price),
        ("price_discount", "price-discount", input.price_discount),
    ];
    let mut is_right = positive_base;
    for (key, rule, value) in negative {
        if value.is_some_and(Decimal::is_negative) {
            let message = "this is not negative: give what is taken back a negative quantity";
            fault(computation, key, rule, message, value);
            is_right = false;
        }
    }
    if input.unit_price.is_none() && input.gross_price.is_none() {
        fault(computation, "unit_price", "BR-26", "a unit_price or a gross_price is required", None);
        return None;
    }
    if !is_right {
        return None;
    }
    let (net, gross) = net_and_gross(input)?;
    if net.is_negative() {
        fault(
            computation,
            "price_discount",
            "price-discount",
            "the discount is more than the price",
            input.price_discount,
        );
        return None;
    }
    if let Some(sent) = input.unit_price.filter(|sent| *sent != net) {
        let finding = Finding::new(
            format!("/lines/{index}/unit_price"),
            "unit-price",
            "the unit price is the gross price less the discount",
        );
        computation.findings.fault(finding.expected(net.to_string()).found(sent.to_string()));
        return None;
    }
    Some(SentPrice { net, discount: input.price_discount, gross, base_quantity })
}

/// The net price and, where one of them is at hand, the gross price.
fn net_and_gross(input: &LineInput) -> Option<(Decimal, Option<Decimal>)> {
    let discount = input.price_discount.unwrap_or_default();
    match (input.gross_price, input.unit_price) {
        (Some(gross), _) => Some((Exact::from(gross).minus(discount).to_decimal()?, Some(gross))),
        (None, Some(net)) if discount.is_zero() => Some((net, None)),
        (None, Some(net)) => Some((net, Some(Exact::from(net).plus(discount).to_decimal()?))),
        (None, None) => None,
    }
}
