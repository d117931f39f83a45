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

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.0.cmp(&other.0))
    }
}
