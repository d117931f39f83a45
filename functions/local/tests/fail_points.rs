//! The promise at every gap between two steps: the program is ended there, and what it left is seen after a restart.
#![allow(clippy::unwrap_used)]

mod service;

use std::ops::RangeInclusive;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::Duration;

use pipeline::FailPoint;
use reqwest::StatusCode;
use serde_json::Value;
use service::{Service, json, location, sample};
use sha2::{Digest, Sha256};

/// Short times, so that what was interrupted comes back within the test.
const SETTINGS: [(&str, &str); 5] = [
    ("LEASE", "10s"),
    ("RETRY_DELAYS", "100ms,200ms,300ms,400ms"),
    ("OUTBOX_DELAYS", "1s,1s,3s"),
    ("SWEEP_PERIOD", "200ms"),
    ("ORPHAN_GRACE", "8s"),
];
/// An account keeps its token over restarts: its key lies in the data folder.
const KEY: &str = "the same request";

/// How many attempts a document and its mail take where the program ends at a point while it makes an upload.
struct Attempts {
    document: RangeInclusive<u64>,
    mail: RangeInclusive<u64>,
}

/// One attempt ends with the program, the next one succeeds.
const INTERRUPTED: RangeInclusive<u64> = 2..=2;
const UNDISTURBED: RangeInclusive<u64> = 1..=1;
/// The message is out: other tasks may have gone on, and one of them been interrupted, before the program ended.
const OUT: RangeInclusive<u64> = 1..=2;

/// `None` where an upload on its way does not come by.
const fn attempts(point: FailPoint) -> Option<Attempts> {
    let (document, mail) = match point {
        FailPoint::RawStored
        | FailPoint::Accepted
        | FailPoint::Delivered
        | FailPoint::DocumentFinished
        | FailPoint::MailFinished => (UNDISTURBED, UNDISTURBED),
        FailPoint::Published | FailPoint::PublishNoted => (OUT, OUT),
        FailPoint::DocumentClaimed | FailPoint::Rendered | FailPoint::DocumentStored => (INTERRUPTED, UNDISTURBED),
        FailPoint::Handled => (UNDISTURBED, OUT),
        FailPoint::MailClaimed | FailPoint::MailHandedOver | FailPoint::MailSent => (UNDISTURBED, INTERRUPTED),
        FailPoint::DueTaken
        | FailPoint::UploadDeleted
        | FailPoint::OrphansFound
        | FailPoint::LeasesExpired
        | FailPoint::Redriven => return None,
    };
    Some(Attempts { document, mail })
}

macro_rules! interrupted_uploads {
    ($($name:ident = $point:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                let mut service = Service::new(&SETTINGS);
                service.run_to(FailPoint::$point).await;
                ask(&service).await;
                service.aborted().await;
                service.run().await;
                let expected = attempts(FailPoint::$point).unwrap();
                let resource = whole(&service).await;
                let taken = |made: &str| resource[made][0]["attempts"].as_u64().unwrap();
                assert!(expected.document.contains(&taken("documents")), "{resource}");
                assert!(expected.mail.contains(&taken("mails")), "{resource}");
            }
        )+

        #[test]
        fn every_point_that_an_upload_comes_by_has_its_test() {
            let tested = [$(FailPoint::$point),+];
            let passed: Vec<FailPoint> =
                FailPoint::ALL.iter().copied().filter(|point| attempts(*point).is_some()).collect();
            assert_eq!(tested.as_slice(), passed);
        }
    };
}

interrupted_uploads!(
    after_the_raw_blob_is_stored = RawStored,
    after_the_acceptance = Accepted,
    after_the_confirm = Published,
    after_the_note_of_the_confirm = PublishNoted,
    after_the_delivery = Delivered,
    after_the_claim = DocumentClaimed,
    after_the_rendering = Rendered,
    after_the_document_is_stored = DocumentStored,
    after_the_document_is_finished = DocumentFinished,
    before_the_acknowledgement = Handled,
    after_the_claim_of_the_mail = MailClaimed,
    after_the_mail_is_handed_over = MailHandedOver,
    after_the_mail_is_sent = MailSent,
    after_the_mail_is_finished = MailFinished,
);

/// The upload, asked for by a client that may get no answer. Answers where it is, if there was one.
async fn ask(service: &Service) -> Option<String> {
    let token = service.login().await;
    let request = service.post_json(&token, "/invoices?format=pdf", sample()).header("idempotency-key", KEY);
    let answer = request.send().await.ok()?;
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    Some(location(&answer))
}

