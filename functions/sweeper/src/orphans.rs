//! Blobs that no row names: a pass deletes what passes before it set aside long enough ago, then lists the whole store and
//! sets aside what it finds. It goes on where the slice before ended, in whichever process.

use std::time::{Duration, Instant};

use pipeline::{BlobId, Bucket, ErrorKind, FailPoint, OrphanPass, PassPhase, PortError, begin_pass};
use uuid::Uuid;

use crate::{Sweeper, metrics};

/// Blobs listed and looked up together.
const PAGE: usize = 20_000;
/// Blobs deleted between two looks at whose the store is.
const DELETED_TOGETHER: u32 = 1000;
const NO_LIMIT: Duration = Duration::from_secs(24 * 3600);
/// A pass stops where it would delete more than this many blobs and more than this share of the store's.
const MOST_DELETED: u64 = 100;
const MOST_DELETED_PERCENT: u64 = 1;

/// Whether more may be deleted than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bulk {
    /// A pass that would delete many blobs stops.
    Stop,
    /// Somebody has said so.
    Delete,
}

/// What was found and done in a slice of a pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrphanSlice {
    /// Blobs set aside.
    pub set_aside: usize,
    /// Blobs deleted.
    pub deleted: usize,
    /// Blobs that would have been deleted: too many at once.
    pub held_back: usize,
    /// Whether the pass began with this slice.
    pub began: bool,
    /// Whether it goes on in the next one.
    pub goes_on: bool,
}

/// A slice of a pass.
struct Slice<'a> {
    sweeper: &'a Sweeper,
    until: Instant,
    bulk: Bulk,
    done: OrphanSlice,
}

enum Next {
    Phase(PassPhase),
    PassEnds,
    SliceEnds,
}

impl Sweeper {
    /// Looks for orphans for about so long; the next call goes on from there. Does nothing where another sweeper is at it.
    ///
    /// # Errors
    /// A server is out of reach; or the store is not this ledger's, or a later state of it has looked through the store.
    pub async fn remove_orphans(&self, limit: Duration, bulk: Bulk) -> Result<OrphanSlice, PortError> {
        let Some(pass) = self.ledger.take_pass(self.holder).await? else { return Ok(OrphanSlice::default()) };
        let done = OrphanSlice { began: pass.is_new, ..OrphanSlice::default() };
        let mut slice = Slice { sweeper: self, until: Instant::now() + limit, bulk, done };
        let run = slice.run(pass).await;
        let released = self.ledger.release_pass(self.holder).await;
        run.and(released)?;
        Ok(slice.done)
    }

    /// A whole pass, however long it takes, after the end of one that is under way.
    ///
    /// # Errors
    /// As [`Self::remove_orphans`].
    pub async fn remove_all_orphans(&self, bulk: Bulk) -> Result<OrphanSlice, PortError> {
        let first = self.remove_orphans(NO_LIMIT, bulk).await?;
        if first.began {
            return Ok(first);
        }
        let mut whole = self.remove_orphans(NO_LIMIT, bulk).await?;
        whole.set_aside += first.set_aside;
        whole.deleted += first.deleted;
        Ok(whole)
    }

    /// Answers those that are gone. Those that stay are orphans: a later pass finds them again.
    pub(crate) async fn delete(&self, bucket: Bucket, blobs: &[BlobId]) -> Vec<BlobId> {
        let failed = self.documents.delete_many(bucket, blobs).await;
        for (blob, error) in &failed {
            tracing::warn!(bucket = bucket.name(), blob_id = %blob, %error, "cannot delete a blob");
        }
        let stays = |blob: &BlobId| failed.iter().any(|(failed, _)| failed == blob);
        blobs.iter().copied().filter(|blob| failed.is_empty() || !stays(blob)).collect()
    }
}

