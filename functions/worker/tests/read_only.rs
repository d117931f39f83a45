//! The real program on a PostgreSQL that takes no writes for a while, as after a failover.
#![cfg(all(feature = "servers", feature = "lambda"))]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use adapters::open::{self, Database};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::testing::{self, Lambda, Program, event};
use pipeline::{
    BlobId, Broker, Bucket, DocumentState, Documents, DocumentsExt as _, Ledger, Message, NewUpload, RetryPolicy,
};
use serde_json::json;
use tempfile::TempDir;

const WORKER: &str = env!("CARGO_BIN_EXE_worker");

/// A database of the test's own on the real server; the other parts are embedded.
struct Parts {
    server: String,
    name: String,
    ledger: Arc<dyn Ledger>,
    documents: Arc<dyn Documents>,
    broker: Arc<dyn Broker>,
    folder: TempDir,
}

impl Parts {
    /// `None` where only the embedded parts are tested.
    async fn open() -> Option<Self> {
        let server = match std::env::var("TEST_POSTGRES_URL") {
            Ok(server) => server,
            Err(_) if std::env::var_os("TEST_EMBEDDED_ONLY").is_some() => return None,
            Err(_) => panic!("TEST_POSTGRES_URL is not given: run `cargo xtask test`"),
        };
        let name = format!("test_{}", BlobId::new().to_string().replace('-', ""));
        psql(&server, &format!("create database {name}"));
        let (folder, retry) = (TempDir::new().unwrap(), RetryPolicy::default());
        let path = folder.path().display();
        let queue = format!("sqlite://{path}/invoices.sqlite3");
        // The broker's tables.
        Database::open(&queue).await.unwrap().migrate().await.unwrap();
        let broker = open::broker(&queue, retry.lease).await.unwrap();
        let documents = open::documents(&format!("file://{path}/documents")).await.unwrap();
        let database = Database::open(&url(&server, &name)).await.unwrap();
        database.migrate().await.unwrap();
        Some(Self { ledger: database.ledger(retry), documents, broker, folder, server, name })
    }

    fn settings(&self) -> [(&'static str, String); 2] {
        let data_dir = self.folder.path().to_str().unwrap().to_owned();
        [("DATA_DIR", data_dir), ("DATABASE_URL", url(&self.server, &self.name))]
    }

    async fn accept(&self) -> NewUpload {
        let raw = BlobId::new();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
        let sample = std::fs::read(root.join("events/sample_invoice.json")).unwrap();
        self.documents.put_bytes(Bucket::Raw, raw, sample.into()).await.unwrap();
        let upload = testing::upload(raw);
        self.ledger.accept(&upload).await.unwrap();
        upload
    }

    fn set_read_only(&self, on: bool) {
        let Self { server, name, .. } = self;
        psql(server, &format!("alter database {name} set default_transaction_read_only = {on}"));
        if on {
            psql(server, &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'"));
        }
    }

    /// Waits until its document is stored.
    async fn stored(&self, upload: &NewUpload, worker: &Program) {
        for _ in 0..1200 {
            let seen = self.ledger.upload(upload.id).await;
            if seen.is_ok_and(|seen| seen.unwrap().documents[0].state == DocumentState::Stored) {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("it is not stored: {}", worker.log());
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        psql(&self.server, &format!("drop database {} with (force)", self.name));
    }
}

fn url(server: &str, name: &str) -> String {
    let (server, _) = server.rsplit_once('/').unwrap();
    format!("{server}/{name}?connections=2")
}

fn psql(server: &str, statement: &str) {
    let told = Command::new("psql").args(["-X", "-q", "-d", server, "-c", statement]).stdout(Stdio::null()).status();
    assert!(told.unwrap().success(), "{statement}");
}

fn borrowed<'a>(settings: &'a [(&'static str, String)]) -> Vec<(&'static str, &'a str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_held_until_the_database_takes_writes() {
    let Some(parts) = Parts::open().await else { return };
    let upload = parts.accept().await;
    parts.set_read_only(true);
    let document = upload.documents[0].id;
    parts.broker.publish(&Message::Render { document }, upload.trace).await.unwrap();
    let settings = parts.settings();
    let worker = Program::start(WORKER, &borrowed(&settings));
    let paused = worker.logs("the ledger is out of reach, pausing");
    assert!(paused["error"].as_str().unwrap().contains("read-only"), "{paused}");
    parts.set_read_only(false);
    // Nothing publishes it again here: a message that was acknowledged would never come back.
    parts.stored(&upload, &worker).await;
    drop(worker);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_fails_until_the_database_takes_writes() {
    let Some(parts) = Parts::open().await else { return };
    let upload = parts.accept().await;
    parts.set_read_only(true);
    let mut batch = event("worker", "poison_in_the_middle", &[]);
    let body = Message::Render { document: upload.documents[0].id }.encode();
    batch["rmqMessagesByQueue"]["invoices::/"][0]["data"] = json!(STANDARD.encode(body));
    let settings = parts.settings();
    let worker = Lambda::start(WORKER, &borrowed(&settings));
    let refused = worker.invoke(&batch);
    assert!(refused.is_err(), "it would never come again: {refused:?}");
    parts.set_read_only(false);
    // Sessions are replaced within a second or so.
    worker.program.eventually("the batch succeeds", || worker.invoke(&batch).ok());
    parts.stored(&upload, &worker.program).await;
}
