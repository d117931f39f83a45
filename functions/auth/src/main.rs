//! Runs auth as a process of its own.

use std::sync::Arc;

use adapters::open::Database;
use auth::AuthState;
use host::SystemClock;
use host::settings::Settings;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    host::telemetry::start();
    let settings = Settings::from_env()?;
    let users = Database::open(settings.servers.database.expose()).await?.users();
    users.check().await?;
    let state = AuthState::from_settings(&settings, users, Arc::new(SystemClock)).await?;
    let (router, _) = auth::router(state).split_for_parts();
    let router = router.fallback(async || host::problem::Problem::not_found());
    let listener = host::bind(settings.listen).await?;
    tracing::info!(address = %settings.listen, "auth listens");
    host::serve(listener, router, host::shutdown_on_signal()?).await?;
    Ok(())
}
