//! Random interleavings of everything that can happen to a few uploads, held against what must always be true.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use pipeline::{
    Actor, BlobId, Bucket, DocumentClaim, DocumentId, DocumentOutcome, DocumentState, Finish, Format, MailClaim,
    MailId, MailOutcome, MailState, Message, NewUpload, RedriveFilter, Upload, UploadId, UploadState,
};

use super::Timed;
use super::ledger::{accepted_at, present, stored, upload};

/// One thing that happens. Numbers choose among what is there, whatever their size.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// An upload of two documents arrives.
    Accept,
    /// A message about a document is delivered, whether it is the time for it or not.
    DeliverDocument(usize),
    /// A message about a mail is delivered.
    DeliverMail(usize),
    /// A worker, however old its claim, ends its attempt: 0 stored, 1 failed, 2 fault, 3 unreachable.
    FinishDocument(usize, u8),
    /// A notifier, however old its claim, ends its attempt: 0 sent, 1 failed, 2 fault, 3 unreachable, 4 unknown.
    FinishMail(usize, u8),
    /// A notifier, however old its claim, is about to hand over its mail.
    HandOver(usize),
    /// A notifier, however old its claim, renews its lease.
    Renew(usize),
    /// The sweeper ends expired leases.
    Expire,
    /// The sweeper publishes what is due, and it is delivered.
    Republish,
    /// The sweeper publishes what is due, the broker confirms it and loses it.
    Lose,
    /// The sweeper publishes what is due, and it is delivered twice.
    DeliverTwice,
    /// Somebody redrives everything that failed.
    Redrive,
    /// Somebody deletes an upload, whatever state it is in.
    Delete(usize),
    /// Age removes what was finished this many seconds ago.
    Retire(u16),
    /// Time passes, in seconds.
    Pass(u16),
}

/// A run of the model against a ledger.
pub struct Run<'a> {
    ledger: &'a Timed,
    now: Timestamp,
    uploads: Vec<NewUpload>,
    document_claims: Vec<DocumentClaim>,
    mail_claims: Vec<MailClaim>,
    /// For each document the attempt that may still end it.
    holders: BTreeMap<DocumentId, u32>,
    /// For each mail the attempt that may still end it.
    mail_holders: BTreeMap<MailId, u32>,
    /// Of those the ones that are with the mail server.
    handed_over: BTreeSet<MailId>,
    /// How many attempts may have sent a mail and did not say so.
    unknowns: BTreeMap<MailId, u32>,
}

impl<'a> Run<'a> {
    /// A run on a ledger with nothing in it.
    #[must_use]
    pub fn new(ledger: &'a Timed) -> Self {
        Self {
            ledger,
            now: present(),
            uploads: Vec::new(),
            document_claims: Vec::new(),
            mail_claims: Vec::new(),
            holders: BTreeMap::new(),
            mail_holders: BTreeMap::new(),
            handed_over: BTreeSet::new(),
            unknowns: BTreeMap::new(),
        }
    }

    /// Lets the events happen, checking after each, then lets everything come to rest and checks again.
    pub async fn play(mut self, events: &[Event]) {
        for event in events {
            self.happen(*event).await;
            self.check().await;
        }
        self.come_to_rest().await;
    }

    async fn happen(&mut self, event: Event) {
        match event {
            Event::Accept => {
                let new = upload(&[Format::Pdf, Format::Csv]);
                accepted_at(self.ledger, &new, self.now).await;
                self.uploads.push(new);
            }
            Event::DeliverDocument(which) => {
                let documents = self.uploads.iter().flat_map(|upload| &upload.documents);
                let ids: Vec<DocumentId> = documents.map(|document| document.id).collect();
                if let Some(id) = pick(&ids, which) {
                    self.deliver(Message::Render { document: *id }).await;
                }
            }
            Event::DeliverMail(which) => {
                let mut mails = Vec::new();
                for upload in &self.uploads {
                    mails.extend(self.ledger.upload(upload.id).await.unwrap().unwrap().mails);
                }
                if let Some(mail) = pick(&mails, which) {
                    self.deliver(Message::Notify { mail: mail.id }).await;
                }
            }
            Event::FinishDocument(which, how) => self.finish_document(which, how).await,
            Event::FinishMail(which, how) => self.finish_mail(which, how).await,
            Event::HandOver(which) => self.hand_over(which).await,
            Event::Renew(which) => self.renew(which).await,
            Event::Expire => self.expire().await,
            Event::Republish => self.republish(1).await,
            Event::Lose => self.republish(0).await,
            Event::DeliverTwice => self.republish(2).await,
            Event::Redrive => {
                self.ledger.redrive(&RedriveFilter::default(), &Actor::Operator, self.now).await.unwrap();
            }
            Event::Delete(which) => self.delete(which).await,
            Event::Retire(age) => self.retire(self.now - SignedDuration::from_secs(i64::from(age))).await,
            Event::Pass(seconds) => self.now += SignedDuration::from_secs(i64::from(seconds)),
        }
    }

