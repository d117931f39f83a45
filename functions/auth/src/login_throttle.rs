//! Slows down guessing: after repeated failures an account, and a client address, must wait before the next try.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use host::problem::Problem;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use jiff::{SignedDuration, Timestamp};
use pipeline::{Clock, Email, LoginFailures, PortError, Users};

/// How long a failure counts.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Failures of an account without a wait.
const FREE_FOR_ACCOUNT: u32 = 5;
/// Failures of an address without a wait: many people may share one.
const FREE_FOR_ADDRESS: u32 = 20;
/// The first wait. Each further failure doubles it.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(15);
const LONGEST_WAIT: SignedDuration = SignedDuration::from_mins(15);

/// Counts failures in the users' database, so that all processes count together.
#[derive(Clone)]
pub(crate) struct LoginThrottle {
    users: Arc<dyn Users>,
    clock: Arc<dyn Clock>,
}

/// Whose failures a login counts towards.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    account: Option<String>,
    address: Option<String>,
}

/// Why a login is not looked at.
#[derive(Debug)]
pub(crate) enum Throttled {
    /// There were too many failures; how long to wait.
    Wait(SignedDuration),
    /// The counters cannot be read.
    Unavailable(PortError),
}

impl From<PortError> for Throttled {
    fn from(error: PortError) -> Self {
        Self::Unavailable(error)
    }
}

impl From<Throttled> for Problem {
    fn from(throttled: Throttled) -> Self {
        match throttled {
            Throttled::Unavailable(error) => error.into(),
            Throttled::Wait(wait) => {
                let seconds = wait.as_millis().max(1).unsigned_abs().div_ceil(1000);
                let detail = format!("too many failed logins, try again in {seconds} seconds");
                let retry_after = u64::try_from(seconds).unwrap_or(u64::MAX);
                Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
                    .with_header(RETRY_AFTER, HeaderValue::from(retry_after))
            }
        }
    }
}

impl Attempt {
    /// An attempt to log in to an account (known or not) from a client's address or network.
    pub(crate) fn new(account: Option<&Email>, address: Option<IpAddr>) -> Self {
        let account = account.map(|email| format!("account:{email}"));
        Self { account, address: address.map(|address| format!("address:{address}")) }
    }
}

impl LoginThrottle {
    pub(crate) fn new(users: Arc<dyn Users>, clock: Arc<dyn Clock>) -> Self {
        Self { users, clock }
    }

    /// Passes where neither the account nor the address has to wait.
    pub(crate) async fn check(&self, attempt: &Attempt) -> Result<(), Throttled> {
        let now = self.clock.now();
        let subjects = [(&attempt.account, FREE_FOR_ACCOUNT), (&attempt.address, FREE_FOR_ADDRESS)];
        let mut longest = SignedDuration::ZERO;
        for (subject, free) in subjects {
            let Some(subject) = subject else { continue };
            let failures = self.users.login_failures(subject, window_start(now)).await?;
            longest = longest.max(remaining_wait(failures, free, now));
        }
        if longest > SignedDuration::ZERO { Err(Throttled::Wait(longest)) } else { Ok(()) }
    }

    pub(crate) async fn record_failure(&self, attempt: &Attempt) -> Result<(), PortError> {
        let now = self.clock.now();
        for subject in [&attempt.account, &attempt.address].into_iter().flatten() {
            self.users.record_login_failure(subject, now, WINDOW).await?;
        }
        Ok(())
    }

    /// Forgets the account's failures. The address's stay: one known account must not pay for guessing others.
    pub(crate) async fn record_success(&self, attempt: &Attempt) -> Result<(), PortError> {
        match &attempt.account {
            Some(account) => self.users.clear_login_failures(account).await,
            None => Ok(()),
        }
    }
}

fn window_start(now: Timestamp) -> Timestamp {
    let window = SignedDuration::try_from(WINDOW).unwrap_or(LONGEST_WAIT);
    now.checked_sub(window).unwrap_or(Timestamp::MIN)
}

fn remaining_wait(failures: LoginFailures, free: u32, now: Timestamp) -> SignedDuration {
    let (Some(latest), Some(beyond)) = (failures.latest, failures.count.checked_sub(free)) else {
        return SignedDuration::ZERO;
    };
    let factor = 2_i32.checked_pow(beyond).unwrap_or(i32::MAX);
    let wait = FIRST_WAIT.checked_mul(factor).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
    // Further ahead than any wait lies what another clock, or this one before it was set back, has noted.
    if latest.duration_since(now) > LONGEST_WAIT {
        return SignedDuration::ZERO;
    }
    (wait - now.duration_since(latest)).clamp(SignedDuration::ZERO, LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{LoginFailures, SignedDuration, Timestamp, remaining_wait};

    fn wait(count: u32, seconds_ago: i64) -> i64 {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let latest = now - SignedDuration::from_secs(seconds_ago);
        remaining_wait(LoginFailures { count, latest: Some(latest) }, 5, now).as_secs()
    }

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        assert_eq!(
            [4, 5, 6, 7, 11, 12, 1000, u32::MAX].map(|count| wait(count, 0)),
            [0, 15, 30, 60, 900, 900, 900, 900]
        );
    }

    #[test]
    fn waits_end() {
        assert_eq!([0, 14, 15, 16].map(|ago| wait(5, ago)), [15, 1, 0, 0]);
        assert_eq!(wait(5, -5), 20, "clocks differ by seconds");
        assert_eq!(wait(5, -3600), 0, "a clock that was set back locks nobody out");
        assert_eq!(remaining_wait(LoginFailures::default(), 0, Timestamp::UNIX_EPOCH), SignedDuration::ZERO);
    }
}
