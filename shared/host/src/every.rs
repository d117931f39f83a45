use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::Shutdown;

/// Runs a job now and then once per period, one run at a time, until shutdown. A run that has begun then has until the
/// deadline.
pub async fn every<Job, Run>(period: Duration, shutdown: Shutdown, mut job: Job)
where
    Job: FnMut() -> Run,
    Run: Future<Output = ()>,
{
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        if shutdown.run_until_deadline(job()).await.is_none() {
            tracing::warn!("a job is given up at the deadline; its next run goes on");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::{Shutdown, every};

    #[tokio::test(start_paused = true)]
    async fn a_run_that_hangs_is_given_up_at_the_deadline() {
        let shutdown = Shutdown::with_drain_limit(Duration::from_secs(5));
        let begun = Instant::now();
        let job = || {
            shutdown.cancel();
            std::future::pending()
        };
        every(Duration::from_secs(1), shutdown.clone(), job).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(5));
    }
}
