//! Runs the gateway as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use gateway::{Gateway, Servers};
use host::settings::Settings;
use host::token::{Authenticator, FixedKeys, KeySource, RemoteKeys, Verifier};
use host::{SystemClock, problem, shutdown_on_signal, telemetry};
use pipeline::Clock;

/// Serves uploads, downloads and every other public route but those of auth. Settings are environment variables; the README lists them.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {}

fn main() -> ExitCode {
    let Arguments {} = clap::Parser::parse();
    host::run_to_end(run())
}

async fn run() -> anyhow::Result<()> {
    telemetry::start();
    let settings = Settings::from_env()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let listener = host::bind(settings.listen).await?;
    let servers = Servers::open(&settings, Arc::clone(&clock)).await?;
    let verifier = Verifier::new(settings.public_url.clone(), token_keys(&settings)?, Arc::clone(&clock));
    let authenticator = Authenticator::new(verifier, Arc::clone(&servers.users), Arc::clone(&clock));
    let gateway = Gateway::new(&settings, servers, authenticator, clock)?;
    let mut router = gateway::router(Arc::new(gateway));
    if let Some(auth_url) = &settings.auth_url {
        router = router.merge(gateway::proxy::router(auth_url)?);
    }
    host::serve(listener, problem::with_fallbacks(router), shutdown_on_signal()?).await;
    Ok(())
}

/// Given, or fetched from auth.
fn token_keys(settings: &Settings) -> anyhow::Result<Arc<dyn KeySource>> {
    if let Some(jwks) = &settings.keys.token_jwks {
        return Ok(Arc::new(FixedKeys::parse(jwks)?));
    }
    let auth_url = settings.auth_url.as_ref().context("the gateway needs AUTH_URL or TOKEN_JWKS")?;
    Ok(Arc::new(RemoteKeys::new(auth_url)?))
}
