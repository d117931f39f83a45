//! Migrations on a real server: how they run, whatever they are.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, SqlSafeStr as _};
use url::Url;
use uuid::Uuid;

use super::{MIGRATIONS, Pool, SESSION};

/// A database of the test's own.
struct Scratch {
    server: String,
    name: String,
    pool: Pool,
    url: Url,
}

impl Scratch {
    /// Nothing where only the embedded parts are tested.
    async fn new() -> Option<Self> {
        let server = match std::env::var("TEST_POSTGRES_URL") {
            Ok(server) => server,
            Err(_) if std::env::var_os("TEST_EMBEDDED_ONLY").is_some() => return None,
            Err(_) => panic!("TEST_POSTGRES_URL is not given: run `cargo xtask test`"),
        };
        let name = format!("test_{}", Uuid::now_v7().simple());
        execute(&server, format!("create database {name}")).await;
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        let pool = Pool::open(&format!("{url}?connections=4")).unwrap();
        Some(Self { server, name, pool, url })
    }

    async fn connect(&self) -> PgConnection {
        PgConnectOptions::from_url(&self.url).unwrap().connect().await.unwrap()
    }

    async fn drop(self) {
        execute(&self.server, format!("drop database {} with (force)", self.name)).await;
    }
}

async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    connection.execute(AssertSqlSafe(statement)).await.unwrap();
}

fn migrations(statements: &[(&'static str, bool)]) -> Migrator {
    let migration = |(index, (sql, no_tx)): (usize, &(&'static str, bool))| {
        let version = i64::try_from(index).unwrap() + 1;
        Migration::new(version, "test".into(), MigrationType::Simple, (*sql).into_sql_str(), *no_tx)
    };
    Migrator::with_migrations(statements.iter().enumerate().map(migration).collect())
}

const TABLE: (&str, bool) = ("create table numbers as select i from generate_series(1, 1000) i", false);
const INDEX: (&str, bool) = ("create unique index concurrently if not exists numbers_i on numbers (i)", true);

#[tokio::test(flavor = "multi_thread")]
async fn migrations_have_no_time_limit_and_wait_for_no_lock() {
    let Some(scratch) = Scratch::new().await else { return };
    let limits = "do $$ begin
        assert current_setting('statement_timeout') = '0', 'statement_timeout';
        assert current_setting('idle_in_transaction_session_timeout') = '0', 'idle_in_transaction_session_timeout';
        assert current_setting('lock_timeout') = '3s', 'lock_timeout';
    end $$";
    assert!(SESSION.iter().any(|(name, _)| *name == "statement_timeout"), "other sessions have one");
    scratch.pool.migrate_to(&migrations(&[TABLE, (limits, false)])).await.unwrap();
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_in_use_holds_up_the_migration_and_nobody_behind_it() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.pool.migrate_to(&migrations(&[TABLE])).await.unwrap();
    let mut user = scratch.connect().await;
    user.execute("begin").await.unwrap();
    user.execute("select count(*) from numbers").await.unwrap();
    let altered = migrations(&[TABLE, ("alter table numbers add column j int", false)]);
    let pool = scratch.pool.clone();
    let migrating = tokio::spawn(async move { pool.migrate_to(&altered).await });
    let mut others = scratch.connect().await;
    others.execute("set statement_timeout = '60s'").await.unwrap();
    // Once the migration waits for its lock, a reader behind it waits too: until the migration gives up for a moment.
    let waiting =
        "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut others).await.unwrap() == 0 {
        assert!(!migrating.is_finished(), "it cannot be done");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    others.execute("select count(*) from numbers").await.unwrap();
    user.execute("commit").await.unwrap();
    migrating.await.unwrap().unwrap();
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_migrate_at_the_same_time_wait_for_each_other() {
    let Some(scratch) = Scratch::new().await else { return };
    let all = migrations(&[TABLE, INDEX, ("alter table numbers add column j int", false)]);
    let migrated = (0..4).map(|_| scratch.pool.migrate_to(&all));
    for outcome in futures_util::future::join_all(migrated).await {
        outcome.unwrap();
    }
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_was_never_finished_is_built_again() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.pool.migrate_to(&migrations(&[TABLE])).await.unwrap();
    let mut connection = scratch.connect().await;
    connection.execute("insert into numbers values (1)").await.unwrap();
    let error = scratch.pool.migrate_to(&migrations(&[TABLE, INDEX])).await.unwrap_err().to_string();
    assert!(error.contains("numbers_i"), "{error}");
    connection.execute("delete from numbers where ctid = (select max(ctid) from numbers where i = 1)").await.unwrap();
    scratch.pool.migrate_to(&migrations(&[TABLE, INDEX])).await.unwrap();
    let valid: bool = sqlx::query_scalar("select indisvalid from pg_index where indexrelid = 'numbers_i'::regclass")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert!(valid);
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_program_works_on_a_newer_schema_until_that_says_no() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.pool.migrate().await.unwrap();
    let mut connection = scratch.connect().await;
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of a newer program', true, '\\x00', 1)";
    connection.execute(newer).await.unwrap();
    scratch.pool.migrate().await.unwrap();
    scratch.pool.check().await.unwrap();
    connection.execute("update schema_compatibility set oldest_version = 9999").await.unwrap();
    for refused in [scratch.pool.migrate().await, scratch.pool.check().await] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("9999") && error.contains("run a newer program"), "{error}");
    }
    scratch.drop().await;
}

/// A plain build keeps every writer of the table waiting until it is done.
#[test]
fn indexes_on_tables_that_grow_are_built_concurrently() {
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > 2) {
        let lines = migration.sql.as_str().lines().filter(|line| !line.starts_with("--"));
        let sql = lines.collect::<Vec<_>>().join("\n").to_lowercase();
        for statement in sql.split(';').filter(|statement| statement.contains("create") && statement.contains("index"))
        {
            let table = statement.split(" on ").nth(1).and_then(|rest| rest.split_whitespace().next()).unwrap();
            // The outbox has what is in flight alone.
            let is_short = table == "outbox" || sql.contains(&format!("create table {table} ("));
            let concurrent = statement.contains("concurrently") && migration.no_tx;
            assert!(is_short || concurrent, "migration {}: {statement}", migration.version);
        }
    }
}
