//! What every ledger keeps to where clocks are set, claims come early and messages are lost.

use std::collections::BTreeSet;
use std::time::Duration;

use pipeline::{
    BlobId, Claim, DocumentId, DocumentOutcome, DocumentState, Format, Message, NewUpload, OutboxEntry, Queue,
};

use super::Timed;
use super::ledger::{accepted_at, after, claimed, completed, finished, stored, upload};

/// An hour after the present of the suite.
const HOUR: i64 = 3600;

pub(super) async fn suite(ledger: &Timed) {
    an_early_claim_is_told_when(ledger).await;
    a_clock_set_back_holds_nothing_up(ledger).await;
    a_lease_outlives_a_clock_set_back(ledger).await;
    messages_that_are_missing_are_published_again(ledger).await;
}

async fn faulty(ledger: &Timed, now: i64) -> NewUpload {
    let mut new = upload(&[Format::Pdf]);
    new.notify = None;
    accepted_at(ledger, &new, after(now)).await;
    let claim = claimed(ledger, &new, 0, after(now)).await;
    let fault = DocumentOutcome::Fault { reason: "the renderer crashed".to_owned() };
    finished(ledger, &claim, &fault, after(now)).await;
    new
}

async fn claim_at(ledger: &Timed, document: DocumentId, now: i64) -> Option<Duration> {
    match ledger.at(after(now)).claim_document(document, BlobId::new()).await.unwrap() {
        Claim::NotDue(wait) => Some(wait),
        Claim::Claimed(_) => None,
        Claim::Nothing => panic!("it waits for its next attempt"),
    }
}

async fn entry_of(ledger: &Timed, document: DocumentId, now: i64) -> Option<OutboxEntry> {
    let due = ledger.due(after(now), 10_000).await.unwrap();
    due.into_iter().find(|entry| entry.message == Message::Render { document })
}

/// The message that came early may be acknowledged: the outbox has another for the next attempt.
async fn an_early_claim_is_told_when(ledger: &Timed) {
    let new = faulty(ledger, 0).await;
    let document = new.documents[0].id;
    assert_eq!(claim_at(ledger, document, 1).await, Some(Duration::from_secs(4)));
    // As a sweeper whose clock was ahead would have it.
    let entry = entry_of(ledger, document, 6).await.expect("due at 5 s");
    ledger.published(entry.id, after(6)).await.unwrap();
    assert_eq!(claim_at(ledger, document, 4).await, Some(Duration::from_secs(1)));
    assert!(entry_of(ledger, document, 4).await.is_none());
    assert!(entry_of(ledger, document, 5).await.is_some(), "whatever became of the message before");
    assert_eq!(claim_at(ledger, document, 5).await, None, "claimed");
    finish(ledger, &new).await;
}

/// Whatever waits was to wait for seconds, and does so at most, although the clock says that its time is an hour away.
async fn a_clock_set_back_holds_nothing_up(ledger: &Timed) {
    let mut fresh = upload(&[Format::Pdf]);
    fresh.notify = Some("test@example.com".parse().unwrap());
    accepted_at(ledger, &fresh, after(HOUR)).await;
    assert!(entry_of(ledger, fresh.documents[0].id, 0).await.is_some(), "its row is due in an hour and 15 s");
    let mail = completed(ledger, &fresh, after(0)).await.expect("a claim at once, and a mail");
    assert!(ledger.at(after(-HOUR)).claim_mail(mail).await.unwrap().claimed().is_some());
    finish(ledger, &fresh).await;
    let faulty = faulty(ledger, HOUR).await;
    assert!(entry_of(ledger, faulty.documents[0].id, 0).await.is_some(), "its row is due in an hour and 5 s");
    assert_eq!(claim_at(ledger, faulty.documents[0].id, 0).await, None, "claimed");
    finish(ledger, &faulty).await;
}

/// An attempt that lives keeps its document, and one that crashed is found out within a lease.
async fn a_lease_outlives_a_clock_set_back(ledger: &Timed) {
    let (living, crashed) = (upload(&[Format::Pdf]), upload(&[Format::Csv]));
    for upload in [&living, &crashed] {
        accepted_at(ledger, upload, after(HOUR)).await;
    }
    let claim = claimed(ledger, &living, 0, after(HOUR)).await;
    claimed(ledger, &crashed, 0, after(HOUR)).await;
    assert_eq!(ledger.expire(after(0), 100).await.unwrap().documents, 0);
    finished(ledger, &claim, &stored(), after(30)).await;
    assert_eq!(ledger.expire(after(59), 100).await.unwrap().documents, 0);
    assert_eq!(ledger.expire(after(61), 100).await.unwrap().documents, 1);
    claimed(ledger, &crashed, 0, after(70)).await;
    finish(ledger, &crashed).await;
}

/// Ends what a claim of its document holds.
async fn finish(ledger: &Timed, upload: &NewUpload) {
    ledger.delete(upload.id, &pipeline::Actor::Operator, after(0)).await.unwrap();
    assert!(ledger.upload(upload.id).await.unwrap().is_none());
}

async fn messages_that_are_missing_are_published_again(ledger: &Timed) {
    let uploads: Vec<NewUpload> = (0..10).map(|_| upload(&[Format::Pdf])).collect();
    for (seconds, upload) in (0..).zip(&uploads) {
        let entry = accepted_at(ledger, upload, after(seconds)).await.remove(0);
        ledger.published(entry.id, after(seconds)).await.unwrap();
    }
    let missing = async |now: i64, depth: Option<u64>, limit: u32| {
        let due = ledger.at(after(now)).due(Queue::Invoices, depth, limit).await.unwrap();
        let ids: BTreeSet<DocumentId> = due
            .iter()
            .filter_map(|entry| match entry.message {
                Message::Render { document } => Some(document),
                Message::Notify { .. } => None,
            })
            .collect();
        let found = (0..uploads.len()).filter(|which| ids.contains(&uploads[*which].documents[0].id));
        (found.collect::<Vec<_>>(), due)
    };
    assert_eq!(missing(60, Some(10), 100).await.0, [0; 0], "a long queue is not made longer");
    assert_eq!(missing(60, Some(12), 100).await.0, [0; 0], "nor by copies");
    assert_eq!(missing(60, None, 100).await.0, [0; 0], "nobody knows");
    assert_eq!(missing(31, Some(0), 100).await.0, [0, 1], "the others were confirmed less than 30 s ago");
    let (found, again) = missing(60, Some(5), 2).await;
    assert_eq!(found, [2, 3], "of three, as many as the limit allows");
    for entry in again {
        ledger.published(entry.id, after(60)).await.unwrap();
    }
    // Two are taken; eight wait, and the queue holds seven.
    assert_eq!(missing(61, Some(7), 100).await.0, [4]);
    for upload in &uploads {
        completed(ledger, upload, after(100)).await;
        assert_eq!(ledger.upload(upload.id).await.unwrap().unwrap().documents[0].state, DocumentState::Stored);
    }
}
