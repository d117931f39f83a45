//! Servers out of reach, cut connections and wrong URLs.

use std::time::Duration;

use adapters::open;
use pipeline::{BlobId, Bucket, ErrorKind};
use url::Url;

use super::Prefix;
use crate::races;
use crate::relay::{Mishap, Relay, closed, silent};

/// An operation's limit of 30 s, and what a slow machine adds.
const LIMIT: Duration = Duration::from_secs(60);

async fn relayed(prefix: &Prefix) -> (Relay, String) {
    let endpoint = Url::parse(&prefix.parameter("endpoint").unwrap()).unwrap();
    let relay = Relay::start(endpoint.port_or_known_default().unwrap()).await;
    let url = at(prefix, relay.port);
    (relay, url)
}

/// The prefix at another port.
fn at(prefix: &Prefix, port: u16) -> String {
    let mut url = prefix.url.clone();
    let others: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| name != "endpoint")
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    url.query_pairs_mut().clear().extend_pairs(others).append_pair("endpoint", &format!("http://127.0.0.1:{port}"));
    url.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_passes() {
    let Some(prefix) = Prefix::new() else { return };
    let (relay, url) = relayed(&prefix).await;
    let documents = open::documents(&url).await.unwrap();
    races::a_mishap_passes(&documents, || relay.strike(Mishap::Cut)).await;
    prefix.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clogged_connection_passes() {
    let Some(prefix) = Prefix::new() else { return };
    let (relay, url) = relayed(&prefix).await;
    let documents = open::documents(&url).await.unwrap();
    races::a_mishap_passes(&documents, || relay.strike(Mishap::Clogged)).await;
    prefix.drop().await;
}

/// The SDK tries again, and the condition refuses what the first try stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_duplicate() {
    let Some(prefix) = Prefix::new() else { return };
    let (relay, url) = relayed(&prefix).await;
    let documents = open::documents(&url).await.unwrap();
    for (bytes, answers) in [(10, 1), (9_000_000, 4)] {
        let lose = |which| relay.lose_answer(which);
        let stored = races::lost_answers_are_no_duplicates(&*documents, bytes, answers, lose).await;
        assert_eq!(stored, answers, "{bytes} bytes");
    }
    prefix.drop().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_unreachable() {
    let Some(prefix) = Prefix::new() else { return };
    races::is_unreachable(&*open::documents(&at(&prefix, closed().await)).await.unwrap(), LIMIT).await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unreachable() {
    let Some(prefix) = Prefix::new() else { return };
    let (_listener, port) = silent().await;
    races::is_unreachable(&*open::documents(&at(&prefix, port)).await.unwrap(), LIMIT).await;
}

/// An operator mends that: no document fails of it.
#[tokio::test]
async fn a_bucket_that_is_not_there_may_come() {
    let Some(prefix) = Prefix::new() else { return };
    let mut url = prefix.url.clone();
    url.set_host(Some("nobody-made-this-bucket")).unwrap();
    let documents = open::documents(url.as_str()).await.unwrap();
    let get = documents.get(Bucket::Raw, BlobId::new(), None).await.err().unwrap();
    assert_eq!(get.kind(), ErrorKind::Unreachable, "{get}");
    documents.check().await.unwrap_err();
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_was_expected() {
    for url in ["s3://documents/a?regoin=hush", "s3://key:hush@documents/a?region=x", "s3:///hush?region=x"] {
        let error = open::documents(url).await.err().unwrap().to_string();
        assert!(error.contains("DOCUMENTS_URL") && error.contains("s3://BUCKET/PREFIX?region="), "{error}");
        assert!(!error.contains("hush"), "{error}");
    }
}
