//! What grows old: orphan blobs, uploads beyond their retention, idempotency keys.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline::{Actor, Bucket, IDEMPOTENCY_KEY_LIFE, PortError};

use crate::{BATCH, Sweeper};

/// Housekeeping is done this often, or more often where the grace of orphans is shorter.
const PERIOD: Duration = Duration::from_secs(3600);

/// What housekeeping removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Housekeeping {
    /// Blobs that no row named.
    pub blobs: usize,
    /// Uploads beyond their retention.
    pub uploads: usize,
}

impl Sweeper {
    pub(crate) async fn housekeeping_when_due(&self) -> Result<Housekeeping, PortError> {
        let now = self.clock.now();
        let mut last = self.last_housekeeping.lock().await;
        let period = PERIOD.min(self.orphan_grace / 2).max(Duration::from_secs(1));
        if last.is_some_and(|last| last > before(now, period)) {
            return Ok(Housekeeping::default());
        }
        let uploads = self.remove_old_uploads(now).await?;
        let blobs = self.remove_orphans(now).await?;
        self.ledger.forget_idempotency_keys(before(now, IDEMPOTENCY_KEY_LIFE)).await?;
        *last = Some(now);
        Ok(Housekeeping { blobs, uploads })
    }

    async fn remove_old_uploads(&self, now: Timestamp) -> Result<usize, PortError> {
        let Some(retention) = self.retention else { return Ok(0) };
        let mut removed = 0;
        loop {
            let old = self.ledger.older_than(before(now, retention), BATCH).await?;
            for upload in &old {
                let blobs = self.ledger.delete(*upload, &Actor::Sweeper, now).await?.unwrap_or_default();
                for (bucket, blob) in blobs {
                    self.documents.delete(bucket, blob).await?;
                }
            }
            removed += old.len();
            if old.len() < BATCH as usize {
                return Ok(removed);
            }
        }
    }

    /// A blob goes only after the ledger was read not to name it, and only when it is old: a younger one may be about
    /// to be named.
    async fn remove_orphans(&self, now: Timestamp) -> Result<usize, PortError> {
        let mut removed = 0;
        for bucket in Bucket::ALL {
            let mut after = None;
            loop {
                let old = before(now, self.orphan_grace);
                let blobs = self.documents.list(bucket, old, after, BATCH as usize).await?;
                let Some(last) = blobs.last() else { break };
                after = Some(*last);
                for orphan in self.ledger.unreferenced(bucket, &blobs).await? {
                    self.documents.delete(bucket, orphan).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN)
}