/// What the client finds that asks again: one upload, one document, one mail, and no blob beside them.
async fn whole(service: &Service) -> Value {
    let place = ask(service).await.expect("an answer");
    let token = service.login().await;
    let resource = at_rest(service, &token, &place).await;
    assert_eq!(resource["documents"][0]["state"], "stored", "{resource}");
    assert_eq!(resource["mails"].as_array().unwrap().len(), 1, "{resource}");
    let fid = resource["documents"][0]["fid"].as_str().unwrap();
    let download = service.get(&token, &format!("/download?fid={fid}")).send().await.unwrap();
    let bytes = download.bytes().await.unwrap();
    assert_eq!(resource["documents"][0]["sha256"], hex::encode(Sha256::digest(&bytes)));
    let all = json(service.get(&token, "/invoices").send().await.unwrap()).await;
    assert_eq!(all["invoices"].as_array().unwrap().len(), 1, "{all}");
    assert_eq!(service.mails().len(), 1);
    blobs_become(service, 1, 1).await;
    resource
}

/// Once its documents are final and its mails too.
async fn at_rest(service: &Service, token: &str, place: &str) -> Value {
    for _ in 0..2400 {
        let resource = json(service.get(token, place).send().await.unwrap()).await;
        let mails = resource["mails"].as_array().unwrap();
        let sent = !mails.is_empty() && mails.iter().all(|mail| mail["state"] == "sent");
        if resource["state"] != "processing" && sent {
            return resource;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{place} does not come to rest: {}", service.log());
}

/// What an interrupted attempt left goes once it is older than the grace.
async fn blobs_become(service: &Service, raw: usize, processed: usize) {
    let documents = service.data.path().join("documents");
    let count = || (files_under(&documents.join("raw")), files_under(&documents.join("processed")));
    for _ in 0..2400 {
        if count() == (raw, processed) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{:?} blobs are left, not {:?}: {}", count(), (raw, processed), service.log());
}

fn files_under(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    entries.map(|path| if path.is_dir() { files_under(&path) } else { 1 }).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn after_due_messages_are_taken() {
    let mut service = Service::new(&SETTINGS);
    service.run_to(FailPoint::Accepted).await;
    ask(&service).await;
    service.aborted().await;
    service.run_to(FailPoint::DueTaken).await;
    service.aborted().await;
    service.run().await;
    assert_eq!(whole(&service).await["documents"][0]["attempts"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_expired_leases_are_ended() {
    let mut service = Service::new(&SETTINGS);
    service.run_to(FailPoint::DocumentClaimed).await;
    ask(&service).await;
    service.aborted().await;
    service.run_to(FailPoint::LeasesExpired).await;
    service.aborted().await;
    service.run().await;
    // The next attempt may have begun before the program ended.
    let attempts = whole(&service).await["documents"][0]["attempts"].as_u64().unwrap();
    assert!((2..=3).contains(&attempts), "{attempts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_rows_of_an_upload_are_deleted() {
    let mut service = Service::start(&SETTINGS).await;
    whole(&service).await;
    let place = ask(&service).await.unwrap();
    service.kill();
    service.run_to(FailPoint::UploadDeleted).await;
    let token = service.login().await;
    let unanswered = service.client.delete(service.url(&place)).bearer_auth(&token).send().await;
    assert!(unanswered.is_err());
    service.aborted().await;
    service.run().await;
    let gone = service.get(&token, &place).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    blobs_become(&service, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_orphans_are_found() {
    let mut service = Service::new(&SETTINGS);
    service.run_to(FailPoint::RawStored).await;
    assert_eq!(ask(&service).await, None, "nothing was accepted");
    service.aborted().await;
    service.run_to(FailPoint::OrphansFound).await;
    service.aborted().await;
    service.run().await;
    blobs_become(&service, 0, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_redrive_is_committed() {
    let mut service = Service::new(&SETTINGS);
    service.run_to(FailPoint::Accepted).await;
    ask(&service).await;
    service.aborted().await;
    // A worker by whose rules the invoice is too long fails it.
    service.settings.insert("MAX_INVOICE_LINES".to_owned(), "1".to_owned());
    service.run().await;
    let token = service.login().await;
    let all = json(service.get(&token, "/invoices").send().await.unwrap()).await;
    let place = format!("/invoices/{}", all["invoices"][0]["id"].as_str().unwrap());
    assert_eq!(at_rest(&service, &token, &place).await["state"], "failed");
    service.settings.remove("MAX_INVOICE_LINES");
    service.kill();

    assert!(!redrive(service.command().env("FAIL_POINT", FailPoint::Redriven.name())).success());
    service.run().await;
    let resource = redriven(&service, &token, &place).await;
    assert_eq!(resource["state"], "stored", "{resource}");
    assert_eq!(resource["mails"].as_array().unwrap().len(), 2, "one of each generation: {resource}");
    blobs_become(&service, 1, 1).await;
}

fn redrive(command: &mut Command) -> ExitStatus {
    command.arg("redrive").status().unwrap()
}

/// Once the second generation's mail is there and sent.
async fn redriven(service: &Service, token: &str, place: &str) -> Value {
    for _ in 0..1200 {
        let resource = at_rest(service, token, place).await;
        if resource["mails"].as_array().unwrap().len() == 2 {
            return resource;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{place} was not redriven: {}", service.log());
}
