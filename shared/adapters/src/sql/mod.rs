//! Users and ledger in SQL, through sqlx.

pub(crate) mod ledger;
pub(crate) mod users;

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use pipeline::{ErrorKind, PortError};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};

/// The engine that the statements of this module run on.
pub(crate) type Engine = Sqlite;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// Connections to the database.
#[derive(Clone)]
pub(crate) struct Pool(SqlitePool);

impl Pool {
    /// Opens the database file, creating it and its folder where missing.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        if let Some(folder) = path.parent() {
            tokio::fs::create_dir_all(folder).await?;
        }
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true);
        let pool = SqlitePoolOptions::new().max_connections(8).acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options);
        Ok(Self(pool.await?))
    }

    pub(crate) async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        MIGRATIONS.run(&self.0).await
    }

    /// The connections, for statements that stand alone.
    pub(crate) const fn connections(&self) -> &SqlitePool {
        &self.0
    }

    /// Begins a transaction that writes. It takes the write lock at once: a lock that is taken after a read fails
    /// where another writer came between.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Engine>, PortError> {
        self.0.begin_with("BEGIN IMMEDIATE").await.map_err(error("begin a transaction"))
    }

    /// Whether the database answers and has the newest migration that this program knows.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        let applied: Option<i64> = sqlx::query_scalar("select max(version) from _sqlx_migrations where success")
            .fetch_one(&self.0)
            .await
            .or_else(|source| if is_missing_table(&source) { Ok(None) } else { Err(source) })
            .map_err(error("read the schema's version"))?;
        let needed = MIGRATIONS.iter().map(|migration| migration.version).max();
        if applied >= needed {
            return Ok(());
        }
        let applied = applied.unwrap_or_default();
        let needed = needed.unwrap_or_default();
        let context = format!("the schema has version {applied}, needed is {needed}: run `sweeper migrate`");
        Err(PortError::new(ErrorKind::Rejected, context))
    }
}

/// Before the first migration there is no table of them: SQLite says so in words, PostgreSQL by a code.
fn is_missing_table(error: &sqlx::Error) -> bool {
    let database = error.as_database_error();
    database.is_some_and(|error| error.code().as_deref() == Some("42P01") || error.message().contains("no such table"))
}

/// Maps an error of the database; `context` says what was being done.
pub(crate) fn error(context: &'static str) -> impl FnOnce(sqlx::Error) -> PortError {
    move |source| {
        let kind = match &source {
            sqlx::Error::Database(database) if database.is_unique_violation() => ErrorKind::AlreadyExists,
            sqlx::Error::Database(database) if is_busy(database.as_ref()) => ErrorKind::Unreachable,
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
                ErrorKind::Unreachable
            }
            sqlx::Error::RowNotFound => ErrorKind::NotFound,
            _ => ErrorKind::Internal,
        };
        PortError::new(kind, format!("cannot {context}")).with_source(source)
    }
}

/// `SQLITE_BUSY`, `SQLITE_LOCKED`, `SQLITE_IOERR` and `SQLITE_FULL`, with their extended codes, pass.
fn is_busy(error: &dyn sqlx::error::DatabaseError) -> bool {
    let code = error.code().and_then(|code| code.parse::<u32>().ok());
    matches!(code.map(|code| code & 0xff), Some(5 | 6 | 10 | 13))
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
