//! The ledger: the one truth about uploads, documents and mails.
//!
//! ```text
//! accept ──▶ queued ──claim──▶ rendering ──finish──▶ stored
//!               ▲                  │  └────finish──▶ failed ──redrive──▶ queued
//!               └── fault, expiry ─┘
//! the last document of an upload to become final ──▶ mail: pending ──claim──▶ sending ──finish──▶ sent | failed
//!                                                             ▲                  └──finish, expiry──▶ unknown
//!                                                             └── fault, expiry, first unknown outcome ┘
//! ```
//!
//! What is due, and how old something is, the ledger decides by a clock of its own. Its callers' clocks may differ from
//! each other and jump.

use std::time::Duration;

use async_trait::async_trait;
use invoice::Format;
use jiff::Timestamp;

use super::documents::Bucket;
use super::error::PortError;
use super::store_records::StoreRecords;
use super::upload::{Document, StoredDocument, Upload, UploadFilter};
use crate::branding::StoredBranding;
use crate::email::Email;
use crate::ids::{BlobId, BrandingId, DocumentId, MailId, OutboxId, UploadId, UserId};
use crate::message::{Message, Queue};
use crate::state::DocumentState;
use crate::trace::TraceId;

/// A client's promise that two requests with the same key are the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The `Idempotency-Key` header, unique per owner for 7 days.
    pub key: String,
    /// SHA-256 of the file's bytes, the sorted formats and the options.
    pub fingerprint: [u8; 32],
}

/// A document to be rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewDocument {
    /// Its id.
    pub id: DocumentId,
    /// Its format, unique within the upload.
    pub format: Format,
}

/// An upload to be accepted. Its raw blob is stored already.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its id.
    pub id: UploadId,
    /// Who uploaded it.
    pub owner: UserId,
    /// The invoice's number (BT-1), to show it.
    pub invoice_number: String,
    /// The uploaded bytes, in [`Bucket::Raw`].
    pub raw: BlobId,
    /// The version of the owner's branding that its documents and mails show, see [`StoredBranding`].
    pub branding: Option<BrandingId>,
    /// The documents asked for, at least one.
    pub documents: Vec<NewDocument>,
    /// Who gets a mail once all documents are final.
    pub notify: Option<Email>,
    /// The request's repeat guard.
    pub idempotency: Option<Idempotency>,
    /// The trace that begins with it.
    pub trace: TraceId,
}

impl NewUpload {
    /// The upload as it stands once the ledger has accepted it at this time.
    #[must_use]
    pub fn accepted(&self, at: Timestamp) -> Upload {
        let document = |new: &NewDocument| Document {
            id: new.id,
            format: new.format,
            state: DocumentState::Queued,
            attempts: 0,
            reason: None,
            stored: None,
            finished_at: None,
        };
        let mut documents: Vec<Document> = self.documents.iter().map(document).collect();
        documents.sort_by_key(|document| std::cmp::Reverse(document.format.name()));
        Upload {
            id: self.id,
            owner: self.owner,
            invoice_number: self.invoice_number.clone(),
            branding: self.branding,
            trace: self.trace,
            created_at: at,
            documents,
            mails: Vec::new(),
        }
    }
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// Accepted.
    Accepted {
        /// When, in milliseconds.
        at: Timestamp,
        /// The messages that are to be published.
        publish: Vec<OutboxEntry>,
    },
    /// The same request was accepted before, as this upload.
    Repeated(UploadId),
    /// The key was used for another request.
    Conflict,
}

/// A message that the broker must get; the row lives until the claim that the message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// The row.
    pub id: OutboxId,
    /// What to publish.
    pub message: Message,
    /// The upload's trace.
    pub trace: TraceId,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim<C> {
    /// The caller holds it until the lease ends.
    Claimed(C),
    /// Its next attempt is due after this time. Its outbox row is due then too, so the message may be acknowledged.
    NotDue(Duration),
    /// Another holds it, it is final, or it is gone.
    Nothing,
}

impl<C> Claim<C> {
    /// What was claimed.
    pub fn claimed(self) -> Option<C> {
        match self {
            Self::Claimed(claim) => Some(claim),
            Self::NotDue(_) | Self::Nothing => None,
        }
    }
}

