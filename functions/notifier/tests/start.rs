//! The real program: what it starts with, what it tells operators, and how it ends.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use adapters::open::{self, Database};
use host::testing::{self, Program};
use pipeline::{BlobId, DocumentOutcome, Finish, Ledger, NewUpload, OutboxEntry, RetryPolicy};
use tempfile::TempDir;

const NOTIFIER: &str = env!("CARGO_BIN_EXE_notifier");

#[test]
fn production_refuses_every_weak_setting() {
    testing::refuses_what_is_weak(NOTIFIER, &["DATABASE_URL", "BROKER_URL", "MAIL_URL", "PUBLIC_URL", "LINK_KEYS"]);
}

#[cfg(feature = "servers")]
#[test]
fn with_strong_settings_it_starts_and_waits_for_its_servers() {
    testing::starts_and_waits(NOTIFIER, &["DATABASE_URL", "BROKER_URL", "MAIL_URL"]);
}

/// An upload whose documents are final, so that its mail is to be sent.
async fn finished(ledger: &dyn Ledger) -> (NewUpload, OutboxEntry) {
    let upload = testing::upload(BlobId::new());
    ledger.accept(&upload).await.unwrap();
    let claim = ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
    let failed = DocumentOutcome::Failed { reason: "the invoice is wrong".to_owned() };
    let finish = ledger.finish_document(&claim, &failed).await.unwrap();
    let Finish::Recorded { publish: Some(entry) } = finish else { panic!("{finish:?}") };
    (upload, entry)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_schema_and_then_works() {
    let folder = TempDir::new().unwrap();
    let sqlite = format!("sqlite://{}/invoices.sqlite3", folder.path().display());
    let database = Database::open(&sqlite).await.unwrap();
    let mut notifier = Program::start(NOTIFIER, &[("DATA_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(notifier.answers("/healthz", 200).body, "ok\n");
    assert!(notifier.health(NOTIFIER).success());
    assert!(notifier.answers("/readyz", 503).body.contains("\"database\":false"));
    let told = notifier.logs("not ready, going on when it is");
    assert!(told["error"].as_str().unwrap().contains("sweeper migrate"), "{told}");
    assert!(notifier.log().contains("DATABASE_URL"), "{}", notifier.log());

    database.migrate().await.unwrap();
    assert_eq!(notifier.answers("/readyz", 200).body, r#"{"broker":true,"database":true,"mail":true}"#);
    let retry = RetryPolicy::default();
    let broker = open::broker(&sqlite, retry.lease).await.unwrap();
    let (upload, entry) = finished(&*database.ledger(retry)).await;
    assert_eq!(entry.trace, upload.trace);
    broker.publish(&entry.message, entry.trace).await.unwrap();
    assert_eq!(notifier.logs("sent")["trace_id"], upload.trace.to_string());
    for line in [
        "invoices_mails_finished_total{outcome=\"sent\"} 1",
        "invoices_mails_finished_total{outcome=\"unreachable\"} 0",
        "invoices_messages_handled_total{queue=\"notifications\"} 1",
    ] {
        notifier.counts(line);
    }
    assert!(notifier.terminate().0.success());
}
