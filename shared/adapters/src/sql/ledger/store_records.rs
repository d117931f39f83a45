//! The records of the document store behind their port.

use std::time::Duration;

use async_trait::async_trait;
use pipeline::{
    Actor, BlobId, Bucket, ClockReading, LedgerIdentity, OrphanPass, OutboxEntry, PassPhase, PortError, StoreRecords,
    StoredDocument, UploadId,
};
use uuid::Uuid;

use super::super::limited;
use super::{SqlLedger, orphans, read, repair, store_identity};

#[async_trait]
impl StoreRecords for SqlLedger {
    async fn identity(&self) -> Result<LedgerIdentity, PortError> {
        limited(store_identity::read(&self.base)).await
    }

    async fn raise_generation(&self) -> Result<u64, PortError> {
        limited(store_identity::raise_generation(&self.base)).await
    }

    async fn record_adoption(&self, generation: u64, actor: &Actor, detail: &str) -> Result<(), PortError> {
        limited(store_identity::record_adoption(&self.base, generation, actor, detail)).await
    }

    async fn look_at_clock(&self) -> Result<ClockReading, PortError> {
        limited(store_identity::look_at_clock(&self.base)).await
    }

    async fn take_pass(&self, holder: Uuid) -> Result<Option<OrphanPass>, PortError> {
        limited(orphans::take_pass(&self.base, holder)).await
    }

    async fn note_page(&self, holder: Uuid, bucket: Bucket, page: &[BlobId]) -> Result<Option<u64>, PortError> {
        limited(orphans::note_page(&self.base, holder, bucket, page)).await
    }

    async fn set_phase(&self, holder: Uuid, phase: Option<PassPhase>) -> Result<bool, PortError> {
        limited(orphans::set_phase(&self.base, holder, phase)).await
    }

    async fn release_pass(&self, holder: Uuid) -> Result<(), PortError> {
        limited(orphans::release_pass(&self.base, holder)).await
    }

    async fn count_due_orphans(&self, age: Duration) -> Result<u64, PortError> {
        limited(orphans::count_due(&self.base, age)).await
    }

    async fn due_orphans(
        &self,
        bucket: Bucket,
        age: Duration,
        after: Option<BlobId>,
        limit: u32,
    ) -> Result<Vec<BlobId>, PortError> {
        limited(orphans::due(&self.base, bucket, age, after, limit)).await
    }

    async fn forget_orphans(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<(), PortError> {
        limited(orphans::forget(&self.base, bucket, blobs)).await
    }

    async fn stored_documents(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<StoredDocument>, PortError> {
        limited(read::stored_documents(&self.base.pool, after, limit)).await
    }

    async fn raw_blobs(&self, after: Option<BlobId>, limit: u32) -> Result<Vec<(UploadId, BlobId)>, PortError> {
        limited(read::raw_blobs(&self.base.pool, after, limit)).await
    }

    async fn make_again(&self, blobs: &[BlobId], actor: &Actor) -> Result<Vec<OutboxEntry>, PortError> {
        limited(repair::make_again(&self.base, blobs, actor)).await
    }
}
