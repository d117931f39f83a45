//! Figures that keep the precision in which they were written.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A quantity, a unit price or a percentage: at most 15 digits before and 12 after the decimal point.
///
/// These bounds are what makes every product and quotient of this crate provably exact, see `figures/exact.rs`.
/// Trailing zeros are not kept, so two decimals are equal exactly where their values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
// An i128 is otherwise aligned to 16 bytes, which makes lines, that have many of these, a third larger.
#[repr(Rust, packed(8))]
pub struct Decimal {
    coefficient: i128,
    scale: u8,
}

/// Why a text is no [`Decimal`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecimalError {
    /// The text does not follow the number grammar of JSON (RFC 8259).
    #[error("this is not a decimal number such as 12.50")]
    NotANumber,
    /// More than 15 digits before the decimal point.
    #[error("the number is too large: at most 15 digits before the decimal point")]
    TooLarge,
    /// More than 12 significant digits after the decimal point.
    #[error("the number is too precise: at most 12 decimals")]
    TooPrecise,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { coefficient: 0, scale: 0 };
    /// One.
    pub const ONE: Self = Self { coefficient: 1, scale: 0 };
    /// One hundred, the base of percentages.
    pub const HUNDRED: Self = Self { coefficient: 100, scale: 0 };
    /// The most digits after the decimal point.
    pub const MAX_SCALE: u8 = 12;
    /// The most digits before the decimal point.
    pub const MAX_INTEGER_DIGITS: u8 = 15;

    /// `coefficient × 10^-scale` without trailing zeros; the caller keeps within the bounds of the type.
    pub(crate) const fn from_parts(mut coefficient: i128, mut scale: u8) -> Self {
        while scale > 0 && coefficient % 10 == 0 {
            coefficient /= 10;
            scale -= 1;
        }
        Self { coefficient, scale }
    }

    /// The digits without the decimal point.
    #[must_use]
    pub const fn coefficient(self) -> i128 {
        self.coefficient
    }

    /// The number of digits after the decimal point; the last one is never `0`.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether the value is zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.coefficient == 0
    }

    /// Whether the value is less than zero.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// The value with its sign turned.
    #[must_use]
    pub const fn negated(self) -> Self {
        Self { coefficient: -self.coefficient, scale: self.scale }
    }

    /// The nearest binary number, for cells of a spreadsheet; never for arithmetic.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // Parsing is the one conversion that is correctly rounded for every value.
        self.to_string().parse().unwrap_or(f64::NAN)
    }

    /// The digits with at least `decimals` of them after the point: `36` with 2 is `36.00`, `0.125` stays `0.125`.
    #[must_use]
    pub fn with_decimals(self, decimals: u8) -> String {
        let scale = self.scale.max(decimals);
        let coefficient = self.coefficient * 10_i128.pow(u32::from(scale - self.scale));
        format_scaled(coefficient, scale)
    }
}

/// Prints `coefficient × 10^-scale` with exactly `scale` decimals; zero has no sign.
pub(super) fn format_scaled(coefficient: i128, scale: u8) -> String {
    let sign = if coefficient < 0 { "-" } else { "" };
    let magnitude = coefficient.unsigned_abs();
    if scale == 0 {
        return format!("{sign}{magnitude}");
    }
    let unit = 10_u128.pow(u32::from(scale));
    let width = usize::from(scale);
    format!("{sign}{}.{:0width$}", magnitude / unit, magnitude % unit)
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format_scaled(self.coefficient, self.scale))
    }
}

impl FromStr for Decimal {
    type Err = DecimalError;

    /// Reads a number of JSON, which may have an exponent, from its text; never through a binary number.
    fn from_str(text: &str) -> Result<Self, DecimalError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = split_exponent(rest)?;
        let (integer, fraction) = split_fraction(mantissa)?;
        let digits = [integer.as_bytes(), fraction.as_bytes()];
        let point = i64::try_from(integer.len()).map_err(|_| DecimalError::TooLarge)? + exponent;
        let (coefficient, scale) = accumulate(digits, point)?;
        Ok(Self::from_parts(if negative { -coefficient } else { coefficient }, scale))
    }
}

/// Separates `2.5e3` into `2.5` and 3.
fn split_exponent(text: &str) -> Result<(&str, i64), DecimalError> {
    let Some(position) = text.find(['e', 'E']) else {
        return Ok((text, 0));
    };
    let exponent = &text[position + 1..];
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DecimalError::NotANumber);
    }
    // An exponent that is itself absurd still has a sign that tells too large from too precise.
    let absurd = if exponent.starts_with('-') { -1_000_000 } else { 1_000_000 };
    let value = exponent.parse::<i64>().unwrap_or(absurd);
    Ok((&text[..position], value.clamp(-1_000_000, 1_000_000)))
}

