//! Products and quotients that are exact until they are rounded once.
//!
//! Why one rounding is enough: a [`Decimal`] has at most 27 digits and an [`Amount`] at most 20, so a product of two
//! of them has at most 54, of the 77 that fit into 256 bits. A quotient is cut after some 76 significant digits; only
//! quotients below 10^19 are used, so at least 57 decimals are right. A quotient that is not exactly half way between
//! two roundings is at least 10^-44 away from there (dividend a multiple of 10^-24, divisor below 10^15, at most four
//! minor digits), so cutting it never moves it onto or over the half.

use fastnum::D256;
use fastnum::decimal::{Context, RoundingMode, Sign};

use super::decimal::format_scaled;
use super::{Amount, Currency, Decimal};

/// Half away from zero; faults give NaN, which [`Exact::round`] refuses, instead of a panic.
const CONTEXT: Context = Context::default().without_traps().with_rounding_mode(RoundingMode::HalfUp);

/// An intermediate result that is not rounded yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact(D256);

impl Exact {
    fn from_parts(coefficient: i128, scale: u8) -> Self {
        let value = D256::from_i128(coefficient).unwrap_or(D256::NAN);
        let sign = if coefficient < 0 { Sign::Minus } else { Sign::Plus };
        Self(D256::from_parts(value.digits(), -i32::from(scale), sign, CONTEXT))
    }

    pub(crate) fn times(self, factor: impl Into<Self>) -> Self {
        Self(self.0 * factor.into().0)
    }

    /// The quotient; by zero it is no number, which [`Exact::round`] refuses.
    pub(crate) fn over(self, divisor: impl Into<Self>) -> Self {
        let divisor = divisor.into().0;
        // Prices are mostly for one unit, and division is by far the slowest operation.
        if divisor.is_one() { self } else { Self(self.0 / divisor) }
    }

    pub(crate) fn plus(self, summand: impl Into<Self>) -> Self {
        Self(self.0 + summand.into().0)
    }

    pub(crate) fn minus(self, subtrahend: impl Into<Self>) -> Self {
        Self(self.0 - subtrahend.into().0)
    }

    pub(crate) fn negated(self) -> Self {
        Self(-self.0)
    }

    /// That percentage of the value.
    pub(crate) fn percent(self, percentage: Decimal) -> Self {
        self.times(percentage).times(Self::from_parts(1, 2))
    }

    /// The value rounded half away from zero to the currency's minor units; `None` beyond what this crate computes with.
    pub(crate) fn round(self, currency: Currency) -> Option<Amount> {
        let minor_units = self.rounded_coefficient(currency.minor_units())?;
        Some(Amount::from_minor_units(minor_units, currency)).filter(|amount| amount.is_in_range())
    }

    /// The value rounded half away from zero to the decimals of [`Decimal`]; `None` beyond its bounds.
    pub(crate) fn to_decimal(self) -> Option<Decimal> {
        const LIMIT: u128 = 10_u128.pow(Decimal::MAX_INTEGER_DIGITS as u32 + Decimal::MAX_SCALE as u32);
        let coefficient = self.rounded_coefficient(Decimal::MAX_SCALE)?;
        (coefficient.unsigned_abs() < LIMIT).then(|| Decimal::from_parts(coefficient, Decimal::MAX_SCALE))
    }

    /// Whether rounding to an amount changed the value.
    pub(crate) fn differs_from(self, amount: Amount) -> bool {
        self.0 != Self::from(amount).0
    }

    /// The digits, to at most 18 decimals.
    pub(crate) fn to_digits(self) -> String {
        const DECIMALS: u8 = 18;
        let Some(mut coefficient) = self.rounded_coefficient(DECIMALS) else {
            return String::new();
        };
        let mut scale = DECIMALS;
        while scale > 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            scale -= 1;
        }
        format_scaled(coefficient, scale)
    }

    fn rounded_coefficient(self, scale: u8) -> Option<i128> {
        let rounded = self.0.rescale(i16::from(scale));
        if !rounded.is_finite() {
            return None;
        }
        let coefficient = D256::from_parts(rounded.digits(), 0, rounded.sign(), CONTEXT);
        coefficient.to_i128().ok()
    }
}

