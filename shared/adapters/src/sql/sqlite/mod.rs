//! SQLite: the database of one machine, in a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{ErrorKind, PortError};
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, Transaction};
use uuid::Uuid;

use self::schema::Schema;
use self::wal::Wal;
use super::errors::{Errors, of_sqlite};
use super::{REDRIVE_LIMIT, limited, milliseconds, repeated, timestamp, within};

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

/// A fresh id.
macro_rules! random_uuid {
    () => {
        "randomblob(16)"
    };
}

/// A [`list`] as a relation `listed` with the column `id`.
macro_rules! from_list {
    ($list:literal) => {
        concat!(" from (select unhex(value) as id from json_each(", $list, ")) as listed ")
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
#[path = "../schema.rs"]
#[allow(clippy::duplicate_mod)]
mod schema;
mod steps;
#[path = "../users.rs"]
#[allow(clippy::duplicate_mod)]
pub(crate) mod users;
mod wal;

#[cfg(test)]
mod file_tests;

#[cfg(test)]
#[path = "../ledger/tests.rs"]
mod tests;

/// The engine that the statements run on.
type Engine = Sqlite;

/// How long a writer waits for another one.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection of the pool.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(15);

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");

static ERRORS: Errors = Errors::new(of_sqlite);

/// Connections to the database.
#[derive(Clone)]
pub(crate) struct Pool(Arc<Parts>);

struct Parts {
    connections: SqlitePool,
    wal: Wal,
}

impl Pool {
    /// Opens the database file, creating it and its folder where missing, for their owner alone: password hashes lie in it.
    pub(crate) async fn open(path: &Path) -> Result<Self, sqlx::Error> {
        if let Some(folder) = path.parent() {
            tokio::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).await?;
        }
        let options = options(path);
        // Only now: a file that vanishes later is not begun again behind the back of a running program.
        options.clone().create_if_missing(true).connect().await?.close().await?;
        Self::with(options, wal::LIMITS).await
    }

    async fn with(options: SqliteConnectOptions, limits: wal::Limits) -> Result<Self, sqlx::Error> {
        let wal = Wal::new(options.clone(), limits);
        let connections = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .before_acquire(|_, meta| Box::pin(async move { Ok(ERRORS.trusts(meta.age)) }))
            // Where SQLite ended a transaction itself, such as on a full disk, the driver believes that it goes on, and
            // no other ever begins on that connection. A ping waits for the rollback that a dropped one has asked for.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
            .connect_with(options)
            .await?;
        let pool = Self(Arc::new(Parts { connections, wal }));
        wal::keep_small(&pool.0);
        Ok(pool)
    }

    /// Brings the schema up to what this program needs, where it is not.
    pub(crate) async fn migrate(&self) -> Result<(), PortError> {
        if !Schema::read(self).await?.has(&MIGRATIONS) {
            let mut migrator = Migrator::with_migrations(MIGRATIONS.iter().cloned().collect());
            let migrated = migrator.set_ignore_missing(true).run(self.connections()).await;
            let failed = |source| PortError::new(ErrorKind::Unreachable, "cannot migrate").with_source(source);
            migrated.map_err(failed)?;
        }
        Schema::read(self).await?.check(&MIGRATIONS)
    }

    /// Whether a schema was ever made.
    pub(crate) async fn is_begun(&self) -> Result<bool, PortError> {
        Ok(Schema::read(self).await?.is_begun())
    }

    /// The connections, for statements that stand alone.
    pub(crate) fn connections(&self) -> &SqlitePool {
        &self.0.connections
    }

    /// Refuses a new upload, and the writes that follow from it, while the write-ahead log cannot be cut.
    pub(crate) fn admit_upload(&self) -> Result<(), PortError> {
        self.0.wal.check()
    }

    /// Begins a transaction that writes. It takes the write lock at once: a lock that is taken after a read fails
    /// where another writer came between.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Engine>, PortError> {
        self.connections().begin_with("BEGIN IMMEDIATE").await.map_err(error("begin a transaction"))
    }

    /// Writes the log back into the database file and closes the connections, once those in use are given back: the file
    /// alone is the database then.
    pub(crate) async fn close(&self) {
        let closed = tokio::time::timeout(ACQUIRE_TIMEOUT, self.connections().close()).await;
        match (closed, self.0.wal.write_back().await) {
            (Ok(()), Ok(true)) => {}
            (Ok(()), Ok(false)) => tracing::warn!("another process reads the database: its log stays beside it"),
            (Ok(()), Err(error)) => tracing::warn!(%error, "the database's log stays beside it"),
            (Err(_), _) => tracing::warn!("the database is still in use: its log stays beside it"),
        }
    }

    /// Whether the database answers, and its schema is fit for this program.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        Schema::read(self).await?.check(&MIGRATIONS)
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_TIMEOUT)
        .foreign_keys(true)
        .pragma("journal_size_limit", wal::LIMITS.kept.to_string())
}

/// Whether there is no file of a database, or an empty one.
pub(crate) async fn is_missing(path: &Path) -> bool {
    tokio::fs::metadata(path).await.map_or(true, |metadata| metadata.len() == 0)
}

/// Maps an error of the database; `context` says what was being done.
pub(crate) fn error(context: &'static str) -> impl FnOnce(sqlx::Error) -> PortError {
    move |source| ERRORS.port_error(context, source)
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
