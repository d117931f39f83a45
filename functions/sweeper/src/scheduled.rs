//! Runs for a host that calls when one is due, instead of leaving the sweeper to its own periods.

use std::sync::{Arc, PoisonError};

use anyhow::bail;
use clap::Parser as _;
use jiff::SignedDuration;

use crate::{Arguments, Chore, Sweeper};

/// One run, with housekeeping where it is due; or this chore, written as on the command line: `migrate` also declares the
/// queues.
///
/// # Errors
/// A server is out of reach, the next run goes on from there; or there is no such chore.
pub async fn run_once(sweeper: Arc<Sweeper>, chore: Option<String>) -> anyhow::Result<()> {
    let Some(chore) = chore else {
        sweeper.sweep().await?;
        sweeper.keep_house_where_due().await;
        return Ok(());
    };
    let words = std::iter::once("sweeper").chain(chore.split_whitespace());
    let parsed = Arguments::try_parse_from(words).ok().and_then(|arguments| arguments.chore);
    match parsed {
        Some(Chore::Migrate) => {
            Chore::Migrate.run().await?;
            sweeper.broker.check().await?;
            tracing::info!("migrated");
        }
        Some(chore) => chore.run().await?,
        None => bail!("there is no chore {chore:?}, expected migrate or another command of `sweeper --help`"),
    }
    Ok(())
}

impl Sweeper {
    /// Housekeeping for one slice, where its period is over, this is the process's first run, or the run before left
    /// something.
    async fn keep_house_where_due(&self) {
        let now = self.clock.now();
        let period = SignedDuration::try_from(self.housekeeping_period()).unwrap_or_default();
        {
            let mut kept = self.kept_house.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.is_some_and(|kept| now.duration_since(kept) < period) {
                return;
            }
            *kept = Some(now);
        }
        if self.keep_house_once_and_log().await.goes_on {
            *self.kept_house.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}
