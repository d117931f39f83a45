//! Runs the notifier as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use host::settings::Settings;
use host::{SystemClock, consume, shutdown_on_signal, telemetry};
use notifier::Notifier;
use pipeline::Queue;

/// Sends the mails of the queue `notifications`. Settings are environment variables; the README lists them.
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
    let notifier = Arc::new(Notifier::open(&settings, Arc::new(SystemClock)).await?);
    let shutdown = shutdown_on_signal()?;
    let broker = Arc::clone(&notifier.broker);
    consume(broker, Queue::Notifications, settings.background.notifier_concurrency, notifier, shutdown).await;
    Ok(())
}
