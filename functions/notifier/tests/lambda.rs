//! The real program as a Lambda, by the events that the mapping of Amazon MQ and SES send it.
#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use adapters::open::Database;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::testing::{self, Lambda, event, events};
use pipeline::{BlobId, DocumentOutcome, Finish, RetryPolicy};
use serde_json::json;
use tempfile::TempDir;

const NOTIFIER: &str = env!("CARGO_BIN_EXE_notifier");

#[tokio::test(flavor = "multi_thread")]
async fn every_event_succeeds_and_a_mail_is_sent() {
    let folder = TempDir::new().unwrap();
    let database = Database::open(&format!("sqlite://{}/invoices.sqlite3", folder.path().display())).await.unwrap();
    let notifier = Lambda::start(NOTIFIER, &[("DATA_DIR", folder.path().to_str().unwrap())]);
    database.migrate().await.unwrap();
    for (file, event) in events("notifier") {
        assert_eq!(notifier.invoke(&event), Ok(json!(null)), "{file}");
    }
    let upload = "0195d3a2-6c00-7000-8000-00000000000a";
    assert_eq!(notifier.program.logs("a mail bounced")["upload_id"], upload);
    let _ = notifier.program.logs("a recipient complained of a mail");
    assert!(!notifier.program.log().contains("ana.moreno"), "no address in the log: {}", notifier.program.log());

    let (ledger, upload) = (database.ledger(RetryPolicy::default()), testing::upload(BlobId::new()));
    ledger.accept(&upload).await.unwrap();
    let claim = ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
    let failed = DocumentOutcome::Failed { reason: "the invoice is wrong".to_owned() };
    let finish = ledger.finish_document(&claim, &failed).await.unwrap();
    let Finish::Recorded { publish: Some(entry) } = finish else { panic!("{finish:?}") };
    let mut batch = event("notifier", "one_message", &[]);
    batch["rmqMessagesByQueue"]["notifications::/"][0]["data"] = json!(STANDARD.encode(entry.message.encode()));
    assert_eq!(notifier.invoke(&batch), Ok(json!(null)));
    assert_eq!(notifier.invoke(&batch), Ok(json!(null)), "it comes again");
    assert_eq!(folder.path().join("mails").read_dir().unwrap().count(), 1, "{}", notifier.program.log());
}
