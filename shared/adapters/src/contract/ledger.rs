//! What every ledger keeps to.

use std::sync::Arc;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use pipeline::{
    Acceptance, Actor, BlobId, Bucket, DocumentClaim, DocumentId, DocumentOutcome, DocumentState, ErrorKind, Finish,
    Format, Idempotency, MailId, MailOutcome, MailState, Message, NewDocument, NewUpload, OutboxEntry, RedriveFilter,
    RetryPolicy, TraceId, UploadFilter, UploadId, UploadState, UserId,
};

use super::Timed;

/// A time that the suite takes for the present.
#[must_use]
pub fn present() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

pub(super) fn after(seconds: i64) -> Timestamp {
    present() + SignedDuration::from_secs(seconds)
}

/// An upload of these formats, to be mailed to its owner.
#[must_use]
pub fn upload(formats: &[Format]) -> NewUpload {
    NewUpload {
        id: UploadId::new(),
        owner: UserId::new(),
        invoice_number: "HP-2026-0093".to_owned(),
        raw: BlobId::new(),
        branding: None,
        documents: formats.iter().map(|format| NewDocument { id: DocumentId::new(), format: *format }).collect(),
        notify: Some("test@example.com".parse().unwrap()),
        idempotency: None,
        trace: TraceId::new(),
    }
}

const REPORT: &str = r#"{"rules_version": 1, "warnings": ["Łódź"]}"#;

/// What a good attempt ends with.
#[must_use]
pub fn stored() -> DocumentOutcome {
    DocumentOutcome::Stored {
        bytes: 3,
        sha256: [7; 32],
        file_name: "Łódź \"東京\" 1.pdf".to_owned(),
        style_version: 7,
        report: Some(REPORT.to_owned()),
    }
}

/// Runs the whole suite on a ledger with the default [`RetryPolicy`] and nothing due in it.
pub async fn suite(ledger: Arc<Timed>) {
    ledger.check().await.unwrap();
    an_upload_goes_its_way(&ledger).await;
    one_of_twenty_claims_wins(&ledger).await;
    the_fence_holds_against_a_slow_finisher(&ledger).await;
    the_last_two_documents_bring_one_mail(&ledger).await;
    a_repeated_key_answers_the_first_upload(&ledger).await;
    outbox_rows_stay_due_until_claimed(&ledger).await;
    two_sweepers_never_take_the_same_row(&ledger).await;
    claims_and_sweepers_meet(&ledger).await;
    faults_are_repeated_five_times(&ledger).await;
    unreachable_servers_do_not_count(&ledger).await;
    a_mail_is_repeated_by_the_same_rules(&ledger).await;
    lists_are_paged_and_filtered(&ledger).await;
    nobody_is_told_who_does_not_ask(&ledger).await;
    super::ledger_clock::suite(&ledger).await;
    super::ledger_mails::suite(&ledger).await;
    super::ledger_upkeep::suite(&ledger).await;
    super::brandings::suite(&ledger).await;
}

/// Accepts an upload and answers its outbox rows.
pub async fn accepted(ledger: &Timed, upload: &NewUpload) -> Vec<OutboxEntry> {
    accepted_at(ledger, upload, present()).await
}

pub(super) async fn accepted_at(ledger: &Timed, upload: &NewUpload, now: Timestamp) -> Vec<OutboxEntry> {
    match ledger.accept_at(upload, now).await.unwrap() {
        Acceptance::Accepted { publish: entries, .. } => entries,
        other => panic!("accepted was expected, found {other:?}"),
    }
}

pub(super) async fn claimed(ledger: &Timed, upload: &NewUpload, index: usize, now: Timestamp) -> DocumentClaim {
    ledger.claim_document(upload.documents[index].id, BlobId::new(), now).await.unwrap().expect("a claim")
}

pub(super) async fn finished(
    ledger: &Timed,
    claim: &DocumentClaim,
    outcome: &DocumentOutcome,
    now: Timestamp,
) -> Option<OutboxEntry> {
    match ledger.finish_document(claim, outcome, now).await.unwrap() {
        Finish::Recorded { publish } => publish,
        Finish::Fenced => panic!("the attempt was fenced"),
    }
}

