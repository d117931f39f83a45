//! What every ledger keeps to where uploads are retried or removed.

use jiff::{SignedDuration, Timestamp};
use pipeline::{
    Actor, BlobId, Bucket, DocumentOutcome, Finish, Format, MailId, MailOutcome, MailState, NewUpload, OutboxEntry,
    RedriveFilter, RemovedUpload, UploadFilter, UploadId, UploadState,
};

use super::Timed;
use super::ledger::{
    accepted, accepted_at, after, claimed, completed, due, finished, mail_of, present, stored, upload,
};

/// Long after everything else in the suite.
const LATE: i64 = 10_000_000;

pub(super) async fn suite(ledger: &Timed) {
    what_failed_is_redriven_once(ledger).await;
    a_redrive_supersedes_a_mail_that_waits(ledger).await;
    a_mail_on_its_way_ends_with_its_attempt(ledger).await;
    what_is_deleted_is_gone(ledger).await;
    age_removes_only_what_is_finished(ledger).await;
    age_counts_from_the_end(ledger).await;
}

fn only(upload: &NewUpload) -> RedriveFilter {
    RedriveFilter { upload: Some(upload.id), reason: None }
}

/// An upload with a failed document; answers its mail's outbox row too.
async fn failed(ledger: &Timed, now: Timestamp) -> (NewUpload, OutboxEntry) {
    let new = upload(&[Format::Pdf]);
    accepted_at(ledger, &new, now).await;
    let claim = claimed(ledger, &new, 0, now).await;
    let failed = DocumentOutcome::Failed { reason: "wrong".to_owned() };
    let entry = finished(ledger, &claim, &failed, now).await.expect("a mail");
    (new, entry)
}

async fn mails(ledger: &Timed, upload: &NewUpload) -> Vec<(u32, MailState)> {
    let seen = ledger.upload(upload.id).await.unwrap().unwrap();
    seen.mails.iter().map(|mail| (mail.generation, mail.state)).collect()
}

/// The uploads of its owner with something failed whose reason contains this.
async fn failed_for(ledger: &Timed, upload: &NewUpload, reason: &str) -> Vec<UploadId> {
    let filter = UploadFilter { owner: Some(upload.owner), reason: Some(reason.to_owned()), ..UploadFilter::default() };
    ledger.uploads(&filter, None, 10).await.unwrap().iter().map(|upload| upload.id).collect()
}

async fn what_failed_is_redriven_once(ledger: &Timed) {
    let new = upload(&[Format::Pdf, Format::Csv]);
    accepted(ledger, &new).await;
    let claim = claimed(ledger, &new, 0, present()).await;
    finished(ledger, &claim, &stored(), present()).await;
    let claim = claimed(ledger, &new, 1, present()).await;
    let failed = DocumentOutcome::Failed { reason: "100% wrong_".to_owned() };
    let mail = mail_of(&finished(ledger, &claim, &failed, present()).await.expect("a mail"));
    let sent = ledger.claim_mail(mail, present()).await.unwrap().expect("a claim");
    ledger.finish_mail(&sent, &MailOutcome::Sent, present()).await.unwrap();
    let other = RedriveFilter { upload: Some(new.id), reason: Some("wrong%".to_owned()) };
    assert_eq!(
        ledger.redrive(&other, &Actor::Operator, present()).await.unwrap().documents,
        0,
        "% is only a character"
    );
    assert!(failed_for(ledger, &new, "wrong%").await.is_empty(), "and so for lists");
    assert_eq!(failed_for(ledger, &new, "% WRONG_").await, [new.id]);
    let filter = RedriveFilter { upload: Some(new.id), reason: Some("100% wrong_".to_owned()) };
    let redrive = ledger.redrive(&filter, &Actor::Operator, present()).await.unwrap();
    assert_eq!((redrive.documents, redrive.mails, redrive.publish.len()), (1, 0, 1));
    let again = ledger.redrive(&filter, &Actor::Operator, present()).await.unwrap();
    assert_eq!((again.documents, again.publish.len()), (0, 0), "twice does nothing");
    assert!(failed_for(ledger, &new, "wrong").await.is_empty(), "it is not failed any more");
    assert_eq!(ledger.finish_document(&claim, &stored(), present()).await.unwrap(), Finish::Fenced);
    let claim = claimed(ledger, &new, 1, present()).await;
    assert_eq!(claim.attempt, 2, "the fence only grows");
    let entry = finished(ledger, &claim, &stored(), present()).await.expect("the next generation's mail");
    let next = ledger.claim_mail(mail_of(&entry), present()).await.unwrap().expect("a claim");
    assert_eq!(next.generation, 2);
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    assert_eq!((seen.state(), seen.documents[0].attempts, seen.mails.len()), (UploadState::Stored, 1, 2));
    ledger.finish_mail(&next, &MailOutcome::Sent, present()).await.unwrap();
}

