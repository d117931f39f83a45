//! The real program: what it starts with, what it tells operators, and how it ends.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use host::testing::{self, Program};
use jiff::Timestamp;
use pipeline::{
    Acceptance, BlobId, BrandingId, Broker, Bucket, DocumentState, Documents, DocumentsExt as _, Ledger, NewUpload,
    Queue, RetryPolicy, StoredBranding,
};
use tempfile::TempDir;

const WORKER: &str = env!("CARGO_BIN_EXE_worker");

#[test]
fn production_refuses_every_weak_setting() {
    testing::refuses_what_is_weak(WORKER, &["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL"]);
}

#[cfg(feature = "servers")]
#[test]
fn with_strong_settings_it_starts_and_waits_for_its_servers() {
    testing::starts_and_waits(WORKER, &["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL"]);
}

/// The parts in a folder, as another function's process has them.
struct Parts {
    database: Database,
    ledger: Arc<dyn Ledger>,
    documents: Arc<dyn Documents>,
    broker: Arc<dyn Broker>,
    folder: TempDir,
}

impl Parts {
    async fn open() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().display();
        let sqlite = format!("sqlite://{path}/invoices.sqlite3");
        let database = Database::open(&sqlite).await.unwrap();
        let retry = RetryPolicy::default();
        let broker = open::broker(&sqlite, retry.lease).await.unwrap();
        let documents = open::documents(&format!("file://{path}/documents")).await.unwrap();
        Self { ledger: database.ledger(retry), documents, broker, database, folder }
    }

    fn start(&self, settings: &[(&str, &str)]) -> Program {
        let data_dir = self.folder.path().to_str().unwrap();
        Program::start(WORKER, &[&[("DATA_DIR", data_dir)], settings].concat())
    }

    /// An upload is accepted and its message published.
    async fn accept(&self, raw: BlobId) -> NewUpload {
        let upload = testing::upload(raw);
        let accepted = self.ledger.accept(&upload).await.unwrap();
        let Acceptance::Accepted { publish: entries, .. } = accepted else { panic!("{accepted:?}") };
        self.broker.publish(&entries[0].message, entries[0].trace).await.unwrap();
        upload
    }
}

