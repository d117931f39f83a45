//! Runs auth as a process of its own, or manages its accounts.

use std::process::ExitCode;
use std::sync::Arc;

use adapters::open::Database;
use auth::commands::{KeyCommand, UserCommand};
use auth::{Accounts, AuthState};
use clap::{Parser, Subcommand};
use host::settings::{Need, Settings, base_path};
use host::{SystemClock, operations, problem, shutdown_on_signal, telemetry};

/// Serves login, token keys, users and API keys. Settings are environment variables; shared/host/README.md lists them.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    #[command(flatten)]
    Host(host::Command),
    /// Manage user accounts.
    #[command(subcommand)]
    User(UserCommand),
    /// Manage the API keys of machines.
    #[command(subcommand)]
    Key(KeyCommand),
}

fn main() -> ExitCode {
    match Arguments::parse().command {
        None => host::run_to_end(serve()),
        Some(Command::Host(command)) => host::run_function(Some(command), serve()),
        Some(Command::User(command)) => host::run_to_end(async { command.run(&accounts().await?).await }),
        Some(Command::Key(command)) => host::run_to_end(async { command.run(&accounts().await?).await }),
    }
}

async fn serve() -> anyhow::Result<()> {
    telemetry::start();
    let settings = Settings::from_env(&AuthState::NEEDS)?;
    let users = Database::open(settings.servers.database.expose()).await?.users();
    let state = AuthState::from_settings(&settings, users, Arc::new(SystemClock))?;
    #[cfg(feature = "lambda")]
    if host::lambda::is_here() {
        let router = problem::with_fallbacks(auth::router(state).into(), base_path(&settings.public_url));
        let served = host::lambda::serve(router, None);
        return served.await.map_err(anyhow::Error::from_boxed);
    }
    let listener = host::bind(settings.listen).await?;
    let shutdown = shutdown_on_signal(&settings)?;
    let readiness = state.readiness(&shutdown);
    let router = operations::router(readiness.clone()).merge(auth::router(state.clone()));
    let router = problem::with_fallbacks(router, base_path(&settings.public_url));
    let served = host::serve(listener, router, settings.keep_alive, shutdown.clone());
    let (settled, (), ()) = tokio::join!(state.wait_to_settle_demo_user(&shutdown), served, readiness.watch());
    Ok(settled?)
}

async fn accounts() -> anyhow::Result<Accounts> {
    let settings = Settings::from_env(&[Need::Database])?;
    let users = Database::open(settings.servers.database.expose()).await?.users();
    Ok(Accounts::new(users, Arc::new(SystemClock)))
}