impl From<Decimal> for Exact {
    fn from(value: Decimal) -> Self {
        Self::from_parts(value.coefficient(), value.scale())
    }
}

impl From<Amount> for Exact {
    fn from(value: Amount) -> Self {
        Self::from_parts(value.minor_units(), value.currency().minor_units())
    }
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;
    use proptest::prelude::*;

    use super::*;

    /// `numerator / denominator` rounded half away from zero, in whole numbers.
    fn rounded(numerator: &BigInt, denominator: &BigInt) -> BigInt {
        let zero = BigInt::from(0);
        let is_negative = (numerator < &zero) != (denominator < &zero);
        let (numerator, denominator) = (numerator.magnitude(), denominator.magnitude());
        let quotient = (numerator * 2_u32 + denominator) / (denominator * 2_u32);
        let quotient = BigInt::from(quotient);
        if is_negative { -quotient } else { quotient }
    }

    fn decimal() -> impl Strategy<Value = Decimal> {
        (-(10_i128.pow(27) - 1)..10_i128.pow(27), 12_u8..=12)
            .prop_map(|(coefficient, scale)| Decimal::from_parts(coefficient, scale))
    }

    fn power(exponent: u32) -> BigInt {
        BigInt::from(10).pow(exponent)
    }

    proptest! {
        #[test]
        fn products_are_exact_before_they_are_rounded(a in decimal(), b in decimal(), code in prop::sample::select(&["JPY", "EUR", "KWD", "CLF"][..])) {
            let currency: Currency = code.parse().unwrap();
            let numerator = BigInt::from(a.coefficient()) * b.coefficient() * power(u32::from(currency.minor_units()));
            let expected = rounded(&numerator, &power(u32::from(a.scale()) + u32::from(b.scale())));
            let computed = Exact::from(a).times(b).round(currency);
            match computed {
                Some(amount) => prop_assert_eq!(BigInt::from(amount.minor_units()), expected),
                None => prop_assert!(expected.magnitude() >= BigInt::from(Amount::LIMIT).magnitude()),
            }
        }

        #[test]
        fn quotients_are_rounded_once(a in decimal(), b in decimal(), c in decimal(), code in prop::sample::select(&["JPY", "EUR", "KWD", "CLF"][..])) {
            let currency: Currency = code.parse().unwrap();
            prop_assume!(!c.is_zero());
            let numerator = BigInt::from(a.coefficient()) * b.coefficient()
                * power(u32::from(currency.minor_units()) + u32::from(c.scale()));
            let denominator = BigInt::from(c.coefficient()) * power(u32::from(a.scale()) + u32::from(b.scale()));
            let expected = rounded(&numerator, &denominator);
            match Exact::from(a).times(b).over(c).round(currency) {
                Some(amount) => prop_assert_eq!(BigInt::from(amount.minor_units()), expected),
                None => prop_assert!(expected.magnitude() >= BigInt::from(Amount::LIMIT).magnitude()),
            }
        }

        #[test]
        fn halves_go_away_from_zero(units in -1_000_000_i128..1_000_000, divisor in 1_u32..1000) {
            // (units + 1/2) cents, written as a product and as a quotient.
            let half = Decimal::from_parts(units * 10 + 5, 3);
            let currency = Currency::USD;
            let expected = if units * 10 + 5 < 0 { units } else { units + 1 };
            prop_assert_eq!(Exact::from(half).round(currency).unwrap().minor_units(), expected);
            let quotient = Exact::from(half).times(Decimal::from(divisor)).over(Decimal::from(divisor));
            prop_assert_eq!(quotient.round(currency).unwrap().minor_units(), expected);
        }
    }

    #[test]
    fn division_by_zero_is_no_amount() {
        assert_eq!(Exact::from(Decimal::ONE).over(Decimal::ZERO).round(Currency::USD), None);
        assert_eq!(Exact::from(Decimal::ZERO).over(Decimal::ZERO).round(Currency::USD), None);
    }
}
