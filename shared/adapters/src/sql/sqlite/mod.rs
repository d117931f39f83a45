//! SQLite: the database of one machine, in a file.

use std::path::Path;
use std::time::Duration;

use pipeline::PortError;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, Transaction};
use uuid::Uuid;

use super::{REDRIVE_LIMIT, check_schema, error, limited, milliseconds, timestamp, within};

/// What a statement adds to lock rows: nothing, the transaction holds the one write lock.
macro_rules! row_lock {
    ($clause:literal) => {
        ""
    };
}

/// That a column is one of a [`list`].
macro_rules! in_list {
    ($list:literal) => {
        concat!(" in (select unhex(value) from json_each(", $list, ")) ")
    };
}

/// The machine's clock in milliseconds since 1970.
macro_rules! wall_clock {
    () => {
        "cast(round(unixepoch('subsec') * 1000) as integer)"
    };
}

#[path = "../ledger/mod.rs"]
#[allow(clippy::duplicate_mod)] // Once for each engine, see the parent module.
pub(crate) mod ledger;
mod steps;
#[path = "../users.rs"]
#[allow(clippy::duplicate_mod)]
pub(crate) mod users;

#[cfg(test)]
#[path = "../ledger/tests.rs"]
mod tests;

/// The engine that the statements run on.
type Engine = Sqlite;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/sqlite");

/// Connections to the database.
#[derive(Clone)]
pub(crate) struct Pool(SqlitePool);

impl Pool {
    /// Opens the database file, creating it and its folder where missing, for their owner alone: password hashes lie in it.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        if let Some(folder) = path.parent() {
            tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
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
        check_schema(applied, &MIGRATIONS)
    }
}

/// What is due is due by a clock that nobody sets: milliseconds since the machine started, the same in all its processes.
/// What was written before a restart of the machine lies further ahead than any wait, or waits once more.
fn steady(_at: i64) -> i64 {
    milliseconds_up()
}

/// Milliseconds since the machine started (`CLOCK_MONOTONIC`, POSIX.1-2017, `clock_getres`).
pub(crate) fn milliseconds_up() -> i64 {
    let up = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    up.tv_sec.saturating_mul(1000).saturating_add(up.tv_nsec / 1_000_000)
}

/// Ids as one argument of a statement: a JSON array of their hexadecimal digits.
fn list(ids: &[Uuid]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| format!("\"{}\"", id.simple())).collect();
    format!("[{}]", ids.join(","))
}

/// Before the first migration there is no table of them.
fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().contains("no such table"))
}
