//! An upload as clients see it.

use host::problem::Fault;
use pipeline::{Document, Mail, Upload};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::verdict::LegalReport;

/// An uploaded invoice with its documents and mails.
#[derive(Serialize, ToSchema)]
pub(crate) struct Invoice {
    /// Its id.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11")]
    id: String,
    /// The id of the user who uploaded it.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b10")]
    owner: String,
    /// `processing` until every document is final, then `stored`, or `failed` where at least one failed.
    #[schema(example = "stored")]
    state: &'static str,
    /// The invoice's number (BT-1).
    #[schema(example = "HP-2026-0093")]
    invoice_number: String,
    /// The version of the owner's branding that it shows; none where none was set when it was accepted.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b15")]
    branding: Option<String>,
    /// When it was accepted (RFC 3339).
    #[schema(example = "2026-03-09T12:00:00.123Z")]
    created_at: String,
    /// The trace to look for in the logs.
    #[schema(example = "0af7651916cd43dd8448eb211c80319c")]
    trace_id: String,
    /// One entry per format asked for.
    documents: Vec<InvoiceDocument>,
    /// One entry per mail, oldest first.
    mails: Vec<InvoiceMail>,
    /// What is remarkable in the uploaded data; in the answer to an upload only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// A document of an uploaded invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceDocument {
    /// Its id in the ledger and the logs.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b12")]
    id: String,
    /// The format, by the name that uploads ask for it.
    #[schema(example = "pdf")]
    format: &'static str,
    /// `queued`, `rendering`, `stored` or `failed`.
    #[schema(example = "stored")]
    state: &'static str,
    /// How many attempts were begun.
    #[schema(example = 1)]
    attempts: u32,
    /// The id to download it by, once stored.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b13")]
    fid: Option<String>,
    /// Its file name, once stored.
    #[schema(example = "HP-2026-0093.pdf")]
    file_name: Option<String>,
    /// Its size in bytes, once stored.
    #[schema(example = 35_812)]
    bytes: Option<u64>,
    /// SHA-256 of its content in hexadecimal digits, once stored.
    sha256: Option<String>,
    /// The version of the looks that it has, once stored: the same invoice and branding give the same bytes in it.
    #[schema(example = 2)]
    style_version: Option<u32>,
    /// What it was judged by, once stored; none of `pdf`, `excel` and `csv`.
    #[schema(value_type = Option<LegalReport>)]
    report: Option<Value>,
    /// What the last attempt that did not succeed said.
    reason: Option<String>,
    /// When it became final (RFC 3339).
    finished_at: Option<String>,
}

/// A mail about an uploaded invoice.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoiceMail {
    /// Its id in the ledger and the logs.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b14")]
    id: String,
    /// Who gets it.
    #[schema(example = "test@example.com")]
    to: String,
    /// `pending`, `sending`, `sent`, `failed`, or `unknown` where the mail server may have accepted it and did not say so.
    #[schema(example = "sent")]
    state: &'static str,
    /// How many attempts were begun.
    #[schema(example = 1)]
    attempts: u32,
    /// What the last attempt that did not succeed said.
    reason: Option<String>,
    /// When it became final (RFC 3339).
    finished_at: Option<String>,
}

/// A page of uploaded invoices, newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct InvoicePage {
    /// The invoices.
    pub(crate) invoices: Vec<Invoice>,
    /// What to give as `after` for the next page; `null` on the last one.
    pub(crate) next: Option<String>,
}

impl Invoice {
    pub(crate) fn new(upload: Upload, warnings: Vec<Fault>) -> Self {
        Self {
            id: upload.id.to_string(),
            owner: upload.owner.to_string(),
            state: upload.state().name(),
            invoice_number: upload.invoice_number,
            branding: upload.branding.map(|branding| branding.to_string()),
            created_at: upload.created_at.to_string(),
            trace_id: upload.trace.to_string(),
            documents: upload.documents.into_iter().map(InvoiceDocument::from).collect(),
            mails: upload.mails.into_iter().map(InvoiceMail::from).collect(),
            warnings,
        }
    }
}

impl From<Document> for InvoiceDocument {
    fn from(document: Document) -> Self {
        let stored = document.stored.as_ref();
        Self {
            id: document.id.to_string(),
            format: document.format.name(),
            state: document.state.name(),
            attempts: document.attempts,
            fid: stored.map(|stored| stored.blob.to_string()),
            file_name: stored.map(|stored| stored.file_name.clone()),
            bytes: stored.map(|stored| stored.bytes),
            sha256: stored.map(|stored| hex::encode(stored.sha256)),
            style_version: stored.and_then(|stored| stored.style_version),
            report: stored.and_then(|stored| serde_json::from_str(stored.report.as_deref()?).ok()),
            reason: document.reason,
            finished_at: document.finished_at.map(|time| time.to_string()),
        }
    }
}

impl From<Mail> for InvoiceMail {
    fn from(mail: Mail) -> Self {
        Self {
            id: mail.id.to_string(),
            to: mail.to.to_string(),
            state: mail.state.name(),
            attempts: mail.attempts,
            reason: mail.reason,
            finished_at: mail.finished_at.map(|time| time.to_string()),
        }
    }
}
