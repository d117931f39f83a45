//! The real program as a Lambda, by the events of its schedule and of a deploy.
#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;

use adapters::open::{self, Database};
use host::testing::{self, Lambda, event};
use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Clock, Queue, RetryPolicy};
use serde_json::json;
use tempfile::TempDir;

const SWEEPER: &str = env!("CARGO_BIN_EXE_sweeper");

/// Five minutes ago.
struct Earlier;

impl Clock for Earlier {
    fn now(&self) -> Timestamp {
        Timestamp::now() - SignedDuration::from_mins(5)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_migrates_and_then_publishes_what_is_due() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    let sweeper = Lambda::start(SWEEPER, &[("DATA_DIR", path)]);
    let (schedule, migrate) = (event("sweeper", "schedule", &[]), event("sweeper", "migrate", &[]));
    assert!(sweeper.invoke(&schedule).is_err(), "there is no schema yet");
    for _ in 0..2 {
        assert_eq!(sweeper.invoke(&migrate), Ok(json!(null)));
    }
    let sqlite = format!("sqlite://{path}/invoices.sqlite3");
    let retry = RetryPolicy::default();
    let broker = open::broker(&sqlite, retry.lease).await.unwrap();
    let ledger = Database::open(&sqlite).await.unwrap().ledger_at(retry, Arc::new(Earlier));
    let upload = testing::upload(BlobId::new());
    ledger.accept(&upload).await.unwrap();
    assert_eq!(sweeper.invoke(&schedule), Ok(json!(null)));
    assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), 1, "before the invocation ended");
    let error = sweeper.invoke(&json!({"chore": "dance"})).unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("expected migrate"), "{error}");
}

#[cfg(feature = "servers")]
#[test]
fn a_migration_that_cannot_be_made_fails_the_invocation() {
    let folder = TempDir::new().unwrap();
    let settings =
        [("DATA_DIR", folder.path().to_str().unwrap()), ("DATABASE_URL", "postgres://u:hush@127.0.0.1:9/invoices")];
    let sweeper = Lambda::start(SWEEPER, &settings);
    let error = sweeper.invoke(&event("sweeper", "migrate", &[])).unwrap_err();
    assert!(error["errorMessage"].as_str().unwrap().contains("DATABASE_URL"), "{error}");
    assert!(!sweeper.program.log().contains("hush"), "{}", sweeper.program.log());
}