pub(super) fn mail_of(entry: &OutboxEntry) -> MailId {
    match entry.message {
        Message::Notify { mail } => mail,
        Message::Render { .. } => panic!("a mail's message was expected"),
    }
}

/// Renders and stores every document; answers the mail's id.
pub(super) async fn completed(ledger: &Timed, upload: &NewUpload, now: Timestamp) -> Option<MailId> {
    let mut mail = None;
    for index in 0..upload.documents.len() {
        let claim = claimed(ledger, upload, index, now).await;
        mail = finished(ledger, &claim, &stored(), now).await.as_ref().map(mail_of).or(mail);
    }
    mail
}

async fn an_upload_goes_its_way(ledger: &Timed) {
    let new = upload(&[Format::Pdf, Format::Csv]);
    let entries = accepted(ledger, &new).await;
    assert_eq!(entries.len(), 2);
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    assert_eq!((seen.owner, seen.state(), seen.mails.len()), (new.owner, UploadState::Processing, 0));
    let first = claimed(ledger, &new, 0, present()).await;
    assert_eq!((first.upload, first.raw, first.attempt, first.trace), (new.id, new.raw, 1, new.trace));
    assert!(finished(ledger, &first, &stored(), present()).await.is_none(), "one document is still open");
    let second = claimed(ledger, &new, 1, present()).await;
    let entry = finished(ledger, &second, &stored(), present()).await.expect("the last document brings the mail");
    let claim = ledger.claim_mail(mail_of(&entry), present()).await.unwrap().expect("a claim");
    assert_eq!((claim.generation, claim.upload.state()), (1, UploadState::Stored));
    assert!(ledger.claim_mail(claim.mail, present()).await.unwrap().is_none(), "claimed twice");
    ledger.finish_mail(&claim, &MailOutcome::Sent, present()).await.unwrap();
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    assert_eq!(seen.mails.iter().map(|mail| mail.state).collect::<Vec<_>>(), [MailState::Sent]);
    let document = ledger.stored(first.blob).await.unwrap().expect("found by its blob");
    assert_eq!((document.owner, document.bytes, document.sha256), (new.owner, 3, [7; 32]));
    assert_eq!((document.style_version, seen.documents[0].stored.as_ref()), (Some(7), Some(&document)));
    assert_eq!(document.report.as_deref(), Some(REPORT), "it is kept as it came");
    assert_eq!(document.file_name, "Łódź \"東京\" 1.pdf", "names are any text");
    assert!(ledger.claim_document(new.documents[0].id, BlobId::new(), after(9999)).await.unwrap().is_none());
}

async fn one_of_twenty_claims_wins(ledger: &Arc<Timed>) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let claims = (0..20).map(|_| {
        let (ledger, document) = (Arc::clone(ledger), new.documents[0].id);
        tokio::spawn(async move { ledger.claim_document(document, BlobId::new(), present()).await.unwrap() })
    });
    let mut winners = Vec::new();
    for claim in claims.collect::<Vec<_>>() {
        winners.extend(claim.await.unwrap());
    }
    assert_eq!(winners.len(), 1);
    finished(ledger, &winners[0], &stored(), present()).await;
}

async fn the_fence_holds_against_a_slow_finisher(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let slow = claimed(ledger, &new, 0, present()).await;
    assert_eq!(ledger.expire(after(59), 100).await.unwrap().documents, 0, "the lease lasts 60 s");
    assert_eq!(ledger.expire(after(61), 100).await.unwrap().documents, 1);
    assert_eq!(ledger.finish_document(&slow, &stored(), after(62)).await.unwrap(), Finish::Fenced);
    assert!(ledger.claim_document(slow.document, BlobId::new(), after(62)).await.unwrap().is_none(), "not yet due");
    let quick = claimed(ledger, &new, 0, after(70)).await;
    assert_eq!(quick.attempt, 2);
    assert_eq!(ledger.finish_document(&slow, &stored(), after(71)).await.unwrap(), Finish::Fenced);
    finished(ledger, &quick, &stored(), after(72)).await.expect("the mail");
    assert_eq!(ledger.finish_document(&quick, &stored(), after(73)).await.unwrap(), Finish::Fenced, "finished twice");
    assert!(ledger.stored(slow.blob).await.unwrap().is_none(), "the slow attempt's blob is nobody's");
    let orphans = ledger.unreferenced(Bucket::Processed, &[slow.blob, quick.blob]).await.unwrap();
    assert_eq!(orphans, [slow.blob]);
}

