//! The ledger. Each method is one transaction; what two of them share takes the transaction's connection.

mod accept;
mod attempt;
mod expiry;
mod notes;
mod outbox;
mod read;
mod redrive;
mod removal;

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline::{
    Acceptance, Actor, BlobId, Bucket, DocumentClaim, DocumentId, DocumentOutcome, Expired, Finish, Ledger, MailClaim,
    MailId, MailOutcome, NewUpload, OutboxEntry, OutboxId, PortError, Redrive, RedriveFilter, RemovedUpload,
    RetryPolicy, StoredDocument, Upload, UploadFilter, UploadId,
};
use sqlx::{Database, Transaction};

use super::{Engine, Pool, REDRIVE_LIMIT, error, limited, within};

pub(super) use self::attempt::Content;
#[allow(unused_imports)] // PostgreSQL closes in the statement that stores.
pub(super) use self::attempt::close;
use self::notes::Notes;

/// Of the time after which a confirmed message is published again: 10 minutes become some 7 days.
pub(super) const MOST_DOUBLINGS: i64 = 10;

type Connection = <Engine as Database>::Connection;
type Row = <Engine as Database>::Row;

/// The ledger in a SQL database.
pub(crate) struct SqlLedger {
    pool: Pool,
    retry: RetryPolicy,
    notes: Notes,
}

impl SqlLedger {
    pub(crate) fn new(pool: Pool, retry: RetryPolicy) -> Self {
        Self { pool, retry, notes: Notes::default() }
    }
}

async fn commit(transaction: Transaction<'static, Engine>) -> Result<(), PortError> {
    transaction.commit().await.map_err(error("commit"))
}

#[async_trait]
impl Ledger for SqlLedger {
    async fn accept(&self, upload: &NewUpload) -> Result<Acceptance, PortError> {
        limited(self.accept_upload(upload)).await
    }

    async fn published(&self, entry: OutboxId, now: Timestamp) -> Result<(), PortError> {
        limited(self.notes.published(&self.pool, &self.retry.outbox, entry, now)).await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, PortError> {
        limited(outbox::due(&self.pool, &self.retry.outbox, now, limit)).await
    }

    async fn claim_document(
        &self,
        document: DocumentId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<DocumentClaim>, PortError> {
        limited(self.begin_rendering(document, blob, now)).await
    }

    async fn finish_document(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        limited(self.end_rendering(claim, outcome, now)).await
    }

    async fn claim_mail(&self, mail: MailId, now: Timestamp) -> Result<Option<MailClaim>, PortError> {
        limited(self.begin_sending(mail, now)).await
    }

    async fn finish_mail(&self, claim: &MailClaim, outcome: &MailOutcome, now: Timestamp) -> Result<Finish, PortError> {
        limited(self.end_sending(claim, outcome, now)).await
    }

    async fn expire(&self, now: Timestamp, limit: u32) -> Result<Expired, PortError> {
        limited(self.expire_leases(now, limit)).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, PortError> {
        limited(read::upload(&self.pool, id)).await
    }

    async fn uploads(
        &self,
        filter: &UploadFilter,
        after: Option<UploadId>,
        limit: u32,
    ) -> Result<Vec<Upload>, PortError> {
        limited(read::uploads(&self.pool, filter, after, limit)).await
    }

    async fn stored(&self, blob: BlobId) -> Result<Option<StoredDocument>, PortError> {
        limited(read::stored(&self.pool, blob)).await
    }

    async fn delete(
        &self,
        id: UploadId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        limited(self.remove_upload(id, actor, now)).await
    }

    async fn remove_finished(
        &self,
        before: Timestamp,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<RemovedUpload>, PortError> {
        limited(self.remove_finished_uploads(before, limit, now)).await
    }

    async fn unreferenced(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<Vec<BlobId>, PortError> {
        limited(removal::unreferenced(&self.pool, bucket, blobs)).await
    }

    async fn redrive(&self, filter: &RedriveFilter, actor: &Actor, now: Timestamp) -> Result<Redrive, PortError> {
        within(REDRIVE_LIMIT, self.redrive_failed(filter, actor, now)).await
    }

    async fn forget_idempotency_keys(&self, before: Timestamp) -> Result<(), PortError> {
        limited(removal::forget_idempotency_keys(&self.pool, before)).await
    }

    async fn check(&self) -> Result<(), PortError> {
        limited(self.pool.check()).await
    }
}
