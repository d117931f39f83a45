//! Something to do.

use pipeline::{BlobId, DocumentId, Format, NewDocument, NewUpload, TraceId, UploadId, UserId};

/// A new upload of one PDF whose raw bytes are in this blob.
#[must_use]
pub fn upload(raw: BlobId) -> NewUpload {
    NewUpload {
        id: UploadId::new(),
        owner: UserId::new(),
        invoice_number: "HP-2026-0093".to_owned(),
        raw,
        branding: None,
        documents: vec![NewDocument { id: DocumentId::new(), format: Format::Pdf }],
        notify: "reader@example.com".parse().ok(),
        idempotency: None,
        trace: TraceId::new(),
    }
}
