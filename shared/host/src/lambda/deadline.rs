use std::time::Duration;

use lambda_runtime::Context;
use pipeline::Clock as _;
use tokio::time::Instant;

use crate::SystemClock;

/// Kept of an invocation's time for its answer.
const MARGIN: Duration = Duration::from_secs(1);
/// The most that Lambda gives.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// When what an invocation brought must be done or given up.
pub(super) fn deadline(context: &Context) -> Instant {
    let now = SystemClock.now().as_millisecond();
    let left = i64::try_from(context.deadline).unwrap_or(i64::MAX).saturating_sub(now);
    // A deadline that was over before is none: stand-ins for Lambda tell such.
    let left = u64::try_from(left).ok().filter(|left| *left > 0).map_or(LONGEST, Duration::from_millis);
    Instant::now() + left.min(LONGEST).saturating_sub(MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(deadline_in: i64) -> Duration {
        let mut context = Context::default();
        context.deadline = u64::try_from(SystemClock.now().as_millisecond() + deadline_in).unwrap_or_default();
        deadline(&context) - Instant::now()
    }

    #[tokio::test]
    async fn a_margin_is_left_for_the_answer() {
        assert!(left(30_000) <= Duration::from_secs(29) && left(30_000) > Duration::from_secs(20));
        assert_eq!(left(900), Duration::ZERO);
        assert!(left(-400) > Duration::from_secs(14 * 60), "no deadline");
    }
}
