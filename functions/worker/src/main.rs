//! Runs the worker as a process of its own.

use std::process::ExitCode;
use std::sync::Arc;

use host::settings::Settings;
use host::{SystemClock, consume, shutdown_on_signal, telemetry};
use pipeline::Queue;
use worker::Worker;

/// Renders the documents of the queue `invoices`. Settings are environment variables; the README lists them.
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
    let worker = Arc::new(Worker::open(&settings, Arc::new(SystemClock)).await?);
    let shutdown = shutdown_on_signal()?;
    let broker = Arc::clone(&worker.broker);
    consume(broker, Queue::Invoices, settings.background.worker_concurrency, worker, shutdown).await;
    Ok(())
}
