use std::sync::Arc;

use adapters::open::Database;
use anyhow::ensure;
use clap::{Parser, Subcommand};
use host::SystemClock;
use host::settings::{Need, Settings};
use pipeline::{Actor, RedriveFilter, RetryPolicy, UploadId, adopt_store, claim_store};

use crate::{Bulk, Sweeper};

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
    /// Bring the database's schema up to what this program needs, and mark a document store that is nobody's as this
    /// ledger's.
    Migrate,
    /// Make the document store this ledger's, whosever it was: after a restore, or on purpose.
    AdoptStore,
    /// Look for blobs that no row names now, and delete those that were set aside long enough ago.
    RemoveOrphans {
        /// Also where they are more than 100 and more than 1 % of the store.
        #[arg(long)]
        yes: bool,
    },
    /// Compare every document with the ledger and list those that are lost or altered; exits with 0 where none is.
    Verify {
        /// Make the damaged ones again from the uploaded data.
        #[arg(long)]
        make_again: bool,
    },
    /// Ask the process that listens on LISTEN whether it lives; exits with 0 where it does.
    Health,
    /// Retry failed documents and mails.
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
                let settings = Settings::from_env(&[Need::Database, Need::Documents])?;
                let database = Database::open(settings.servers.database.expose()).await?;
                database.migrate().await?;
                let documents = adapters::open::documents(settings.servers.documents.expose()).await?;
                claim_store(&*database.ledger(RetryPolicy::default()), &*documents).await?;
                Ok(())
            }
            Self::AdoptStore => {
                let settings = Settings::from_env(&[Need::Database, Need::Documents])?;
                let ledger = Database::open(settings.servers.database.expose()).await?.ledger(RetryPolicy::default());
                let documents = adapters::open::documents(settings.servers.documents.expose()).await?;
                adopt_store(&*ledger, &*documents, &Actor::Operator).await?;
                Ok(())
            }
            Self::RemoveOrphans { yes } => {
                let settings = &Settings::from_env(&Sweeper::NEEDS)?;
                let sweeper = Sweeper::open(settings, Arc::new(SystemClock)).await?;
                let bulk = if yes { Bulk::Delete } else { Bulk::Stop };
                let done = sweeper.remove_all_orphans(bulk).await?;
                tracing::info!(set_aside = done.set_aside, deleted = done.deleted, "looked for orphans");
                ensure!(done.held_back == 0, "{} orphans are not deleted without --yes", done.held_back);
                Ok(())
            }
            Self::Verify { make_again } => {
                let settings = &Settings::from_env(&Sweeper::NEEDS)?;
                let sweeper = Sweeper::open(settings, Arc::new(SystemClock)).await?;
                let verified = sweeper.verify(make_again).await?;
                ensure!(verified.is_whole(), "{verified}");
                tracing::info!("{verified}");
                Ok(())
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
                tracing::info!(documents = redrive.documents, mails = redrive.mails, "retrying");
                Ok(())
            }
        }
    }
}
