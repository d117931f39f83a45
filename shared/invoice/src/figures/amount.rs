//! Amounts of money.

use std::fmt;

use serde::{Serialize, Serializer};

use super::decimal::format_scaled;
use super::{Currency, Decimal};

/// An amount of money: a whole number of minor units of a currency.
///
/// It is printed and serialized with the decimals of its currency (`12.50`, `1250`, `12.500`), without the code;
/// zero has no sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
// As for [`Decimal`]: lines have many of these.
#[repr(Rust, packed(8))]
pub struct Amount {
    minor_units: i128,
    currency: Currency,
}

impl Amount {
    /// The largest magnitude in minor units: below 10^15 units of a currency with four decimals.
    pub(crate) const LIMIT: i128 = 10_i128.pow(19);

    /// Nothing.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self { minor_units: 0, currency }
    }

    /// An amount of that many minor units (cents, yen, fils).
    #[must_use]
    pub const fn from_minor_units(minor_units: i128, currency: Currency) -> Self {
        Self { minor_units, currency }
    }

    /// The amount in minor units (cents, yen, fils).
    #[must_use]
    pub const fn minor_units(self) -> i128 {
        self.minor_units
    }

    /// The currency.
    #[must_use]
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.minor_units == 0
    }

    /// Whether the amount is less than zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.minor_units < 0
    }

    /// The amount with its sign turned.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { minor_units: -self.minor_units, currency: self.currency }
    }

    /// The amount as a plain decimal.
    #[must_use]
    pub const fn to_decimal(self) -> Decimal {
        Decimal::from_parts(self.minor_units, self.currency.minor_units())
    }

    /// The nearest binary number, for cells of a spreadsheet; never for arithmetic.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.to_decimal().to_f64()
    }

    /// The sum of amounts of one currency.
    ///
    /// Each of them is within [`Amount::LIMIT`], so no number of them that fits in memory overflows.
    #[must_use]
    pub(crate) fn sum(currency: Currency, amounts: impl IntoIterator<Item = Self>) -> Self {
        let minor_units = amounts.into_iter().map(Self::minor_units).sum();
        Self { minor_units, currency }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { minor_units: self.minor_units + other.minor_units, ..self }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    /// Whether the magnitude is one that this crate computes with.
    pub(crate) const fn is_in_range(self) -> bool {
        self.minor_units.unsigned_abs() < Self::LIMIT.unsigned_abs()
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_scaled(self.minor_units, self.currency.minor_units()))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
