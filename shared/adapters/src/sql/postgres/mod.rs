//! PostgreSQL: the database of a service whose functions are processes of their own.

use std::sync::Arc;
use std::time::Duration;

use pipeline::{ErrorKind, PortError};
use sqlx::ConnectOptions as _;
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Postgres, Transaction};
use tokio::sync::OnceCell;
use uuid::Uuid;

use self::schema::Schema;
use self::wishes::Wishes;
use super::errors::{Errors, of_postgres};
use super::{REDRIVE_LIMIT, limited, milliseconds, repeated, timestamp, within};

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

/// A fresh id.
macro_rules! random_uuid {
    () => {
        "gen_random_uuid()"
    };
}

/// A [`list`] as a relation `listed` with the column `id`.
macro_rules! from_list {
    ($list:literal) => {
        concat!(" from unnest(", $list, ") as listed(id) ")
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
mod migrating;
#[path = "../schema.rs"]
#[allow(clippy::duplicate_mod)]
mod schema;
mod sessions;
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

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

static ERRORS: Errors = Errors::new(of_postgres);

/// Connections to the database, made when they are needed.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: PgPool,
    /// Set once sessions were found to be fit for this program.
    sessions: Arc<OnceCell<()>>,
}

impl Pool {
    /// Reads the URL: `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full&sslrootcert=FILE`, and what
    /// [`Wishes`] says.
    pub(crate) fn open(url: &str) -> Result<Self, sqlx::Error> {
        let (wishes, url) = Wishes::read(url)?;
        // Floats are never read; a proxy may not know the option.
        let options = PgConnectOptions::from_url(&url)?.application_name("invoices").extra_float_digits(None);
        let options = if wishes.server_limits { options.options(SESSION) } else { options };
        let connections = PgPoolOptions::new()
            .max_connections(wishes.connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if !ERRORS.trusts(meta.age) {
                        return Ok(false);
                    }
                    if meta.idle_for > TRUSTED_FOR {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .connect_lazy_with(options);
        Ok(Self { connections, sessions: Arc::default() })
    }

    /// Brings the schema up to these migrations, where it is not.
    pub(crate) async fn migrate(&self) -> Result<(), PortError> {
        self.migrate_to(&MIGRATIONS).await
    }

    async fn migrate_to(&self, migrations: &Migrator) -> Result<(), PortError> {
        self.check_sessions().await?;
        if !Schema::read(self).await?.has(migrations) {
            migrating::run(&self.connections.connect_options(), migrations).await?;
        }
        Schema::read(self).await?.check(migrations)
    }

    /// Whether a schema was ever made.
    pub(crate) async fn is_begun(&self) -> Result<bool, PortError> {
        Ok(Schema::read(self).await?.is_begun())
    }

    /// The connections, for statements that stand alone.
    pub(crate) const fn connections(&self) -> &PgPool {
        &self.connections
    }

    /// New uploads are always welcome: the server looks after its disk.
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // SQLite may refuse.
    pub(crate) fn admit_upload(&self) -> Result<(), PortError> {
        Ok(())
    }

    /// Begins a transaction that writes. In a task of its own: dropped on its way, a connection would go back to the pool
    /// within a transaction that nobody knows of, and the statements of others would never be committed.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Engine>, PortError> {
        let connections = self.connections.clone();
        let begun = tokio::spawn(async move {
            let mut tries = 1;
            loop {
                match connections.begin().await {
                    // Nothing has happened yet, and the broken connection is gone from the pool.
                    Err(sqlx::Error::Io(_)) if tries < BEGIN_TRIES => tries += 1,
                    begun => return begun,
                }
            }
        });
        let ended = |source| PortError::new(ErrorKind::Unreachable, "cannot begin a transaction").with_source(source);
        begun.await.map_err(ended)?.map_err(error("begin a transaction"))
    }

    /// Closes the connections, once those in use are given back.
    pub(crate) async fn close(&self) {
        self.connections.close().await;
    }

    /// Whether the database answers, its sessions are fit for this program, and so is its schema.
    pub(crate) async fn check(&self) -> Result<(), PortError> {
        self.check_sessions().await?;
        Schema::read(self).await?.check(&MIGRATIONS)
    }

    async fn check_sessions(&self) -> Result<(), PortError> {
        let check = || sessions::check(&self.connections);
        self.sessions.get_or_try_init(check).await.map(|_| ())
    }
}

/// Maps an error of the database; `context` says what was being done.
pub(crate) fn error(context: &'static str) -> impl FnOnce(sqlx::Error) -> PortError {
    move |source| {
        // https://www.pgbouncer.org/config.html#ignore_startup_parameters
        let is_options = source.as_database_error().is_some_and(|error| error.message().contains("startup parameter"));
        let hint = if is_options { " (add server_limits=off to DATABASE_URL: a proxy refuses the limits)" } else { "" };
        ERRORS.port_error(&format!("{context}{hint}"), source)
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

#[cfg(test)]
mod tests;
