//! The contract suites on the embedded parts.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../events/mod.rs"]
mod events;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use adapters::contract::ledger_model::{Event, Run};
use adapters::contract::{self, At, Timed};
use adapters::open;
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use pipeline::{
    BlobId, Broker, Bucket, Claim, DocumentId, DocumentOutcome, DocumentsExt as _, ErrorKind, Format, MailLimits,
    Message, Queue, RetryPolicy, TraceId,
};
use proptest::prelude::*;
use tempfile::TempDir;

fn sqlite(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("test.sqlite3").display())
}

fn file(folder: &TempDir) -> String {
    format!("file://{}", folder.path().join("files").display())
}

async fn ledger(folder: &TempDir) -> Arc<Timed> {
    let database = open::Database::open(&sqlite(folder)).await.unwrap();
    database.migrate().await.unwrap();
    Arc::new(Timed::new(move |clock| database.ledger_at(RetryPolicy::default(), clock)))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sqlite_ledger_keeps_the_contract() {
    let folder = TempDir::new().unwrap();
    contract::ledger::suite(ledger(&folder).await).await;
}

#[tokio::test]
async fn the_sqlite_ledger_keeps_the_contract_of_store_records() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    contract::store_records::suite(&ledger).await;
}

#[tokio::test]
async fn the_sqlite_users_keep_the_contract() {
    let folder = TempDir::new().unwrap();
    let database = open::Database::open(&sqlite(&folder)).await.unwrap();
    let users = database.users();
    assert!(users.check().await.is_err(), "no schema yet");
    database.migrate().await.unwrap();
    contract::users::passes(&*users).await;
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
    let broker = open::broker(&sqlite(&folder), Duration::from_secs(60)).await.unwrap();
    contract::broker::suite(&*broker).await;
}

