//! Runs auth as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use adapters::open::Database;
use auth::AuthState;
use host::settings::Settings;
use host::{SystemClock, problem, shutdown_on_signal, telemetry};

/// Serves login, token keys, users and API keys. Settings are environment variables; the README lists them.
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
    let users = Database::open(settings.servers.database.expose()).await?.users();
    users.check().await?;
    let state = AuthState::from_settings(&settings, users, Arc::new(SystemClock)).await?;
    let router = problem::with_fallbacks(auth::router(state).into());
    let listener = host::bind(settings.listen).await?;
    tracing::info!(address = %settings.listen, "auth listens");
    host::serve(listener, router, shutdown_on_signal()?).await;
    Ok(())
}
