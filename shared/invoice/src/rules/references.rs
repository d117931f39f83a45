//! Notes, references and attached files.

use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;

/// The media types that an attached file may have (BR-CL-24).
const MEDIA_TYPES: [&str; 6] = [
    "application/pdf",
    "image/png",
    "image/jpeg",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
];

pub(super) fn check_references(input: &InvoiceInput, findings: &mut Findings) {
    for (index, document) in input.supporting_documents.iter().enumerate() {
        let Some(attachment) = &document.attachment else {
            continue;
        };
        if !MEDIA_TYPES.contains(&attachment.media_type.as_str()) && !attachment.media_type.is_empty() {
            let pointer = format!("/supporting_documents/{index}/attachment/media_type");
            let finding = Finding::new(pointer, "BR-CL-24", "a file of this media type cannot be attached");
            findings.fault(finding.expected(MEDIA_TYPES.join(", ")).found(attachment.media_type.clone()));
        }
    }
    if input.type_code.is_credit_note() && input.preceding_invoices.is_empty() {
        let message = "a credit note should name the invoice that it credits";
        findings.warning(Finding::new("/preceding_invoices".to_owned(), "credit-note-reference", message));
    }
}