async fn the_last_two_documents_bring_one_mail(ledger: &Arc<Timed>) {
    for _ in 0..5 {
        let new = upload(&[Format::Pdf, Format::Csv]);
        accepted(ledger, &new).await;
        let first = claimed(ledger, &new, 0, present()).await;
        let second = claimed(ledger, &new, 1, present()).await;
        let finishers = [first, second].map(|claim| {
            let ledger = Arc::clone(ledger);
            tokio::spawn(async move { finished(&ledger, &claim, &stored(), present()).await })
        });
        let mut mails = Vec::new();
        for finisher in finishers {
            mails.extend(finisher.await.unwrap());
        }
        assert_eq!(mails.len(), 1);
        assert_eq!(ledger.upload(new.id).await.unwrap().unwrap().mails.len(), 1);
    }
}

async fn a_repeated_key_answers_the_first_upload(ledger: &Arc<Timed>) {
    let mut first = upload(&[Format::Pdf]);
    first.idempotency = Some(Idempotency { key: "order-7".to_owned(), fingerprint: [1; 32] });
    let attempts = (0..10).map(|_| {
        let (ledger, mut attempt) = (Arc::clone(ledger), upload(&[Format::Pdf]));
        (attempt.owner, attempt.idempotency) = (first.owner, first.idempotency.clone());
        tokio::spawn(async move { (attempt.id, ledger.accept(&attempt).await.unwrap()) })
    });
    let (mut winners, mut repeated) = (Vec::new(), Vec::new());
    for attempt in attempts.collect::<Vec<_>>() {
        match attempt.await.unwrap() {
            (id, Acceptance::Accepted { .. }) => winners.push(id),
            (_, Acceptance::Repeated(winner)) => repeated.push(winner),
            (_, Acceptance::Conflict) => panic!("the same request is no conflict"),
        }
    }
    assert_eq!((winners.len(), repeated.len()), (1, 9));
    assert!(repeated.iter().all(|winner| *winner == winners[0]));
    let mut other = upload(&[Format::Pdf]);
    (other.owner, other.idempotency) =
        (first.owner, Some(Idempotency { key: "order-7".to_owned(), fingerprint: [2; 32] }));
    assert_eq!(ledger.accept(&other).await.unwrap(), Acceptance::Conflict);
    assert!(ledger.upload(other.id).await.unwrap().is_none(), "a conflict leaves nothing");
    other.owner = UserId::new();
    accepted(ledger, &other).await;
    other.id = UploadId::new();
    other.documents[0].id = DocumentId::new();
    accepted_at(ledger, &other, after(8 * 24 * 3600)).await;
}

pub(super) async fn due(ledger: &Timed, now: Timestamp, of: &OutboxEntry) -> bool {
    ledger.due(now, 10_000).await.unwrap().iter().any(|entry| entry == of)
}

async fn outbox_rows_stay_due_until_claimed(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    let entry = accepted(ledger, &new).await.remove(0);
    assert!(!due(ledger, after(14), &entry).await, "the accepting process publishes first");
    assert!(due(ledger, after(16), &entry).await);
    assert!(!due(ledger, after(17), &entry).await, "taken");
    assert!(due(ledger, after(80), &entry).await, "taken but not confirmed");
    ledger.published(entry.id, after(80)).await.unwrap();
    assert!(!due(ledger, after(80 + 29), &entry).await);
    assert!(due(ledger, after(80 + 31), &entry).await, "confirmed, not claimed for 30 s, and not in the queue");
    assert!(!due(ledger, after(80 + 32), &entry).await, "taken");
    ledger.published(entry.id, after(700)).await.unwrap();
    ledger.published(entry.id, after(701)).await.unwrap();
    assert!(due(ledger, after(700 + 32), &entry).await, "and again");
    let claim = claimed(ledger, &new, 0, after(2000)).await;
    ledger.published(entry.id, after(2000)).await.unwrap();
    assert!(!due(ledger, after(1_000_000), &entry).await, "the claim deleted it");
    finished(ledger, &claim, &stored(), after(2000)).await;
}

