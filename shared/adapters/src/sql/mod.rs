//! Users and ledger in SQL, through sqlx.
//!
//! The statements of [`ledger`](sqlite::ledger) and [`users`](sqlite::users) are written once, in the SQL that SQLite and
//! PostgreSQL share, and compiled once for each engine: sqlx types a statement by its engine, and a module costs less
//! than a page of bounds. What the engines do not share is in the module of each: how connections are opened, how a
//! writing transaction begins, and how rows are locked (`row_lock!`).

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;

use std::time::Duration;

use jiff::Timestamp;
use pipeline::{ErrorKind, PortError};

/// A method of a port gets its answer within this, however the network fails.
const LIMIT: Duration = Duration::from_secs(30);
/// Everything that failed may be begun anew in one transaction.
const REDRIVE_LIMIT: Duration = Duration::from_secs(600);

/// Work on the database that ends in time.
pub(crate) async fn limited<T>(work: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    within(LIMIT, work).await
}

async fn within<T>(limit: Duration, work: impl Future<Output = Result<T, PortError>>) -> Result<T, PortError> {
    let late = |_| Err(PortError::new(ErrorKind::Unreachable, format!("no answer from the database within {limit:?}")));
    tokio::time::timeout(limit, work).await.unwrap_or_else(late)
}

/// Maps an error of the database; `context` says what was being done.
pub(crate) fn error(context: &'static str) -> impl FnOnce(sqlx::Error) -> PortError {
    move |source| PortError::new(kind(&source), format!("cannot {context}")).with_source(source)
}

fn kind(error: &sqlx::Error) -> ErrorKind {
    match error {
        sqlx::Error::Database(database) if database.is_unique_violation() => ErrorKind::AlreadyExists,
        sqlx::Error::Database(database) if passes(database.as_ref()) => ErrorKind::Unreachable,
        // A connection that ends within an exchange is told as a fault of the protocol.
        sqlx::Error::Io(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => ErrorKind::Unreachable,
        sqlx::Error::RowNotFound => ErrorKind::NotFound,
        _ => ErrorKind::Internal,
    }
}

/// Whether the database says that the same statement may succeed later.
fn passes(error: &dyn sqlx::error::DatabaseError) -> bool {
    #[cfg(feature = "postgres")]
    if error.try_downcast_ref::<sqlx::postgres::PgDatabaseError>().is_some() {
        return error.code().is_some_and(|code| postgres::passes(&code));
    }
    error.code().is_some_and(|code| is_busy(&code))
}

/// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR` and `SQLITE_FULL`, with their extended codes, pass.
fn is_busy(code: &str) -> bool {
    matches!(code.parse::<u32>().map(|code| code & 0xff), Ok(5 | 6 | 10 | 13))
}

/// Whether the database has the newest of these migrations. `applied` is the newest one that it says it has.
fn check_schema(applied: Option<i64>, migrations: &sqlx::migrate::Migrator) -> Result<(), PortError> {
    let needed = migrations.iter().map(|migration| migration.version).max();
    if applied >= needed {
        return Ok(());
    }
    let (applied, needed) = (applied.unwrap_or_default(), needed.unwrap_or_default());
    let context = format!("the schema has version {applied}, needed is {needed}: run `sweeper migrate`");
    Err(PortError::new(ErrorKind::Rejected, context))
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
