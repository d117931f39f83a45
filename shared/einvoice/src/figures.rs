//! Figures as XML writes them.

use invoice::{Amount, Decimal};
use jiff::civil::Date;

/// The most decimals of an amount (BR-DEC).
pub(crate) const AMOUNT_DECIMALS: u8 = 2;

/// An amount with the decimals of its currency, at most two; [`crate::rules`] refuses what that would cut.
pub(crate) fn amount(amount: Amount) -> String {
    if amount.currency().minor_units() > AMOUNT_DECIMALS {
        return amount.to_decimal().with_decimals(AMOUNT_DECIMALS);
    }
    amount.to_string()
}

/// Whether two decimals are enough for an amount.
pub(crate) fn fits(amount: Amount) -> bool {
    amount.to_decimal().scale() <= AMOUNT_DECIMALS
}

pub(crate) fn is_one(value: Decimal) -> bool {
    value == Decimal::from(1)
}

/// A date as CII writes it (format 102 of UNTDID 2379).
pub(crate) fn compact_date(date: Date) -> String {
    format!("{:04}{:02}{:02}", date.year(), date.month(), date.day())
}
