//! Runs for a host that calls when one is due, instead of leaving the sweeper to its own periods.

use std::sync::{Arc, PoisonError};

use anyhow::bail;
use jiff::SignedDuration;

use crate::{Chore, Sweeper};

/// One run, with housekeeping where it is due; or the chore of this name: `migrate` brings the schema up and declares
/// the queues.
///
/// # Errors
/// A server is out of reach, the next run goes on from there; or there is no such chore.
pub async fn run_once(sweeper: Arc<Sweeper>, chore: Option<String>) -> anyhow::Result<()> {
    match chore.as_deref() {
        None => {
            sweeper.sweep().await?;
            sweeper.keep_house_where_due().await;
        }
        Some("migrate") => {
            Chore::Migrate.run().await?;
            sweeper.broker.check().await?;
            tracing::info!("migrated");
        }
        Some(other) => bail!("there is no chore {other:?}, expected migrate"),
    }
    Ok(())
}

impl Sweeper {
    /// Housekeeping, where its period is over or this is the process's first run.
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
        self.keep_house_and_log().await;
    }
}
