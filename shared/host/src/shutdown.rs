use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::settings::Settings;

/// As the setting `DRAIN_LIMIT` has it where it is not given.
const DRAIN_LIMIT: Duration = Duration::from_secs(25);

/// What remains of the drain for giving back work that is not finished; half of a shorter drain.
const LAST_CALL: Duration = Duration::from_secs(2);

/// The end of a process in three steps: from its begin it is not ready and begins nothing by itself; after a delay it
/// takes no requests any more; and what is in flight has until its deadline. Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    begun: CancellationToken,
    begun_at: OnceLock<Instant>,
    delay: Duration,
    drain_limit: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// One that has not begun and leaves 25 s to what is in flight.
    #[must_use]
    pub fn new() -> Self {
        Self::with_drain_limit(DRAIN_LIMIT)
    }

    /// One that has not begun and leaves so long to what is in flight.
    #[must_use]
    pub fn with_drain_limit(drain_limit: Duration) -> Self {
        Self::with_times(Duration::ZERO, drain_limit)
    }

    /// One that has not begun, takes requests for the delay once it has, and leaves the drain limit to what is in flight,
    /// both counted from its begin.
    #[must_use]
    pub fn with_times(delay: Duration, drain_limit: Duration) -> Self {
        Self(Arc::new(Parts { begun: CancellationToken::new(), begun_at: OnceLock::new(), delay, drain_limit }))
    }

    /// Begins the shutdown; a second time does nothing.
    pub fn cancel(&self) {
        self.0.begun_at.get_or_init(Instant::now);
        self.0.begun.cancel();
    }

    /// Whether the shutdown has begun.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.begun.is_cancelled()
    }

    /// Does work that need not be finished: nothing where the shutdown begins first, or had begun.
    pub async fn run_until_cancelled<Work: Future>(&self, work: Work) -> Option<Work::Output> {
        self.0.begun.run_until_cancelled(work).await
    }

    /// Waits for a request: nothing where the delay after the begin is over first.
    pub async fn run_until_closed<Work: Future>(&self, work: Work) -> Option<Work::Output> {
        tokio::select! {
            biased;
            () = self.begun_for(self.0.delay) => None,
            done = work => Some(done),
        }
    }

    /// Does work that is in flight: nothing where the deadline comes first. The work is dropped then.
    pub async fn run_until_deadline<Work: Future>(&self, work: Work) -> Option<Work::Output> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.begun_for(self.0.drain_limit) => None,
        }
    }

    /// Does work in flight that can be given back: nothing where only the time for that is left until the deadline.
    pub async fn run_until_last_call<Work: Future>(&self, work: Work) -> Option<Work::Output> {
        let limit = self.0.drain_limit;
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.begun_for(limit - LAST_CALL.min(limit / 2)) => None,
        }
    }

    async fn begun_for(&self, time: Duration) {
        self.0.begun.cancelled().await;
        let begun_at = self.0.begun_at.get().copied().unwrap_or_else(Instant::now);
        tokio::time::sleep_until(begun_at + time).await;
    }
}

/// A shutdown that Ctrl-C or SIGTERM begins, with the times of the settings. A second signal ends the process at once.
///
/// # Errors
/// The operating system refuses the signal handlers.
pub fn shutdown_on_signal(settings: &Settings) -> std::io::Result<Shutdown> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let Settings { shutdown_delay, drain_limit, .. } = *settings;
    let shutdown = Shutdown::with_times(shutdown_delay, drain_limit);
    let begin = shutdown.clone();
    tokio::spawn(async move {
        for exit in [false, true] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if exit {
                std::process::exit(130);
            }
            begin.cancel();
            tracing::info!(?shutdown_delay, ?drain_limit, "draining; a second signal ends at once");
        }
    });
    Ok(shutdown)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Instant, Shutdown};

    #[tokio::test(start_paused = true)]
    async fn work_in_flight_has_until_the_deadline() {
        let shutdown = Shutdown::with_drain_limit(Duration::from_secs(10));
        shutdown.cancel();
        let begun = Instant::now();
        tokio::time::sleep(Duration::from_secs(4)).await;
        assert_eq!(shutdown.run_until_deadline(async { 1 }).await, Some(1));
        assert_eq!(shutdown.run_until_last_call(std::future::pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), Duration::from_secs(8), "there is time to give it back");
        assert_eq!(shutdown.run_until_deadline(std::future::pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), Duration::from_secs(10), "counted from the begin");
    }

    #[tokio::test(start_paused = true)]
    async fn requests_are_taken_for_the_delay() {
        let shutdown = Shutdown::with_times(Duration::from_secs(3), Duration::from_secs(10));
        shutdown.cancel();
        let begun = Instant::now();
        assert_eq!(shutdown.run_until_cancelled(async { 1 }).await, None);
        assert_eq!(shutdown.run_until_closed(async { 1 }).await, Some(1));
        assert_eq!(shutdown.run_until_closed(std::future::pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), Duration::from_secs(3));
        assert_eq!(shutdown.run_until_closed(async { 1 }).await, None, "the door stays closed");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_shutdown_there_is_no_deadline() {
        let shutdown = Shutdown::with_drain_limit(Duration::from_millis(1));
        let work = tokio::time::sleep(Duration::from_secs(3600));
        assert!(shutdown.run_until_deadline(work).await.is_some());
    }
}
