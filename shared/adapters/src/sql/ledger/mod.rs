//! The ledger. Each method is one transaction; what two of them share takes the transaction's connection.

mod accept;
mod attempt;
mod brandings;
mod expiry;
mod outbox;
mod read;
mod redrive;
mod removal;

use async_trait::async_trait;
use jiff::Timestamp;
use pipeline::{
    Acceptance, Actor, BlobId, BrandingId, Bucket, DocumentClaim, DocumentId, DocumentOutcome, Expired, Finish, Ledger,
    MailClaim, MailId, MailOutcome, NewUpload, OutboxEntry, OutboxId, OutboxPolicy, PortError, Redrive, RedriveFilter,
    RemovedUpload, RetryPolicy, StoredBranding, StoredDocument, Upload, UploadFilter, UploadId, UserId,
};
use sqlx::{Database, Transaction};

use super::{Engine, Pool, REDRIVE_LIMIT, error, limited, steps, within};
use crate::batches::{Answers, Batches};

pub(super) use self::accept::{idempotency_key_life, render_messages};
#[allow(unused_imports)] // PostgreSQL closes in the statement that stores.
pub(super) use self::attempt::close;
pub(super) use self::attempt::{ClaimingDocument, ClaimingMail, Sent, Storing, document_claim, mail_claim};
pub(super) use self::outbox::Confirmed;
#[allow(unused_imports)] // PostgreSQL inserts in the statement that accepts.
pub(super) use self::outbox::insert_entry;
pub(super) use self::read::uploads_by_id;

/// Of the time after which a confirmed message is published again: 10 minutes become some 7 days.
pub(super) const MOST_DOUBLINGS: i64 = 10;

type Connection = <Engine as Database>::Connection;
type Row = <Engine as Database>::Row;

/// The ledger in a SQL database. The steps that each upload takes are made for many at a time.
pub(crate) struct SqlLedger {
    pool: Pool,
    retry: RetryPolicy,
    accepting: Step<NewUpload, Option<Vec<OutboxEntry>>>,
    confirming: Step<Confirmed, ()>,
    claiming_documents: Step<ClaimingDocument, Option<DocumentClaim>>,
    storing: Step<Storing, Option<Option<OutboxEntry>>>,
    claiming_mails: Step<ClaimingMail, Option<MailClaim>>,
    sending: Step<Sent, bool>,
    reading_brandings: Step<UserId, Option<StoredBranding>>,
}

type Step<I, O> = Batches<Base, I, O>;

/// What a step works with.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) pool: Pool,
    pub(super) outbox: OutboxPolicy,
}

impl SqlLedger {
    pub(crate) fn new(pool: Pool, retry: RetryPolicy) -> Self {
        let base = Base { pool: pool.clone(), outbox: retry.outbox.clone() };
        Self {
            accepting: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::accept(base, calls)))),
            confirming: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::confirm(base, calls)))),
            claiming_documents: Batches::new(base.clone(), |base, calls| {
                Box::pin(timed(steps::claim_documents(base, calls)))
            }),
            storing: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::store(base, calls)))),
            claiming_mails: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::claim_mails(base, calls)))),
            sending: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::mark_sent(base, calls)))),
            reading_brandings: Batches::new(base, |base, owners| Box::pin(timed(brandings::of_owners(base, owners)))),
            pool,
            retry,
        }
    }
}

/// A batch ends in time, also where none of its callers waits any more.
async fn timed<O>(batch: impl Future<Output = Answers<O>>) -> Answers<O> {
    limited(batch).await
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
        limited(self.confirming.call(Confirmed { entry, at: now })).await
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

    async fn put_branding(&self, branding: &StoredBranding) -> Result<(), PortError> {
        limited(brandings::put(&self.pool, branding)).await
    }

    async fn branding_of(&self, owner: UserId) -> Result<Option<StoredBranding>, PortError> {
        limited(self.reading_brandings.call(owner)).await
    }

    async fn branding(&self, id: BrandingId) -> Result<Option<StoredBranding>, PortError> {
        limited(brandings::by_id(&self.pool, id)).await
    }

    async fn end_branding(&self, owner: UserId, now: Timestamp) -> Result<bool, PortError> {
        limited(brandings::end(&self.pool, owner, now)).await
    }

    async fn forget_brandings(&self, before: Timestamp) -> Result<(), PortError> {
        limited(brandings::forget(&self.pool, before)).await
    }

    async fn forget_idempotency_keys(&self, before: Timestamp) -> Result<(), PortError> {
        limited(removal::forget_idempotency_keys(&self.pool, before)).await
    }

    async fn check(&self) -> Result<(), PortError> {
        limited(self.pool.check()).await
    }
}
