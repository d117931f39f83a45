//! The promise under SIGKILL: every accepted upload ends in one document per format, and its mail.
#![allow(clippy::unwrap_used)]

mod service;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Client, StatusCode};
use serde_json::Value;
use service::{Service, json, sample};
use sha2::{Digest, Sha256};

const UPLOADS: usize = 200;
const CLIENTS: usize = 4;
/// Mails that a kill may catch while they are being sent.
const MAILS_AT_A_TIME: u64 = 4;
/// Short times, so that what a kill interrupts comes back within the test.
const SETTINGS: [(&str, &str); 5] = [
    ("LEASE", "6s"),
    ("RETRY_DELAYS", "100ms,200ms,300ms,400ms,500ms,600ms,700ms,800ms,900ms,1s,1s,1s,1s,1s,1s,1s"),
    ("SWEEP_PERIOD", "200ms"),
    ("ORPHAN_GRACE", "8s"),
    ("NOTIFIER_CONCURRENCY", "4"),
];

/// A client that tries each upload until it is told of its acceptance, with a key of its own each.
async fn client(base: String, token: String, numbers: Vec<usize>) -> Vec<String> {
    let client = Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let mut accepted = Vec::new();
    for number in numbers {
        loop {
            let request = client
                .post(format!("{base}/invoices?format=pdf,csv"))
                .bearer_auth(&token)
                .header("content-type", "application/json")
                .header("idempotency-key", format!("upload-{number}"))
                .body(sample());
            match request.send().await {
                Ok(answer) if answer.status() == StatusCode::ACCEPTED => {
                    accepted.push(service::location(&answer));
                    // Slow enough that the kills come while uploads go on.
                    tokio::time::sleep(Duration::from_millis(80)).await;
                    break;
                }
                Ok(answer) => assert!(answer.status().is_server_error(), "{}", answer.status()),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    accepted
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_upload_is_lost_and_no_document_made_twice() {
    let mut service = Service::start(&SETTINGS).await;
    let token = service.login().await;
    let clients: Vec<_> = (0..CLIENTS)
        .map(|which| {
            let numbers = (0..UPLOADS).filter(|number| number % CLIENTS == which).collect();
            tokio::spawn(client(service.base.clone(), token.clone(), numbers))
        })
        .collect();
    let done = Arc::new(AtomicBool::new(false));
    let watched = Arc::clone(&done);
    let gathered = tokio::spawn(async move {
        let mut accepted = Vec::new();
        for client in clients {
            accepted.extend(client.await.unwrap());
        }
        watched.store(true, Ordering::SeqCst);
        accepted
    });
    let mut kills = 0;
    while !done.load(Ordering::SeqCst) {
        tokio::time::sleep(Duration::from_millis(pause(kills))).await;
        service.kill();
        kills += 1;
        service.run().await;
    }
    let accepted = gathered.await.unwrap();
    assert!(kills >= 5, "only {kills} kills: nothing was tested");
    assert_eq!(accepted.iter().collect::<BTreeSet<_>>().len(), UPLOADS, "a key gave two uploads, or two keys one");
    let attempts = everything_is_there(&service, &token, &accepted).await;
    assert_eq!(service.mails().len(), UPLOADS);
    // A mail that is sent twice is still one file: its attempts tell.
    let repeated = attempts - UPLOADS as u64;
    assert!(repeated <= kills * MAILS_AT_A_TIME, "{repeated} mails were sent again after {kills} kills");
    nothing_is_left_over(&service).await;
    nothing_stays_unfinished(&mut service).await;
}

/// Between 60 and 700 ms, differing from kill to kill and from run to run; longer with each, so that a slow machine gets on
/// too.
fn pause(kills: u64) -> u64 {
    let seed = u64::from(std::process::id()).wrapping_mul(6_364_136_223_846_793_005).wrapping_add(kills);
    60 + (seed.wrapping_mul(2_862_933_555_777_941_757) >> 33) % 640 + 10 * kills
}

/// Answers how many attempts the mails took.
async fn everything_is_there(service: &Service, token: &str, accepted: &[String]) -> u64 {
    let mut blobs = BTreeMap::new();
    let mut attempts = 0;
    for place in accepted {
        let resource = final_resource(service, token, place).await;
        let documents = resource["documents"].as_array().unwrap();
        let formats: Vec<&str> = documents.iter().map(|document| document["format"].as_str().unwrap()).collect();
        assert_eq!(
            (formats.as_slice(), &resource["state"]),
            (["pdf", "csv"].as_slice(), &"stored".into()),
            "{resource}"
        );
        for document in documents {
            let fid = document["fid"].as_str().unwrap();
            let answer = service.get(token, &format!("/download?fid={fid}")).send().await.unwrap();
            let bytes = answer.bytes().await.unwrap();
            assert_eq!(document["sha256"], hex::encode(Sha256::digest(&bytes)));
            assert!(blobs.insert(fid.to_owned(), place).is_none(), "two documents share a blob");
        }
        assert_eq!(resource["mails"].as_array().unwrap().len(), 1, "{resource}");
        attempts += resource["mails"][0]["attempts"].as_u64().unwrap();
    }
    attempts
}

/// Once its documents are final and its mail is sent.
async fn final_resource(service: &Service, token: &str, place: &str) -> Value {
    for _ in 0..1200 {
        let resource = json(service.get(token, place).send().await.unwrap()).await;
        if resource["state"] != "processing" && resource["mails"][0]["state"] == "sent" {
            return resource;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{place} is not finished: {}", json(service.get(token, place).send().await.unwrap()).await);
}

/// The sweeper removes what interrupted attempts left: as many blobs stay as rows name.
async fn nothing_is_left_over(service: &Service) {
    let documents = service.data.path().join("documents");
    for _ in 0..1200 {
        if files_under(&documents.join("raw")) == UPLOADS && files_under(&documents.join("processed")) == 2 * UPLOADS {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!(
        "{} raw and {} processed blobs are left",
        files_under(&documents.join("raw")),
        files_under(&documents.join("processed"))
    );
}

/// What a kill left half written goes once it is old. Here it is made to look old.
async fn nothing_stays_unfinished(service: &mut Service) {
    let unfinished = service.data.path().join("documents/unfinished");
    for entry in std::fs::read_dir(&unfinished).unwrap() {
        let file = std::fs::File::options().write(true).open(entry.unwrap().path()).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        file.set_modified(written - Duration::from_secs(2 * 3600)).unwrap();
    }
    service.kill();
    service.run().await;
    assert_eq!(files_under(&unfinished), 0);
}

fn files_under(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().filter_map(|entry| entry.ok().map(|entry| entry.path()));
    entries.map(|path| if path.is_dir() { files_under(&path) } else { 1 }).sum()
}