async fn a_redrive_supersedes_a_mail_that_waits(ledger: &Timed) {
    let (new, entry) = failed(ledger, present()).await;
    let redrive = ledger.redrive(&only(&new), &Actor::Operator, present()).await.unwrap();
    assert_eq!((redrive.documents, redrive.mails), (1, 0));
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    assert_eq!(seen.mails[0].reason.as_deref(), Some("superseded by a later redrive"));
    assert!(seen.mails[0].finished_at.is_some());
    assert!(ledger.claim_mail(mail_of(&entry), after(1)).await.unwrap().is_none(), "its documents are not final");
    assert!(!due(ledger, after(LATE), &entry).await, "nobody will ever claim it");
    let next = completed(ledger, &new, after(2)).await.expect("the next generation's mail");
    assert!(ledger.claim_mail(mail_of(&entry), after(2)).await.unwrap().is_none());
    let again = ledger.redrive(&only(&new), &Actor::Operator, after(3)).await.unwrap();
    assert_eq!((again.documents, again.mails), (0, 0), "what was superseded stays so");
    assert!(failed_for(ledger, &new, "superseded").await.is_empty(), "and asks for nothing");
    let claim = ledger.claim_mail(next, after(3)).await.unwrap().expect("a claim");
    ledger.finish_mail(&claim, &MailOutcome::Sent, after(3)).await.unwrap();
    assert_eq!(mails(ledger, &new).await, [(1, MailState::Failed), (2, MailState::Sent)]);
}

async fn a_mail_on_its_way_ends_with_its_attempt(ledger: &Timed) {
    let fault = MailOutcome::Fault { reason: "the line broke".to_owned() };
    for (outcome, state) in [(Some(MailOutcome::Sent), MailState::Sent), (Some(fault), MailState::Failed)]
        .into_iter()
        .chain([(None, MailState::Failed)])
    {
        let (new, entry) = failed(ledger, present()).await;
        let claim = ledger.claim_mail(mail_of(&entry), present()).await.unwrap().expect("a claim");
        ledger.redrive(&only(&new), &Actor::Operator, present()).await.unwrap();
        assert_eq!(mails(ledger, &new).await, [(1, MailState::Sending)], "it may be with the mail server already");
        match outcome {
            Some(outcome) => {
                let finish = ledger.finish_mail(&claim, &outcome, after(1)).await.unwrap();
                assert_eq!(finish, Finish::Recorded { publish: None });
            }
            None => assert_eq!(ledger.expire(after(61), 100).await.unwrap().mails, 1),
        }
        assert_eq!(mails(ledger, &new).await, [(1, state)], "there is no second attempt");
        let entries = ledger.due(after(LATE), 10_000).await.unwrap();
        assert!(entries.iter().all(|left| left.message != entry.message), "nobody will ever claim it");
        completed(ledger, &new, after(70)).await.expect("the next generation's mail");
    }
}

