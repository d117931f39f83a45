//! What becomes of the database's files when disks are full, readers long and locks held.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pipeline::{
    Acceptance, BlobId, DocumentId, Format, Ledger, NewDocument, NewUpload, PortError, RetryPolicy, TraceId, UploadId,
    UserId, Users,
};
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};
use tempfile::TempDir;
use tokio::time::Instant;

use super::ledger::SqlLedger;
use super::users::SqlUsers;
use super::wal::{LIMITS, Limits};
use super::{Pool, is_missing, options};

/// A slow machine may take so long for anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

async fn made(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("ledger.sqlite3");
    let pool = Pool::open(&path).await.unwrap();
    pool.migrate().await.unwrap();
    pool.close().await;
    path
}

async fn connection(path: &Path) -> SqliteConnection {
    options(path).connect().await.unwrap()
}

fn ledger(pool: &Pool) -> Arc<SqlLedger> {
    Arc::new(SqlLedger::new(pool.clone(), RetryPolicy::default(), None))
}

async fn accept(ledger: &SqlLedger) -> Result<Acceptance, PortError> {
    let upload = NewUpload {
        id: UploadId::new(),
        owner: UserId::new(),
        invoice_number: "1".to_owned(),
        raw: BlobId::new(),
        branding: None,
        documents: vec![NewDocument { id: DocumentId::new(), format: Format::Pdf }],
        notify: None,
        idempotency: None,
        trace: TraceId::new(),
    };
    ledger.accept(&upload).await
}

