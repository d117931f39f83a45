use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// As the setting `DRAIN_LIMIT` has it where it is not given.
const DRAIN_LIMIT: Duration = Duration::from_secs(25);

/// The end of a process in two steps: from its begin nothing new is taken, and what is in flight has until its deadline.
/// Clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    begun: CancellationToken,
    begun_at: OnceLock<Instant>,
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
        Self(Arc::new(Parts { begun: CancellationToken::new(), begun_at: OnceLock::new(), drain_limit }))
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

    /// Does work that is in flight: nothing where the deadline comes first. The work is dropped then.
    pub async fn run_until_deadline<Work: Future>(&self, work: Work) -> Option<Work::Output> {
        tokio::select! {
            biased;
            done = work => Some(done),
            () = self.deadline() => None,
        }
    }

    async fn deadline(&self) {
        self.0.begun.cancelled().await;
        let begun_at = self.0.begun_at.get().copied().unwrap_or_else(Instant::now);
        tokio::time::sleep_until(begun_at + self.0.drain_limit).await;
    }
}

/// A shutdown that Ctrl-C or SIGTERM begins. A second signal ends the process at once.
///
/// # Errors
/// The operating system refuses the signal handlers.
pub fn shutdown_on_signal(drain_limit: Duration) -> std::io::Result<Shutdown> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = Shutdown::with_drain_limit(drain_limit);
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
            tracing::info!(?drain_limit, "draining; a second signal ends at once");
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
        assert_eq!(shutdown.run_until_deadline(std::future::pending::<()>()).await, None);
        assert_eq!(begun.elapsed(), Duration::from_secs(10), "counted from the begin");
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_shutdown_there_is_no_deadline() {
        let shutdown = Shutdown::with_drain_limit(Duration::from_millis(1));
        let work = tokio::time::sleep(Duration::from_secs(3600));
        assert!(shutdown.run_until_deadline(work).await.is_some());
    }
}
