//! The real program: what it starts with, what it tells operators, and how it ends.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod account;

use std::path::Path;
use std::time::Duration;

use adapters::open::{self, Database};
use host::testing::{self, Program};
use pipeline::{Queue, RetryPolicy};
use tempfile::TempDir;

use account::api_key;

const GATEWAY: &str = env!("CARGO_BIN_EXE_gateway");
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

#[test]
fn production_refuses_every_weak_setting() {
    let needs = ["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL", "PUBLIC_URL", "TOKEN_KEYS", "LINK_KEYS"];
    testing::refuses_what_is_weak(GATEWAY, &needs);
}

#[test]
fn without_a_way_to_verify_tokens_it_does_not_start() {
    testing::refuses(GATEWAY, &[], "AUTH_URL");
    testing::refuses(GATEWAY, &[("TOKEN_JWKS", "{\"keys\":[]}")], "TOKEN_JWKS");
}

#[cfg(feature = "servers")]
#[test]
fn with_strong_settings_it_starts_and_waits_for_its_servers() {
    testing::starts_and_waits(GATEWAY, &["DATABASE_URL", "DOCUMENTS_URL", "BROKER_URL"]);
}

fn sample() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    std::fs::read_to_string(root.join("events/sample_invoice.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_schema_and_then_works() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let sqlite = format!("sqlite://{data_dir}/invoices.sqlite3");
    let mut gateway = Program::start(GATEWAY, &[("DATA_DIR", data_dir), ("AUTH_URL", "http://127.0.0.1:9")]);
    assert_eq!(gateway.answers("/healthz", 200).body, "ok\n");
    assert!(gateway.health(GATEWAY).success());
    assert!(gateway.answers("/readyz", 503).body.contains("\"database\":false"));
    let told = gateway.logs("not ready, going on when it is");
    assert!(told["error"].as_str().unwrap().contains("sweeper migrate"), "{told}");
    assert!(gateway.log().contains("DATABASE_URL"), "{}", gateway.log());

    let database = Database::open(&sqlite).await.unwrap();
    database.migrate().await.unwrap();
    assert_eq!(gateway.answers("/readyz", 200).body, r#"{"broker":true,"database":true,"documents":true}"#);
    let credential = format!("Bearer {}", api_key(&*database.users(), "owner@example.com").await);
    let traceparent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let headers = [
        ("Authorization", credential.as_str()),
        ("Content-Type", "application/json"),
        ("traceparent", traceparent.as_str()),
    ];
    let answer = gateway.request("POST", "/invoices?format=pdf,csv", &headers, &sample()).unwrap();
    assert_eq!(answer.status, 202, "{}", answer.body);
    assert!(answer.headers.contains(&format!("traceparent: 00-{TRACE}-")), "{}", answer.headers);
    assert_eq!(gateway.logs("accepted")["trace_id"], TRACE);
    let broker = open::broker(&sqlite, RetryPolicy::default().lease).await.unwrap();
    let mut messages = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let message = tokio::time::timeout(Duration::from_secs(10), messages.next()).await.unwrap().unwrap();
    assert_eq!(message.trace.unwrap().to_string(), TRACE);
    for line in [
        "invoices_uploads_accepted_total{} 1",
        "invoices_documents_accepted_total{format=\"pdf\"} 1",
        "invoices_documents_accepted_total{format=\"excel\"} 0",
        "http_requests_total{method=\"POST\",route=\"/invoices\",status=\"202\"} 1",
        "http_request_duration_seconds_count{method=\"POST\",route=\"/invoices\"} 1",
    ] {
        gateway.counts(line);
    }
    assert!(gateway.terminate().0.success());
}

/// Clients learn that it ends before it takes no more requests.
#[tokio::test(flavor = "multi_thread")]
async fn after_sigterm_it_is_not_ready_and_still_answers() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    Database::open(&format!("sqlite://{data_dir}/invoices.sqlite3")).await.unwrap().migrate().await.unwrap();
    let settings = [("DATA_DIR", data_dir), ("AUTH_URL", "http://127.0.0.1:9"), ("SHUTDOWN_DELAY", "5s")];
    let mut gateway = Program::start(GATEWAY, &settings);
    let _ = gateway.answers("/readyz", 200);
    let address = gateway.address();
    std::thread::scope(|scope| {
        let seen = scope.spawn(move || {
            let mut seen = Vec::new();
            while let Some(answer) = testing::request(address, "GET", "/readyz", &[], "") {
                seen.push((
                    answer.status,
                    testing::request(address, "GET", "/healthz", &[], "").map(|alive| alive.status),
                ));
            }
            seen
        });
        assert!(gateway.terminate().0.success(), "{}", gateway.log());
        let seen = seen.join().unwrap();
        let (before, after): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(ready, _)| *ready == 200);
        assert!(before.iter().all(|(_, alive)| *alive == Some(200)));
        assert!(after.len() > 2 && after.iter().all(|(ready, _)| *ready == 503), "{after:?}");
        assert!(after[..after.len() - 1].iter().all(|(_, alive)| *alive == Some(200)), "{after:?}");
    });
}

/// Nobody who prefers to wait holds up the end.
#[tokio::test(flavor = "multi_thread")]
async fn sigterm_answers_those_who_wait() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let database = Database::open(&format!("sqlite://{data_dir}/invoices.sqlite3")).await.unwrap();
    database.migrate().await.unwrap();
    let credential = format!("Bearer {}", api_key(&*database.users(), "owner@example.com").await);
    let mut gateway = Program::start(GATEWAY, &[("DATA_DIR", data_dir), ("AUTH_URL", "http://127.0.0.1:9")]);
    let _ = gateway.answers("/readyz", 200);
    let headers = [("Authorization", credential.as_str()), ("Content-Type", "application/json"), ("Prefer", "wait=30")];
    let waiting = std::thread::scope(|scope| {
        let asked = gateway.address();
        let waiting = scope.spawn(move || testing::request(asked, "POST", "/invoices", &headers, &sample()));
        let _ = gateway.logs("accepted");
        let (ended, took) = gateway.terminate();
        assert!(ended.success() && took < Duration::from_secs(20), "{took:?}: {}", gateway.log());
        waiting.join().unwrap()
    });
    assert_eq!(waiting.unwrap().status, 202);
}
