//! Lines as they are sent: with tax where prices include it, else without.

use super::Computation;
use super::adjustment::{AdjustmentKind, SentAdjustment, compute_adjustment};
use super::tax::{SentTax, TaxDefaults, TaxKey, TaxPlace, resolve};
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

/// Finds the amounts of the line with that index.
pub(crate) fn compute_line(
    input: &LineInput,
    index: usize,
    defaults: &TaxDefaults,
    computation: &mut Computation<'_>,
) -> Option<SentLine> {
    let pointer = || format!("/lines/{index}");
    let own = SentTax { category: input.tax_category, rate: input.tax_rate };
    let tax = resolve(own, defaults, TaxPlace::Line, pointer, computation.findings);
    let price = compute_price(input, index, computation);
    let (tax, price) = (tax?, price?);
    let quantity = input.quantity.unwrap_or(Decimal::ONE);
    let exact = Exact::from(quantity).times(price.net).over(price.base_quantity);
    let figure = if computation.prices_include_tax { "amount_with_tax" } else { "amount_before_adjustments" };
    let extension = computation.round(exact, || format!("/lines/{index}/{figure}"))?;
    if input.allowances.is_empty() && input.charges.is_empty() {
        let (allowances, charges) = (Vec::new(), Vec::new());
        return Some(SentLine { quantity, price, allowances, charges, total: extension, tax });
    }
    let adjust = |list: &[AdjustmentInput], kind, key: &str, computation: &mut Computation<'_>| {
        line_adjustments(list, kind, (extension, tax), &format!("/lines/{index}/{key}"), computation)
    };
    let allowances = adjust(&input.allowances, AdjustmentKind::LineAllowance, "allowances", computation);
    let charges = adjust(&input.charges, AdjustmentKind::LineCharge, "charges", computation);
    let (allowances, charges) = (allowances?, charges?);
    let total = extension.minus(sum(computation, &allowances)).plus(sum(computation, &charges));
    let total = computation.in_range(total, || format!("/lines/{index}"))?;
    Some(SentLine { quantity, price, allowances, charges, total, tax })
}

/// The sum of the amounts of allowances or of charges.
pub(crate) fn sum(computation: &Computation<'_>, adjustments: &[SentAdjustment]) -> Amount {
    Amount::sum(computation.currency, adjustments.iter().map(|adjustment| adjustment.amount))
}

fn line_adjustments(
    inputs: &[AdjustmentInput],
    kind: AdjustmentKind,
    (extension, tax): (Amount, TaxKey),
    pointer: &str,
    computation: &mut Computation<'_>,
) -> Option<Vec<SentAdjustment>> {
    let mut computed = Vec::with_capacity(inputs.len());
    for (index, input) in inputs.iter().enumerate() {
        let place = format!("{pointer}/{index}");
        let own_tax = input.tax_category.map(|_| "tax_category").or(input.tax_rate.map(|_| "tax_rate"));
        if let Some(key) = own_tax {
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
