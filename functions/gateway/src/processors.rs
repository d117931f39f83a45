//! Work for processors, off the threads that serve requests and no more of it at a time than there are processors.

use std::sync::Arc;
use std::time::Duration;

use host::problem::Problem;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::Semaphore;

/// A request waits so long for its turn.
const TURN_LIMIT: Duration = Duration::from_secs(5);
/// A request waits so long for its result; the work itself goes on and keeps its place until it ends.
const WORK_LIMIT: Duration = Duration::from_secs(40);

/// The processors that requests share.
pub(crate) struct Processors(Arc<Semaphore>);

impl Default for Processors {
    fn default() -> Self {
        let count = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(count)))
    }
}

impl Processors {
    /// Does the work when it is its turn.
    ///
    /// # Errors
    /// 503 where the turn does not come or the work takes too long, 500 where it crashes.
    pub(crate) async fn run<T, Work>(&self, work: Work) -> Result<T, Problem>
    where
        T: Send + 'static,
        Work: FnOnce() -> T + Send + 'static,
    {
        let turn = tokio::time::timeout(TURN_LIMIT, Arc::clone(&self.0).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(busy()) };
        let work = tokio::task::spawn_blocking(move || {
            let result = work();
            drop(turn);
            result
        });
        match tokio::time::timeout(WORK_LIMIT, work).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(panic)) => {
                tracing::error!(%panic, "reading or rendering an invoice crashed");
                Err(Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error"))
            }
            Err(_) => Err(busy()),
        }
    }
}

fn busy() -> Problem {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too much to do at the moment, try again")
        .with_header(RETRY_AFTER, HeaderValue::from_static("5"))
}
