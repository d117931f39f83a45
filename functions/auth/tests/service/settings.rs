use std::collections::HashMap;
use std::time::Duration;

use auth::{AuthState, StartError};
use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use host::Shutdown;
use host::settings::{Settings, Variables};
use http::{Request, StatusCode};
use pipeline::Role;
use tower::ServiceExt as _;

use crate::app::{App, PASSWORD};

/// RFC 8037 appendix A.1, as PKCS#8.
const KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g";

/// What production asks for, none of which is opened here.
const PRODUCTION: [(&str, &str); 7] = [
    ("APP_ENV", "production"),
    ("DATABASE_URL", "postgres://db.example.com/invoices?sslmode=verify-full"),
    ("DOCUMENTS_URL", "s3://invoices"),
    ("BROKER_URL", "amqps://mq.example.com"),
    ("MAIL_URL", "ses://eu-central-1"),
    ("PUBLIC_URL", "https://invoices.example.com"),
    ("LINK_KEYS", "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
];

fn settings(pairs: &[(&str, &str)], folder: &tempfile::TempDir) -> Settings {
    let data_dir = [("DATA_DIR".to_owned(), folder.path().display().to_string())];
    let given = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let all: HashMap<String, String> = given.chain(data_dir).collect();
    Settings::read(Variables::new(|name| all.get(name).cloned())).unwrap()
}

fn started(app: &App, settings: &Settings) -> Result<AuthState, StartError> {
    AuthState::from_settings(settings, app.users.clone(), app.clock.clone())
}

#[tokio::test]
async fn keys_are_given_or_made() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let given = format!("2026a:{KEY}");
    started(&app, &settings(&[("TOKEN_KEYS", &given)], &folder)).unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is needed");
    started(&app, &settings(&[], &folder)).unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    let error = started(&app, &settings(&[("TOKEN_KEYS", "a:aHVzaA==")], &folder)).err().unwrap().to_string();
    assert!(error.contains("TOKEN_KEYS") && !error.contains("aHVzaA"), "{error}");
}

/// The state of auth in production, on the users of an app that runs.
fn in_production(app: &App, folder: &tempfile::TempDir) -> AuthState {
    let given = format!("2026a:{KEY}");
    let mut pairs = PRODUCTION.to_vec();
    pairs.push(("TOKEN_KEYS", &given));
    started(app, &settings(&pairs, folder)).unwrap()
}

async fn login(state: &AuthState, password: &str) -> StatusCode {
    let credentials = STANDARD.encode(format!("somebody@example.com:{password}"));
    let request = Request::post("/login").header("authorization", format!("Basic {credentials}"));
    let router: Router = auth::router(state.clone()).into();
    router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
}

#[tokio::test]
async fn production_lets_nobody_log_in_while_the_demo_user_could() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    app.add("somebody@example.com", &[Role::User]).await;
    app.state.accounts().ensure_demo_user().await.unwrap();
    let state = in_production(&app, &folder);
    assert_eq!(login(&state, PASSWORD).await, StatusCode::SERVICE_UNAVAILABLE);
    let shutdown = Shutdown::new();
    let error = state.wait_to_settle_demo_user(&shutdown).await.err().unwrap();
    assert!(shutdown.is_cancelled(), "the process ends");
    assert!(matches!(error, StartError::DemoUser) && error.to_string().contains("APP_ENV"), "{error}");
    let email = auth::DEMO_EMAIL.parse().unwrap();
    app.state.accounts().set_password(&email, "battery staple".to_owned()).await.unwrap();
    state.wait_to_settle_demo_user(&Shutdown::new()).await.unwrap();
    assert_eq!(login(&state, PASSWORD).await, StatusCode::OK);
    assert_eq!(
        login(&in_production(&app, &folder), PASSWORD).await,
        StatusCode::OK,
        "the first login may be first to look"
    );
}

#[tokio::test]
async fn the_demo_user_is_not_settled_by_a_database_that_does_not_answer() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let empty = format!("sqlite://{}/empty.sqlite3", folder.path().display());
    let unready = adapters::open::Database::open(&empty).await.unwrap();
    let given = format!("2026a:{KEY}");
    let mut pairs = PRODUCTION.to_vec();
    pairs.push(("TOKEN_KEYS", &given));
    let state = AuthState::from_settings(&settings(&pairs, &folder), unready.users(), app.clock.clone()).unwrap();
    let shutdown = Shutdown::new();
    let waited = tokio::time::timeout(Duration::from_millis(300), state.wait_to_settle_demo_user(&shutdown)).await;
    assert!(waited.is_err(), "there is nothing to look at yet");
    assert!(login(&state, PASSWORD).await.is_server_error());
    unready.migrate().await.unwrap();
    state.wait_to_settle_demo_user(&shutdown).await.unwrap();
    assert_eq!(login(&state, PASSWORD).await, StatusCode::UNAUTHORIZED, "logins are served now");
}

#[tokio::test]
async fn production_does_not_make_keys_of_its_own() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let mut pairs = PRODUCTION.to_vec();
    pairs.push(("TOKEN_JWKS", "{\"keys\":[]}"));
    let error = started(&app, &settings(&pairs, &folder)).err().unwrap();
    assert!(matches!(error, StartError::NoKeys) && error.to_string().contains("TOKEN_KEYS"), "{error}");
}
