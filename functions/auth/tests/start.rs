//! The real program: what it starts with, what it tells operators, and how it ends.
#![allow(clippy::unwrap_used)]

use adapters::open::Database;
use host::testing::{self, Program};
use tempfile::TempDir;

const AUTH: &str = env!("CARGO_BIN_EXE_auth");

#[test]
fn production_refuses_every_weak_setting() {
    testing::refuses_what_is_weak(AUTH, &["DATABASE_URL", "PUBLIC_URL", "TOKEN_KEYS"]);
}

#[test]
fn keys_that_are_none_are_refused() {
    let folder = TempDir::new().unwrap();
    let sqlite = format!("sqlite://{}/x", folder.path().display());
    testing::refuses(AUTH, &[("DATABASE_URL", &sqlite), ("TOKEN_KEYS", "a:aHVzaA==")], "TOKEN_KEYS");
}

#[cfg(feature = "servers")]
#[test]
fn with_strong_settings_it_starts_and_waits_for_its_servers() {
    testing::starts_and_waits(AUTH, &["DATABASE_URL"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_waits_for_the_schema_and_then_works() {
    let folder = TempDir::new().unwrap();
    let data_dir = folder.path().to_str().unwrap();
    let mut auth = Program::start(AUTH, &[("DATA_DIR", data_dir)]);
    assert_eq!(auth.answers("/healthz", 200).body, "ok\n");
    assert!(auth.health(AUTH).success());
    assert_eq!(auth.answers("/readyz", 503).body, r#"{"database":false}"#);
    let told = auth.logs("not ready, going on when it is");
    assert_eq!(told["setting"], "DATABASE_URL");
    assert!(told["error"].as_str().unwrap().contains("sweeper migrate"), "{told}");

    Database::open(&format!("sqlite://{data_dir}/invoices.sqlite3")).await.unwrap().migrate().await.unwrap();
    assert_eq!(auth.answers("/readyz", 200).body, r#"{"database":true}"#);
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    let headers = [("Authorization", "Basic YTpi"), ("traceparent", &format!("00-{trace}-00f067aa0ba902b7-01"))];
    assert_eq!(auth.request("POST", "/login", &headers, "").unwrap().status, 401);
    let demo_user = [("Authorization", "Basic dGVzdEBleGFtcGxlLmNvbTpwYXNzd29yZA==")];
    assert_eq!(auth.request("POST", "/login", &demo_user, "").unwrap().status, 200, "where it is no production");
    assert_eq!(auth.logs("login refused")["trace_id"], trace);
    auth.counts("http_requests_total{method=\"POST\",route=\"/login\",status=\"401\"} 1");
    assert!(auth.get("/metrics").unwrap().body.contains("process_resident_memory_bytes"));
    assert!(auth.terminate().0.success());
}
