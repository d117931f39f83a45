//! What the ledger records of its document store: whose the store is, how far the search for orphans has come, which blobs
//! are set aside, and what the store must have.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use super::documents::Bucket;
use super::error::PortError;
use super::ledger::{Actor, OutboxEntry};
use super::upload::StoredDocument;
use crate::ids::{BlobId, LedgerId, UploadId};

/// Which ledger it is, and how far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerIdentity {
    /// Made with the schema; a copy or a backup has the same.
    pub id: LedgerId,
    /// Counts the passes over the document store. The store repeats it: where the store's is higher, this ledger was
    /// restored from a backup, or a copy of it is at work.
    pub generation: u64,
}

/// A look at the ledger's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockReading {
    /// Its time.
    pub now: Timestamp,
    /// Whether it went on without a jump for the last day. After a jump, or a stop as long as one, nothing may be removed
    /// for its age.
    pub is_steady: bool,
}

/// What a pass over the document store does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassPhase {
    /// It deletes what passes before it set aside long enough ago.
    Removing,
    /// It lists a bucket's blobs and sets aside those that no row names.
    Listing(Bucket),
}

/// A pass over the document store. It outlives the process that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrphanPass {
    /// What it does now.
    pub phase: PassPhase,
    /// The last blob that was listed in the bucket.
    pub after: Option<BlobId>,
    /// Blobs in the store, as the last whole pass found it.
    pub blobs: u64,
    /// Whether it begins now.
    pub is_new: bool,
}

/// The ledger's records of its document store. All times are the ledger's own.
#[async_trait]
pub trait StoreRecords: Send + Sync {
    /// Which ledger it is.
    ///
    /// # Errors
    /// `Unreachable`; `Internal` where there is no schema.
    async fn identity(&self) -> Result<LedgerIdentity, PortError>;

    /// Raises the generation by one and answers it.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn raise_generation(&self) -> Result<u64, PortError>;

    /// Records that the ledger takes a store over, audited: its generation rises to this one, blobs that were set aside
    /// are forgotten, and the next pass begins from the start.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn record_adoption(&self, generation: u64, actor: &Actor, detail: &str) -> Result<(), PortError>;

    /// Looks at the clock, and remembers that it did.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn look_at_clock(&self) -> Result<ClockReading, PortError>;

    /// Gives a holder the pass that is under way, or a new one, for a minute that each step renews. `None`: another
    /// holder has it.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn take_pass(&self, holder: Uuid) -> Result<Option<OrphanPass>, PortError>;

    /// Notes a page of listed blobs in a pass: those that no row names are set aside, unless they are already, and the
    /// pass goes on behind the last one. Answers how many were set aside. `None`: the holder has lost the pass.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn note_page(&self, holder: Uuid, bucket: Bucket, page: &[BlobId]) -> Result<Option<u64>, PortError>;

    /// The pass goes on with this phase; `None` ends it. Answers `false` where the holder has lost the pass.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn set_phase(&self, holder: Uuid, phase: Option<PassPhase>) -> Result<bool, PortError>;

    /// Lets another holder go on with the pass.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn release_pass(&self, holder: Uuid) -> Result<(), PortError>;

    /// How many blobs were set aside at least `age` ago and are still named by no row. Those that are named again are
    /// forgotten.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn count_due_orphans(&self, age: Duration) -> Result<u64, PortError>;

    /// At most `limit` such blobs of a bucket, after `after` in ascending order.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn due_orphans(
        &self,
        bucket: Bucket,
        age: Duration,
        after: Option<BlobId>,
        limit: u32,
    ) -> Result<Vec<BlobId>, PortError>;

    /// These blobs, which were set aside, are deleted.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn forget_orphans(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<(), PortError>;

    /// At most `limit` stored documents, in ascending order of their blobs, beginning after `after`.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn stored_documents(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<StoredDocument>, PortError>;

    /// At most `limit` raw blobs with their uploads, in ascending order of the blobs, beginning after `after`.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn raw_blobs(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<(UploadId, BlobId)>, PortError>;

    /// Stored documents, by their blobs, become `queued` to be made again, audited: the same data, in a new blob. A link
    /// that names the old one leads to the new one. No second mail is sent for it.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn make_again(&self, blobs: &[BlobId], actor: &Actor) -> Result<Vec<OutboxEntry>, PortError>;
}