/// Separates `12.50` into `12` and `50`, and checks the grammar of both.
fn split_fraction(mantissa: &str) -> Result<(&str, &str), DecimalError> {
    let (integer, fraction) = match mantissa.split_once('.') {
        Some((_, "")) => return Err(DecimalError::NotANumber),
        Some(parts) => parts,
        None => (mantissa, ""),
    };
    let digits_only = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let leading_zero = integer.len() > 1 && integer.starts_with('0');
    if integer.is_empty() || leading_zero || !digits_only(integer) || !digits_only(fraction) {
        return Err(DecimalError::NotANumber);
    }
    Ok((integer, fraction))
}

/// Puts digits, of which the first `point` stand before the decimal point, into one integer and its scale.
fn accumulate(digits: [&[u8]; 2], point: i64) -> Result<(i128, u8), DecimalError> {
    let all = || digits.iter().flat_map(|part| part.iter());
    let length = all().count();
    let leading = all().take_while(|digit| **digit == b'0').count();
    let trailing = all().rev().take_while(|digit| **digit == b'0').count();
    if leading == length {
        return Ok((0, 0));
    }
    let significant = length - leading - trailing;
    let as_i64 = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
    let integer_digits = point - as_i64(leading);
    let scale = as_i64(length) - as_i64(trailing) - point;
    if integer_digits > i64::from(Decimal::MAX_INTEGER_DIGITS) {
        return Err(DecimalError::TooLarge);
    }
    if scale > i64::from(Decimal::MAX_SCALE) {
        return Err(DecimalError::TooPrecise);
    }
    // Within the bounds there are at most 27 digits, which an i128 holds.
    let coefficient =
        all().skip(leading).take(significant).fold(0_i128, |sum, digit| sum * 10 + i128::from(digit - b'0'));
    let shift = u32::try_from(-scale).unwrap_or(0);
    Ok((coefficient * 10_i128.pow(shift), u8::try_from(scale).unwrap_or(0)))
}

impl From<u32> for Decimal {
    fn from(value: u32) -> Self {
        Self { coefficient: i128::from(value), scale: 0 }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        let scale = self.scale.max(other.scale);
        let at_scale = |value: &Self| value.coefficient * 10_i128.pow(u32::from(scale - value.scale));
        at_scale(self).cmp(&at_scale(other))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_the_number_grammar_of_json() {
        let right = [
            ("0", "0"),
            ("-0", "0"),
            ("-0.00", "0"),
            ("0.10", "0.1"),
            ("1e3", "1000"),
            ("12.5E-1", "1.25"),
            ("1e+2", "100"),
            ("999999999999999.999999999999", "999999999999999.999999999999"),
            ("0.000000000001", "0.000000000001"),
            ("1e-12", "0.000000000001"),
            ("0e999999999999999999999", "0"),
            ("1000e-3", "1"),
        ];
        for (text, printed) in right {
            assert_eq!(text.parse::<Decimal>().unwrap().to_string(), printed, "{text}");
        }
        for wrong in [
            "", "-", "+1", "01", "1.", ".5", "1e", "1e+", "NaN", "Infinity", "1,5", "1 000", "0x1", "١", "1e1.5", "--1",
        ] {
            assert_eq!(wrong.parse::<Decimal>(), Err(DecimalError::NotANumber), "{wrong}");
        }
        for large in ["1e15", "1000000000000000", "9e99999999999999999999"] {
            assert_eq!(large.parse::<Decimal>(), Err(DecimalError::TooLarge), "{large}");
        }
        for precise in ["0.0000000000001", "1e-13", "9e-99999999999999999999"] {
            assert_eq!(precise.parse::<Decimal>(), Err(DecimalError::TooPrecise), "{precise}");
        }
    }

    #[test]
    fn prints_at_least_so_many_decimals() {
        let decimal: Decimal = "-36.5".parse().unwrap();
        assert_eq!(decimal.with_decimals(0), "-36.5");
        assert_eq!(decimal.with_decimals(2), "-36.50");
        assert_eq!(Decimal::ZERO.with_decimals(3), "0.000");
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read(coefficient in -(10_i128.pow(27) - 1)..10_i128.pow(27)) {
            let decimal = Decimal::from_parts(coefficient, 12);
            prop_assert_eq!(decimal.to_string().parse::<Decimal>(), Ok(decimal));
            prop_assert_eq!(decimal.negated().negated(), decimal);
        }

        #[test]
        fn order_is_that_of_the_values(a in -100_000_i128..100_000, b in -100_000_i128..100_000, scale in 0_u8..5) {
            prop_assert_eq!(Decimal::from_parts(a, scale).cmp(&Decimal::from_parts(b, scale)), a.cmp(&b));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "[-+0-9.eE]{0,40}") {
            let _ = text.parse::<Decimal>();
        }
    }
}
