use std::collections::HashMap;

use auth::{AuthState, StartError};
use host::settings::{Settings, Variables};

use crate::app::App;

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

async fn started(app: &App, settings: &Settings) -> Result<AuthState, StartError> {
    AuthState::from_settings(settings, app.users.clone(), app.clock.clone()).await
}

#[tokio::test]
async fn keys_are_given_or_made() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let given = format!("2026a:{KEY}");
    started(&app, &settings(&[("TOKEN_KEYS", &given)], &folder)).await.unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is needed");
    started(&app, &settings(&[], &folder)).await.unwrap();
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    let error = started(&app, &settings(&[("TOKEN_KEYS", "a:aHVzaA==")], &folder)).await.err().unwrap().to_string();
    assert!(error.contains("TOKEN_KEYS") && !error.contains("aHVzaA"), "{error}");
}

#[tokio::test]
async fn production_does_not_start_with_the_demo_user() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let given = format!("2026a:{KEY}");
    let mut pairs = PRODUCTION.to_vec();
    pairs.push(("TOKEN_KEYS", &given));
    let settings = settings(&pairs, &folder);
    started(&app, &settings).await.unwrap();

    app.state.accounts().ensure_demo_user().await.unwrap();
    let error = started(&app, &settings).await.err().unwrap();
    assert!(matches!(error, StartError::DemoUser) && error.to_string().contains("APP_ENV"), "{error}");
    let email = auth::DEMO_EMAIL.parse().unwrap();
    app.state.accounts().set_password(&email, "battery staple".to_owned()).await.unwrap();
    started(&app, &settings).await.unwrap();
}

#[tokio::test]
async fn production_does_not_make_keys_of_its_own() {
    let (app, folder) = (App::start().await, tempfile::tempdir().unwrap());
    let mut pairs = PRODUCTION.to_vec();
    pairs.push(("TOKEN_JWKS", "{\"keys\":[]}"));
    let error = started(&app, &settings(&pairs, &folder)).await.err().unwrap();
    assert!(matches!(error, StartError::NoKeys) && error.to_string().contains("TOKEN_KEYS"), "{error}");
}
