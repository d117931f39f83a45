//! Runs the sweeper as a process of its own, or one of its chores.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use host::settings::Settings;
use host::{SystemClock, every, shutdown_on_signal, telemetry};
use sweeper::{Arguments, Sweeper};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start();
    host::run_to_end(run(arguments))
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let settings = Settings::from_env()?;
    if let Some(chore) = arguments.chore {
        return chore.run(&settings).await;
    }
    let sweeper = Arc::new(Sweeper::open(&settings, Arc::new(SystemClock)).await?);
    every(settings.background.sweep_period, shutdown_on_signal()?, || {
        let sweeper = Arc::clone(&sweeper);
        async move { sweeper.sweep_and_log().await }
    })
    .await;
    Ok(())
}
