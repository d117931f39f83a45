//! Decimal figures: kept as written, multiplied exactly, rounded once.

mod amount;
mod currency;
mod decimal;
mod exact;

pub use amount::Amount;
pub use currency::{Currency, UnknownCurrency};
pub use decimal::{Decimal, DecimalError};
pub(crate) use exact::Exact;
