//! When an attempt that did not succeed is made again. These are waits: the ledger's clock says when they are over.

use std::time::Duration;

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
    /// A row whose message the broker confirmed this long ago is due again where the queue holds fewer messages than
    /// rows wait.
    pub confirmed: Duration,
}

impl Default for OutboxPolicy {
    /// 15 s, a minute, and 30 s.
    fn default() -> Self {
        let [first, taken, confirmed] = [15, 60, 30].map(Duration::from_secs);
        Self { first, taken, confirmed }
    }
}

/// What follows an attempt that did not succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is made again after this time.
    RetryAfter(Duration),
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
    pub fn after_fault(&self, faults: u32) -> Verdict {
        let delay = usize::try_from(faults).ok().and_then(|count| self.delays.get(count.checked_sub(1)?));
        delay.map_or(Verdict::GiveUp, |delay| Verdict::RetryAfter(*delay))
    }

    /// After an attempt that could not reach a server, this long after the first such attempt in a row. The wait grows
    /// with that time, from the first to the last of the delays.
    #[must_use]
    pub fn after_unreachable(&self, elapsed: Duration) -> Verdict {
        if elapsed >= self.unreachable_for {
            return Verdict::GiveUp;
        }
        let shortest = self.delays.first().copied().unwrap_or(Duration::from_secs(5));
        let longest = self.delays.last().copied().unwrap_or(shortest);
        Verdict::RetryAfter(elapsed.clamp(shortest, longest.max(shortest)))
    }

    /// The longest wait before a further attempt.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        let waits = self.delays.iter().copied();
        waits.max().unwrap_or(Duration::from_secs(5))
    }

    /// After an attempt to send a mail whose outcome is unknown. `unknowns` counts it and those before it: after the second
    /// one the mail may have been accepted twice.
    #[must_use]
    pub fn after_unknown(&self, unknowns: u32) -> Verdict {
        if unknowns > 1 { Verdict::GiveUp } else { self.after_fault(unknowns) }
    }

    /// How long one attempt's work may take: two thirds of the lease, so that its outcome is recorded within it.
    #[must_use]
    pub fn attempt_limit(&self) -> Duration {
        self.lease * 2 / 3
    }

    /// How often an attempt that may take longer than its lease renews it: a renewal may fail, and the next one is still in
    /// time.
    #[must_use]
    pub fn renewal_period(&self) -> Duration {
        self.lease / 3
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{RetryPolicy, Verdict};

    fn after(seconds: u64) -> Verdict {
        Verdict::RetryAfter(Duration::from_secs(seconds))
    }

    #[test]
    fn five_attempts_are_made_with_growing_waits() {
        let policy = RetryPolicy::default();
        let waits: Vec<_> = (1..=5).map(|faults| policy.after_fault(faults)).collect();
        assert_eq!(waits, [after(5), after(30), after(120), after(600), Verdict::GiveUp]);
        assert_eq!(policy.longest_wait(), Duration::from_secs(600));
    }

    #[test]
    fn an_unknown_outcome_is_tried_once_more() {
        let policy = RetryPolicy::default();
        assert_eq!(policy.after_unknown(1), after(5));
        assert_eq!(policy.after_unknown(2), Verdict::GiveUp);
    }

    #[test]
    fn an_unreachable_server_is_tried_for_a_day() {
        let policy = RetryPolicy::default();
        let waits = [0, 60, 7200, 86_400].map(|elapsed| policy.after_unreachable(Duration::from_secs(elapsed)));
        assert_eq!(waits, [after(5), after(60), after(600), Verdict::GiveUp]);
    }

    #[test]
    fn a_policy_without_waits_makes_one_attempt() {
        let policy = RetryPolicy { delays: Vec::new(), ..RetryPolicy::default() };
        assert_eq!(policy.after_fault(1), Verdict::GiveUp);
    }
}
