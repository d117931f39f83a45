//! The real program as a Lambda, by the events that API Gateway sends it.
#![cfg(feature = "lambda")]
#![allow(clippy::unwrap_used)]

use adapters::open::Database;
use host::testing::{Lambda, event, events};
use serde_json::Value;
use tempfile::TempDir;

const AUTH: &str = env!("CARGO_BIN_EXE_auth");

async fn migrate(folder: &TempDir) {
    let database = format!("sqlite://{}/invoices.sqlite3", folder.path().display());
    Database::open(&database).await.unwrap().migrate().await.unwrap();
}

fn start(folder: &TempDir) -> Lambda {
    Lambda::start(AUTH, &[("DATA_DIR", folder.path().to_str().unwrap())])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_is_answered() {
    let folder = TempDir::new().unwrap();
    migrate(&folder).await;
    let auth = start(&folder);
    let login = auth.request(&event("auth", "login", &[]));
    assert_eq!((login.status, login.text().matches('.').count()), (200, 2), "a token at once: {}", login.text());
    assert_eq!(login.headers["cache-control"], "no-store");
    let token = login.text().trim();
    for (file, _) in events("auth") {
        let name = file.trim_end_matches(".json");
        let answer = auth.request(&event("auth", name, &[("TOKEN", token)]));
        let expected = match name {
            "login_wrong_password" => 401,
            // The demo user is no admin.
            "users" => 403,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{file}: {}", answer.text());
    }
    let refused = auth.request(&event("auth", "login_wrong_password", &[]));
    assert!(refused.headers["www-authenticate"].as_str().unwrap().starts_with("Basic"), "{}", refused.headers);
    assert!(auth.program.log().contains("\"address\":\"203.0.113.7\""), "the client's: {}", auth.program.log());
    let keys: Value = serde_json::from_slice(&auth.request(&event("auth", "jwks", &[])).body).unwrap();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_user_is_there_once_the_schema_is() {
    let folder = TempDir::new().unwrap();
    let auth = start(&folder);
    assert!(auth.request(&event("auth", "login", &[])).status >= 500, "there is no schema");
    migrate(&folder).await;
    assert_eq!(auth.request(&event("auth", "login", &[])).status, 200);
}
