//! Runs the gateway as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use gateway::{Gateway, Servers};
use host::settings::{Settings, base_path};
use host::{SystemClock, problem, shutdown_on_signal, telemetry};

/// Serves uploads, downloads and every other public route but those of auth. Settings are environment variables; shared/host/README.md lists them.
#[derive(clap::Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<host::Command>,
}

fn main() -> ExitCode {
    let Arguments { command } = clap::Parser::parse();
    host::run_function(command, run())
}

async fn run() -> anyhow::Result<()> {
    telemetry::start();
    let settings = Settings::from_env(&Servers::NEEDS)?;
    #[cfg(feature = "lambda")]
    if host::lambda::is_here() {
        let mut gateway = Gateway::open(&settings, Arc::new(SystemClock), &host::Shutdown::new()).await?;
        gateway.is_frozen_between = true;
        let router = problem::with_fallbacks(gateway::router(Arc::new(gateway)), base_path(&settings.public_url));
        let served = host::lambda::serve(router, Some("upload a larger invoice by POST /uploads, then name it"));
        return served.await.map_err(anyhow::Error::from_boxed);
    }
    let listener = host::bind(settings.listen).await?;
    let shutdown = shutdown_on_signal(&settings)?;
    let gateway = Gateway::open(&settings, Arc::new(SystemClock), &shutdown).await?;
    let readiness = gateway.readiness.clone();
    let router = gateway::with_auth(gateway::router(Arc::new(gateway)), &settings)?;
    let router = problem::with_fallbacks(router, base_path(&settings.public_url));
    tokio::join!(host::serve(listener, router, settings.keep_alive, shutdown), readiness.watch());
    Ok(())
}