async fn two_sweepers_never_take_the_same_row(ledger: &Arc<Timed>) {
    for _ in 0..20 {
        accepted(ledger, &upload(&[Format::Pdf])).await;
    }
    let sweepers = [0, 1, 2, 3].map(|_| {
        let ledger = Arc::clone(ledger);
        tokio::spawn(async move { ledger.due(after(3_000_000), 7).await.unwrap() })
    });
    let mut taken = Vec::new();
    for sweeper in sweepers {
        taken.extend(sweeper.await.unwrap().into_iter().map(|entry| entry.id));
    }
    assert!(taken.len() >= 20, "four take seven each");
    let all = taken.len();
    taken.sort();
    taken.dedup();
    assert_eq!(taken.len(), all);
}

/// A claim deletes its document's outbox row also where a sweeper takes that row at the same moment.
async fn claims_and_sweepers_meet(ledger: &Arc<Timed>) {
    let uploads: Vec<NewUpload> = (0..20).map(|_| upload(&[Format::Pdf])).collect();
    for upload in &uploads {
        accepted(ledger, upload).await;
    }
    let sweeps = (0..20).map(|_| ledger.due(after(16), 1));
    let claims = uploads.iter().map(|upload| ledger.claim_document(upload.documents[0].id, BlobId::new(), after(16)));
    let (swept, claimed) = futures_util::join!(join_all(sweeps), join_all(claims));
    assert!(swept.iter().all(Result::is_ok));
    assert!(claimed.iter().all(|claim| matches!(claim, Ok(Some(_)))));
    for entry in ledger.due(after(30 * 24 * 3600), 1000).await.unwrap() {
        let again = uploads.iter().any(|upload| entry.message == Message::Render { document: upload.documents[0].id });
        assert!(!again, "a claimed document is published again");
    }
}

async fn faults_are_repeated_five_times(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let fault = DocumentOutcome::Fault { reason: "the renderer crashed".to_owned() };
    let mut now = present();
    for (attempt, wait) in (1..).zip([5, 30, 120, 600]) {
        let claim = claimed(ledger, &new, 0, now).await;
        assert_eq!(claim.attempt, attempt);
        assert!(finished(ledger, &claim, &fault, now).await.is_none());
        let early = now + SignedDuration::from_secs(wait - 1);
        assert!(ledger.claim_document(claim.document, BlobId::new(), early).await.unwrap().is_none(), "too early");
        now += SignedDuration::from_secs(wait);
        let entries = ledger.due(now, 10_000).await.unwrap();
        assert!(entries.iter().any(|entry| entry.message == Message::Render { document: claim.document }));
    }
    let last = claimed(ledger, &new, 0, now).await;
    finished(ledger, &last, &fault, now).await.expect("failures are mailed too");
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    let document = &seen.documents[0];
    assert_eq!((document.state, document.attempts), (DocumentState::Failed, 5));
    assert_eq!(document.reason.as_deref(), Some("the renderer crashed"));
}

async fn unreachable_servers_do_not_count(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let unreachable = DocumentOutcome::Unreachable { reason: "no document store".to_owned() };
    let mut now = present();
    let mut attempts = 0;
    while now < present() + SignedDuration::from_hours(23) {
        let claim = claimed(ledger, &new, 0, now).await;
        finished(ledger, &claim, &unreachable, now).await;
        now += SignedDuration::from_mins(11);
        attempts += 1;
    }
    assert!(attempts > 100);
    let claim = claimed(ledger, &new, 0, now).await;
    finished(ledger, &claim, &stored(), now).await.expect("it came back in time");
    let lost = upload(&[Format::Pdf]);
    accepted(ledger, &lost).await;
    let claim = claimed(ledger, &lost, 0, present()).await;
    finished(ledger, &claim, &unreachable, present()).await;
    let day_later = present() + SignedDuration::from_hours(24);
    let claim = claimed(ledger, &lost, 0, day_later).await;
    finished(ledger, &claim, &unreachable, day_later).await.expect("given up, and mailed");
}

