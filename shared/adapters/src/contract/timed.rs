//! A ledger at the times that a test says.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use pipeline::{
    Acceptance, Actor, BlobId, Bucket, Claim, Clock, DocumentClaim, DocumentId, DocumentOutcome, Expired, Finish,
    Ledger, MailClaim, MailId, MailOutcome, NewUpload, OutboxEntry, OutboxId, PortError, Queue, Redrive, RedriveFilter,
    RemovedUpload, UploadId, UserId,
};

use super::ledger::present;

/// A clock that stands still.
pub struct At(pub Timestamp);

impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }
}

type Open = dyn Fn(Arc<dyn Clock>) -> Arc<dyn Ledger> + Send + Sync;

/// One ledger, to be asked at any time. As a [`Ledger`] its present is [`present`].
pub struct Timed {
    open: Box<Open>,
    opened: Mutex<HashMap<Timestamp, Arc<dyn Ledger>>>,
    present: Arc<dyn Ledger>,
}

impl Deref for Timed {
    type Target = dyn Ledger;

    fn deref(&self) -> &Self::Target {
        &*self.present
    }
}

impl Timed {
    /// The ledger that is opened with a clock.
    pub fn new(open: impl Fn(Arc<dyn Clock>) -> Arc<dyn Ledger> + Send + Sync + 'static) -> Self {
        let present = open(Arc::new(At(present())));
        Self { open: Box::new(open), opened: Mutex::default(), present }
    }

    /// The ledger at this time.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Arc<dyn Ledger> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(opened.entry(now).or_insert_with(|| (self.open)(Arc::new(At(now)))))
    }

    /// [`Ledger::accept`] at this time.
    pub async fn accept_at(&self, upload: &NewUpload, now: Timestamp) -> Result<Acceptance, PortError> {
        self.at(now).accept(upload).await
    }

    /// [`Ledger::published`] at this time.
    pub async fn published(&self, entry: OutboxId, now: Timestamp) -> Result<(), PortError> {
        self.at(now).published(entry).await
    }

    /// [`Ledger::due`] at this time, for both queues, which are empty.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<OutboxEntry>, PortError> {
        let mut due = Vec::new();
        for queue in Queue::ALL {
            due.extend(self.at(now).due(queue, Some(0), limit).await?);
        }
        Ok(due)
    }

    /// [`Ledger::claim_document`] at this time.
    pub async fn claim_document(
        &self,
        document: DocumentId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<DocumentClaim>, PortError> {
        self.at(now).claim_document(document, blob).await.map(Claim::claimed)
    }

    /// [`Ledger::finish_document`] at this time.
    pub async fn finish_document(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.at(now).finish_document(claim, outcome).await
    }

    /// [`Ledger::claim_mail`] at this time.
    pub async fn claim_mail(&self, mail: MailId, now: Timestamp) -> Result<Option<MailClaim>, PortError> {
        self.at(now).claim_mail(mail).await.map(Claim::claimed)
    }

    /// [`Ledger::renew_mail`] at this time.
    pub async fn renew_mail(&self, claim: &MailClaim, now: Timestamp) -> Result<bool, PortError> {
        self.at(now).renew_mail(claim).await
    }

    /// [`Ledger::hand_over_mail`] at this time.
    pub async fn hand_over_mail(&self, claim: &MailClaim, now: Timestamp) -> Result<bool, PortError> {
        self.at(now).hand_over_mail(claim).await
    }

    /// [`Ledger::finish_mail`] at this time.
    pub async fn finish_mail(
        &self,
        claim: &MailClaim,
        outcome: &MailOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        self.at(now).finish_mail(claim, outcome).await
    }

    /// [`Ledger::expire`] at this time.
    pub async fn expire(&self, now: Timestamp, limit: u32) -> Result<Expired, PortError> {
        self.at(now).expire(limit).await
    }

    /// [`Ledger::delete`] at this time.
    pub async fn delete(
        &self,
        id: UploadId,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        self.at(now).delete(id, actor).await
    }

    /// [`Ledger::remove_finished`] of what was final before this time.
    pub async fn remove_finished(&self, before: Timestamp, limit: u32) -> Result<Vec<RemovedUpload>, PortError> {
        self.at(before).remove_finished(Duration::ZERO, limit).await
    }

    /// [`Ledger::redrive`] at this time.
    pub async fn redrive(&self, filter: &RedriveFilter, actor: &Actor, now: Timestamp) -> Result<Redrive, PortError> {
        self.at(now).redrive(filter, actor).await
    }

    /// [`Ledger::end_branding`] at this time.
    pub async fn end_branding(&self, owner: UserId, now: Timestamp) -> Result<bool, PortError> {
        self.at(now).end_branding(owner).await
    }

    /// [`Ledger::forget_brandings`] of what ended before this time.
    pub async fn forget_brandings(&self, before: Timestamp) -> Result<(), PortError> {
        self.at(before).forget_brandings(Duration::ZERO).await
    }

    /// [`Ledger::forget_idempotency_keys`] of what was made before this time.
    pub async fn forget_idempotency_keys(&self, before: Timestamp) -> Result<(), PortError> {
        self.at(before).forget_idempotency_keys(Duration::ZERO).await
    }
}