/// Accepts until one is refused, and answers why.
async fn refusal(ledger: &SqlLedger) -> PortError {
    for _ in 0..100_000 {
        if let Err(error) = accept(ledger).await {
            return error;
        }
    }
    panic!("nothing was refused");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_was_full_leaves_no_connection_broken() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    let mut other = connection(&path).await;
    other.execute("create table filler as select randomblob(1 << 20) as filler").await.unwrap();
    let pages: i64 = sqlx::query_scalar("pragma page_count").fetch_one(&mut other).await.unwrap();
    let pool = Pool::with(options(&path).pragma("max_page_count", pages.to_string()), LIMITS).await.unwrap();
    let (ledger, users) = (ledger(&pool), SqlUsers::new(pool.clone()));
    let error = refusal(&ledger).await;
    assert!(error.is_unreachable(), "{error}");
    // On all connections at a time.
    for _ in 0..4 {
        let work = (0..32).map(|which| {
            let (ledger, users) = (Arc::clone(&ledger), &users);
            async move {
                let subject = which.to_string();
                let failure = users.insert_login_failure(&subject, Timestamp::now(), Timestamp::MIN);
                let (accepted, failure) = tokio::join!(accept(&ledger), failure);
                for error in [accepted.err(), failure.err()].into_iter().flatten() {
                    assert!(error.is_unreachable(), "{error}");
                }
            }
        });
        futures_util::future::join_all(work).await;
    }
    other.execute("drop table filler").await.unwrap();
    let begun = Instant::now();
    while let Err(error) = accept(&ledger).await {
        assert!(begun.elapsed() < PATIENCE, "{error}");
    }
    let work = (0..64).map(|_| async {
        accept(&ledger).await.unwrap();
        users.record_login_failure("one", Timestamp::now(), Duration::from_secs(60)).await.unwrap();
    });
    futures_util::future::join_all(work).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_reader_does_not_let_the_log_grow_without_bound() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    let limits = Limits { kept: 256 << 10, most: 2 << 20 };
    let pool = Pool::with(options(&path), limits).await.unwrap();
    let ledger = ledger(&pool);
    accept(&ledger).await.unwrap();
    let mut reader = connection(&path).await;
    reader.execute("begin").await.unwrap();
    let seen: i64 = sqlx::query_scalar("select count(*) from uploads").fetch_one(&mut reader).await.unwrap();
    let error = refusal(&ledger).await;
    assert!(error.is_unreachable() && error.to_string().contains("does not end"), "{error}");
    let log = path.with_extension("sqlite3-wal");
    let bytes = || log.metadata().unwrap().len();
    assert!(bytes() < limits.most + (1 << 20), "{} bytes", bytes());
    let still: i64 = sqlx::query_scalar("select count(*) from uploads").fetch_one(&mut reader).await.unwrap();
    assert_eq!(still, seen, "its snapshot lasts");
    reader.execute("rollback").await.unwrap();
    let begun = Instant::now();
    while bytes() > limits.kept {
        assert!(begun.elapsed() < PATIENCE, "{} bytes", bytes());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    accept(&ledger).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_database_is_one_whole_file() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    // The broker has connections of its own.
    let (pool, beside) = (Pool::open(&path).await.unwrap(), Pool::open(&path).await.unwrap());
    let ledger = ledger(&pool);
    for _ in 0..50 {
        accept(&ledger).await.unwrap();
    }
    beside.check().await.unwrap();
    // And so may another process, which reads nothing at the moment.
    let _other = connection(&path).await;
    beside.close().await;
    pool.close().await;
    let copy = folder.path().join("copy.sqlite3");
    std::fs::copy(&path, &copy).unwrap();
    let copied = Pool::open(&copy).await.unwrap();
    copied.check().await.unwrap();
    let uploads: i64 =
        sqlx::query_scalar("select count(*) from uploads").fetch_one(copied.connections()).await.unwrap();
    assert_eq!(uploads, 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_login_writes_outlasts_a_lock_of_another_program() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    let impatient = options(&path).busy_timeout(Duration::from_millis(50));
    let users = SqlUsers::new(Pool::with(impatient, LIMITS).await.unwrap());
    let mut other = connection(&path).await;
    other.execute("begin immediate").await.unwrap();
    users.clear_login_failures("nobody").await.unwrap();
    let failed = async {
        users.record_login_failure("somebody", Timestamp::now(), Duration::from_secs(60)).await.unwrap();
    };
    let lock = async {
        // Many times longer than a connection waits.
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.execute("commit").await.unwrap();
    };
    tokio::join!(failed, lock);
    other.execute("begin immediate").await.unwrap();
    let cleared = async { users.clear_login_failures("somebody").await.unwrap() };
    let lock = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.execute("commit").await.unwrap();
    };
    tokio::join!(cleared, lock);
    let left = users.login_failures("somebody", Timestamp::MIN).await.unwrap();
    assert_eq!(left.count, 0);
}

#[tokio::test]
async fn a_file_that_vanishes_is_not_begun_again() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    let pool = Pool::open(&path).await.unwrap();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::remove_file(file.unwrap().path()).unwrap();
    }
    // As many as the pool holds, so that some are new.
    let mut held = Vec::new();
    for _ in 0..8 {
        held.push(pool.connections().acquire().await.err());
    }
    assert!(held.iter().any(Option::is_some), "a new connection has a file");
    assert!(is_missing(&path).await);
}

#[tokio::test]
async fn an_older_program_works_on_a_newer_schema_until_that_says_no() {
    let folder = TempDir::new().unwrap();
    let path = made(&folder).await;
    let pool = Pool::open(&path).await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (9999, 'of a newer program', true, x'00', 1)";
    pool.connections().execute(newer).await.unwrap();
    pool.migrate().await.unwrap();
    pool.check().await.unwrap();
    accept(&ledger(&pool)).await.unwrap();
    pool.connections().execute("update schema_compatibility set oldest_version = 9999").await.unwrap();
    for refused in [pool.migrate().await, pool.check().await] {
        let error = refused.unwrap_err().to_string();
        assert!(error.contains("9999") && error.contains("run a newer program"), "{error}");
    }
    let newest: i64 = sqlx::query_scalar("select max(version) from _sqlx_migrations where version < 9999")
        .fetch_one(pool.connections())
        .await
        .unwrap();
    let gap = AssertSqlSafe(format!("delete from _sqlx_migrations where version = {newest}"));
    pool.connections().execute(gap).await.unwrap();
    let error = pool.check().await.unwrap_err().to_string();
    assert!(error.contains(&format!("{newest} is missing")), "a newer one stands in for none: {error}");
}
