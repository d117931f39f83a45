//! When an attempt that did not succeed is made again.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// How long a lease lasts and when failed attempts are repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Life of a lease. An attempt that holds it longer is taken for crashed.
    pub lease: Duration,
    /// The wait after the first, second, … attempt that failed by its own fault. One attempt more than there are
    /// waits is made.
    pub delays: Vec<Duration>,
    /// How long an unreachable server is tried again before the document fails.
    pub unreachable_for: Duration,
    /// When messages are published again.
    pub outbox: OutboxPolicy,
}

/// When an outbox row's message is published again, until the claim that it asks for deletes the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxPolicy {
    /// A fresh row is due after this, unless its message was published at once.
    pub first: Duration,
    /// A row that the sweeper took is due again after this, unless the broker confirmed its message.
    pub taken: Duration,
    /// A row whose message the broker confirmed is due again after this, doubled at each further confirm.
    pub confirmed: Duration,
}

impl Default for OutboxPolicy {
    /// 15 s, a minute, and ten.
    fn default() -> Self {
        let [first, taken, confirmed] = [15, 60, 600].map(Duration::from_secs);
        Self { first, taken, confirmed }
    }
}

impl OutboxPolicy {
    /// When a row made now is due.
    #[must_use]
    pub fn first_due(&self, now: Timestamp) -> Timestamp {
        later(now, self.first)
    }

    /// [`Self::confirmed`] in the unit of the ledger's times.
    #[must_use]
    pub fn confirmed_milliseconds(&self) -> i64 {
        i64::try_from(self.confirmed.as_millis()).unwrap_or(i64::MAX)
    }

    /// When a row taken now is due again.
    #[must_use]
    pub fn taken_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.taken)
    }
}

/// What follows an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is made again at this time.
    RetryAt(Timestamp),
    /// The document or mail fails.
    GiveUp,
}

impl Default for RetryPolicy {
    /// Leases of 60 s; five attempts, after 5 s, 30 s, 2 min and 10 min; unreachable servers for 24 h.
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(60),
            delays: [5, 30, 120, 600].map(Duration::from_secs).to_vec(),
            unreachable_for: Duration::from_secs(24 * 3600),
            outbox: OutboxPolicy::default(),
        }
    }
}

impl RetryPolicy {
    /// After an attempt that crashed or could not render. `faults` counts it and those before it.
    #[must_use]
    pub fn after_fault(&self, faults: u32, now: Timestamp) -> Verdict {
        let delay = usize::try_from(faults).ok().and_then(|count| self.delays.get(count.checked_sub(1)?));
        delay.map_or(Verdict::GiveUp, |delay| Verdict::RetryAt(later(now, *delay)))
    }

    /// After an attempt that could not reach a server. The wait grows with the time since the first such attempt
    /// in a row, from the first to the last of the delays.
    #[must_use]
    pub fn after_unreachable(&self, since: Timestamp, now: Timestamp) -> Verdict {
        let elapsed = Duration::try_from(now.duration_since(since)).unwrap_or_default();
        if elapsed >= self.unreachable_for {
            return Verdict::GiveUp;
        }
        let shortest = self.delays.first().copied().unwrap_or(Duration::from_secs(5));
        let longest = self.delays.last().copied().unwrap_or(shortest);
        Verdict::RetryAt(later(now, elapsed.clamp(shortest, longest.max(shortest))))
    }

    /// How long one attempt's work may take: two thirds of the lease, so that its outcome is recorded within it.
    #[must_use]
    pub fn attempt_limit(&self) -> Duration {
        self.lease * 2 / 3
    }

    /// When a lease taken now ends.
    #[must_use]
    pub fn lease_until(&self, now: Timestamp) -> Timestamp {
        later(now, self.lease)
    }
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    SignedDuration::try_from(wait).ok().and_then(|wait| now.checked_add(wait).ok()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::{SignedDuration, Timestamp};

    use super::{RetryPolicy, Verdict};

    fn seconds(count: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_secs(count)
    }

    #[test]
    fn five_attempts_are_made_with_growing_waits() {
        let policy = RetryPolicy::default();
        let waits: Vec<_> = (1..=5).map(|faults| policy.after_fault(faults, Timestamp::UNIX_EPOCH)).collect();
        let expected = [5, 30, 120, 600].map(|wait| Verdict::RetryAt(seconds(wait)));
        assert_eq!(waits[..4], expected);
        assert_eq!(waits[4], Verdict::GiveUp);
    }

    #[test]
    fn an_unreachable_server_is_tried_for_a_day() {
        let policy = RetryPolicy::default();
        let since = Timestamp::UNIX_EPOCH;
        assert_eq!(policy.after_unreachable(since, since), Verdict::RetryAt(seconds(5)));
        assert_eq!(policy.after_unreachable(since, seconds(60)), Verdict::RetryAt(seconds(120)));
        assert_eq!(policy.after_unreachable(since, seconds(7200)), Verdict::RetryAt(seconds(7800)));
        assert_eq!(policy.after_unreachable(since, seconds(86_400)), Verdict::GiveUp);
    }

    #[test]
    fn a_policy_without_waits_makes_one_attempt() {
        let policy = RetryPolicy { delays: Vec::new(), lease: Duration::from_secs(u64::MAX), ..RetryPolicy::default() };
        assert_eq!(policy.after_fault(1, Timestamp::UNIX_EPOCH), Verdict::GiveUp);
        assert_eq!(policy.lease_until(Timestamp::UNIX_EPOCH), Timestamp::MAX);
    }
}
