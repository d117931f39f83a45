//! Users and ledger in SQL, through sqlx.
//!
//! The statements of [`ledger`](sqlite::ledger) and [`users`](sqlite::users) are written once, in the SQL that SQLite and
//! PostgreSQL share, and compiled once for each engine: sqlx types a statement by its engine, and a module costs less
//! than a page of bounds. What the engines do not share is in the module of each: how connections are opened, how a
//! writing transaction begins, and how rows are locked (`row_lock!`).

mod errors;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::time::Duration;

use jiff::Timestamp;
use pipeline::{ErrorKind, PortError};
use tokio::time::Instant;

/// A method of a port gets its answer within this, however the network fails.
const LIMIT: Duration = Duration::from_secs(30);
/// Everything that failed may be retried in one transaction.
const REDRIVE_LIMIT: Duration = Duration::from_secs(600);
/// Between two tries of a call that can be repeated.
const PAUSE: Duration = Duration::from_millis(200);

/// Work on the database that ends in time.
pub(crate) async fn limited<T>(work: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    within(LIMIT, work).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    let late = |_| Err(PortError::new(ErrorKind::Unreachable, format!("no answer from the database within {limit:?}")));
    tokio::time::timeout(limit, work).await.unwrap_or_else(late)
}

/// Work that may be done twice: while the database says that it may succeed later, it is tried again, for as long as a
/// method may take. The last error is the answer.
pub(crate) async fn repeated<T, Work>(mut work: impl FnMut() -> Work) -> Result<T, PortError>
where
    Work: Future<Output = Result<T, PortError>>,
{
    let end = Instant::now() + LIMIT;
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match within(left, work()).await {
            Err(error) if error.is_unreachable() && Instant::now() + PAUSE < end => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
}

/// A time as the database keeps it: milliseconds since 1970.
pub(crate) fn milliseconds(time: Timestamp) -> i64 {
    time.as_millisecond()
}

/// A time that the database kept.
pub(crate) fn timestamp(milliseconds: i64) -> Result<Timestamp, PortError> {
    Timestamp::from_millisecond(milliseconds)
        .map_err(|source| PortError::new(ErrorKind::Internal, "a stored time is out of range").with_source(source))
}
