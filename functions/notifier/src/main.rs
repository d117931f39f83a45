//! Runs the notifier as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use host::settings::Settings;
use host::{SystemClock, consume, operations, shutdown_on_signal, telemetry};
use notifier::Notifier;
use pipeline::Queue;

/// Sends the mails of the queue `notifications`. Settings are environment variables; shared/host/README.md lists them.
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
    let settings = Settings::from_env(&Notifier::NEEDS)?;
    let concurrency = settings.background.notifier_concurrency;
    #[cfg(feature = "lambda")]
    if host::lambda::is_here() {
        let notifier = Notifier::open(&settings, Arc::new(SystemClock)).await?;
        let consumer = host::lambda::consume(Queue::Notifications, concurrency, Arc::new(notifier));
        return consumer.await.map_err(anyhow::Error::from_boxed);
    }
    let listener = host::bind(settings.listen).await?;
    let shutdown = shutdown_on_signal(&settings)?;
    let notifier = Notifier { shutdown: shutdown.clone(), ..Notifier::open(&settings, Arc::new(SystemClock)).await? };
    let (readiness, broker) = (notifier.readiness(), Arc::clone(&notifier.broker));
    let consumer = consume(broker, Queue::Notifications, concurrency, Arc::new(notifier), shutdown);
    operations::beside(listener, readiness, consumer).await;
    Ok(())
}
