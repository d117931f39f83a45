//! Files and databases that are lost, altered or mixed up behind the program's back.
#![allow(clippy::unwrap_used)]

mod service;

use std::path::{Path, PathBuf};

use reqwest::{Response, StatusCode};
use serde_json::Value;
use service::{Service, json, location, sample};

/// The file of a blob in a bucket of the folder.
fn file(service: &Service, bucket: &str, blob: &str) -> PathBuf {
    service.data.path().join("documents").join(bucket).join(&blob[..6]).join(blob)
}

/// A stored document of each of these formats: their `fid`s and the invoice's place.
async fn stored(service: &Service, token: &str, formats: &str) -> (Vec<String>, String) {
    let accepted = service.post_json(token, &format!("/invoices?format={formats}"), sample()).send().await.unwrap();
    let place = location(&accepted);
    (fids(&service.finished(token, &place).await), place)
}

fn fids(invoice: &Value) -> Vec<String> {
    assert_eq!(invoice["state"], "stored", "{invoice}");
    let documents = invoice["documents"].as_array().unwrap();
    documents.iter().map(|document| document["fid"].as_str().unwrap().to_owned()).collect()
}

async fn download(service: &Service, token: &str, fid: &str) -> Response {
    service.get(token, &format!("/download?fid={fid}")).send().await.unwrap()
}

fn alter(file: &Path) {
    let mut content = std::fs::read(file).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 1;
    std::fs::write(file, content).unwrap();
}

/// Answers whether the command succeeded, and what it printed.
fn run(service: &Service, arguments: &[&str]) -> (bool, String) {
    let output = service.command().args(arguments).output().unwrap();
    let printed = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(printed).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_document_is_told_listed_and_made_again_under_its_old_link() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let (fids, place) = stored(&service, &token, "pdf,xlsx,csv").await;
    let (whole, told) = run(&service, &["verify"]);
    assert!(whole && told.contains("4 blobs checked"), "{told}");

    let contents: Vec<_> = fids.iter().map(|fid| std::fs::read(file(&service, "processed", fid)).unwrap()).collect();
    alter(&file(&service, "processed", &fids[0]));
    std::fs::remove_file(file(&service, "processed", &fids[1])).unwrap();
    std::fs::write(file(&service, "processed", &fids[2]), "short").unwrap();
    for (fid, damage) in fids.iter().zip(["altered", "lost", "altered"]) {
        let answer = download(&service, &token, fid).await;
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR, "{damage}");
        let told = answer.text().await.unwrap();
        assert!(told.contains("made again"), "{told}");
        let log = service.log();
        let line =
            log.lines().find(|line| line.contains("a stored document is damaged") && line.contains(fid.as_str()));
        assert!(line.is_some_and(|line| line.contains(damage) && line.contains("ERROR")), "{fid} {damage}: {log}");
    }
    let metrics = service.client.get(service.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "invoices_documents_damaged_total{damage=\"lost\"} 1",
        "invoices_documents_damaged_total{damage=\"altered\"} 2",
    ] {
        assert!(metrics.lines().any(|told| told == line), "{line} is missing: {metrics}");
    }
    let (whole, told) = run(&service, &["verify"]);
    assert!(!whole && told.contains("3 documents and the data of 0 uploads"), "{told}");
    for (fid, damage) in fids.iter().zip(["SHA-256", "lost", "5 bytes instead of"]) {
        assert!(
            told.lines().any(|line| line.contains(fid.as_str()) && line.contains(damage)),
            "{fid} {damage}: {told}"
        );
    }

    let mails = service.mails().len();
    let (_, told) = run(&service, &["verify", "--make-again"]);
    assert!(told.contains("3 documents are being made again"), "{told}");
    let again = service.finished(&token, &place).await;
    for (new, old) in self::fids(&again).iter().zip(&fids) {
        assert_ne!(new, old, "a blob never changes");
        let (new, old) = (download(&service, &token, new).await, download(&service, &token, old).await);
        assert_eq!((new.status(), old.status()), (StatusCode::OK, StatusCode::OK));
        let (new, old) = (new.bytes().await.unwrap(), old.bytes().await.unwrap());
        assert!(new == old && contents.iter().any(|content| *content == new), "the same bytes as before");
    }
    assert!(run(&service, &["verify"]).0);
    assert_eq!(service.mails().len(), mails, "no second mail");
    let deleted = service.client.delete(service.url(&place)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
}

/// The end of a large one is held back until the whole is known to be right.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_document_that_was_altered_breaks_off() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let mut invoice: Value = serde_json::from_str(&sample()).unwrap();
    let item = invoice["items"][0].clone();
    for total in ["subtotal", "tax_amount", "total_amount"] {
        invoice.as_object_mut().unwrap().remove(total);
    }
    invoice["items"] = Value::Array(vec![item; 9_000]);
    let sent = service.post_json(&token, "/invoices?format=csv", invoice.to_string()).send().await.unwrap();
    let place = location(&sent);
    let fid = fids(&service.finished(&token, &place).await).remove(0);
    let file = file(&service, "processed", &fid);
    let bytes = std::fs::metadata(&file).unwrap().len();
    assert!(bytes > 300_000, "{bytes} bytes are not large");
    assert_eq!(download(&service, &token, &fid).await.bytes().await.unwrap(), std::fs::read(&file).unwrap());
    alter(&file);
    let broken = download(&service, &token, &fid).await;
    assert!(broken.bytes().await.is_err(), "a client learns that it has not the whole");
    assert!(service.log().contains("a stored document is damaged"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_lost_beside_documents_is_refused_until_the_documents_are_adopted() {
    let mut service = Service::start(&[]).await;
    let token = service.login().await;
    let (fids, _) = stored(&service, &token, "pdf").await;
    assert!(service.terminate().await.success());
    let database = service.data.path().join("invoices.sqlite3");
    let kept = service.data.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let name = format!("invoices.sqlite3{suffix}");
        let _ = std::fs::rename(service.data.path().join(&name), kept.join(&name));
    }
    for _ in 0..2 {
        let (starts, told) = run(&service, &[]);
        assert!(!starts && told.contains("DOCUMENTS_URL") && told.contains("adopt-store"), "{told}");
    }
    assert!(file(&service, "processed", &fids[0]).exists());

    let (adopted, told) = run(&service, &["adopt-store"]);
    assert!(adopted && told.contains("names 0 of the 2"), "{told}");
    service.run().await;
    assert!(service.terminate().await.success());
    // Back again: now these are the foreign ones.
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", database.display()));
        let name = format!("invoices.sqlite3{suffix}");
        let _ = std::fs::rename(kept.join(&name), service.data.path().join(&name));
    }
    assert!(!run(&service, &[]).0);
    assert!(run(&service, &["adopt-store"]).0);
    service.run().await;
    let token = service.login().await;
    assert_eq!(download(&service, &token, &fids[0]).await.status(), StatusCode::OK);
    let _ = json(service.get(&token, "/invoices").send().await.unwrap()).await;
}
