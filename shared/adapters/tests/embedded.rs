//! The contract suites on the embedded parts.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::time::Duration;

use adapters::contract;
use adapters::contract::ledger_model::{Event, Run};
use adapters::open;
use jiff::Timestamp;
use pipeline::{Clock, Ledger, RetryPolicy};
use proptest::prelude::*;
use tempfile::TempDir;

struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

fn sqlite(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("test.sqlite3").display())
}

fn file(folder: &TempDir) -> String {
    format!("file://{}", folder.path().join("files").display())
}

async fn ledger(folder: &TempDir) -> Arc<dyn Ledger> {
    let database = open::Database::open(&sqlite(folder)).await.unwrap();
    database.migrate().await.unwrap();
    database.ledger(RetryPolicy::default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_ledger_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    contract::ledger::suite(ledger(&folder).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_keeps_the_documents_contract() {
    let folder = TempDir::new().unwrap();
    let documents = open::documents(&file(&folder)).await.unwrap();
    contract::documents::suite(&*documents, Timestamp::now()).await;
    let unfinished = std::fs::read_dir(folder.path().join("files/unfinished")).unwrap().count();
    assert_eq!(unfinished, 0, "temporary files are left");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_queue_keeps_the_broker_contract() {
    let folder = TempDir::new().unwrap();
    open::Database::open(&sqlite(&folder)).await.unwrap().migrate().await.unwrap();
    let broker = open::broker(&sqlite(&folder), Duration::from_secs(1), Arc::new(WallClock)).await.unwrap();
    contract::broker::suite(&*broker).await;
}

#[tokio::test]
async fn the_outbox_folder_keeps_the_mailer_contract() {
    let folder = TempDir::new().unwrap();
    let mailer = open::mailer(&file(&folder)).await.unwrap();
    let mails = contract::mailer::suite(&*mailer).await;
    for mail in &mails {
        let written = std::fs::read(folder.path().join(format!("files/{}.eml", mail.id))).unwrap();
        assert_eq!(written, mail.message);
    }
    assert_eq!(std::fs::read_dir(folder.path().join("files")).unwrap().count(), mails.len());
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_was_expected() {
    let database = open::Database::open("mysql://x").await.err().unwrap().to_string();
    assert!(database.contains("DATABASE_URL") && database.contains("sqlite://"), "{database}");
    let documents = open::documents("nonsense").await.err().unwrap().to_string();
    assert!(documents.contains("DOCUMENTS_URL") && documents.contains("file://"), "{documents}");
    let mailer = open::mailer("ftp://user:hush@x").await.err().unwrap().to_string();
    assert!(mailer.contains("MAIL_URL") && !mailer.contains("hush"), "{mailer}");
}

#[tokio::test]
async fn an_older_schema_is_told() {
    let folder = TempDir::new().unwrap();
    let database = open::Database::open(&sqlite(&folder)).await.unwrap();
    assert!(database.ledger(RetryPolicy::default()).check().await.is_err());
    database.migrate().await.unwrap();
    database.ledger(RetryPolicy::default()).check().await.unwrap();
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        2 => Just(Event::Accept),
        6 => any::<usize>().prop_map(Event::DeliverDocument),
        3 => any::<usize>().prop_map(Event::DeliverMail),
        6 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Event::FinishDocument(which, how)),
        3 => (any::<usize>(), any::<u8>()).prop_map(|(which, how)| Event::FinishMail(which, how)),
        2 => Just(Event::Expire),
        3 => Just(Event::Republish),
        1 => Just(Event::Lose),
        1 => Just(Event::DeliverTwice),
        2 => Just(Event::Redrive),
        1 => any::<usize>().prop_map(Event::Delete),
        1 => any::<u16>().prop_map(Event::Retire),
        4 => prop_oneof![0_u16..20, 55_u16..70, any::<u16>()].prop_map(Event::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_keeps_the_invariants(events in proptest::collection::vec(event(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let ledger = ledger(&folder).await;
            Run::new(&*ledger).play(&events).await;
        });
    }
}
