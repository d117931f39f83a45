use std::time::Duration;

use pipeline::{Claim, PortError};
use tokio::time::{Instant, sleep};

/// A message whose time comes this soon is held until then. A later one is the outbox's.
const HOLD: Duration = Duration::from_secs(2);
/// The shortest wait before a further look.
const SHORTEST_WAIT: Duration = Duration::from_millis(10);

/// Claims what a message asks for. One that comes a little early waits for its time. `None`: there is nothing to do now,
/// and the message may be acknowledged.
///
/// # Errors
/// Those of the claim.
pub async fn claim<C, F>(claim: impl Fn() -> F) -> Result<Option<C>, PortError>
where
    F: Future<Output = Result<Claim<C>, PortError>>,
{
    let begun = Instant::now();
    loop {
        match claim().await? {
            Claim::Claimed(claimed) => return Ok(Some(claimed)),
            Claim::NotDue(wait) if begun.elapsed() + wait < HOLD => sleep(wait.max(SHORTEST_WAIT)).await,
            Claim::NotDue(_) | Claim::Nothing => return Ok(None),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    /// What is due after this time.
    async fn claimed_when_due_after(due: Duration) -> (Option<u32>, Duration) {
        let begun = Instant::now();
        let claimed = claim(async || {
            let wait = due.saturating_sub(begun.elapsed());
            Ok(if wait.is_zero() { Claim::Claimed(7) } else { Claim::NotDue(wait) })
        });
        (claimed.await.unwrap(), begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_early_waits_and_what_is_far_off_does_not() {
        assert_eq!(claimed_when_due_after(Duration::ZERO).await, (Some(7), Duration::ZERO));
        assert_eq!(claimed_when_due_after(Duration::from_secs(1)).await, (Some(7), Duration::from_secs(1)));
        assert_eq!(claimed_when_due_after(Duration::from_secs(60)).await, (None, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_becomes_due_is_not_held_for_ever() {
        let begun = Instant::now();
        let claimed = claim(async || Ok(Claim::<u32>::NotDue(Duration::ZERO)));
        assert_eq!(claimed.await.unwrap(), None);
        assert!(begun.elapsed() <= HOLD);
    }
}
