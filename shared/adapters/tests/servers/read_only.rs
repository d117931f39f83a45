//! A PostgreSQL that takes no writes for a while, as after a failover, and callers that go away in the middle.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::contract;
use jiff::Timestamp;
use pipeline::{BlobId, PortError, RetryPolicy};
use sqlx::{Connection as _, PgConnection};

use crate::postgres::{Scratch, execute};

/// A slow machine may take so long for anything that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// New sessions may write, or may not. Sessions that are open are ended where they are to notice.
async fn set_read_only(scratch: &Scratch, on: bool) {
    let (name, word) = (&scratch.name, if on { "on" } else { "off" });
    execute(&scratch.server, format!("alter database {name} set default_transaction_read_only = {word}")).await;
    if on {
        let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
        execute(&scratch.server, end).await;
    }
}

fn refused<T>(outcome: Result<T, PortError>) {
    let Err(error) = outcome else { panic!("a read-only database took a write") };
    assert!(error.is_unreachable(), "a client and a consumer must try again: {error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_that_are_read_only_leave_the_pool() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.database.migrate().await.unwrap();
    let (ledger, users) = (scratch.database.ledger(RetryPolicy::default()), scratch.database.users());
    let accept = || {
        let ledger = Arc::clone(&ledger);
        async move { ledger.accept(&contract::ledger::upload(&[pipeline::Format::Pdf])).await }
    };
    let upload = contract::ledger::upload(&[pipeline::Format::Pdf]);
    ledger.accept(&upload).await.unwrap();
    set_read_only(&scratch, true).await;
    let begun = Instant::now();
    // The pool may have a connection that was ended.
    while ledger.upload(upload.id).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "reads go on");
    }
    // On every connection of the pool.
    for _ in 0..4 {
        for outcome in futures_util::future::join_all((0..8).map(|_| accept())).await {
            refused(outcome);
        }
        refused(ledger.claim_document(upload.documents[0].id, BlobId::new()).await);
    }
    users.clear_login_failures("account:somebody").await.unwrap();
    set_read_only(&scratch, false).await;
    let begun = Instant::now();
    while accept().await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "writes go on");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for _ in 0..4 {
        for outcome in futures_util::future::join_all((0..32).map(|_| accept())).await {
            outcome.unwrap();
        }
    }
    scratch.drop().await;
}

/// A request whose client hangs up is dropped wherever it is, also while its transaction begins.
#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_leaves_no_transaction_open() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.database.migrate().await.unwrap();
    let users = scratch.database.users();
    users.clear_login_failures("x").await.unwrap();
    for micros in 0..400_u64 {
        let record = users.record_login_failure("x", Timestamp::now(), Duration::from_secs(60));
        // It was dropped, or was faster.
        let _ = tokio::time::timeout(Duration::from_micros(5 * micros), record).await;
    }
    let mut observer = PgConnection::connect(&scratch.server).await.unwrap();
    let open = "select count(*) from pg_stat_activity where datname = $1 and state like 'idle in transaction%'";
    let begun = Instant::now();
    loop {
        let open: i64 = sqlx::query_scalar(open).bind(&scratch.name).fetch_one(&mut observer).await.unwrap();
        if open == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{open} transactions that nobody knows of");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_is_refused_and_a_database_that_is_gone_pass() {
    let Some(scratch) = Scratch::new().await else { return };
    scratch.database.migrate().await.unwrap();
    let ledger = scratch.database.ledger(RetryPolicy::default());
    let mut url = url::Url::parse(&scratch.server).unwrap();
    url.set_path(&scratch.name);
    url.set_password(Some("wrong")).unwrap();
    let stranger = adapters::open::Database::open(url.as_str()).await.unwrap().ledger(RetryPolicy::default());
    refused(stranger.accept(&contract::ledger::upload(&[pipeline::Format::Pdf])).await);
    execute(&scratch.server, format!("drop database {} with (force)", scratch.name)).await;
    refused(ledger.accept(&contract::ledger::upload(&[pipeline::Format::Pdf])).await);
    refused(ledger.claim_document(pipeline::DocumentId::new(), BlobId::new()).await);
}
