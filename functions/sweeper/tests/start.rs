//! The real program: what it starts with, what it tells operators, and how it ends.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use host::testing::{self, Program};
use jiff::{SignedDuration, Timestamp};
use pipeline::{
    BlobId, Bucket, Clock, DocumentOutcome, DocumentState, DocumentsExt as _, Finish, Ledger, MailOutcome, MailState,
    Message, NewUpload, OutboxEntry, RetryPolicy,
};
use tempfile::TempDir;

const SWEEPER: &str = env!("CARGO_BIN_EXE_sweeper");

#[test]
fn production_refuses_every_weak_setting() {
    testing::refuses_what_is_weak(SWEEPER, &["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL"]);
}

#[cfg(feature = "servers")]
#[test]
fn with_strong_settings_it_starts_and_waits_for_its_servers() {
    testing::starts_and_waits(SWEEPER, &["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL"]);
}

fn migrate(folder: &TempDir) {
    let mut migrate = Command::new(SWEEPER);
    assert!(migrate.arg("migrate").env_clear().env("DATA_DIR", folder.path()).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_schema_and_then_works() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().display();
    let times = [("SWEEP_PERIOD", "100ms"), ("ORPHAN_GRACE", "1s"), ("RETRY_DELAYS", "1h")];
    let data = path.to_string();
    let settings: Vec<_> = [("DATA_DIR", data.as_str())].into_iter().chain(times).collect();
    let mut sweeper = Program::start(SWEEPER, &settings);
    assert_eq!(sweeper.answers("/healthz", 200).body, "ok\n");
    assert!(sweeper.health(SWEEPER).success());
    assert!(sweeper.answers("/readyz", 503).body.contains("\"database\":false"));
    let told = sweeper.logs("not ready, going on when it is");
    assert!(told["error"].as_str().unwrap().contains("sweeper migrate"), "{told}");
    assert!(sweeper.log().contains("DATABASE_URL"), "{}", sweeper.log());

    migrate(&folder);
    assert_eq!(sweeper.answers("/readyz", 200).body, r#"{"broker":true,"database":true,"documents":true}"#);
    let documents = open::documents(&format!("file://{path}/documents")).await.unwrap();
    documents.put_bytes(Bucket::Raw, BlobId::new(), "an orphan".into()).await.unwrap();
    let database = Database::open(&format!("sqlite://{path}/invoices.sqlite3")).await.unwrap();
    let ledger = database.ledger(RetryPolicy { lease: Duration::from_millis(1), ..RetryPolicy::default() });
    // Not due before it is claimed: the sweeper would publish its message too.
    let crashed = testing::upload(BlobId::new());
    let waiting = testing::upload(BlobId::new());
    ledger.accept(&crashed).await.unwrap();
    ledger.claim_document(crashed.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
    earlier(&database).accept(&waiting).await.unwrap();
    sweeper.eventually("the message that was due is told with its trace", || {
        let log = sweeper.log();
        let mut lines = log.lines().filter(|line| line.contains("published what was due"));
        lines.any(|line| line.contains(&waiting.trace.to_string())).then_some(())
    });
    for line in [
        "invoices_outbox_published_total{queue=\"invoices\"} 1",
        "invoices_leases_expired_total{of=\"document\"} 1",
        "invoices_leases_expired_total{of=\"mail\"} 0",
        "invoices_housekeeping_removed_total{what=\"blob\"} 1",
    ] {
        sweeper.counts(line);
    }
    assert!(sweeper.terminate().0.success());
}

/// The ledger five minutes ago.
fn earlier(database: &Database) -> Arc<dyn Ledger> {
    struct Earlier;
    impl Clock for Earlier {
        fn now(&self) -> Timestamp {
            Timestamp::now() - SignedDuration::from_mins(5)
        }
    }
    database.ledger_at(RetryPolicy::default(), Arc::new(Earlier))
}

/// A ledger with one upload, whose document failed for a reason.
async fn with_failed_document(folder: &TempDir, reason: &str) -> (Arc<dyn Ledger>, NewUpload, Finish) {
    migrate(folder);
    let database = Database::open(&format!("sqlite://{}/invoices.sqlite3", folder.path().display())).await.unwrap();
    let ledger = database.ledger(RetryPolicy::default());
    let upload = testing::upload(BlobId::new());
    ledger.accept(&upload).await.unwrap();
    let claim = ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
    let failed = DocumentOutcome::Failed { reason: reason.to_owned() };
    let finish = ledger.finish_document(&claim, &failed).await.unwrap();
    (ledger, upload, finish)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_redrives_by_reason_and_upload() {
    let folder = TempDir::new().unwrap();
    let (ledger, upload, _) = with_failed_document(&folder, "no room").await;
    let id = upload.id.to_string();
    for (filter, is_right, state) in [
        (["--reason", "other", "--upload", &id], true, DocumentState::Failed),
        (["--reason", "ROOM", "--upload", "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11"], true, DocumentState::Failed),
        (["--reason", "ROOM", "--upload", "x"], false, DocumentState::Failed),
        (["--reason", "ROOM", "--upload", &id], true, DocumentState::Queued),
    ] {
        let mut redrive = Command::new(SWEEPER);
        redrive.arg("redrive").args(filter).env_clear().env("DATA_DIR", folder.path());
        assert_eq!(redrive.status().unwrap().success(), is_right, "{filter:?}");
        assert_eq!(ledger.upload(upload.id).await.unwrap().unwrap().documents[0].state, state, "{filter:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lists_what_failed_and_leaves_it_so() {
    let folder = TempDir::new().unwrap();
    let (ledger, upload, finish) = with_failed_document(&folder, "no room\nat all").await;
    let Finish::Recorded { publish: Some(OutboxEntry { message: Message::Notify { mail }, .. }) } = finish else {
        panic!("no mail: {finish:?}");
    };
    let claim = ledger.claim_mail(mail).await.unwrap().claimed().unwrap();
    let refused = MailOutcome::Failed { reason: "No such mailbox".to_owned() };
    ledger.finish_mail(&claim, &refused).await.unwrap();
    let (id, trace) = (upload.id.to_string(), upload.trace);
    let document = format!("{id}  \"HP-2026-0093\"  pdf  attempts=1  trace={trace}  \"no room\\nat all\"\n");
    let mail = format!("{id}  \"HP-2026-0093\"  mail  attempts=1  trace={trace}  \"No such mailbox\"\n");
    let both = format!("{document}{mail}");
    let cases: [(&[&str], &str); 8] = [
        (&[], &both),
        (&["--upload", &id], &both),
        (&["--reason", "ROOM"], &document),
        (&["--reason", "such mail"], &mail),
        (&["--reason", "room", "--upload", &id], &document),
        (&["--reason", "other", "--upload", &id], ""),
        (&["--reason", "other"], ""),
        (&["--upload", "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11"], ""),
    ];
    for (filter, expected) in cases {
        let mut list = Command::new(SWEEPER);
        list.args(["redrive", "--list"]).args(filter).env_clear().env("DATA_DIR", folder.path());
        let output = list.output().unwrap();
        assert!(output.status.success(), "{filter:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{filter:?}");
    }
    let seen = ledger.upload(upload.id).await.unwrap().unwrap();
    assert_eq!((seen.documents[0].state, seen.mails[0].state), (DocumentState::Failed, MailState::Failed));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_while_it_waits_for_the_schema_ends_it() {
    let folder = TempDir::new().unwrap();
    let mut sweeper = Program::start(SWEEPER, &[("DATA_DIR", folder.path().to_str().unwrap())]);
    let _ = sweeper.answers("/readyz", 503);
    assert!(sweeper.terminate().0.success(), "{}", sweeper.log());
}
