//! PostgreSQL: the database of a service whose functions are processes of their own.

use std::time::Duration;

use pipeline::PortError;
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Postgres, Transaction};
use uuid::Uuid;

use self::wishes::Wishes;
use super::{REDRIVE_LIMIT, check_schema, error, limited, milliseconds, timestamp, within};

/// What a statement adds to lock rows.
macro_rules! row_lock {
    ($clause:literal) => {
        concat!(" ", $clause, " ")
    };
}

/// That a column is one of a [`list`].
macro_rules! in_list {
    ($list:literal) => {
        concat!(" = any(", $list, ") ")
    };
}

/// The server's clock in milliseconds since 1970, as it goes on within a statement that waits.
macro_rules! wall_clock {
    () => {
        "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"
    };
}

#[path = "../ledger/mod.rs"]
#[allow(clippy::duplicate_mod)] // Once for each engine, see the parent module.
pub(crate) mod ledger;
mod steps;
#[path = "../users.rs"]
#[allow(clippy::duplicate_mod)]
pub(crate) mod users;
mod wishes;

/// The engine that the statements run on.
type Engine = Postgres;

/// The most connections that one process holds, where its URL does not say less.
const MOST_CONNECTIONS: u32 = 16;
/// How long a caller waits for a connection, a new one included.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// A connection that lay idle for longer is tried before it is used: the server may have gone away meanwhile.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// How often a transaction is begun: once more than there can be connections that a restart of the server broke.
const BEGIN_TRIES: u32 = MOST_CONNECTIONS + 1;
/// What the server is told of a session. Limits that it keeps, in milliseconds: of a statement, and of a transaction whose
/// process hangs. And that it reads by an index wherever there is one: a plan that was made while a table was small is kept,
/// and would go on reading all of it.
const SESSION: [(&str, &str); 3] =
    [("statement_timeout", "20000"), ("idle_in_transaction_session_timeout", "60000"), ("enable_seqscan", "off")];

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("migrations/postgres");

/// Connections to the database, made when they are needed.
#[derive(Clone)]
pub(crate) struct Pool(PgPool);

impl Pool {
    /// Reads the URL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE`, and what
    /// [`Wishes`] says.
    pub(crate) fn open(url: &str) -> Result<Self, sqlx::Error> {
        let (wishes, url) = Wishes::read(url)?;
        let options = PgConnectOptions::from_url(&url)?.application_name("invoices");
        let options = if wishes.server_limits { options.options(SESSION) } else { options };
        let pool = PgPoolOptions::new()
            .max_connections(wishes.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self(pool))
    }

    pub(crate) async fn migrate(&self) -> Result<(), sqlx::migrate::MigrateError> {
        MIGRATIONS.run(&self.0).await
    }

    /// The connections, for statements that stand alone.
    pub(crate) const fn connections(&self) -> &PgPool {
        &self.0
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Engine>, PortError> {
        let mut tries = 1;
        loop {
            match self.0.begin().await {
                // Nothing has happened yet, and the broken connection is gone from the pool.
                Err(sqlx::Error::Io(_)) if tries < BEGIN_TRIES => tries += 1,
                begun => return begun.map_err(error("begin a transaction")),
            }
        }
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

/// What is due is due by the server's clock, which all processes share.
const fn steady(at: i64) -> i64 {
    at
}

/// Ids as one argument of a statement.
fn list(ids: &[Uuid]) -> Vec<Uuid> {
    ids.to_vec()
}

/// Before the first migration there is no table of them (`undefined_table`).
fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.code().as_deref() == Some("42P01"))
}

/// Whether an error of this SQLSTATE passes (PostgreSQL documentation, appendix A): connection exceptions,
/// rollbacks such as those of deadlocks, insufficient resources, an operator's intervention such as a shutdown,
/// system errors, and what was cancelled by a time limit.
pub(super) fn passes(code: &str) -> bool {
    ["08", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)) || code == "55P03"
}
