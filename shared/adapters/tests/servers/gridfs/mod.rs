//! Documents in MongoDB GridFS.

mod failures;
mod layout;

use std::sync::Arc;

use adapters::{contract, open};
use jiff::Timestamp;
use mongodb::Client;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use pipeline::{BlobId, Documents};
use url::Url;

use crate::environment::server;
use crate::races;

/// A database of the test's own.
struct Database {
    url: Url,
    name: String,
}

impl Database {
    fn new() -> Option<Self> {
        let server = server("TEST_MONGODB_URL")?;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        Some(Self { url, name })
    }

    async fn documents(&self) -> Arc<dyn Documents> {
        open::documents(self.url.as_str()).await.unwrap()
    }

    async fn database(&self) -> mongodb::Database {
        Client::with_uri_str(&self.url).await.unwrap().database(&self.name)
    }

    /// How many documents the collections of the bucket `raw` have of a blob: file documents and chunks.
    async fn count(&self, id: BlobId) -> (u64, u64) {
        let database = self.database().await;
        let files = database.collection::<Document>("raw.files");
        let chunks = database.collection::<Document>("raw.chunks");
        let files = files.count_documents(doc! { "_id": binary(id) }).await.unwrap();
        (files, chunks.count_documents(doc! { "files_id": binary(id) }).await.unwrap())
    }

    async fn drop(self) {
        self.database().await.drop().await.unwrap();
    }
}

/// A blob's id as other clients see it.
fn binary(id: BlobId) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.uuid().as_bytes().to_vec() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_keep_the_contract() {
    let Some(database) = Database::new() else { return };
    contract::documents::suite(&*database.documents().await, Timestamp::now()).await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_puts_by_several_processes_one_wins() {
    let Some(database) = Database::new() else { return };
    let stores = [database.documents().await, database.documents().await, database.documents().await];
    races::one_of_many_wins(&stores, &[0, 5, 5, 7, 255 * 1024, 255 * 1024 + 1, 300 * 1024, 2_000_000], 80).await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_put_leaves_what_is_listed() {
    let Some(database) = Database::new() else { return };
    let documents = database.documents().await;
    let interrupted = races::interruptions_leave_what_is_listed(&*documents, 5 * 1024 * 1024).await;
    for id in interrupted {
        assert_eq!(database.count(id).await, (0, 0));
    }
    database.drop().await;
}