async fn a_mail_is_repeated_by_the_same_rules(ledger: &Timed) {
    let new = upload(&[Format::Pdf]);
    accepted(ledger, &new).await;
    let mail = completed(ledger, &new, present()).await.expect("a mail");
    let first = ledger.claim_mail(mail, present()).await.unwrap().expect("a claim");
    assert_eq!(ledger.expire(after(61), 100).await.unwrap().mails, 1);
    assert_eq!(ledger.finish_mail(&first, &MailOutcome::Sent, after(62)).await.unwrap(), Finish::Fenced);
    let second = ledger.claim_mail(mail, after(70)).await.unwrap().expect("a claim");
    let refused = MailOutcome::Failed { reason: "no such mailbox".to_owned() };
    ledger.finish_mail(&second, &refused, after(70)).await.unwrap();
    let seen = ledger.upload(new.id).await.unwrap().unwrap();
    assert_eq!((seen.mails[0].state, seen.mails[0].reason.as_deref()), (MailState::Failed, Some("no such mailbox")));
    let listed = UploadFilter { owner: Some(new.owner), reason: Some("MAILBOX".to_owned()), ..UploadFilter::default() };
    assert_eq!(ledger.uploads(&listed, None, 10).await.unwrap(), [seen]);
    let filter = RedriveFilter { upload: Some(new.id), reason: Some("MAILBOX".to_owned()) };
    let redrive = ledger.redrive(&filter, &Actor::Operator, after(80)).await.unwrap();
    assert_eq!((redrive.documents, redrive.mails, redrive.publish.len()), (0, 1, 1));
    let third = ledger.claim_mail(mail, after(80)).await.unwrap().expect("a claim");
    assert_eq!((third.generation, third.attempt), (1, 3));
    ledger.finish_mail(&third, &MailOutcome::Sent, after(80)).await.unwrap();
}

async fn lists_are_paged_and_filtered(ledger: &Timed) {
    let owner = UserId::new();
    let mut ids = Vec::new();
    for number in 0..5 {
        let mut new = upload(&[Format::Pdf]);
        (new.owner, new.invoice_number) = (owner, format!("N-{number}"));
        accepted(ledger, &new).await;
        if number == 3 {
            completed(ledger, &new, present()).await;
        }
        ids.insert(0, new.id);
    }
    let filter = UploadFilter { owner: Some(owner), ..UploadFilter::default() };
    let first = ledger.uploads(&filter, None, 3).await.unwrap();
    let second = ledger.uploads(&filter, Some(first[2].id), 3).await.unwrap();
    let listed: Vec<UploadId> = first.iter().chain(&second).map(|upload| upload.id).collect();
    assert_eq!(listed, ids, "newest first, each once");
    let stored = UploadFilter { state: Some(UploadState::Stored), ..filter.clone() };
    let stored = ledger.uploads(&stored, None, 10).await.unwrap();
    assert_eq!(stored.iter().map(|upload| upload.id).collect::<Vec<_>>(), [ids[1]]);
    let numbered = UploadFilter { invoice_number: Some("N-4".to_owned()), ..filter };
    assert_eq!(ledger.uploads(&numbered, None, 10).await.unwrap()[0].id, ids[0]);
    ledger.forget_idempotency_keys(after(1)).await.unwrap();
}

async fn nobody_is_told_who_does_not_ask(ledger: &Timed) {
    let mut new = upload(&[Format::Pdf]);
    new.notify = None;
    accepted(ledger, &new).await;
    assert!(completed(ledger, &new, present()).await.is_none());
    let twice = ledger.accept(&new).await.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::AlreadyExists, "an upload's id is used once");
    assert_eq!(RetryPolicy::default().delays.len(), 4, "the suite's waits are the default policy's");
}