/// A file that a killed process left two hours ago.
fn leave(path: &Path) {
    let file = std::fs::File::create(path).unwrap();
    file.set_modified(SystemTime::now() - Duration::from_secs(2 * 3600)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn blobs_that_a_killed_process_left_unfinished_are_removed() {
    let folder = TempDir::new().unwrap();
    open::documents(&file(&folder)).await.unwrap();
    let unfinished = folder.path().join("files/unfinished");
    std::fs::write(unfinished.join("young"), "being written").unwrap();
    leave(&unfinished.join("old"));
    let documents = open::documents(&file(&folder)).await.unwrap();
    assert_eq!(names(&unfinished), ["young"], "on open");
    leave(&unfinished.join("old"));
    documents.list(Bucket::Raw, Timestamp::now(), None, 10).await.unwrap();
    assert_eq!(names(&unfinished), ["young"], "in a process that runs on");
}

/// Also where blobs come and go between two pages, and where two lists go on in turn.
#[tokio::test]
async fn pages_of_a_folder_give_each_blob_once() {
    let folder = TempDir::new().unwrap();
    let documents = open::documents(&file(&folder)).await.unwrap();
    // Two of each prefix, which is some five hours.
    let mut ids = Vec::new();
    for hours in 0..20_i64 {
        let time = (Timestamp::now() - jiff::SignedDuration::from_hours(12 * (hours + 1))).as_millisecond();
        for last in 1..=2_u128 {
            ids.push(BlobId::from(uuid::Uuid::from_u128((u128::from(time.unsigned_abs()) << 80) | last)));
        }
    }
    ids.sort();
    for id in &ids {
        documents.put_bytes(Bucket::Raw, *id, "x".into()).await.unwrap();
    }
    let now = Timestamp::now();
    for limit in [1, 2, 3, 7, 39, 40, 41] {
        let (mut listed, mut after) = (Vec::new(), None);
        loop {
            let page = documents.list(Bucket::Raw, now, after, limit).await.unwrap();
            documents.list(Bucket::Raw, now, Some(ids[20]), 1).await.unwrap();
            assert!(page.len() <= limit);
            let Some(last) = page.last() else { break };
            after = Some(*last);
            listed.extend(page);
        }
        assert_eq!(listed, ids, "pages of {limit}");
    }
    documents.delete(Bucket::Raw, ids[1]).await.unwrap();
    assert_eq!(documents.list(Bucket::Raw, now, Some(ids[0]), 1).await.unwrap(), ids[2..3]);
}

#[tokio::test]
async fn a_dropped_put_leaves_nothing_unfinished() {
    let folder = TempDir::new().unwrap();
    let documents = open::documents(&file(&folder)).await.unwrap();
    let unfinished = folder.path().join("files/unfinished");
    let begun = stream::iter([Ok(Bytes::from_static(b"half"))]).chain(stream::pending());
    let put = documents.put(Bucket::Raw, BlobId::new(), Box::pin(begun));
    let watch = async {
        while names(&unfinished).is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    tokio::select! {
        _ = put => panic!("the content never ends"),
        () = watch => {}
    }
    assert!(names(&unfinished).is_empty());
}

#[tokio::test]
async fn mails_that_a_killed_process_left_unfinished_are_removed() {
    let folder = TempDir::new().unwrap();
    open::mailer(&file(&folder), MailLimits::default()).await.unwrap();
    let mails = folder.path().join("files");
    leave(&mails.join(".old"));
    leave(&mails.join("sent.eml"));
    open::mailer(&file(&folder), MailLimits::default()).await.unwrap();
    assert_eq!(names(&mails), ["sent.eml"]);
}

/// A queue whose visibility does not end within a test.
async fn patient_queue(folder: &TempDir) -> Arc<dyn Broker> {
    open::Database::open(&sqlite(folder)).await.unwrap().migrate().await.unwrap();
    open::broker(&sqlite(folder), Duration::from_secs(3600)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_is_dropped_comes_again_at_once() {
    let folder = TempDir::new().unwrap();
    let broker = patient_queue(&folder).await;
    broker.publish(&Message::Render { document: DocumentId::new() }, TraceId::new()).await.unwrap();
    for redelivered in [false, true] {
        let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await;
        assert_eq!(next.expect("hidden").unwrap().redelivered, redelivered);
    }
}

/// Shutdown cancels `next()` at any point, also while the message is being taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_next_hides_no_message() {
    let folder = TempDir::new().unwrap();
    let broker = patient_queue(&folder).await;
    broker.publish(&Message::Render { document: DocumentId::new() }, TraceId::new()).await.unwrap();
    for tenths in 0..100 {
        let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
        let limit = Duration::from_micros(100 * tenths);
        tokio::select! {
            biased;
            () = tokio::time::sleep(limit) => {}
            _ = subscription.next() => {}
        }
    }
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(10), subscription.next()).await;
    next.expect("hidden").unwrap().settlement.ack().await.unwrap();
}

#[tokio::test]
async fn the_outbox_folder_keeps_the_mailer_contract() {
    let folder = TempDir::new().unwrap();
    let mailer = open::mailer(&file(&folder), MailLimits::default()).await.unwrap();
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
    let mailer = open::mailer("ftp://user:hush@x", MailLimits::default()).await.err().unwrap().to_string();
    assert!(mailer.contains("MAIL_URL") && !mailer.contains("hush"), "{mailer}");
}

#[tokio::test]
async fn an_older_schema_is_told() {
    let folder = TempDir::new().unwrap();
    let database = open::Database::open(&sqlite(&folder)).await.unwrap();
    let error = database.ledger(RetryPolicy::default()).check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains("sweeper migrate"), "{error}");
    database.migrate().await.unwrap();
    database.ledger(RetryPolicy::default()).check().await.unwrap();
}

/// Times that an older version of this program wrote, or this one before the machine started, are those of another clock.
#[tokio::test]
async fn what_waits_by_another_clock_is_due() {
    let folder = TempDir::new().unwrap();
    let database = open::Database::open(&sqlite(&folder)).await.unwrap();
    database.migrate().await.unwrap();
    let before = database.ledger_at(RetryPolicy::default(), Arc::new(At(Timestamp::now())));
    let upload = contract::ledger::upload(&[Format::Pdf]);
    before.accept(&upload).await.unwrap();
    let document = upload.documents[0].id;
    let claim = before.claim_document(document, BlobId::new()).await.unwrap().claimed().unwrap();
    let fault = DocumentOutcome::Fault { reason: "wrong".to_owned() };
    before.finish_document(&claim, &fault).await.unwrap();
    let now = database.ledger(RetryPolicy::default());
    assert_eq!(now.due(Queue::Invoices, None, 10).await.unwrap().len(), 1);
    let again = now.claim_document(document, BlobId::new()).await.unwrap().claimed().unwrap();
    assert_eq!(again.attempt, 2);
    now.finish_document(&again, &fault).await.unwrap();
    let Claim::NotDue(wait) = now.claim_document(document, BlobId::new()).await.unwrap() else { panic!("too early") };
    assert!(wait <= Duration::from_secs(30), "{wait:?}");
}

/// What chance rarely finds: a redrive between the last document and its mail.
#[tokio::test]
async fn a_mail_that_a_redrive_overtakes_keeps_the_invariants() {
    let folder = TempDir::new().unwrap();
    let ledger = ledger(&folder).await;
    let failed = [0, 1].map(|which| [Event::DeliverDocument(which), Event::FinishDocument(which, 1)]).concat();
    let overtaken = [Event::Redrive, Event::DeliverMail(0)];
    Run::new(&ledger).play(&[&[Event::Accept][..], &failed, &overtaken].concat()).await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_keeps_the_invariants(events in events::events()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(async {
            let folder = TempDir::new().unwrap();
            let ledger = ledger(&folder).await;
            Run::new(&ledger).play(&events).await;
        });
    }
}
