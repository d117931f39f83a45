use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::Shutdown;

/// Runs a job now and then once per period, one run at a time, until shutdown. A run that has begun is finished.
pub async fn every<Job, Run>(period: Duration, shutdown: Shutdown, mut job: Job)
where
    Job: FnMut() -> Run,
    Run: Future<Output = ()>,
{
    let mut ticks = tokio::time::interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
        job().await;
    }
}
