use std::sync::Arc;

use adapters::open::Database;
use clap::{Parser, Subcommand};
use host::SystemClock;
use host::settings::{Need, Settings};
use pipeline::{Actor, RedriveFilter, UploadId};

use crate::Sweeper;

/// Mends what a crash or an outage left behind, every SWEEP_PERIOD.
#[derive(Parser)]
#[command(name = "sweeper", version)]
pub struct Arguments {
    /// What to do instead.
    #[command(subcommand)]
    pub chore: Option<Chore>,
}

/// A chore that runs once.
#[derive(Subcommand)]
pub enum Chore {
    /// Bring the database's schema up to what this program needs.
    Migrate,
    /// Ask the process that listens on LISTEN whether it lives; exits with 0 where it does.
    Health,
    /// Begin failed documents and mails anew.
    Redrive {
        /// Only those of this upload.
        #[arg(long)]
        upload: Option<UploadId>,
        /// Only those whose reason contains this text.
        #[arg(long)]
        reason: Option<String>,
        /// Print them, one per line, and begin nothing.
        #[arg(long)]
        list: bool,
    },
}

impl Chore {
    /// Does it.
    ///
    /// # Errors
    /// A setting is wrong or a server out of reach.
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Migrate => {
                let settings = Settings::from_env(&[Need::Database])?;
                Ok(Database::open(settings.servers.database.expose()).await?.migrate().await?)
            }
            Self::Health => host::Command::health().await.map_err(anyhow::Error::from_boxed),
            Self::Redrive { upload, reason, list } => {
                let settings = &Settings::from_env(&Sweeper::NEEDS)?;
                let sweeper = Sweeper::open(settings, Arc::new(SystemClock)).await?;
                let filter = RedriveFilter { upload, reason };
                if list {
                    return Ok(sweeper.print_failed(&filter).await?);
                }
                let redrive = sweeper.redrive(&filter, &Actor::Operator).await?;
                tracing::info!(documents = redrive.documents, mails = redrive.mails, "begun anew");
                Ok(())
            }
        }
    }
}
