//! Numbers and dates as people of a language write them.

use invoice::{Amount, Decimal};
use jiff::civil::Date;

/// How numbers and dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberFormat {
    /// Between the whole and the fraction.
    pub(crate) decimal: char,
    /// Between groups of three digits.
    pub(crate) group: &'static str,
    /// Months before days, as in the United States.
    pub(crate) month_first: bool,
}

const MONTHS: [&str; 12] = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
];

impl NumberFormat {
    pub(crate) const ENGLISH: Self = Self { decimal: '.', group: ",", month_first: false };

    /// An amount with the decimals of its currency, without the currency.
    pub(crate) fn amount(self, amount: Amount) -> String {
        self.plain(&amount.to_string())
    }

    /// A price: at least the decimals of the currency.
    pub(crate) fn price(self, price: Decimal, decimals: u8) -> String {
        self.plain(&price.with_decimals(decimals))
    }

    /// A quantity: no more decimals than it has.
    pub(crate) fn quantity(self, quantity: Decimal) -> String {
        self.plain(&quantity.to_string())
    }

    /// A rate in percent.
    pub(crate) fn percent(self, rate: Decimal) -> String {
        format!("{}%", self.quantity(rate))
    }

    pub(crate) fn date(self, date: Date) -> String {
        let month = usize::try_from(date.month() - 1).ok().and_then(|index| MONTHS.get(index)).unwrap_or(&"");
        if self.month_first {
            format!("{month} {}, {}", date.day(), date.year())
        } else {
            format!("{} {month} {}", date.day(), date.year())
        }
    }

    /// Writes the digits of a plain number (`-1234.5`) with groups and the sign of a minus.
    fn plain(self, number: &str) -> String {
        let (sign, digits) = match number.strip_prefix('-') {
            Some(digits) => ("\u{2212}", digits),
            None => ("", number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let mut text = String::with_capacity(number.len() + 8);
        text.push_str(sign);
        for (index, digit) in whole.char_indices() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                text.push_str(self.group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push(self.decimal);
            text.push_str(fraction);
        }
        text
    }
}