    async fn deliver(&mut self, message: Message) {
        match message {
            Message::Render { document } => {
                let Some(claim) = self.ledger.claim_document(document, BlobId::new(), self.now).await.unwrap() else {
                    return;
                };
                let before = self.holders.insert(document, claim.attempt);
                assert!(before.is_none(), "a document that somebody holds was claimed");
                self.document_claims.push(claim);
            }
            Message::Notify { mail } => {
                let Some(claim) = self.ledger.claim_mail(mail, self.now).await.unwrap() else { return };
                assert_ne!(claim.upload.state(), UploadState::Processing, "a mail tells of final documents");
                let newest = claim.upload.mails.iter().map(|mail| mail.generation).max();
                assert_eq!(newest, Some(claim.generation), "a mail that was overtaken was claimed");
                let before = self.mail_holders.insert(mail, claim.attempt);
                assert!(before.is_none(), "a mail that somebody holds was claimed");
                assert!(self.unknown_outcomes(mail) < 2, "a mail that may have been sent twice was claimed");
                self.mail_claims.push(claim);
            }
        }
    }

    async fn finish_document(&mut self, which: usize, how: u8) {
        let Some(claim) = pick(&self.document_claims, which).cloned() else { return };
        let reason = "model".to_owned();
        let outcome = match how % 4 {
            0 => stored(),
            1 => DocumentOutcome::Failed { reason },
            2 => DocumentOutcome::Fault { reason },
            _ => DocumentOutcome::Unreachable { reason },
        };
        let finish = self.ledger.finish_document(&claim, &outcome, self.now).await.unwrap();
        let holds = self.holders.get(&claim.document) == Some(&claim.attempt);
        assert_eq!(matches!(finish, Finish::Recorded { .. }), holds, "only the holder ends an attempt");
        if holds {
            self.holders.remove(&claim.document);
        }
    }

    async fn finish_mail(&mut self, which: usize, how: u8) {
        let Some(claim) = pick(&self.mail_claims, which).cloned() else { return };
        let reason = "model".to_owned();
        let outcome = match how % 5 {
            0 => MailOutcome::Sent,
            1 => MailOutcome::Failed { reason },
            2 => MailOutcome::Fault { reason },
            3 => MailOutcome::Unreachable { reason },
            _ => MailOutcome::Unknown { reason },
        };
        let finish = self.ledger.finish_mail(&claim, &outcome, self.now).await.unwrap();
        let holds = self.holds(&claim);
        assert_eq!(finish == Finish::Fenced, !holds, "only the holder ends an attempt");
        if holds {
            self.mail_holders.remove(&claim.mail);
            self.handed_over.remove(&claim.mail);
            *self.unknowns.entry(claim.mail).or_default() += u32::from(matches!(outcome, MailOutcome::Unknown { .. }));
        }
    }

    async fn hand_over(&mut self, which: usize) {
        let Some(claim) = pick(&self.mail_claims, which).cloned() else { return };
        let is_held = self.ledger.hand_over_mail(&claim, self.now).await.unwrap();
        assert_eq!(is_held, self.holds(&claim), "only the holder hands a mail over");
        if is_held {
            self.handed_over.insert(claim.mail);
        }
    }

    async fn renew(&mut self, which: usize) {
        let Some(claim) = pick(&self.mail_claims, which).cloned() else { return };
        assert_eq!(self.ledger.renew_mail(&claim, self.now).await.unwrap(), self.holds(&claim));
    }

    fn holds(&self, claim: &MailClaim) -> bool {
        self.mail_holders.get(&claim.mail) == Some(&claim.attempt)
    }

    async fn expire(&mut self) {
        self.ledger.expire(self.now, 1_000).await.unwrap();
        let (mut rendering, mut sending) = (Vec::new(), Vec::new());
        for upload in &self.uploads {
            let seen = self.ledger.upload(upload.id).await.unwrap().unwrap();
            let under_way = seen.mails.iter().filter(|mail| mail.state == MailState::Sending);
            sending.extend(under_way.map(|mail| mail.id));
            let running = seen.documents.into_iter().filter(|document| document.state == DocumentState::Rendering);
            rendering.extend(running.map(|document| document.id));
        }
        self.holders.retain(|document, _| rendering.contains(document));
        let lost: Vec<MailId> = self.mail_holders.keys().copied().filter(|mail| !sending.contains(mail)).collect();
        for mail in lost {
            self.mail_holders.remove(&mail);
            *self.unknowns.entry(mail).or_default() += u32::from(self.handed_over.remove(&mail));
        }
    }

