//! Runs the sweeper as a process of its own, or one of its chores.

use std::sync::Arc;

use clap::{Parser, Subcommand};
use host::settings::Settings;
use host::{SystemClock, every, shutdown_on_signal, telemetry};
use pipeline::{Actor, RedriveFilter, UploadId};
use sweeper::Sweeper;

/// Mends what a crash or an outage left behind, every SWEEP_PERIOD.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    chore: Option<Chore>,
}

#[derive(Subcommand)]
enum Chore {
    /// Bring the database's schema up to what this program needs.
    Migrate,
    /// Begin failed documents and mails anew.
    Redrive {
        /// Only those of this upload.
        #[arg(long)]
        upload: Option<UploadId>,
        /// Only those whose reason contains this text.
        #[arg(long)]
        reason: Option<String>,
    },
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    telemetry::start();
    let settings = Settings::from_env()?;
    if let Some(Chore::Migrate) = arguments.chore {
        return Ok(adapters::open::Database::open(settings.servers.database.expose()).await?.migrate().await?);
    }
    let sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await?;
    if let Some(Chore::Redrive { upload, reason }) = arguments.chore {
        let redrive = sweeper.redrive(&RedriveFilter { upload, reason }, &Actor::Operator).await?;
        tracing::info!(documents = redrive.documents, mails = redrive.mails, "redriven");
        return Ok(());
    }
    let sweeper = Arc::new(sweeper);
    every(settings.background.sweep_period, shutdown_on_signal()?, || {
        let sweeper = Arc::clone(&sweeper);
        async move { sweeper.sweep_and_log().await }
    })
    .await;
    Ok(())
}
