//! What `APP_ENV=production` refuses.

use super::{Settings, Variables};

/// Notes every setting that is too weak to face the world.
pub(super) fn check(settings: &Settings, variables: &mut Variables<'_>) {
    let servers = &settings.servers;
    let database = servers.database.expose();
    if !(database.starts_with("postgres") && database.contains("sslmode=verify-full")) {
        variables.fault("DATABASE_URL", "production needs postgres://… with sslmode=verify-full");
    }
    let documents = servers.documents.expose();
    let gridfs = documents.starts_with("mongodb") && (documents.contains("tls=true") || documents.contains("+srv"));
    if !(gridfs || documents.starts_with("s3://")) {
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

fn keys(settings: &Settings, variables: &mut Variables<'_>) {
    let keys = &settings.keys;
    if keys.token_keys.is_none() && keys.token_jwks.is_none() && settings.auth_url.is_none() {
        variables.fault("TOKEN_KEYS", "production needs the token keys (auth), or TOKEN_JWKS or AUTH_URL (others)");
    }
    if keys.link_keys.as_ref().is_none_or(|keys| keys.expose().len() < 32) {
        variables.fault("LINK_KEYS", "production needs secrets of at least 32 characters");
    }
}