    async fn republish(&mut self, deliveries: usize) {
        for entry in self.ledger.due(self.now, 1_000).await.unwrap() {
            self.ledger.published(entry.id, self.now).await.unwrap();
            for _ in 0..deliveries {
                self.deliver(entry.message).await;
            }
        }
    }

    async fn delete(&mut self, which: usize) {
        let Some(id) = pick(&self.uploads, which).map(|upload| upload.id) else { return };
        let blobs = self.ledger.delete(id, &Actor::Operator, self.now).await.unwrap().expect("it was there");
        self.forget(id, &blobs).await;
    }

    async fn retire(&mut self, before: Timestamp) {
        let mut seen = BTreeMap::new();
        for upload in &self.uploads {
            seen.insert(upload.id, self.ledger.upload(upload.id).await.unwrap().unwrap());
        }
        for removed in self.ledger.remove_finished(before, 1_000).await.unwrap() {
            let upload = &seen[&removed.upload];
            assert!(is_told(upload), "an upload that is not finished was removed: {upload:?}");
            assert!(upload.documents.iter().all(|document| document.finished_at.is_some_and(|at| at < before)));
            self.forget(removed.upload, &removed.blobs).await;
        }
    }

    /// An upload is gone, and no row names its blobs.
    async fn forget(&mut self, id: UploadId, blobs: &[(Bucket, BlobId)]) {
        assert!(self.ledger.upload(id).await.unwrap().is_none());
        for (bucket, blob) in blobs {
            assert_eq!(self.ledger.unreferenced(*bucket, &[*blob]).await.unwrap(), [*blob]);
        }
        self.uploads.retain(|upload| upload.id != id);
        let left: Vec<DocumentId> =
            self.uploads.iter().flat_map(|upload| &upload.documents).map(|document| document.id).collect();
        self.holders.retain(|document, _| left.contains(document));
        for claim in self.mail_claims.iter().filter(|claim| claim.upload.id == id) {
            self.mail_holders.remove(&claim.mail);
            self.handed_over.remove(&claim.mail);
        }
    }

    fn unknown_outcomes(&self, mail: MailId) -> u32 {
        self.unknowns.get(&mail).copied().unwrap_or_default()
    }

    async fn check(&self) {
        for upload in &self.uploads {
            let seen = self.ledger.upload(upload.id).await.unwrap().expect("an accepted upload is never lost");
            assert_eq!(seen.documents.len(), 2, "a document per format, for ever");
            for document in &seen.documents {
                assert_eq!(document.stored.is_some(), document.state == DocumentState::Stored);
                assert_eq!(document.finished_at.is_some(), document.state.is_final());
                let held = self.holders.contains_key(&document.id);
                assert_eq!(held, document.state == DocumentState::Rendering);
            }
            for mail in &seen.mails {
                let may_be_sent = self.unknown_outcomes(mail.id) > 0;
                assert!(mail.state != MailState::Failed || !may_be_sent, "a mail that may have been sent failed");
                assert!(mail.state != MailState::Unknown || may_be_sent, "a mail that was not sent is unknown");
            }
            let generations: Vec<u32> = seen.mails.iter().map(|mail| mail.generation).collect();
            assert!(generations.is_sorted_by(|a, b| a < b), "at most one mail a generation: {generations:?}");
            assert!(seen.state() == UploadState::Processing || !seen.mails.is_empty(), "final means a mail");
        }
    }

    /// Nothing new happens; the sweeper and good workers go on. In the end everything is final and told.
    async fn come_to_rest(mut self) {
        for _ in 0..200 {
            self.now += SignedDuration::from_hours(3);
            self.expire().await;
            self.republish(1).await;
            for which in 0..self.document_claims.len() {
                self.finish_document(which, 0).await;
            }
            for which in 0..self.mail_claims.len() {
                self.finish_mail(which, 0).await;
            }
            if self.is_at_rest().await {
                self.check().await;
                let late = self.now + SignedDuration::from_hours(24 * 30);
                return assert_eq!(self.ledger.due(late, 10).await.unwrap(), [], "published for ever");
            }
        }
        panic!("something never comes to rest");
    }

    async fn is_at_rest(&self) -> bool {
        for upload in &self.uploads {
            let seen = self.ledger.upload(upload.id).await.unwrap().unwrap();
            if !is_told(&seen) {
                return false;
            }
        }
        true
    }
}

/// Whether its documents are final and its mails too.
fn is_told(upload: &Upload) -> bool {
    let told = upload.mails.iter().all(|mail| mail.state.is_final());
    upload.state() != UploadState::Processing && told
}

fn pick<T>(items: &[T], which: usize) -> Option<&T> {
    items.get(which.checked_rem(items.len())?)
}
