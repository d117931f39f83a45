//! Migrations, on a connection of their own and without the limits of other sessions.
//!
//! A statement that changes a table waits for those that use it, and all later ones wait for it: so it gives up after a
//! moment and tries again. An index on a table that is in use is built concurrently, in a migration of one statement that
//! begins with `-- no-transaction`.

use std::time::Duration;

use pipeline::{ErrorKind, PortError};
use sqlx::migrate::{MigrateError, Migration, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::Instant;

use super::super::within;
use super::{error, sessions};

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long a migration waits for a lock, as PostgreSQL reads it.
const LOCK_TIMEOUT: &str = "3s";
/// Between two tries.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a migration is tried, and another process's migrations are waited for.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// The migrating process holds it: "invoices" in ASCII.
const TURN: i64 = 0x696e_766f_6963_6573;

/// What a build that was given up leaves: it costs each write and serves no read. One that is under way is not meant.
const BROKEN_INDEXES: &str = "
    select format('drop index concurrently if exists %I.%I', n.nspname, c.relname)
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
    where not i.indisvalid and n.nspname = current_schema()
      and not exists (select 1 from pg_stat_progress_create_index p where p.index_relid = i.indexrelid)";

/// Applies what the database lacks of these migrations, one process at a time.
pub(super) async fn run(options: &PgConnectOptions, migrations: &Migrator) -> Result<(), PortError> {
    sessions::check_own(options).await?;
    let connect = async { options.connect().await.map_err(error("connect")) };
    let mut connection = within(CONNECT_LIMIT, connect).await?;
    let migrated = run_on(&mut connection, migrations).await;
    // It takes the lock with it.
    let _ = connection.close().await;
    migrated
}

async fn run_on(connection: &mut PgConnection, migrations: &Migrator) -> Result<(), PortError> {
    for limit in ["statement_timeout", "idle_in_transaction_session_timeout"] {
        set(connection, limit, "0").await?;
    }
    wait_for_turn(connection).await?;
    let mut migrator = Migrator::with_migrations(migrations.iter().cloned().collect());
    migrator.set_ignore_missing(true);
    for migration in migrations.iter() {
        apply(connection, &migrator, migration).await?;
    }
    Ok(())
}

/// Asks again and again instead of waiting in the server: a statement that waits there holds a snapshot, and an index that
/// the other process builds concurrently waits for the end of every snapshot.
async fn wait_for_turn(connection: &mut PgConnection) -> Result<(), PortError> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let turn: Result<bool, _> =
            sqlx::query_scalar("select pg_try_advisory_lock($1)").bind(TURN).fetch_one(&mut *connection).await;
        if turn.map_err(error("ask whether another process migrates"))? {
            return Ok(());
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(PortError::new(ErrorKind::Unreachable, format!("another process has been migrating for {PATIENCE:?}")))
}

/// Applies a migration and those before it, unless the database has them.
async fn apply(connection: &mut PgConnection, migrator: &Migrator, migration: &Migration) -> Result<(), PortError> {
    let begun = Instant::now();
    loop {
        drop_broken_indexes(connection).await?;
        // A concurrent build keeps nobody waiting and waits for every transaction that is open.
        let lock_timeout = if migration.no_tx { "0" } else { LOCK_TIMEOUT };
        set(connection, "lock_timeout", lock_timeout).await?;
        match migrator.run_direct(Some(migration.version), connection, false).await {
            Ok(()) => return Ok(()),
            Err(error) if is_in_the_way(&error) && begun.elapsed() < PATIENCE => {
                tracing::info!(%error, version = migration.version, "a table is in use, the migration tries again");
                tokio::time::sleep(PAUSE).await;
            }
            Err(error) => return Err(PortError::new(ErrorKind::Unreachable, "cannot migrate").with_source(error)),
        }
    }
}

/// `lock_not_available` and `deadlock_detected`.
fn is_in_the_way(error: &MigrateError) -> bool {
    let (MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) = error else { return false };
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| ["55P03", "40P01"].contains(&&*code))
}

async fn drop_broken_indexes(connection: &mut PgConnection) -> Result<(), PortError> {
    let broken: Vec<String> = sqlx::query_scalar(BROKEN_INDEXES)
        .fetch_all(&mut *connection)
        .await
        .map_err(error("look for broken indexes"))?;
    for statement in broken {
        tracing::warn!(statement, "an index was never finished");
        connection.execute(AssertSqlSafe(statement)).await.map_err(error("drop a broken index"))?;
    }
    Ok(())
}

async fn set(connection: &mut PgConnection, setting: &str, value: &str) -> Result<(), PortError> {
    let statement = AssertSqlSafe(format!("set {setting} = '{value}'"));
    connection.execute(statement).await.map_err(error("set a session's limit"))?;
    Ok(())
}