/// The right to render one document until the lease ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentClaim {
    /// The document.
    pub document: DocumentId,
    /// Its upload.
    pub upload: UploadId,
    /// The attempt's number, never used twice for a document: the fence.
    pub attempt: u32,
    /// What to render it as.
    pub format: Format,
    /// The uploaded bytes, in [`Bucket::Raw`].
    pub raw: BlobId,
    /// The version of the branding to render it with.
    pub branding: Option<BrandingId>,
    /// Where the attempt stores its result, in [`Bucket::Processed`].
    pub blob: BlobId,
    /// The upload's trace.
    pub trace: TraceId,
}

/// How an attempt to render ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentOutcome {
    /// The blob of the claim holds the document.
    Stored {
        /// Its size.
        bytes: u64,
        /// SHA-256 of its content.
        sha256: [u8; 32],
        /// Its file name for people.
        file_name: String,
        /// The version of the looks that it has: the same upload and branding give the same bytes in it.
        style_version: u32,
        /// Of a legal format: what it was judged by, as JSON.
        report: Option<String>,
    },
    /// It can never succeed.
    Failed {
        /// What is wrong, for people.
        reason: String,
    },
    /// It went wrong in a way that may pass; counts towards the five attempts.
    Fault {
        /// What went wrong, for people.
        reason: String,
    },
    /// A server was out of reach; does not count.
    Unreachable {
        /// Which, for people.
        reason: String,
    },
}

/// What became of a finished attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finish {
    /// The outcome stands. The last document of an upload brings the mail's message.
    Recorded {
        /// What is to be published now.
        publish: Option<OutboxEntry>,
    },
    /// The attempt had lost its lease, or the upload is gone: nothing changed.
    Fenced,
}

/// The right to send one mail until the lease ends.
#[derive(Debug, Clone)]
pub struct MailClaim {
    /// The mail.
    pub mail: MailId,
    /// Counts the upload's mails: 1, and one more for each redrive.
    pub generation: u32,
    /// The attempt's number, the fence.
    pub attempt: u32,
    /// Who gets it.
    pub to: Email,
    /// The upload as it stands.
    pub upload: Upload,
}

/// How an attempt to send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The mail server accepted it.
    Sent,
    /// The mail server refused it for good.
    Failed {
        /// Why, for people.
        reason: String,
    },
    /// It went wrong in a way that may pass; counts towards the five attempts.
    Fault {
        /// What went wrong, for people.
        reason: String,
    },
    /// The mail server was out of reach or said "later"; does not count.
    Unreachable {
        /// Why, for people.
        reason: String,
    },
    /// The mail server may have accepted it. It is sent once more; a second such attempt is the last.
    Unknown {
        /// Why that is not known, for people.
        reason: String,
    },
}

/// How many leases had expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Expired {
    /// Documents whose attempt crashed.
    pub documents: usize,
    /// Mails whose attempt crashed.
    pub mails: usize,
}

/// Who asks for a change that is audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A user, through the API.
    User(UserId),
    /// Somebody at the command line.
    Operator,
    /// The sweeper, by a rule such as retention.
    Sweeper,
}

/// An upload that its age removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedUpload {
    /// The upload.
    pub upload: UploadId,
    /// The blobs that no row names any more.
    pub blobs: Vec<(Bucket, BlobId)>,
}

/// Which failed documents and mails to redrive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedriveFilter {
    /// Only those of this upload.
    pub upload: Option<UploadId>,
    /// Only those whose reason contains this text.
    pub reason: Option<String>,
}

/// What a redrive set going.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redrive {
    /// How many documents are queued again.
    pub documents: usize,
    /// How many mails are pending again.
    pub mails: usize,
    /// What is to be published now.
    pub publish: Vec<OutboxEntry>,
}

/// The one truth about uploads. Every change is one transaction: after an error nothing of it happened, unless the
/// error's kind is `Unreachable`, where it may have, or a claim was made whose rows cannot be read: its lease ends it.
#[async_trait]
pub trait Ledger: StoreRecords {
    /// Accepts an upload: upload, documents (`queued`), outbox rows (due in 15 s) and the idempotency key.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn accept(&self, upload: &NewUpload) -> Result<Acceptance, PortError>;

    /// The broker confirmed this outbox row's message.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn published(&self, entry: OutboxId) -> Result<(), PortError>;

    /// Takes at most `limit` outbox rows whose messages are to be published to a queue; each is due again in a minute
    /// unless it is confirmed or claimed. Two callers never get the same row.
    ///
    /// These are the rows that are due and not confirmed. Where the queue's depth is known, they are also those whose
    /// message was confirmed a while ago and is missing: rows that wait for their claim, less the messages in the queue.
    /// The oldest go first, as a queue delivers in order.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn due(&self, queue: Queue, depth: Option<u64>, limit: u32) -> Result<Vec<OutboxEntry>, PortError>;

