//! What `APP_ENV=production` refuses.

use url::Url;

use super::{Settings, Variables};
use crate::links::LinkKeys;

/// Notes every setting that is too weak to face the world.
pub(super) fn check(settings: &Settings, variables: &mut Variables<'_>) {
    let servers = &settings.servers;
    let database = Url::parse(servers.database.expose()).ok();
    if !database.is_some_and(|url| url.scheme().starts_with("postgres") && has(&url, "sslmode", "verify-full")) {
        variables.fault("DATABASE_URL", "production needs postgres://… with sslmode=verify-full");
    }
    let documents = Url::parse(servers.documents.expose()).ok();
    let is_strong = |url: &Url| match url.scheme() {
        "s3" | "mongodb+srv" => true,
        "mongodb" => has(url, "tls", "true"),
        _ => false,
    };
    if !documents.as_ref().is_some_and(is_strong) {
        variables.fault("DOCUMENTS_URL", "production needs s3://… or mongodb://… with tls=true");
    }
    if !servers.broker.expose().starts_with("amqps://") {
        variables.fault("BROKER_URL", "production needs amqps://…");
    }
    let mail = servers.mail.expose();
    let on_loopback = ["smtp://127.", "smtp://localhost", "smtp://[::1]"].iter().any(|url| mail.starts_with(url));
    if !(mail.starts_with("ses://") || mail.starts_with("smtps://") || on_loopback) {
        variables.fault("MAIL_URL", "production needs ses://…, smtps://… or a mail server on loopback");
    }
    if !settings.public_url.starts_with("https://") {
        variables.fault("PUBLIC_URL", "production needs the service's https:// address");
    }
    keys(settings, variables);
}

fn has(url: &Url, name: &str, value: &str) -> bool {
    url.query_pairs().any(|(found, is)| found == name && is == value)
}

fn keys(settings: &Settings, variables: &mut Variables<'_>) {
    let keys = &settings.keys;
    if keys.token_keys.is_none() && keys.token_jwks.is_none() && settings.auth_url.is_none() {
        variables.fault("TOKEN_KEYS", "production needs the token keys (auth), or TOKEN_JWKS or AUTH_URL (others)");
    }
    match keys.link_keys.as_ref().map(|keys| LinkKeys::parse(keys.expose())) {
        Some(Ok(_)) => {}
        Some(Err(error)) => variables.fault("LINK_KEYS", error.to_string()),
        None => variables.fault("LINK_KEYS", "production needs secrets of at least 32 bytes: KID:BASE64"),
    }
}