async fn what_is_deleted_is_gone(ledger: &Timed) {
    let new = upload(&[Format::Pdf, Format::Csv]);
    let entries = accepted(ledger, &new).await;
    let done = claimed(ledger, &new, 0, present()).await;
    finished(ledger, &done, &stored(), present()).await;
    let running = claimed(ledger, &new, 1, present()).await;
    let blobs = ledger.delete(new.id, &Actor::User(new.owner), present()).await.unwrap().expect("it was there");
    assert_eq!(blobs, [(Bucket::Processed, done.blob), (Bucket::Raw, new.raw)], "what runs is the sweeper's");
    assert!(ledger.delete(new.id, &Actor::Operator, present()).await.unwrap().is_none());
    assert!(ledger.upload(new.id).await.unwrap().is_none());
    assert!(ledger.stored(done.blob).await.unwrap().is_none());
    assert_eq!(ledger.finish_document(&running, &stored(), present()).await.unwrap(), Finish::Fenced);
    assert!(ledger.claim_document(running.document, BlobId::new(), present()).await.unwrap().is_none());
    assert!(!due(ledger, after(5_000_000), &entries[0]).await);
    assert_eq!(ledger.unreferenced(Bucket::Raw, &[new.raw]).await.unwrap(), [new.raw]);
    let missing = ledger.claim_mail(MailId::new(), present()).await.unwrap();
    assert!(missing.is_none());
}

/// What age removes of one upload.
async fn removed(ledger: &Timed, before: Timestamp, upload: &NewUpload) -> Option<RemovedUpload> {
    let removed = ledger.remove_finished(before, 10_000).await.unwrap();
    removed.into_iter().find(|removed| removed.upload == upload.id)
}

async fn age_removes_only_what_is_finished(ledger: &Timed) {
    let old = after(LATE) + SignedDuration::from_hours(1);
    let (new, entry) = failed(ledger, after(LATE)).await;
    assert!(removed(ledger, old, &new).await.is_none(), "its mail is pending");
    let claim = ledger.claim_mail(mail_of(&entry), after(LATE)).await.unwrap().expect("a claim");
    assert!(removed(ledger, old, &new).await.is_none(), "its mail is being sent");
    ledger.finish_mail(&claim, &MailOutcome::Sent, after(LATE)).await.unwrap();
    ledger.redrive(&only(&new), &Actor::Operator, after(LATE)).await.unwrap();
    assert!(removed(ledger, old, &new).await.is_none(), "it is queued again");
    let document = claimed(ledger, &new, 0, after(LATE)).await;
    assert!(removed(ledger, old, &new).await.is_none(), "it is being rendered");
    let entry = finished(ledger, &document, &stored(), after(LATE)).await.expect("a mail");
    let claim = ledger.claim_mail(mail_of(&entry), after(LATE)).await.unwrap().expect("a claim");
    ledger.finish_mail(&claim, &MailOutcome::Sent, after(LATE)).await.unwrap();
    let removed = removed(ledger, old, &new).await.expect("all is done and old");
    assert_eq!(removed.blobs, [(Bucket::Processed, document.blob), (Bucket::Raw, new.raw)]);
    assert!(ledger.upload(new.id).await.unwrap().is_none());
}

async fn age_counts_from_the_end(ledger: &Timed) {
    let mut new = upload(&[Format::Pdf, Format::Csv]);
    new.notify = None;
    accepted_at(ledger, &new, after(LATE)).await;
    let first = claimed(ledger, &new, 0, after(LATE)).await;
    finished(ledger, &first, &stored(), after(LATE)).await;
    let last = claimed(ledger, &new, 1, after(LATE + 500)).await;
    finished(ledger, &last, &stored(), after(LATE + 500)).await;
    assert!(removed(ledger, after(LATE + 500), &new).await.is_none(), "only the first document is older");
    assert!(removed(ledger, after(LATE + 501), &new).await.is_some());
}
