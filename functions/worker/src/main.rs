//! Runs the worker as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use host::settings::Settings;
use host::{consume, operations, shutdown_on_signal, telemetry};
use pipeline::Queue;
use worker::Worker;

/// Renders the documents of the queue `invoices`. Settings are environment variables; shared/host/README.md lists them.
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
    let settings = Settings::from_env(&Worker::NEEDS)?;
    let concurrency = settings.background.worker_concurrency;
    #[cfg(feature = "lambda")]
    if host::lambda::is_here() {
        let worker = Worker::open(&settings).await?;
        let consumer = host::lambda::consume(Queue::Invoices, concurrency, Arc::new(worker));
        return consumer.await.map_err(anyhow::Error::from_boxed);
    }
    let listener = host::bind(settings.listen).await?;
    let shutdown = shutdown_on_signal(&settings)?;
    let worker = Worker { shutdown: shutdown.clone(), ..Worker::open(&settings).await? };
    let (readiness, broker) = (worker.readiness(), Arc::clone(&worker.broker));
    let consumer = consume(broker, Queue::Invoices, concurrency, Arc::new(worker), shutdown);
    operations::beside(listener, readiness, consumer).await;
    Ok(())
}
