//! The real program as a Lambda, by the events that the mapping of Amazon MQ sends it.
#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;

use adapters::open::{self, Database};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::testing::{self, Lambda, event, events};
use pipeline::{BlobId, Bucket, DocumentState, DocumentsExt as _, Message, Queue, RetryPolicy};
use serde_json::json;
use tempfile::TempDir;

const WORKER: &str = env!("CARGO_BIN_EXE_worker");

fn start(folder: &TempDir) -> Lambda {
    Lambda::start(WORKER, &[("DATA_DIR", folder.path().to_str().unwrap())])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_succeeds() {
    let folder = TempDir::new().unwrap();
    let worker = start(&folder);
    let database = Database::open(&format!("sqlite://{}/invoices.sqlite3", folder.path().display())).await.unwrap();
    database.migrate().await.unwrap();
    for (file, event) in events("worker") {
        assert_eq!(worker.invoke(&event), Ok(json!(null)), "{file}");
    }
    assert_eq!(worker.program.log().matches("dropping an undecodable message").count(), 1, "{}", worker.program.log());
    assert!(worker.invoke(&json!({"Records": []})).is_err(), "it is no batch");
}

#[tokio::test(flavor = "multi_thread")]
async fn around_a_poison_message_documents_are_rendered_and_the_mail_published() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().display();
    let sqlite = format!("sqlite://{path}/invoices.sqlite3");
    let database = Database::open(&sqlite).await.unwrap();
    database.migrate().await.unwrap();
    let retry = RetryPolicy::default();
    let broker = open::broker(&sqlite, retry.lease).await.unwrap();
    let (ledger, raw) = (database.ledger(retry), BlobId::new());
    let documents = open::documents(&format!("file://{path}/documents")).await.unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let sample = std::fs::read(root.join("events/sample_invoice.json")).unwrap();
    documents.put_bytes(Bucket::Raw, raw, sample.into()).await.unwrap();

    let mut batch = event("worker", "poison_in_the_middle", &[]);
    let messages = batch["rmqMessagesByQueue"]["invoices::/"].as_array_mut().unwrap();
    let uploads = [testing::upload(raw), testing::upload(raw)];
    for (upload, place) in uploads.iter().zip([0, 2]) {
        ledger.accept(upload).await.unwrap();
        let body = Message::Render { document: upload.documents[0].id }.encode();
        messages[place]["data"] = json!(STANDARD.encode(body));
    }
    let worker = start(&folder);
    assert_eq!(worker.invoke(&batch), Ok(json!(null)));
    for upload in &uploads {
        let done = ledger.upload(upload.id).await.unwrap().unwrap();
        assert_eq!(done.documents[0].state, DocumentState::Stored, "{}", worker.program.log());
    }
    assert_eq!(broker.depth(Queue::Notifications).await.unwrap(), 2, "before the invocation ended");
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    assert_eq!(worker.program.logs("stored")["trace_id"], trace, "of the message's header");
    assert_eq!(worker.invoke(&batch), Ok(json!(null)), "a batch that comes again changes nothing");
    assert_eq!(worker.program.log().matches("\"stored\"").count(), 2);
}
