//! Bytes that are uploaded before the invoice is accepted, by the router on embedded parts and with a clock of the
//! test's.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod account;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use adapters::open::{self, Database};
use axum::Router;
use axum::body::{Body, to_bytes};
use gateway::{Gateway, Servers};
use host::Shutdown;
use host::settings::{Settings, Variables};
use host::token::{Authenticator, FixedKeys, Verifier};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{Request, StatusCode};
use jiff::{SignedDuration, Timestamp};
use pipeline::{Bucket, Clock, Documents, Ledger, RetryPolicy, UploadId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

static SAMPLE: LazyLock<String> = LazyLock::new(|| {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/sample_invoice.json")).unwrap()
});
const LIMIT: &str = "5000";
/// That of RFC 8037, appendix A.2. Nobody here has a token.
const PUBLIC_KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"a","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

/// It stands still until it is told to go on.
struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

struct Service {
    router: Router,
    owner: String,
    other: String,
    clock: Arc<StillClock>,
    ledger: Arc<dyn Ledger>,
    documents: Arc<dyn Documents>,
    _folder: TempDir,
}

impl Service {
    async fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().display().to_string();
        let lookup = |name: &str| match name {
            "DATA_DIR" => Some(data.clone()),
            "MAX_UPLOAD_BYTES" => Some(LIMIT.to_owned()),
            "PUBLIC_URL" => Some("https://invoices.example.com".to_owned()),
            _ => None,
        };
        let settings = Settings::read(Variables::new(lookup)).unwrap();
        let database = Database::open(settings.servers.database.expose()).await.unwrap();
        database.migrate().await.unwrap();
        let clock = Arc::new(StillClock(AtomicI64::new(Timestamp::now().as_second())));
        let servers = Servers::open(&settings).await.unwrap();
        let keys = FixedKeys::parse(PUBLIC_KEYS).unwrap();
        let verifier = Verifier::new(settings.public_url.clone(), Arc::new(keys), Arc::clone(&clock) as _);
        let authenticator = Authenticator::new(verifier, database.users(), Arc::clone(&clock) as _);
        let shutdown = Shutdown::new();
        let gateway = Gateway::new(&settings, servers, authenticator, Arc::clone(&clock) as _, &shutdown).unwrap();
        Self {
            router: gateway::router(Arc::new(gateway)),
            owner: account::api_key(&*database.users(), "owner@example.com").await,
            other: account::api_key(&*database.users(), "other@example.com").await,
            clock,
            ledger: database.ledger(RetryPolicy::default()),
            documents: open::documents(settings.servers.documents.expose()).await.unwrap(),
            _folder: folder,
        }
    }

    async fn ask(&self, request: Request<Body>) -> (StatusCode, Value) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn post(&self, credential: &str, path: &str, json: &Value) -> (StatusCode, Value) {
        self.ask(request("POST", credential, path).body(Body::from(json.to_string())).unwrap()).await
    }

    async fn announce(&self, bytes: usize) -> Value {
        let (status, address) = self.post(&self.owner, "/uploads", &json!({ "bytes": bytes })).await;
        assert_eq!(status, StatusCode::CREATED, "{address}");
        address
    }

    async fn put(&self, credential: &str, address: &Value, body: impl Into<Body>) -> (StatusCode, Value) {
        let path = address["url"].as_str().unwrap().strip_prefix("https://invoices.example.com").unwrap();
        self.ask(request("PUT", credential, path).body(body.into()).unwrap()).await
    }

    async fn name(&self, credential: &str, address: &Value) -> (StatusCode, Value) {
        self.post(credential, "/invoices?format=csv", &json!({ "upload": address["upload"] })).await
    }

    fn wait(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn raw_blobs(&self) -> usize {
        let tomorrow = Timestamp::now() + SignedDuration::from_hours(24);
        self.documents.list(Bucket::Raw, tomorrow, None, 100).await.unwrap().len()
    }
}

fn request(method: &str, credential: &str, path: &str) -> http::request::Builder {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
    request.header(AUTHORIZATION, format!("Bearer {credential}"))
}

#[tokio::test]
async fn what_was_handed_in_is_accepted_by_its_name() {
    let service = Service::start().await;
    let address = service.announce(SAMPLE.len()).await;
    assert_eq!(address["method"], "PUT");
    assert_eq!(address["headers"], json!({ "content-length": SAMPLE.len().to_string() }));
    let now = service.clock.now();
    assert_eq!(address["put_before"], (now + SignedDuration::from_mins(5)).to_string());
    assert_eq!(address["use_before"], (now + SignedDuration::from_hours(1)).to_string());

    let (status, problem) = service.name(&service.owner, &address).await;
    assert_eq!(status, StatusCode::CONFLICT, "before anything was uploaded: {problem}");
    assert_eq!(service.put(&service.owner, &address, SAMPLE.as_str()).await.0, StatusCode::NO_CONTENT);
    let again = service.put(&service.owner, &address, SAMPLE.replace("HP", "XX")).await;
    assert_eq!(again.0, StatusCode::CONFLICT, "it never changes");

    let (status, invoice) = service.name(&service.owner, &address).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{invoice}");
    assert_eq!(
        (&invoice["invoice_number"], &invoice["documents"][0]["format"]),
        (&json!("HP-2026-0093"), &json!("csv"))
    );
    let id: UploadId = invoice["id"].as_str().unwrap().parse().unwrap();
    let blobs = service.documents.list(Bucket::Raw, Timestamp::MAX, None, 9).await.unwrap();
    let orphans = service.ledger.unreferenced(Bucket::Raw, &blobs).await.unwrap();
    assert_eq!((blobs.len(), orphans.len()), (2, 1), "what was uploaded is left for the sweeper");
    assert!(service.ledger.upload(id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_repeated_key_gives_the_first_upload_whichever_way_the_bytes_came() {
    let service = Service::start().await;
    let accept = async |body: String| {
        let request = request("POST", &service.owner, "/invoices").header("idempotency-key", "order-7");
        service.ask(request.body(Body::from(body)).unwrap()).await
    };
    let mut ids = Vec::new();
    for _ in 0..2 {
        let address = service.announce(SAMPLE.len()).await;
        service.put(&service.owner, &address, SAMPLE.as_str()).await;
        let naming = json!({ "upload": address["upload"] }).to_string();
        for _ in 0..2 {
            let (status, invoice) = accept(naming.clone()).await;
            assert_eq!(status, StatusCode::ACCEPTED, "{invoice}");
            ids.push(invoice["id"].clone());
        }
    }
    ids.push(accept(SAMPLE.clone()).await.1["id"].clone());
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(service.raw_blobs().await, 3, "two that were uploaded, and the accepted one's");
}

#[tokio::test]
async fn only_its_owner_hands_in_and_names_it() {
    let service = Service::start().await;
    let address = service.announce(SAMPLE.len()).await;
    assert_eq!(service.put(&service.other, &address, SAMPLE.as_str()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(service.put("nobody", &address, SAMPLE.as_str()).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(service.put(&service.owner, &address, SAMPLE.as_str()).await.0, StatusCode::NO_CONTENT);
    assert_eq!(service.name(&service.other, &address).await.0, StatusCode::NOT_FOUND);
    for nonsense in ["", "x", "../raw", "a.b.c.d.e"] {
        assert_eq!(service.name(&service.owner, &json!({ "upload": nonsense })).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(service.raw_blobs().await, 1);
}

#[tokio::test]
async fn it_is_as_large_as_was_told_and_within_the_limit() {
    let service = Service::start().await;
    let (status, problem) = service.post(&service.owner, "/uploads", &json!({ "bytes": 5001 })).await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(problem["detail"].as_str().unwrap().contains(LIMIT), "{problem}");
    for wrong in [json!({}), json!({ "bytes": 0 }), json!({ "bytes": -1 }), json!({ "bytes": "9" }), json!([])] {
        assert_eq!(service.post(&service.owner, "/uploads", &wrong).await.0, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let address = service.announce(SAMPLE.len()).await;
    let larger = format!("{} ", *SAMPLE);
    assert_eq!(service.put(&service.owner, &address, larger).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(service.put(&service.owner, &address, &SAMPLE[1..]).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(service.raw_blobs().await, 0, "nothing of it is kept");
    assert_eq!(
        service.put(&service.owner, &address, SAMPLE.as_str()).await.0,
        StatusCode::NO_CONTENT,
        "once it is right"
    );
}

#[tokio::test]
async fn it_expires() {
    let service = Service::start().await;
    let (late, used) = (service.announce(SAMPLE.len()).await, service.announce(SAMPLE.len()).await);
    service.wait(299);
    assert_eq!(service.put(&service.owner, &used, SAMPLE.as_str()).await.0, StatusCode::NO_CONTENT);
    service.wait(1);
    assert_eq!(service.put(&service.owner, &late, SAMPLE.as_str()).await.0, StatusCode::NOT_FOUND);
    service.wait(3299);
    assert_eq!(service.name(&service.owner, &used).await.0, StatusCode::ACCEPTED);
    service.wait(1);
    let (status, problem) = service.name(&service.owner, &used).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(problem["detail"].as_str().unwrap().contains("has expired"), "{problem}");
}

#[tokio::test]
async fn what_was_handed_in_is_read_like_any_invoice() {
    let service = Service::start().await;
    let wrong = SAMPLE.replace("1255.5", "1255.49");
    let address = service.announce(wrong.len()).await;
    service.put(&service.owner, &address, wrong).await;
    let (status, problem) = service.name(&service.owner, &address).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["faults"][0]["pointer"], "/items/0/total");
    let both = json!({ "upload": address["upload"], "company_name": "Harbour & Pine Ltd" });
    let (status, _) = service.post(&service.owner, "/invoices", &both).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "either an invoice or a name");
}
