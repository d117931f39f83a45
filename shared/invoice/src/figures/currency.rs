//! Currencies of ISO 4217.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// A currency of ISO 4217 in which an invoice can be paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency {
    code: iso_currency::Currency,
    minor_units: u8,
}

/// The text is no code of a currency that ISO 4217 gives minor units.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no currency code of ISO 4217")]
pub struct UnknownCurrency;

impl Currency {
    /// The United States dollar, the default of the flat form.
    pub const USD: Self = Self { code: iso_currency::Currency::USD, minor_units: 2 };

    /// A unit of account with four decimals, the most that ISO 4217 has.
    pub(crate) const FINEST: Self = Self { code: iso_currency::Currency::CLF, minor_units: 4 };

    /// The three-letter code, for example `EUR`.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// The number of decimals of an amount: 0 for the yen, 2 for the euro, 3 for the dinar, 4 for the Unidad de Fomento.
    #[must_use]
    pub const fn minor_units(self) -> u8 {
        self.minor_units
    }

    /// The English name, for example `Swiss franc`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.code.name()
    }

    /// The usual symbol, for example `€`; where there is none, the code.
    #[must_use]
    pub fn symbol(self) -> String {
        let symbol = self.code.symbol().symbol;
        if symbol.is_empty() || symbol == "¤" { self.code().to_owned() } else { symbol }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Reads a code in capitals; funds, metals and testing codes have no minor units and are refused.
    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let code = iso_currency::Currency::from_code(text).ok_or(UnknownCurrency)?;
        let exponent = code.exponent().ok_or(UnknownCurrency)?;
        let minor_units = u8::try_from(exponent).map_err(|_| UnknownCurrency)?;
        Ok(Self { code, minor_units })
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
