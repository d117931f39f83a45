//! What grows old: orphan blobs, uploads beyond their retention, brandings that were replaced, idempotency keys.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Bucket, FailPoint, IDEMPOTENCY_KEY_LIFE, PortError, RemovedUpload};

use crate::orphans::Bulk;
use crate::{Sweeper, metrics};

/// Housekeeping is done this often, or more often where the grace of orphans is shorter.
const PERIOD: Duration = Duration::from_secs(3600);
/// The most that retention and the search for orphans take before the other has its turn. An invocation on Lambda has
/// time for both.
const SLICE: Duration = Duration::from_secs(20);
/// Uploads removed by one transaction.
const REMOVED_TOGETHER: u32 = 1000;

/// What housekeeping did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Housekeeping {
    /// Blobs that no row had named, beside those of the uploads.
    pub blobs: usize,
    /// Blobs set aside, to be deleted later.
    pub set_aside: usize,
    /// Uploads beyond their retention.
    pub uploads: usize,
    /// Whether there is more to do at once.
    pub goes_on: bool,
}

impl Sweeper {
    /// How often a host calls [`Self::keep_house_and_log`].
    #[must_use]
    pub fn housekeeping_period(&self) -> Duration {
        PERIOD.min(self.orphan_grace / 2).max(Duration::from_secs(1))
    }

    /// Removes what has grown old, for some 20 s of each kind. It mends nothing, so hosts run it beside
    /// [`Self::sweep_and_log`]. A step that fails is logged and holds up no other; the next run goes on. Nothing is removed
    /// while the ledger's clock cannot be trusted with ages.
    pub async fn keep_house(&self) -> Housekeeping {
        let mut done = Housekeeping::default();
        if let Err(error) = self.try_to_keep_house(&mut done).await {
            tracing::warn!(%error, "housekeeping is not complete, the next run goes on");
        }
        done
    }

    /// As [`Self::keep_house`], run after run until nothing is left, with the result in the log.
    pub async fn keep_house_and_log(&self) {
        while self.keep_house_once_and_log().await.goes_on {}
    }

    pub(crate) async fn keep_house_once_and_log(&self) -> Housekeeping {
        let done = self.keep_house().await;
        let Housekeeping { blobs, set_aside, uploads, goes_on } = done;
        if blobs + set_aside + uploads > 0 {
            tracing::info!(removed_blobs = blobs, set_aside, removed_uploads = uploads, goes_on, "kept house");
        }
        done
    }

    async fn try_to_keep_house(&self, done: &mut Housekeeping) -> Result<(), PortError> {
        let clock = self.ledger.look_at_clock().await?;
        if !clock.is_steady {
            tracing::warn!(
                "the ledger's clock jumped within the last day, or stood still for one: nothing is removed for its age"
            );
            return Ok(());
        }
        let keys = self.ledger.forget_idempotency_keys(IDEMPOTENCY_KEY_LIFE).await;
        let uploads = self.remove_old_uploads(done).await;
        // Before the orphans: a logo is one once its branding is forgotten.
        let brandings = self.ledger.forget_brandings(self.orphan_grace).await;
        let orphans = self.remove_orphans(SLICE, Bulk::Stop).await;
        if let Ok(slice) = &orphans {
            (done.blobs, done.set_aside) = (slice.deleted, slice.set_aside);
            done.goes_on |= slice.goes_on;
        }
        for error in [keys, uploads, brandings, orphans.map(|_| ())].into_iter().filter_map(Result::err) {
            tracing::warn!(%error, "housekeeping is not complete, the next run goes on");
        }
        Ok(())
    }

    /// While the store deletes the blobs of some uploads, the ledger removes the next.
    async fn remove_old_uploads(&self, done: &mut Housekeeping) -> Result<(), PortError> {
        let Some(retention) = self.retention else { return Ok(()) };
        let until = Instant::now() + SLICE;
        let mut removed = self.ledger.remove_finished(retention, REMOVED_TOGETHER).await?;
        while !removed.is_empty() {
            FailPoint::UploadDeleted.reached();
            done.uploads += removed.len();
            metrics::count_removed_uploads(removed.len());
            let may_be_more = removed.len() == REMOVED_TOGETHER as usize;
            done.goes_on = may_be_more && Instant::now() >= until;
            let next = async {
                if !may_be_more || done.goes_on {
                    return Ok(Vec::new());
                }
                self.ledger.remove_finished(retention, REMOVED_TOGETHER).await
            };
            let ((), next) = tokio::join!(self.delete_blobs(&removed), next);
            removed = next?;
        }
        Ok(())
    }

    async fn delete_blobs(&self, removed: &[RemovedUpload]) {
        let of_bucket = |bucket| {
            let blobs = removed.iter().flat_map(|upload| &upload.blobs).filter(move |(of, _)| *of == bucket);
            blobs.map(|(_, blob)| *blob).collect::<Vec<BlobId>>()
        };
        join_all(Bucket::ALL.map(|bucket| async move { self.delete(bucket, &of_bucket(bucket)).await })).await;
    }
}

pub(crate) fn before(now: Timestamp, age: Duration) -> Timestamp {
    SignedDuration::try_from(age).ok().and_then(|age| now.checked_sub(age).ok()).unwrap_or(Timestamp::MIN)
}
