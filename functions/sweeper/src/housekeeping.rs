//! What grows old: orphan blobs, uploads beyond their retention, brandings that were replaced, idempotency keys.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Bucket, FailPoint, IDEMPOTENCY_KEY_LIFE, PortError};

use crate::{BATCH, Sweeper, metrics};

/// Housekeeping is done this often, or more often where the grace of orphans is shorter.
const PERIOD: Duration = Duration::from_secs(3600);

/// What housekeeping removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Housekeeping {
    /// Blobs that no row had named, beside those of the uploads.
    pub blobs: usize,
    /// Uploads beyond their retention.
    pub uploads: usize,
}

impl Sweeper {
    /// How often a host calls [`Self::keep_house_and_log`].
    #[must_use]
    pub fn housekeeping_period(&self) -> Duration {
        PERIOD.min(self.orphan_grace / 2).max(Duration::from_secs(1))
    }

    /// Removes what has grown old. It may take long and mends nothing, so hosts run it beside [`Self::sweep_and_log`].
    /// A step that fails is logged and holds up no other; the next run goes on.
    pub async fn keep_house(&self) -> Housekeeping {
        let now = self.clock.now();
        let mut done = Housekeeping::default();
        let uploads = self.remove_old_uploads(&mut done).await;
        // Before the orphans: a logo is one once its branding is forgotten.
        let brandings = self.ledger.forget_brandings(self.orphan_grace).await;
        let orphans = self.remove_orphans(now, &mut done).await;
        let keys = self.ledger.forget_idempotency_keys(IDEMPOTENCY_KEY_LIFE).await;
        for error in [uploads, brandings, orphans, keys].into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "housekeeping is not complete, the next run goes on");
        }
        done
    }

    /// As [`Self::keep_house`], with the result in the log.
    pub async fn keep_house_and_log(&self) {
        let done = self.keep_house().await;
        if done != Housekeeping::default() {
            tracing::info!(removed_blobs = done.blobs, removed_uploads = done.uploads, "kept house");
        }
    }

    async fn remove_old_uploads(&self, done: &mut Housekeeping) -> Result<(), PortError> {
        let Some(retention) = self.retention else { return Ok(()) };
        loop {
            let removed = self.ledger.remove_finished(retention, BATCH).await?;
            if !removed.is_empty() {
                FailPoint::UploadDeleted.reached();
            }
            for (bucket, blob) in removed.iter().flat_map(|upload| &upload.blobs) {
                self.delete(*bucket, *blob).await;
            }
            done.uploads += removed.len();
            metrics::count_removed_uploads(removed.len());
            if removed.len() < BATCH as usize {
                return Ok(());
            }
        }
    }

    /// A blob goes only after the ledger was read not to name it, and only when it is old: a younger one may be about
    /// to be named.
    async fn remove_orphans(&self, now: Timestamp, done: &mut Housekeeping) -> Result<(), PortError> {
        let old = before(now, self.orphan_grace);
        for bucket in Bucket::ALL {
            let mut after = None;
            loop {
                let blobs = self.documents.list(bucket, old, after, BATCH as usize).await?;
                let Some(last) = blobs.last() else { break };
                after = Some(*last);
                let orphans = self.ledger.unreferenced(bucket, &blobs).await?;
                if !orphans.is_empty() {
                    FailPoint::OrphansFound.reached();
                }
                for orphan in orphans {
                    let deleted = usize::from(self.delete(bucket, orphan).await);
                    done.blobs += deleted;
                    metrics::count_removed_blobs(deleted);
                }
            }
        }
        Ok(())
    }

    /// Answers whether it is gone. One that stays is an orphan: a later run finds it again.
    async fn delete(&self, bucket: Bucket, blob: BlobId) -> bool {
        let deleted = self.documents.delete(bucket, blob).await;
        if let Err(error) = &deleted {
            tracing::warn!(bucket = bucket.name(), blob_id = %blob, %error, "cannot delete a blob");
        }
        deleted.is_ok()
    }
}

fn before(now: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN)
}
