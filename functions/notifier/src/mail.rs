//! The mail: what became of an upload, with a link for each document.

use std::time::{Duration, SystemTime};

use askama::Template;
use jiff::{SignedDuration, Timestamp};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use pipeline::{Document, Email, MailClaim, MailTexts, OutgoingMail};

use crate::Sender;

/// A mail, ready to be sent.
#[derive(Debug)]
pub struct Composed {
    /// What the mail server gets.
    pub outgoing: OutgoingMail,
    /// The first document's link, for the log line of a machine on which mails are files.
    pub first_link: Option<String>,
}

/// Why a mail could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// An address cannot stand in a header.
    #[error("wrong address: {0}")]
    Address(#[from] lettre::address::AddressError),
    /// The message cannot be put together.
    #[error(transparent)]
    Message(#[from] lettre::error::Error),
    /// A text template fails.
    #[error(transparent)]
    Template(#[from] askama::Error),
}

#[derive(Template)]
#[template(path = "mail.txt", escape = "none")]
struct Text<'a>(&'a Content);

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a>(&'a Content);

struct Content {
    subject: String,
    headline: String,
    greeting: Option<String>,
    closing: Option<String>,
    documents: Vec<Line>,
    expires: String,
    upload: String,
}

struct Line {
    format: &'static str,
    name: String,
    fid: String,
    link: Option<String>,
    reason: String,
}

/// Writes the mail of a claim. The same claim gives the same Message-ID at every attempt. `X-Invoice-Upload-Id` and
/// `X-Trace-Id` name the upload and its trace, which the log lines of every function carry.
///
/// The owner's own texts stand only in a mail whose documents were all made: they are written for that.
///
/// # Errors
/// An address or text that no mail can carry.
pub fn compose(
    claim: &MailClaim,
    texts: Option<&MailTexts>,
    sender: &Sender,
    now: Timestamp,
) -> Result<Composed, ComposeError> {
    let ttl = SignedDuration::try_from(sender.link_ttl).unwrap_or_default();
    let expires = now.checked_add(ttl).unwrap_or(Timestamp::MAX);
    let content = content(claim, texts, sender, expires);
    let upload = claim.upload.id.to_string();
    let text = Text(&content).render()?;
    let html = Html(&content).render()?;
    let alternatives = MultiPart::alternative_plain_html(text, html);
    let message = lettre::Message::builder()
        .from(mailbox(&sender.from)?)
        .to(mailbox(&claim.to)?)
        .subject(content.subject.clone())
        .date(date(now))
        .message_id(Some(format!("<{upload}.{}@{}>", claim.generation, sender.from.domain())))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Invoice-Upload-Id"), upload))
        .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("X-Trace-Id"), claim.upload.trace.to_string()))
        .multipart(alternatives)?;
    let first_link = content.documents.into_iter().find_map(|line| line.link);
    let (from, to) = (sender.from.clone(), claim.to.clone());
    Ok(Composed { outgoing: OutgoingMail { id: claim.mail, from, to, message: message.formatted() }, first_link })
}

fn content(claim: &MailClaim, texts: Option<&MailTexts>, sender: &Sender, expires: Timestamp) -> Content {
    let upload = &claim.upload;
    let documents: Vec<Line> = upload.documents.iter().map(|document| line(document, sender, expires)).collect();
    let ready = documents.iter().all(|line| line.link.is_some());
    let number = one_line(&upload.invoice_number);
    let headline = if ready {
        format!("Invoice {number}: your documents are ready")
    } else {
        format!("Invoice {number}: not every document could be made")
    };
    let texts = texts.filter(|_| ready);
    let subject = texts.and_then(|texts| texts.subject_for(&number)).map(|subject| one_line(&subject));
    let subject = subject.unwrap_or_else(|| headline.clone());
    let greeting = texts.and_then(|texts| texts.greeting_for(&number));
    let closing = texts.and_then(|texts| texts.closing_for(&number));
    let expires = expires.strftime("%Y-%m-%d %H:%M UTC").to_string();
    Content { subject, headline, greeting, closing, documents, expires, upload: upload.id.to_string() }
}

fn line(document: &Document, sender: &Sender, expires: Timestamp) -> Line {
    let format = document.format.name();
    let Some(stored) = &document.stored else {
        let reason = document.reason.as_deref().map(one_line).unwrap_or_default();
        return Line { format, name: String::new(), fid: String::new(), link: None, reason };
    };
    let query = sender.links.sign(stored.blob, expires);
    let link = format!("{}/download?{query}", sender.public_url);
    let (name, fid) = (stored.file_name.clone(), stored.blob.to_string());
    Line { format, name, fid, link: Some(link), reason: String::new() }
}

fn mailbox(address: &Email) -> Result<Mailbox, lettre::address::AddressError> {
    Ok(Mailbox::new(None, address.as_str().parse()?))
}

fn date(now: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().unsigned_abs())
}

/// Text for a header or a line of its own: no line breaks or other control characters, of bounded length.
fn one_line(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).take(200).collect()
}
