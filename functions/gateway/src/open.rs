//! The gateway as a process of its own.

use std::sync::Arc;

use anyhow::Context as _;
use host::Shutdown;
use host::settings::Settings;
use host::token::{Authenticator, FixedKeys, KeySource, Verifier};
use pipeline::Clock;

use crate::{Gateway, Servers};

impl Gateway {
    /// Opens the servers that the settings name, and verifies tokens by keys that are given or, with the feature `auth-proxy`, fetched from auth.
    ///
    /// # Errors
    /// A setting is wrong.
    pub async fn open(settings: &Settings, clock: Arc<dyn Clock>, shutdown: &Shutdown) -> anyhow::Result<Self> {
        if let Some(folder) = &settings.fonts_dir {
            render::east_asian_fonts_in(folder).context("FONTS_DIR")?;
        }
        let keys = token_keys(settings)?;
        let servers = Servers::open(settings).await?;
        let verifier = Verifier::new(settings.public_url.clone(), keys, Arc::clone(&clock));
        let authenticator = Authenticator::new(verifier, Arc::clone(&servers.users), Arc::clone(&clock));
        Self::new(settings, servers, authenticator, clock, shutdown)
    }
}

fn token_keys(settings: &Settings) -> anyhow::Result<Arc<dyn KeySource>> {
    if let Some(jwks) = &settings.keys.token_jwks {
        return Ok(Arc::new(FixedKeys::parse(jwks)?));
    }
    fetched_keys(settings)
}

#[cfg(feature = "auth-proxy")]
fn fetched_keys(settings: &Settings) -> anyhow::Result<Arc<dyn KeySource>> {
    let auth_url = settings.auth_url.as_ref().context("AUTH_URL: the gateway needs it, or TOKEN_JWKS")?;
    Ok(Arc::new(host::token::RemoteKeys::new(auth_url)?))
}

#[cfg(not(feature = "auth-proxy"))]
fn fetched_keys(_: &Settings) -> anyhow::Result<Arc<dyn KeySource>> {
    anyhow::bail!("TOKEN_JWKS: the gateway needs it, as it was built without a way to fetch keys")
}
