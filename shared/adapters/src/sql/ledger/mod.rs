//! The ledger. Each method is one transaction; what two of them share takes the transaction's connection.

mod accept;
mod attempt;
mod expiry;
mod outbox;
mod read;
mod redrive;
mod removal;
#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline::{
    Acceptance, Actor, BlobId, Bucket, DocumentClaim, DocumentId, DocumentOutcome, Expired, Finish, Ledger, MailClaim,
    MailId, MailOutcome, NewUpload, OutboxEntry, OutboxId, PortError, Redrive, RedriveFilter, RemovedUpload,
    RetryPolicy, StoredDocument, Upload, UploadFilter, UploadId,
};
use sqlx::{Database, Transaction};

use super::{Engine, Pool, error};

type Connection = <Engine as Database>::Connection;

/// The ledger in a SQL database.
pub(crate) struct SqlLedger {
    pool: Pool,
    retry: RetryPolicy,
}

impl SqlLedger {
    pub(crate) const fn new(pool: Pool, retry: RetryPolicy) -> Self {
        Self { pool, retry }
    }
}

async fn commit(transaction: Transaction<'static, Engine>) -> Result<(), PortError> {
    transaction.commit().await.map_err(error("commit"))
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn accept(&self, upload: &NewUpload) -> Result<Acceptance, PortError> {
        self.accept_upload(upload).await
    }

    async fn published(&self, entry: OutboxId, now: Timestamp) -> Result<(), PortError> {
        outbox::published(&self.pool, entry, now).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, PortError> {
        outbox::due(&self.pool, now, limit).await
    }

    async fn claim_document(
        &self,
        document: DocumentId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<DocumentClaim>, PortError> {
        self.begin_rendering(document, blob, now).await
    }

    async fn finish_document(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.end_rendering(claim, outcome, now).await
    }

    async fn claim_mail(&self, mail: MailId, now: Timestamp) -> Result<Option<MailClaim>, PortError> {
        self.begin_sending(mail, now).await
    }

    async fn finish_mail(&self, claim: &MailClaim, outcome: &MailOutcome, now: Timestamp) -> Result<Finish, PortError> {
        self.end_sending(claim, outcome, now).await
    }

    async fn expire(&self, now: Timestamp, limit: u32) -> Result<Expired, PortError> {
        self.expire_leases(now, limit).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, PortError> {
        read::upload(&self.pool, id).await
    }

    async fn uploads(
        &self,
        filter: &UploadFilter,
        after: Option<UploadId>,
        limit: u32,
    ) -> Result<Vec<Upload>, PortError> {
        read::uploads(&self.pool, filter, after, limit).await
    }

    async fn stored(&self, blob: BlobId) -> Result<Option<StoredDocument>, PortError> {
        read::stored(&self.pool, blob).await
    }

    async fn delete(
        &self,
        id: UploadId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        self.remove_upload(id, actor, now).await
    }

    async fn remove_finished(
        &self,
        before: Timestamp,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<RemovedUpload>, PortError> {
        self.remove_finished_uploads(before, limit, now).await
    }

    async fn unreferenced(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<Vec<BlobId>, PortError> {
        removal::unreferenced(&self.pool, bucket, blobs).await
    }

    async fn redrive(&self, filter: &RedriveFilter, actor: &Actor, now: Timestamp) -> Result<Redrive, PortError> {
        self.redrive_failed(filter, actor, now).await
    }

    async fn forget_idempotency_keys(&self, before: Timestamp) -> Result<(), PortError> {
        removal::forget_idempotency_keys(&self.pool, before).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.pool.check().await
    }
}
