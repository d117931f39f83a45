//! Runs the sweeper as a process of its own, or one of its chores.

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use host::settings::Settings;
use host::{SystemClock, every, operations, shutdown_on_signal, telemetry};
use sweeper::{Arguments, Sweeper};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    telemetry::start();
    match arguments.chore {
        Some(chore) => host::run_to_end(chore.run()),
        None => host::run_to_end(run()),
    }
}

async fn run() -> anyhow::Result<()> {
    let settings = Settings::from_env(&Sweeper::NEEDS)?;
    #[cfg(feature = "lambda")]
    if host::lambda::is_here() {
        let sweeper = Arc::new(Sweeper::open(&settings, Arc::new(SystemClock)).await?);
        let scheduled = host::lambda::every(|chore| sweeper::run_once(Arc::clone(&sweeper), chore));
        return scheduled.await.map_err(anyhow::Error::from_boxed);
    }
    let listener = host::bind(settings.listen).await?;
    let sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await?;
    let shutdown = shutdown_on_signal(&settings)?;
    let jobs = async {
        tokio::join!(
            every(settings.background.sweep_period, shutdown.clone(), || sweeper.sweep_and_log()),
            every(sweeper.housekeeping_period(), shutdown.clone(), || sweeper.keep_house_and_log()),
        )
    };
    operations::beside(listener, sweeper.readiness(&shutdown), jobs).await;
    Ok(())
}
