//! What a mail says, and what data cannot make it say.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use host::links::LinkKeys;
use jiff::Timestamp;
use notifier::{Sender, compose};
use pipeline::{
    BlobId, BrandingId, Document, DocumentId, DocumentState, Format, MailClaim, MailId, MailTexts, StoredBranding,
    StoredDocument, TraceId, Upload, UploadId, UserId,
};

fn sender() -> Sender {
    Sender {
        from: "invoices@example.com".parse().unwrap(),
        public_url: "https://invoices.example.com".to_owned(),
        links: LinkKeys::parse("a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").unwrap(),
        link_ttl: Duration::from_secs(3600),
        log_links: false,
    }
}

fn document(format: Format, stored: Option<StoredDocument>) -> Document {
    let state = if stored.is_some() { DocumentState::Stored } else { DocumentState::Failed };
    let reason = stored.is_none().then(|| "the invoice is <wrong>\r\n.\r\nQUIT".to_owned());
    Document { id: DocumentId::new(), format, state, attempts: 1, reason, stored, finished_at: None }
}

fn claim(invoice_number: &str) -> MailClaim {
    let (id, owner) = (UploadId::new(), UserId::new());
    let stored = StoredDocument {
        upload: id,
        owner,
        blob: BlobId::new(),
        format: Format::Pdf,
        file_name: "HP-1.pdf".to_owned(),
        bytes: 3,
        sha256: [7; 32],
        style_version: Some(1),
        report: None,
        stored_at: Timestamp::UNIX_EPOCH,
    };
    let upload = Upload {
        id,
        owner,
        invoice_number: invoice_number.to_owned(),
        branding: None,
        trace: TraceId::new(),
        created_at: Timestamp::UNIX_EPOCH,
        documents: vec![document(Format::Pdf, Some(stored)), document(Format::Csv, None)],
        mails: Vec::new(),
    };
    MailClaim { mail: MailId::new(), generation: 2, attempt: 1, to: "test@example.com".parse().unwrap(), upload }
}

fn composed(claim: &MailClaim) -> String {
    composed_with(claim, None)
}

fn composed_with(claim: &MailClaim, texts: Option<&MailTexts>) -> String {
    String::from_utf8(compose(claim, texts, &sender(), Timestamp::UNIX_EPOCH).unwrap().outgoing.message).unwrap()
}

/// The texts of a branding, as the ledger keeps it.
fn texts(mail: &serde_json::Value) -> MailTexts {
    let branding = StoredBranding {
        id: BrandingId::new(),
        owner: UserId::new(),
        content: serde_json::json!({ "mail": mail }).to_string(),
        logo: None,
        created_at: Timestamp::UNIX_EPOCH,
    };
    branding.mail_texts().unwrap().unwrap()
}

#[test]
fn the_owners_own_words_stand_in_mails_about_what_is_ready() {
    let texts = texts(&serde_json::json!({
        "subject": "Rechnung {number}", "greeting": "Guten Tag,\nRechnung <{number}>.", "closing": "Bis bald & danke",
    }));
    let mut claim = claim("HP-1");
    let failed = composed_with(&claim, Some(&texts));
    assert!(
        failed.contains("Subject: Invoice HP-1: not every document could be made") && !failed.contains("Guten Tag")
    );
    claim.upload.documents.truncate(1);
    let message = composed_with(&claim, Some(&texts)).replace("=\r\n", "");
    assert!(message.contains("\r\nSubject: Rechnung HP-1\r\n"), "{message}");
    assert!(message.contains("Guten Tag,\r\nRechnung <HP-1>.") && message.contains("Bis bald & danke"), "{message}");
    assert!(message.contains("&#60;HP-1&#62;") && message.contains("Bis bald &#38; danke"), "no markup: {message}");
    assert!(!message.contains("your documents are ready"), "{message}");
    assert!(message.contains("/download?fid") || message.contains("/download?fid=3D"), "the links stay: {message}");
    claim.upload.invoice_number = "X\r\nBcc: evil@example.org".to_owned();
    let message = composed_with(&claim, Some(&texts));
    let (headers, _) = message.split_once("\r\n\r\n").unwrap();
    assert!(!headers.to_ascii_lowercase().lines().any(|line| line.starts_with("bcc:")), "{headers}");
}

#[test]
fn invoice_data_makes_no_header_and_no_markup() {
    let message = composed(&claim("X\r\nBcc: evil@example.org\r\n\r\n<b>Łódź</b>"));
    let (headers, body) = message.split_once("\r\n\r\n").unwrap();
    assert!(!headers.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc:")), "{headers}");
    assert!(headers.contains("=?utf-8?b?"), "words beyond ASCII are encoded: {headers}");
    assert!(body.contains("&#60;b&#62;") || body.contains("&lt;b&gt;"), "{body}");
    assert!(body.contains("&#60;wrong&#62;") || body.contains("&lt;wrong&gt;"), "{body}");
}

#[test]
fn a_mail_that_is_sent_again_is_the_same_mail() {
    let claim = claim("HP-1");
    let id = format!("Message-ID: <{}.2@example.com>\r\n", claim.upload.id);
    let (first, again) = (composed(&claim), composed(&MailClaim { attempt: 2, ..claim.clone() }));
    assert!(first.contains(&id) && again.contains(&id), "{first}");
    assert!(first.contains(&format!("X-Invoice-Upload-Id: {}\r\n", claim.upload.id)));
}

#[test]
fn the_trace_of_the_upload_reaches_the_mail() {
    let mut claim = claim("HP-1");
    claim.upload.trace = TraceId::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
    let message = composed(&claim);
    let (headers, _) = message.split_once("\r\n\r\n").unwrap();
    assert!(headers.contains("\r\nX-Trace-Id: 4bf92f3577b34da6a3ce929d0e0e4736\r\n"), "{headers}");
}

/// What the protocol of mail servers asks for: ASCII in lines that end with CRLF and are not too long.
#[test]
fn every_mail_server_takes_the_mail() {
    let claim = claim(&format!("Łódź\n.\nQUIT\r\n.\r\n{}", "x".repeat(2000)));
    let message = composed(&claim);
    assert!(message.is_ascii() && message.ends_with("\r\n"));
    for line in message.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
    }
}

#[test]
fn every_document_is_told_of() {
    let claim = claim("HP-1");
    let message = composed(&claim).replace("=\r\n", "").replace("=3D", "=");
    let fid = claim.upload.documents[0].stored.as_ref().unwrap().blob;
    assert!(message.contains(&format!("https://invoices.example.com/download?fid={fid}&expires=3600&")), "{message}");
    assert!(message.contains(&format!("id: {fid}")) && message.contains("HP-1.pdf"));
    assert!(message.contains("csv: could not be made. the invoice is <wrong>.QUIT"), "{message}");
    assert!(message.contains("Subject: Invoice HP-1: not every document could be made"), "{message}");
}
