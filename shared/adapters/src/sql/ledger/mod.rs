//! The ledger. Each method is one transaction; what two of them share takes the transaction's connection.

mod accept;
mod attempt;
mod brandings;
mod clock;
mod expiry;
mod lease;
mod orphans;
mod outbox;
mod read;
mod redrive;
mod removal;
mod repair;
mod store_identity;
mod store_records;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pipeline::{
    Acceptance, Actor, BlobId, BrandingId, Bucket, Claim, Clock, DocumentClaim, DocumentId, DocumentOutcome, Expired,
    Finish, Ledger, MailClaim, MailId, MailOutcome, NewUpload, OutboxEntry, OutboxId, PortError, Queue, Redrive,
    RedriveFilter, RemovedUpload, RetryPolicy, StoredBranding, StoredDocument, Upload, UploadFilter, UploadId, UserId,
};
use sqlx::{Database, Transaction};

use super::{Engine, Pool, REDRIVE_LIMIT, error, limited, steps, within};
use crate::batches::{Answers, Batches};

pub(super) use self::accept::{AcceptedAt, idempotency_key_life, render_messages};
#[allow(unused_imports)] // PostgreSQL closes in the statement that stores.
pub(super) use self::attempt::close;
pub(super) use self::attempt::{AT_ONCE, ClaimingDocument, Sent, Storing, document_claim, mail_claim};
#[allow(unused_imports)] // PostgreSQL computes times in its statements.
pub(super) use self::clock::{LedgerClock, Now, length};
#[allow(unused_imports)] // PostgreSQL inserts in the statement that accepts.
pub(super) use self::outbox::insert_entry;
pub(super) use self::read::uploads_by_id;

type Connection = <Engine as Database>::Connection;
type Row = <Engine as Database>::Row;

/// The ledger in a SQL database. The steps that each upload takes are made for many at a time.
pub(crate) struct SqlLedger {
    base: Base,
    accepting: Step<NewUpload, Option<AcceptedAt>>,
    confirming: Step<OutboxId, ()>,
    claiming_documents: Step<ClaimingDocument, Option<DocumentClaim>>,
    storing: Step<Storing, Option<Option<OutboxEntry>>>,
    claiming_mails: Step<MailId, Option<MailClaim>>,
    sending: Step<Sent, bool>,
    reading_brandings: Step<UserId, Option<StoredBranding>>,
}

type Step<I, O> = Batches<Base, I, O>;

/// What a step works with.
#[derive(Clone)]
pub(super) struct Base {
    pub(super) pool: Pool,
    pub(super) retry: RetryPolicy,
    pub(super) clock: LedgerClock,
}

/// What a clock may be corrected by without anybody's notice.
const CORRECTION: Duration = Duration::from_secs(5);

impl Base {
    /// No attempt waits longer by the present clock. Where one seems to, the clock was set back since: it is due.
    pub(super) fn longest_wait(&self) -> Duration {
        self.retry.longest_wait().saturating_add(CORRECTION)
    }

    /// As [`Self::longest_wait`], for outbox rows.
    pub(super) fn longest_wait_of_rows(&self) -> Duration {
        let outbox = &self.retry.outbox;
        self.longest_wait().max(outbox.first).max(outbox.taken).max(outbox.confirmed)
    }
}