fn sample() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read(root.join("events/sample_invoice.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_schema_and_then_works() {
    let parts = Parts::open().await;
    let mut worker = parts.start(&[]);
    assert_eq!(worker.answers("/healthz", 200).body, "ok\n");
    assert!(worker.health(WORKER).success());
    assert!(worker.answers("/readyz", 503).body.contains("\"database\":false"));
    let told = worker.logs("not ready, going on when it is");
    assert!(told["error"].as_str().unwrap().contains("sweeper migrate"), "{told}");
    assert!(worker.log().contains("DATABASE_URL"), "{}", worker.log());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(worker.log().matches("not ready").count(), 2, "once for each setting: {}", worker.log());

    parts.database.migrate().await.unwrap();
    assert_eq!(worker.answers("/readyz", 200).body, r#"{"broker":true,"database":true,"documents":true}"#);
    let raw = BlobId::new();
    parts.documents.put_bytes(Bucket::Raw, raw, sample().into()).await.unwrap();
    let upload = parts.accept(raw).await;
    assert_eq!(worker.logs("stored")["trace_id"], upload.trace.to_string());
    for line in [
        "invoices_documents_finished_total{format=\"pdf\",outcome=\"stored\"} 1",
        "invoices_documents_finished_total{format=\"pdf\",outcome=\"failed\"} 0",
        "invoices_document_render_duration_seconds_count{format=\"pdf\"} 1",
        "invoices_messages_handled_total{queue=\"invoices\"} 1",
        "invoices_server_reachable{server=\"database\"} 1",
    ] {
        worker.counts(line);
    }
    let mut mails = parts.broker.subscribe(Queue::Notifications, 1).await.unwrap();
    let next = tokio::time::timeout(Duration::from_secs(10), mails.next()).await.unwrap().unwrap();
    assert_eq!(next.trace, Some(upload.trace), "the trace goes on with the mail's message");
    assert!(worker.terminate().0.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_inside_is_told_with_its_trace() {
    let parts = Parts::open().await;
    parts.database.migrate().await.unwrap();
    let worker = parts.start(&[]);
    let upload = parts.accept(BlobId::new()).await;
    let warned = worker.logs("cannot read the upload");
    assert_eq!((&warned["level"], &warned["trace_id"]), (&"WARN".into(), &upload.trace.to_string().into()));
    worker.counts("invoices_documents_finished_total{format=\"pdf\",outcome=\"fault\"} 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_gives_back_what_cannot_be_finished_by_the_deadline() {
    let parts = Parts::open().await;
    parts.database.migrate().await.unwrap();
    let raw = BlobId::new();
    parts.documents.put_bytes(Bucket::Raw, raw, sample().into()).await.unwrap();
    hang(&parts.folder.path().join("documents/raw"), raw);
    let mut worker = parts.start(&[("DRAIN_LIMIT", "4s")]);
    let upload = parts.accept(raw).await;
    worker.counts("invoices_messages_in_flight{queue=\"invoices\"} 1");
    let (ended, took) = worker.terminate();
    assert!(ended.success(), "{}", worker.log());
    assert!(took < Duration::from_secs(25), "{took:?}");
    assert!(worker.log().contains("the worker ended before it was finished"), "{}", worker.log());
    let document = parts.ledger.upload(upload.id).await.unwrap().unwrap().documents.remove(0);
    assert_eq!(document.state, DocumentState::Queued, "long before its lease is over");
    assert_eq!(parts.broker.depth(Queue::Invoices).await.unwrap(), 0, "its message is settled: the ledger has it");
}

/// Whatever becomes of a branding later, and however often a document is begun.
#[tokio::test(flavor = "multi_thread")]
async fn a_document_shows_the_branding_of_its_acceptance() {
    let parts = Parts::open().await;
    parts.database.migrate().await.unwrap();
    let (raw, logo) = (BlobId::new(), BlobId::new());
    parts.documents.put_bytes(Bucket::Raw, raw, sample().into()).await.unwrap();
    parts.documents.put_bytes(Bucket::Raw, logo, LOGO.into()).await.unwrap();
    let mut upload = testing::upload(raw);
    let version = |content: &str, logo| StoredBranding {
        id: BrandingId::new(),
        owner: upload.owner,
        content: content.to_owned(),
        logo,
        created_at: Timestamp::now(),
    };
    let (then, later) = (version(r#"{"style":"modern","footer":"Since 1987"}"#, Some(logo)), version("{}", None));
    parts.ledger.put_branding(&then).await.unwrap();
    upload.branding = Some(then.id);
    let Acceptance::Accepted { publish: entries, .. } = parts.ledger.accept(&upload).await.unwrap() else {
        panic!("not accepted")
    };
    parts.ledger.put_branding(&later).await.unwrap();
    parts.broker.publish(&entries[0].message, entries[0].trace).await.unwrap();
    let worker = parts.start(&[]);
    assert_eq!(worker.logs("stored")["trace_id"], upload.trace.to_string());
    let document = parts.ledger.upload(upload.id).await.unwrap().unwrap().documents.remove(0).stored.unwrap();
    assert_eq!(document.style_version, Some(render::STYLE_VERSION));
    let stored = parts.documents.get_bytes(Bucket::Processed, document.blob, 1_000_000).await.unwrap();
    let mut invoice = invoice::parse(&sample(), &invoice::ParseOptions::default()).unwrap().invoice;
    let limits = invoice::Limits::default();
    let branding = pipeline::read_branding(&then, parts.documents.as_ref(), &limits).await.unwrap();
    branding.complete(&mut invoice.presentation);
    assert!(invoice.presentation.logo.is_some());
    let expected = render::render(&invoice, pipeline::Format::Pdf, &render::Style::default()).unwrap();
    assert_eq!(stored, expected.bytes);
}

/// One pixel.
const LOGO: &[u8] = b"\x89PNG\x0d\x0a\x1a\x0a\x00\x00\x00\x0dIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00\x00\x0cIDATx\x9cc\x90*~\x01\x00\x02 \x01vf6\xe2\xb5\x00\x00\x00\x00IEND\xaeB`\x82";

/// Puts a pipe that nobody writes in a blob's place: reading it never ends.
fn hang(bucket: &Path, blob: BlobId) {
    let folder = bucket.read_dir().unwrap().next().unwrap().unwrap().path();
    let file = folder.join(blob.to_string());
    std::fs::remove_file(&file).unwrap();
    assert!(Command::new("mkfifo").arg(file).status().unwrap().success());
}