impl Slice<'_> {
    async fn run(&mut self, pass: OrphanPass) -> Result<(), PortError> {
        let (ledger, documents) = (&*self.sweeper.ledger, &*self.sweeper.documents);
        if let Err(error) = begin_pass(ledger, documents, pass.is_new).await {
            if pass.is_new {
                // The next one is new as well.
                ledger.set_phase(self.sweeper.holder, None).await?;
            }
            return Err(error);
        }
        let (mut phase, mut after) = (pass.phase, pass.after);
        loop {
            let next = match phase {
                PassPhase::Removing => self.remove(pass.blobs).await?,
                PassPhase::Listing(bucket) => self.list(bucket, after.take()).await?,
            };
            let next = match next {
                Next::Phase(next) => Some(next),
                Next::PassEnds => None,
                Next::SliceEnds => {
                    self.done.goes_on = true;
                    return Ok(());
                }
            };
            if !ledger.set_phase(self.sweeper.holder, next).await? {
                return Err(lost());
            }
            let Some(next) = next else { return Ok(()) };
            phase = next;
        }
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.until
    }

    /// While the ledger looks a page up, the store lists the next.
    async fn list(&mut self, bucket: Bucket, after: Option<BlobId>) -> Result<Next, PortError> {
        let (ledger, documents, holder) = (&*self.sweeper.ledger, &*self.sweeper.documents, self.sweeper.holder);
        let clock = ledger.look_at_clock().await?;
        let old = crate::housekeeping::before(clock.now, self.sweeper.orphan_grace);
        let mut page = documents.list(bucket, old, after, PAGE).await?;
        while let Some(last) = page.last() {
            let noted = ledger.note_page(holder, bucket, &page);
            let listed = documents.list(bucket, old, Some(*last), PAGE);
            let (noted, listed) = tokio::join!(noted, listed);
            let set_aside = noted?.ok_or_else(lost)?;
            self.done.set_aside += usize::try_from(set_aside).unwrap_or(usize::MAX);
            page = listed?;
            if self.is_over() && !page.is_empty() {
                return Ok(Next::SliceEnds);
            }
        }
        Ok(match bucket {
            Bucket::Raw => Next::Phase(PassPhase::Listing(Bucket::Processed)),
            Bucket::Processed => Next::PassEnds,
        })
    }

    async fn remove(&mut self, blobs: u64) -> Result<Next, PortError> {
        let (ledger, documents, grace) = (&*self.sweeper.ledger, &*self.sweeper.documents, self.sweeper.orphan_grace);
        let due = ledger.count_due_orphans(grace).await?;
        let is_bulk = due > MOST_DELETED && due * 100 > blobs * MOST_DELETED_PERCENT;
        metrics::set_held_back(if is_bulk && self.bulk == Bulk::Stop { due } else { 0 });
        if is_bulk && self.bulk == Bulk::Stop {
            self.done.held_back = usize::try_from(due).unwrap_or(usize::MAX);
            tracing::error!(
                orphans = due,
                blobs,
                "no orphan is deleted: that many look like a ledger that was lost or restored. \
                 If they are to go, run `sweeper remove-orphans --yes`"
            );
            return Ok(Next::Phase(PassPhase::Listing(Bucket::Raw)));
        }
        if due > 0 {
            FailPoint::OrphansFound.reached();
        }
        for bucket in Bucket::ALL {
            let mut after = None;
            loop {
                let orphans = ledger.due_orphans(bucket, grace, after, DELETED_TOGETHER).await?;
                let Some(last) = orphans.last() else { break };
                after = Some(*last);
                begin_pass(ledger, documents, false).await?;
                let deleted = self.sweeper.delete(bucket, &orphans).await;
                ledger.forget_orphans(bucket, &deleted).await?;
                self.done.deleted += deleted.len();
                metrics::count_removed_blobs(deleted.len());
                // It renews the hold, too.
                if !ledger.set_phase(self.sweeper.holder, Some(PassPhase::Removing)).await? {
                    return Err(lost());
                }
                if self.is_over() {
                    return Ok(Next::SliceEnds);
                }
            }
        }
        Ok(Next::Phase(PassPhase::Listing(Bucket::Raw)))
    }
}

fn lost() -> PortError {
    PortError::new(ErrorKind::Unreachable, "another sweeper goes on with the search for orphans")
}

/// Who goes on with a pass: this process.
pub(crate) fn new_holder() -> Uuid {
    Uuid::new_v4()
}
