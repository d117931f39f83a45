//! What failed, for people who may want to retry it.

use pipeline::{DocumentState, MailState, PortError, RedriveFilter, Upload, UploadFilter, UploadState};

use crate::{BATCH, Sweeper};

impl Sweeper {
    /// Prints the failed documents and mails that a redrive is about, newest upload first, one per line: upload,
    /// invoice number, format or `mail`, attempts, trace and reason.
    ///
    /// # Errors
    /// The ledger is out of reach.
    pub async fn print_failed(&self, filter: &RedriveFilter) -> Result<(), PortError> {
        if let Some(id) = filter.upload {
            print(self.ledger.upload(id).await?.as_slice(), filter);
            return Ok(());
        }
        // The empty text is part of every reason: without one, what failed for any.
        let reason = Some(filter.reason.clone().unwrap_or_default());
        let with_failures = UploadFilter { reason, ..UploadFilter::default() };
        let mut after = None;
        loop {
            let uploads = self.ledger.uploads(&with_failures, after, BATCH).await?;
            print(&uploads, filter);
            if uploads.len() < BATCH as usize {
                return Ok(());
            }
            after = uploads.last().map(|last| last.id);
        }
    }
}

#[allow(clippy::print_stdout)] // The answer of a command.
fn print(uploads: &[Upload], filter: &RedriveFilter) {
    for line in uploads.iter().flat_map(|upload| lines(upload, filter)) {
        println!("{line}");
    }
}

fn lines(upload: &Upload, filter: &RedriveFilter) -> Vec<String> {
    let wanted = filter.reason.as_deref().unwrap_or_default().to_lowercase();
    let documents = upload.documents.iter().filter(|document| document.state == DocumentState::Failed);
    let documents = documents.map(|document| (document.format.name(), document.attempts, &document.reason));
    // The ledger retries no other mail: a later one took its place, or will once all documents are final.
    let is_final = upload.state() != UploadState::Processing;
    let is_wanted = |state| match state {
        MailState::Failed => true,
        MailState::Unknown => filter.upload.is_some(),
        MailState::Pending | MailState::Sending | MailState::Sent => false,
    };
    let mail = upload.mails.last().filter(|mail| is_final && is_wanted(mail.state));
    let mail = mail.map(|mail| ("mail", mail.attempts, &mail.reason));
    let line = |(what, attempts, reason): (&str, u32, &Option<String>)| {
        let reason = reason.as_deref().unwrap_or_default();
        let Upload { id, invoice_number, trace, .. } = upload;
        // Quoted, a number or a reason breaks no line and does nothing to a terminal.
        let line = format!("{id}  {invoice_number:?}  {what}  attempts={attempts}  trace={trace}  {reason:?}");
        reason.to_lowercase().contains(&wanted).then_some(line)
    };
    documents.chain(mail).filter_map(line).collect()
}
