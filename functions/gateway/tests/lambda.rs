//! The real program as a Lambda, by the events that API Gateway sends it.
#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod account;
#[cfg(all(feature = "servers", feature = "auth-proxy"))]
#[path = "../../../shared/adapters/tests/servers/environment.rs"]
mod environment;

use std::sync::Arc;

use adapters::open::{self, Database};
use host::testing::{self, Lambda, event, events};
use pipeline::{
    BlobId, Broker, Bucket, DocumentOutcome, Documents, DocumentsExt as _, Format, Ledger, Queue, RetryPolicy,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

const GATEWAY: &str = env!("CARGO_BIN_EXE_gateway");

/// A gateway and the parts that it stands on.
struct Service {
    gateway: Lambda,
    key: String,
    ledger: Arc<dyn Ledger>,
    documents: Arc<dyn Documents>,
    broker: Arc<dyn Broker>,
    _folder: TempDir,
}

impl Service {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts it with further settings, of which `DOCUMENTS_URL` may name another store than its folder.
    async fn start_with(further: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().to_str().unwrap();
        let in_folder = format!("file://{path}/documents");
        let named = further.iter().find(|(name, _)| *name == "DOCUMENTS_URL");
        let store = named.map_or(in_folder.as_str(), |(_, url)| *url);
        let settings = [further, &[("DATA_DIR", path), ("AUTH_URL", "http://127.0.0.1:9")]].concat();
        let sqlite = format!("sqlite://{path}/invoices.sqlite3");
        let database = Database::open(&sqlite).await.unwrap();
        database.migrate().await.unwrap();
        let retry = RetryPolicy::default();
        Self {
            key: account::api_key(&*database.users(), "owner@example.com").await,
            broker: open::broker(&sqlite, retry.lease).await.unwrap(),
            documents: open::documents(store).await.unwrap(),
            ledger: database.ledger(retry),
            gateway: Lambda::start(GATEWAY, &settings),
            _folder: folder,
        }
    }

    fn ask(&self, name: &str, fid: &str) -> testing::ApiAnswer {
        self.gateway.request(&event("gateway", name, &[("TOKEN", &self.key), ("FID", fid)]))
    }

    /// Has the worker's part done for a document: this is its content then.
    async fn store(&self, invoice: &Value, content: &[u8]) -> BlobId {
        let upload = self.ledger.upload(invoice["id"].as_str().unwrap().parse().unwrap()).await.unwrap().unwrap();
        let document = upload.documents.iter().find(|document| document.format == Format::Pdf).unwrap();
        let blob = BlobId::new();
        let claim = self.ledger.claim_document(document.id, blob).await.unwrap().claimed().unwrap();
        self.documents.put_bytes(Bucket::Processed, blob, content.to_vec().into()).await.unwrap();
        let (bytes, file_name) = (content.len() as u64, "invoice.pdf".to_owned());
        let stored = DocumentOutcome::Stored {
            bytes,
            sha256: Sha256::digest(content).into(),
            file_name,
            style_version: 1,
            report: None,
        };
        self.ledger.finish_document(&claim, &stored).await.unwrap();
        blob
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered() {
    let service = Service::start().await;
    for (file, event) in events("gateway") {
        let expected = if file == "health.json" { 200 } else { 401 };
        assert_eq!(service.gateway.request(&event).status, expected, "{file}, without a token");
    }
    assert_eq!(service.ask("health", "").text(), "ok\n");
    let upload = service.ask("upload", "");
    assert_eq!((upload.status, upload.text()), (200, "success!\n"));
    assert!(upload.headers["location"].as_str().unwrap().starts_with("/invoices/"), "{}", upload.headers);
    let traceparent = upload.headers["traceparent"].as_str().unwrap();
    assert!(traceparent.starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"), "{traceparent}");
    let depth = service.broker.depth(Queue::Invoices).await.unwrap();
    assert_eq!(depth, 1, "published before the answer");
    let invoice = service.ask("invoice", "");
    assert_eq!(invoice.status, 202, "{}", invoice.text());
    assert_eq!(service.broker.depth(Queue::Invoices).await.unwrap(), 1 + 3);
    let list: Value = serde_json::from_slice(&service.ask("invoices", "").body).unwrap();
    assert_eq!(list["invoices"].as_array().unwrap().len(), 2, "{list}");
    let branding = service.ask("branding", "");
    assert_eq!(branding.status, 200, "{}", branding.text());
    assert!(branding.headers["etag"].is_string(), "{}", branding.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invoice_is_accepted_by_the_name_of_its_upload() {
    let service = Service::start().await;
    let address: Value = serde_json::from_slice(&service.ask("uploads", "").body).unwrap();
    let upload = address["upload"].as_str().unwrap();
    let known = [("TOKEN", service.key.as_str()), ("UPLOAD", upload)];
    let put = service.gateway.request(&event("gateway", "hand_in", &known));
    assert_eq!(put.status, 204, "{}", put.text());
    let accepted = service.gateway.request(&event("gateway", "invoice_by_upload", &known));
    assert_eq!(accepted.status, 202, "{}", accepted.text());
    let invoice: Value = serde_json::from_slice(&accepted.body).unwrap();
    assert_eq!(invoice["invoice_number"], "HP-2026-0093");
    assert_eq!(service.broker.depth(Queue::Invoices).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_is_byte_exact() {
    let service = Service::start().await;
    let invoice: Value = serde_json::from_slice(&service.ask("invoice", "").body).unwrap();
    let content: Vec<u8> = (0..=255).cycle().take(300_001).collect();
    let fid = service.store(&invoice, &content).await.to_string();
    let answer = service.ask("download", &fid);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/pdf");
    assert_eq!(answer.headers["content-disposition"], "attachment; filename=\"invoice.pdf\"");
    assert!(answer.body == content, "{} bytes of {}", answer.body.len(), content.len());
    assert_eq!(service.ask("download", &BlobId::new().to_string()).status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_is_told() {
    let service = Service::start().await;
    let mut upload = event("gateway", "invoice", &[("TOKEN", &service.key)]);
    upload["body"] = json!(" ".repeat((4 << 20) + 1));
    let answer = service.gateway.request(&upload);
    assert_eq!((answer.status, &answer.headers["content-type"]), (413, &json!("application/problem+json")));
    assert!(answer.text().contains("at most 4194304 bytes"), "{}", answer.text());
    assert!(answer.text().contains("by POST /uploads"), "{}", answer.text());

    let invoice: Value = serde_json::from_slice(&service.ask("invoice", "").body).unwrap();
    let fid = service.store(&invoice, &vec![0xff; 4_000_001]).await.to_string();
    let answer = service.ask("download", &fid);
    assert_eq!(answer.status, 400, "this store has no addresses of its own");
    assert!(answer.text().contains("ask for ranges"), "{}", answer.text());
    let mut part = event("gateway", "download", &[("TOKEN", &service.key), ("FID", &fid)]);
    part["headers"]["range"] = json!("bytes=1-4000000");
    let answer = service.gateway.request(&part);
    assert_eq!((answer.status, answer.body.len()), (206, 4_000_000));
}

/// The real S3 server, with a prefix of the test's own.
#[cfg(all(feature = "servers", feature = "auth-proxy"))]
fn s3() -> Option<String> {
    let server = environment::server("TEST_S3_URL")?;
    let (place, parameters) = server.split_once('?').unwrap_or((&server, ""));
    Some(format!("{}/test-{}?{parameters}", place.trim_end_matches('/'), BlobId::new()))
}

// The HTTP client comes with the feature `auth-proxy`.
#[cfg(all(feature = "servers", feature = "auth-proxy"))]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_large_for_an_answer_is_downloaded_from_s3() {
    let Some(store) = s3() else { return };
    // The program gets no environment but this, and the store's credentials are in it.
    let aws: Vec<(String, String)> = std::env::vars().filter(|(name, _)| name.starts_with("AWS_")).collect();
    let credentials = aws.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let settings: Vec<(&str, &str)> = credentials.chain([("DOCUMENTS_URL", store.as_str())]).collect();
    let service = Service::start_with(&settings).await;
    let upload = service.ask("invoice", "");
    assert_eq!(upload.status, 202, "{}", upload.text());
    let invoice: Value = serde_json::from_slice(&upload.body).unwrap();
    let content: Vec<u8> = (0..=255).cycle().take((4 << 20) + 1).collect();
    let fid = service.store(&invoice, &content).await.to_string();
    let answer = service.ask("download", &fid);
    assert_eq!((answer.status, answer.text()), (307, ""));
    assert_eq!(answer.headers["cache-control"], "no-store");
    let found = reqwest::get(answer.headers["location"].as_str().unwrap()).await.unwrap();
    assert_eq!(found.status().as_u16(), 200);
    assert_eq!(found.headers()["content-type"], "application/pdf");
    assert_eq!(found.headers()["content-disposition"], "attachment; filename=\"invoice.pdf\"");
    let found = found.bytes().await.unwrap();
    assert!(found == content, "{} bytes of {}", found.len(), content.len());
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    for bucket in Bucket::ALL {
        for blob in service.documents.list(bucket, later, None, 10).await.unwrap() {
            service.documents.delete(bucket, blob).await.unwrap();
        }
    }
}
