//! Documents in S3.

mod failures;
mod presigned;

use std::sync::Arc;
use std::time::Duration;

use adapters::{contract, open};
use aws_config::BehaviorVersion;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Bucket, Documents, DocumentsExt as _, ErrorKind, PortError};
use url::Url;

use crate::environment::server;
use crate::races;

const MEBIBYTE: usize = 1024 * 1024;

/// A prefix of the test's own.
struct Prefix {
    url: Url,
}

impl Prefix {
    fn new() -> Option<Self> {
        let server = server("TEST_S3_URL")?;
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&format!("/test-{}", uuid::Uuid::now_v7().simple()));
        Some(Self { url })
    }

    async fn documents(&self) -> Arc<dyn Documents> {
        open::documents(self.url.as_str()).await.unwrap()
    }

    fn bucket(&self) -> &str {
        self.url.host_str().unwrap()
    }

    /// What the keys begin with.
    fn keys(&self) -> &str {
        self.url.path().trim_start_matches('/')
    }

    fn parameter(&self, name: &str) -> Option<String> {
        self.url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    async fn client(&self) -> Client {
        let region = Region::new(self.parameter("region").unwrap_or_else(|| "us-east-1".to_owned()));
        let shared = aws_config::defaults(BehaviorVersion::latest()).region(region).load().await;
        let mut config = aws_sdk_s3::config::Builder::from(&shared).force_path_style(true);
        config.set_endpoint_url(self.parameter("endpoint"));
        Client::from_conf(config.build())
    }

    /// How many uploads in parts are unfinished.
    async fn unfinished(&self) -> usize {
        let list = self.client().await.list_multipart_uploads().bucket(self.bucket()).prefix(self.keys()).send();
        list.await.unwrap().uploads().len()
    }

    async fn drop(self) {
        let client = self.client().await;
        let list = client.list_objects_v2().bucket(self.bucket()).prefix(self.keys()).send();
        for object in list.await.unwrap().contents() {
            client.delete_object().bucket(self.bucket()).key(object.key().unwrap()).send().await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_keep_the_contract() {
    let Some(prefix) = Prefix::new() else { return };
    contract::documents::suite(&*prefix.documents().await, Timestamp::now()).await;
    prefix.drop().await;
}

/// Of blobs that are stored in one request: see the note in `multipart.rs` on those in parts.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_puts_by_several_processes_one_wins() {
    let Some(prefix) = Prefix::new() else { return };
    let stores = [prefix.documents().await, prefix.documents().await, prefix.documents().await];
    races::one_of_many_wins(&stores, &[0, 5, 5, 7, 300_000, 2_000_000, 3_000_000, 8 * MEBIBYTE], 20).await;
    prefix.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_put_leaves_no_parts() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    races::interruptions_leave_what_is_listed(&*documents, 20 * MEBIBYTE).await;
    assert_eq!(prefix.unfinished().await, 0);
    prefix.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn content_that_breaks_off_leaves_no_parts() {
    let Some(prefix) = Prefix::new() else { return };
    let broken = PortError::new(ErrorKind::Rejected, "the client went away");
    let content = races::mebibytes(20).chain(stream::iter([Err(broken)]));
    let error = prefix.documents().await.put(Bucket::Raw, BlobId::new(), Box::pin(content)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert_eq!(prefix.unfinished().await, 0);
    prefix.drop().await;
}

/// Only what a process left long ago is cleaned up: an upload that was begun just now may be somebody's.
#[tokio::test(flavor = "multi_thread")]
async fn listing_lets_young_uploads_be() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    let (sender, content) = races::content();
    let put = tokio::spawn({
        let documents = Arc::clone(&documents);
        async move { documents.put(Bucket::Raw, BlobId::new(), content).await }
    });
    for _ in 0..20 {
        sender.send(Ok(vec![1; MEBIBYTE].into())).await.unwrap();
    }
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    assert_eq!(documents.list(Bucket::Raw, later, None, 10).await.unwrap(), []);
    assert_eq!(prefix.unfinished().await, 1);
    drop(sender);
    assert_eq!(put.await.unwrap().unwrap(), 20 * MEBIBYTE as u64);
    prefix.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_listed_page_by_page() {
    let Some(prefix) = Prefix::new() else { return };
    let documents = prefix.documents().await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        let id = BlobId::new();
        documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"x")).await.unwrap();
        ids.push(id);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // What others put there is passed over, whatever its place.
    for key in ["0", "z", "00000000-not-an-id"] {
        let key = format!("{}/raw/{key}", prefix.keys());
        prefix.client().await.put_object().bucket(prefix.bucket()).key(key).send().await.unwrap();
    }
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    for limit in 1..7 {
        assert_eq!(documents.list(Bucket::Raw, later, None, limit).await.unwrap(), ids[..limit.min(5)]);
    }
    let third = Timestamp::from_millisecond(i64::try_from(ids[2].uuid().as_u128() >> 80).unwrap()).unwrap();
    assert_eq!(documents.list(Bucket::Raw, third, None, 10).await.unwrap(), ids[..2], "stored before the third");
    prefix.drop().await;
}
