//! Prices within the decimals that a profile allows.

use fastnum::D256;
use fastnum::decimal::{Context, RoundingMode, Sign};
use invoice::{Decimal, Invoice, Line};

use crate::profile::Profile;

/// Half away from zero; faults give NaN instead of a panic.
const CONTEXT: Context = Context::default().without_traps().with_rounding_mode(RoundingMode::HalfUp);

/// The price of a line (BG-29) as it is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Price {
    /// BT-146.
    pub(crate) net: Decimal,
    /// BT-147.
    pub(crate) discount: Option<Decimal>,
    /// BT-148.
    pub(crate) gross: Option<Decimal>,
    /// BT-149.
    pub(crate) base_quantity: Decimal,
}

/// The most decimals of a price in France (BR-FR-DEC-03).
const FRENCH_DECIMALS: u8 = 6;

pub(crate) fn prices(invoice: &Invoice, profile: Profile) -> Vec<Price> {
    invoice.lines.iter().map(|line| price(line, profile)).collect()
}

/// The price of a line. One with too many decimals is given for more units at once, so that no amount changes.
fn price(line: &Line, profile: Profile) -> Price {
    let price = &line.price;
    let exact =
        Price { net: price.net, discount: price.discount, gross: price.gross, base_quantity: price.base_quantity };
    let exact = with_exact_gross(exact);
    if profile != Profile::FacturXFr {
        return exact;
    }
    let decimals = [Some(exact.net), exact.discount, exact.gross].into_iter().flatten().map(Decimal::scale);
    let excess = decimals.max().unwrap_or(0).saturating_sub(FRENCH_DECIMALS);
    if excess == 0 {
        return exact;
    }
    // A price that was taken out of one with tax is a rounded quotient: the shortest one that leads to the same amount.
    if exact.discount.is_none() && exact.gross.is_none_or(|gross| gross == exact.net) {
        for shift in 0..=excess {
            let scaled = shifted(exact, shift);
            let net = rounded(scaled.net, FRENCH_DECIMALS);
            let shorter = Price { net, gross: exact.gross.map(|_| net), ..scaled };
            if leads_to_same_amount(line, &shorter) {
                return shorter;
            }
        }
    }
    shifted(exact, excess)
}

/// The same price for ten to the power of `shift` times as many units.
fn shifted(price: Price, shift: u8) -> Price {
    let times = |value: Decimal| decimal(number(value) * power_of_ten(shift));
    Price {
        net: times(price.net),
        discount: price.discount.map(times),
        gross: price.gross.map(times),
        base_quantity: times(price.base_quantity),
    }
}

/// Takes the gross price from net and discount where rounding has parted them (PEPPOL-EN16931-R046).
fn with_exact_gross(price: Price) -> Price {
    let (Some(_), Some(discount)) = (price.gross, price.discount) else { return price };
    Price { gross: Some(decimal(number(price.net) + number(discount))), ..price }
}

fn leads_to_same_amount(line: &Line, price: &Price) -> bool {
    let amount = line.amount_before_adjustments;
    let decimals = i16::from(amount.currency().minor_units());
    let exact = number(line.quantity) * number(price.net) / number(price.base_quantity);
    exact.round(decimals) == number(amount.to_decimal())
}

/// How far quantity times price, less allowances and plus charges, is from the line's net amount
/// (PEPPOL-EN16931-R120).
pub(crate) fn is_off(line: &Line, price: &Price, tolerance: &str) -> bool {
    let sum = |list: &[invoice::Adjustment]| {
        list.iter().map(|adjustment| number(adjustment.amount.to_decimal())).fold(D256::ZERO, |sum, part| sum + part)
    };
    let extension = number(line.quantity) * number(price.net) / number(price.base_quantity);
    let expected = extension + sum(&line.charges) - sum(&line.allowances);
    let tolerance: Decimal = tolerance.parse().unwrap_or_default();
    let difference = (expected - number(line.net_amount.to_decimal())).abs();
    difference.is_nan() || difference > number(tolerance)
}

/// Whether an allowance's or a charge's amount is off its percentage of its base (PEPPOL-EN16931-R040).
pub(crate) fn is_percentage_off(adjustment: &invoice::Adjustment, tolerance: &str) -> bool {
    let (Some(base), Some(percent)) = (adjustment.base_amount, adjustment.percent) else { return false };
    let expected = number(base.to_decimal()) * number(percent) / number(Decimal::from(100));
    let tolerance: Decimal = tolerance.parse().unwrap_or_default();
    let difference = (expected - number(adjustment.amount.to_decimal())).abs();
    difference.is_nan() || difference > number(tolerance)
}

fn number(value: Decimal) -> D256 {
    let whole = D256::from_i128(value.coefficient()).unwrap_or(D256::NAN);
    let sign = if value.is_negative() { Sign::Minus } else { Sign::Plus };
    D256::from_parts(whole.digits(), -i32::from(value.scale()), sign, CONTEXT)
}

fn power_of_ten(power: u8) -> D256 {
    number(10_u32.checked_pow(u32::from(power)).map_or(Decimal::ZERO, Decimal::from))
}

fn rounded(value: Decimal, decimals: u8) -> Decimal {
    decimal(number(value).round(i16::from(decimals)))
}

fn decimal(value: D256) -> Decimal {
    value.to_string().parse().unwrap_or_default()
}

/// Whether a rate is more than nothing and rounds to it.
pub(crate) fn is_below_half(rate: Decimal) -> bool {
    !rate.is_zero() && number(rate) < number(Decimal::from(1)) / number(Decimal::from(2))
}

/// Whether an amount rounds to nothing.
pub(crate) fn rounds_to_zero(amount: invoice::Amount) -> bool {
    number(amount.to_decimal()).abs() < number(Decimal::from(1)) / number(Decimal::from(2))
}