    /// `queued → rendering` where the next attempt is due; the outbox row goes. `blob` is where this attempt will store
    /// its result.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn claim_document(&self, document: DocumentId, blob: BlobId) -> Result<Claim<DocumentClaim>, PortError>;

    /// Ends an attempt, if it still holds the document.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn finish_document(&self, claim: &DocumentClaim, outcome: &DocumentOutcome) -> Result<Finish, PortError>;

    /// `pending → sending` where the next attempt is due; the outbox row goes. A mail tells of final documents: one that
    /// was overtaken by a redrive becomes `failed` instead.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn claim_mail(&self, mail: MailId) -> Result<Claim<MailClaim>, PortError>;

    /// Renews the lease of an attempt that still holds the mail; `false` where it holds it no longer.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn renew_mail(&self, claim: &MailClaim) -> Result<bool, PortError>;

    /// As [`Self::renew_mail`], and notes that the mail server gets the mail now: an attempt that does not end within its
    /// lease after this has an unknown outcome. Where the answer is `false` the mail must not be handed over.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn hand_over_mail(&self, claim: &MailClaim) -> Result<bool, PortError>;

    /// Ends an attempt, if it still holds the mail. A mail of which an attempt had an unknown outcome ends as `unknown`
    /// where it would fail.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn finish_mail(&self, claim: &MailClaim, outcome: &MailOutcome) -> Result<Finish, PortError>;

    /// Ends at most `limit` attempts whose lease has expired: as faults, or with an unknown outcome where a mail was handed
    /// over.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn expire(&self, limit: u32) -> Result<Expired, PortError>;

    /// One upload.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn upload(&self, id: UploadId) -> Result<Option<Upload>, PortError>;

    /// At most `limit` uploads, newest first, beginning after (that is, older than) `after`.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn uploads(
        &self,
        filter: &UploadFilter,
        after: Option<UploadId>,
        limit: u32,
    ) -> Result<Vec<Upload>, PortError>;

    /// The stored document whose blob this is.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn stored(&self, blob: BlobId) -> Result<Option<StoredDocument>, PortError>;

    /// Removes an upload with all its rows, audited; answers the blobs that no row names any more. `None`: no such
    /// upload.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn delete(&self, id: UploadId, actor: &Actor) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError>;

    /// Removes, as [`Self::delete`] does in the name of the sweeper, at most `limit` uploads whose documents have all been
    /// final for longer than `age` and that have no mail still to be sent.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn remove_finished(&self, age: Duration, limit: u32) -> Result<Vec<RemovedUpload>, PortError>;

    /// Those of these blobs that no row names.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn unreferenced(&self, bucket: Bucket, blobs: &[BlobId]) -> Result<Vec<BlobId>, PortError>;

    /// Failed documents become `queued` and failed mails `pending`, with no attempts counted, audited. So does a mail of
    /// unknown outcome where the filter names its upload. What is not failed stays as it is, so a second call does nothing;
    /// only a pending mail of an upload whose documents are queued again becomes `failed` (`unknown` where it may have been
    /// sent): the next generation's takes its place.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn redrive(&self, filter: &RedriveFilter, actor: &Actor) -> Result<Redrive, PortError>;

    /// Makes a branding its owner's, in place of the version before.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn put_branding(&self, branding: &StoredBranding) -> Result<(), PortError>;

    /// The branding that a user has now.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn branding_of(&self, owner: UserId) -> Result<Option<StoredBranding>, PortError>;

    /// A version of a branding.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn branding(&self, id: BrandingId) -> Result<Option<StoredBranding>, PortError>;

    /// Leaves a user without a branding; `false` where there was none.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn end_branding(&self, owner: UserId) -> Result<bool, PortError>;

    /// Forgets brandings that ended longer than `age` ago and that no upload names.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn forget_brandings(&self, age: Duration) -> Result<(), PortError>;

    /// Forgets idempotency keys that are older than `age`.
    ///
    /// # Errors
    /// `Unreachable`, `Internal`.
    async fn forget_idempotency_keys(&self, age: Duration) -> Result<(), PortError>;

    /// Whether the database answers and its schema is the one that this program needs.
    ///
    /// # Errors
    /// `Unreachable`; `Rejected` where the schema is older.
    async fn check(&self) -> Result<(), PortError>;
}
