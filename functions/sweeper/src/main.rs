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
    let sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await?;
    let shutdown = shutdown_on_signal()?;
    tokio::join!(
        every(settings.background.sweep_period, shutdown.clone(), || sweeper.sweep_and_log()),
        every(sweeper.housekeeping_period(), shutdown.clone(), || sweeper.keep_house_and_log()),
    );
    Ok(())
}
