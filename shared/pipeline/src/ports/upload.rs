//! What the ledger shows of an upload.

use invoice::Format;
use jiff::Timestamp;

use crate::email::Email;
use crate::ids::{BlobId, BrandingId, DocumentId, MailId, UploadId, UserId};
use crate::state::{DocumentState, MailState, UploadState};
use crate::trace::TraceId;

/// An upload as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// Who uploaded it.
    pub owner: UserId,
    /// The invoice's number (BT-1).
    pub invoice_number: String,
    /// The version of the owner's branding that its documents and mails show.
    pub branding: Option<BrandingId>,
    /// The trace that began with it.
    pub trace: TraceId,
    /// When it arrived.
    pub created_at: Timestamp,
    /// Its documents, in the order of their formats.
    pub documents: Vec<Document>,
    /// Its mails, oldest generation first.
    pub mails: Vec<Mail>,
}

impl Upload {
    /// The state that follows from the documents'.
    #[must_use]
    pub fn state(&self) -> UploadState {
        UploadState::of(self.documents.iter().map(|document| document.state))
    }
}

/// A document as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: DocumentId,
    /// Its format.
    pub format: Format,
    /// Its state.
    pub state: DocumentState,
    /// How many attempts were begun since it was accepted or redriven.
    pub attempts: u32,
    /// What the last attempt that did not succeed said.
    pub reason: Option<String>,
    /// What is stored, in the state `stored`.
    pub stored: Option<StoredDocument>,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
}

/// A document that can be downloaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Its upload.
    pub upload: UploadId,
    /// The upload's owner.
    pub owner: UserId,
    /// Its blob, in [`Bucket::Processed`](super::documents::Bucket::Processed).
    pub blob: BlobId,
    /// Its format.
    pub format: Format,
    /// Its file name for people.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub sha256: [u8; 32],
    /// The version of the looks that it has; none where an earlier version of this program stored it.
    pub style_version: Option<u32>,
    /// Of a legal format: what it was judged by, as JSON.
    pub report: Option<String>,
    /// When it was stored.
    pub stored_at: Timestamp,
}

/// A mail as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its id.
    pub id: MailId,
    /// 1, and one more for each redrive.
    pub generation: u32,
    /// Who gets it.
    pub to: Email,
    /// Its state.
    pub state: MailState,
    /// How many attempts were begun since it was made or redriven.
    pub attempts: u32,
    /// What the last attempt that did not succeed said.
    pub reason: Option<String>,
    /// When it became final.
    pub finished_at: Option<Timestamp>,
}

/// Which uploads to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadFilter {
    /// Only those of this owner.
    pub owner: Option<UserId>,
    /// Only those in this state.
    pub state: Option<UploadState>,
    /// Only those with this invoice number (BT-1).
    pub invoice_number: Option<String>,
    /// Only those with a document or mail that failed, or a mail of unknown outcome, whose reason contains this text.
    pub reason: Option<String>,
}
