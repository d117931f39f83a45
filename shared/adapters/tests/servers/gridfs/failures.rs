//! Servers out of reach, cut connections, TLS and wrong URLs.

use std::io::Write as _;
use std::time::Duration;

use adapters::open;
use pipeline::{BlobId, Bucket, DocumentsExt as _, ErrorKind};

use super::Database;
use crate::environment::server;
use crate::races;
use crate::relay::{Mishap, Relay, closed, silent};

/// An authority that signed no server.
const OTHER_AUTHORITY: &str = include_str!("../other_authority.pem");
/// An operation's limit of 10 s, and what a slow machine adds.
const LIMIT: Duration = Duration::from_secs(29);

/// The database by way of a relay. Without the name of the replica set the driver keeps to the address it was given.
async fn relayed(database: &Database) -> (Relay, String) {
    let relay = Relay::start(database.url.port().unwrap_or(27017)).await;
    let url = format!("mongodb://127.0.0.1:{}/{}?directConnection=true", relay.port, database.name);
    (relay, url)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_connection_passes() {
    let Some(database) = Database::new() else { return };
    let (relay, url) = relayed(&database).await;
    let documents = open::documents(&url).await.unwrap();
    races::a_mishap_passes(&documents, || relay.strike(Mishap::Cut)).await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clogged_connection_passes() {
    let Some(database) = Database::new() else { return };
    let (relay, url) = relayed(&database).await;
    let documents = open::documents(&url).await.unwrap();
    races::a_mishap_passes(&documents, || relay.strike(Mishap::Clogged)).await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_no_duplicate() {
    let Some(database) = Database::new() else { return };
    let (relay, url) = relayed(&database).await;
    let documents = open::documents(&url).await.unwrap();
    for bytes in [10, 2_000_000] {
        races::lost_answers_are_no_duplicates(&*documents, bytes, 6, |which| relay.lose_answer(which)).await;
    }
    database.drop().await;
}

#[tokio::test]
async fn a_server_that_is_down_is_unreachable() {
    let url = format!("mongodb://user:hush@127.0.0.1:{}/test", closed().await);
    races::is_unreachable(&*open::documents(&url).await.unwrap(), LIMIT).await;
}

#[tokio::test]
async fn a_server_that_says_nothing_is_unreachable() {
    let (_listener, port) = silent().await;
    let url = format!("mongodb://user:hush@127.0.0.1:{port}/test");
    races::is_unreachable(&*open::documents(&url).await.unwrap(), LIMIT).await;
}

#[tokio::test]
async fn a_name_that_nobody_has_is_unreachable() {
    let documents = open::documents("mongodb+srv://user:hush@nobody.invalid/test").await.unwrap();
    races::is_unreachable(&*documents, LIMIT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connection_is_encrypted_where_the_url_says_so() {
    let Some(database) = Database::new() else { return };
    let Some(authority) = server("TEST_CA_FILE") else { return };
    let url = |authority: &str| {
        let mut url = database.url.clone();
        url.query_pairs_mut().append_pair("tls", "true").append_pair("tlsCAFile", authority);
        url
    };
    let documents = open::documents(url(&authority).as_str()).await.unwrap();
    documents.check().await.unwrap();
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, "secret".into()).await.unwrap();
    assert_eq!(documents.get_bytes(Bucket::Raw, id, 10).await.unwrap(), "secret");

    let mut other = tempfile::NamedTempFile::new().unwrap();
    other.write_all(OTHER_AUTHORITY.as_bytes()).unwrap();
    let documents = open::documents(url(other.path().to_str().unwrap()).as_str()).await.unwrap();
    let error = documents.put_bytes(Bucket::Raw, id, "secret".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unreachable);
    assert!(error.to_string().contains("certificate"), "{error}");
    database.drop().await;
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_was_expected() {
    for (url, told) in [
        ("mongodb://user:hush@host", "names no database"),
        ("mongodb://user:hush@host/", "names no database"),
        ("mongodb://user:hush@host:port/test", "port"),
        ("mongodb://user:hu@sh/hush@host/test", "percent-encoded"),
        ("mongodb://user:12/hush@host/test", "percent-encoded"),
        ("mongodb://user:12?hush@host/test", "percent-encoded"),
        ("mongodb://user:hush@host/test?tlsCAFil=x", "tlscafil"),
        ("mongodb://user:hush@host/test?tls=true&tlsCAFile=/nowhere/ca.pem", "expected"),
        ("mongodb://user:hush@host/test?socketTimeoutMS=5", "socketTimeoutMS"),
    ] {
        let error = open::documents(url).await.err().unwrap().to_string();
        assert!(error.contains("DOCUMENTS_URL") && error.contains("mongodb://"), "{error}");
        assert!(error.contains(told) && !error.contains("hush") && !error.contains("12"), "{url}: {error}");
    }
}
