//! Time.

use jiff::Timestamp;

/// Tells the time, so that tests can set it.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;
}
