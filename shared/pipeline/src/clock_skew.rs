//! A clock that is wrong, for tests that prove that nothing depends on it.

use jiff::SignedDuration;

/// How far this process puts the machine's clock forward: as many milliseconds as the file says that the environment
/// variable `CLOCK_SKEW_FILE` names, in programs built with the feature `fail-points`, which only tests turn on.
#[cfg(feature = "fail-points")]
#[must_use]
pub fn clock_skew() -> SignedDuration {
    static FILE: std::sync::OnceLock<Option<std::ffi::OsString>> = std::sync::OnceLock::new();
    let Some(file) = FILE.get_or_init(|| std::env::var_os("CLOCK_SKEW_FILE")) else { return SignedDuration::ZERO };
    let text = std::fs::read_to_string(file).unwrap_or_default();
    SignedDuration::from_millis(text.trim().parse().unwrap_or_default())
}

/// Nothing in this program.
#[cfg(not(feature = "fail-points"))]
#[inline]
#[must_use]
pub const fn clock_skew() -> SignedDuration {
    SignedDuration::ZERO
}