impl SqlLedger {
    /// The ledger, by the database's clock or the one that is given.
    pub(crate) fn new(pool: Pool, retry: RetryPolicy, clock: Option<Arc<dyn Clock>>) -> Self {
        let base = Base { pool, retry, clock: LedgerClock(clock) };
        Self {
            accepting: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::accept(base, calls)))),
            confirming: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::confirm(base, calls)))),
            claiming_documents: Batches::new(base.clone(), |base, calls| {
                Box::pin(timed(steps::claim_documents(base, calls)))
            }),
            storing: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::store(base, calls)))),
            claiming_mails: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::claim_mails(base, calls)))),
            sending: Batches::new(base.clone(), |base, calls| Box::pin(timed(steps::mark_sent(base, calls)))),
            reading_brandings: Batches::new(base.clone(), |base, owners| {
                Box::pin(timed(brandings::of_owners(base, owners)))
            }),
            base,
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

    async fn published(&self, entry: OutboxId) -> Result<(), PortError> {
        limited(self.confirming.call(entry)).await
    }

    async fn due(&self, queue: Queue, depth: Option<u64>, limit: u32) -> Result<Vec<OutboxEntry>, PortError> {
        limited(outbox::due(&self.base, queue, depth, limit)).await
    }

    async fn claim_document(&self, document: DocumentId, blob: BlobId) -> Result<Claim<DocumentClaim>, PortError> {
        limited(self.begin_rendering(document, blob)).await
    }

    async fn finish_document(&self, claim: &DocumentClaim, outcome: &DocumentOutcome) -> Result<Finish, PortError> {
        limited(self.end_rendering(claim, outcome)).await
    }

    async fn claim_mail(&self, mail: MailId) -> Result<Claim<MailClaim>, PortError> {
        limited(self.begin_sending(mail)).await
    }

    async fn renew_mail(&self, claim: &MailClaim) -> Result<bool, PortError> {
        limited(self.renew_lease(claim)).await
    }

    async fn hand_over_mail(&self, claim: &MailClaim) -> Result<bool, PortError> {
        limited(self.note_handover(claim)).await
    }

    async fn finish_mail(&self, claim: &MailClaim, outcome: &MailOutcome) -> Result<Finish, PortError> {
        limited(self.end_sending(claim, outcome)).await
    }

    async fn expire(&self, limit: u32) -> Result<Expired, PortError> {
        limited(self.expire_leases(limit)).await
    }

    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, PortError> {
        limited(read::upload(&self.base.pool, id)).await
    }

    async fn uploads(
        &self,
        filter: &UploadFilter,
        after: Option<UploadId>,
        limit: u32,
    ) -> Result<Vec<Upload>, PortError> {
        limited(read::uploads(&self.base.pool, filter, after, limit)).await
    }

    async fn stored(&self, blob: BlobId) -> Result<Option<StoredDocument>, PortError> {
        limited(read::stored(&self.base.pool, blob)).await
    }

    async fn delete(&self, id: UploadId, actor: &Actor) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        limited(self.remove_upload(id, actor)).await
    }

    async fn remove_finished(&self, age: Duration, limit: u32) -> Result<Vec<RemovedUpload>, PortError> {
        limited(self.remove_finished_uploads(age, limit)).await
    }

    async fn unreferenced(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<Vec<BlobId>, PortError> {
        limited(orphans::unreferenced(&self.base, bucket, blobs)).await
    }

    async fn redrive(&self, filter: &RedriveFilter, actor: &Actor) -> Result<Redrive, PortError> {
        within(REDRIVE_LIMIT, self.redrive_failed(filter, actor)).await
    }

    async fn put_branding(&self, branding: &StoredBranding) -> Result<(), PortError> {
        limited(brandings::put(&self.base, branding)).await
    }

    async fn branding_of(&self, owner: UserId) -> Result<Option<StoredBranding>, PortError> {
        limited(self.reading_brandings.call(owner)).await
    }

    async fn branding(&self, id: BrandingId) -> Result<Option<StoredBranding>, PortError> {
        limited(brandings::by_id(&self.base.pool, id)).await
    }

    async fn end_branding(&self, owner: UserId) -> Result<bool, PortError> {
        limited(brandings::end(&self.base, owner)).await
    }

    async fn forget_brandings(&self, age: Duration) -> Result<(), PortError> {
        limited(brandings::forget(&self.base, age)).await
    }

    async fn forget_idempotency_keys(&self, age: Duration) -> Result<(), PortError> {
        limited(removal::forget_idempotency_keys(&self.base, age)).await
    }

    async fn check(&self) -> Result<(), PortError> {
        limited(self.base.pool.check()).await
    }
}
