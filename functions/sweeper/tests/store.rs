//! A document store and the ledgers that come upon it: none but its own deletes anything. On a folder, GridFS and S3.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use host::SystemClock;
use host::settings::{Settings, Variables};
use host::testing;
use jiff::Timestamp;
use pipeline::{
    Actor, BlobId, Bucket, DocumentOutcome, Documents, DocumentsExt as _, Ledger, RetryPolicy, adopt_store, claim_store,
};
use sweeper::{Bulk, Housekeeping, Sweeper};
use tempfile::TempDir;

/// The stores to test on, each fresh: the folder, and those of the servers that are given.
fn stores(folder: &TempDir) -> Vec<String> {
    let mut stores = vec![format!("file://{}/documents", folder.path().display())];
    #[cfg(feature = "servers")]
    for variable in ["TEST_MONGODB_URL", "TEST_S3_URL"] {
        let Ok(server) = std::env::var(variable) else {
            assert!(
                std::env::var_os("TEST_EMBEDDED_ONLY").is_some(),
                "{variable} is not given: run `cargo xtask test`"
            );
            continue;
        };
        let (start, query) = server.split_once('?').unwrap_or((&server, ""));
        let (scheme, rest) = start.split_once("://").unwrap();
        let authority = rest.split('/').next().unwrap();
        stores.push(format!("{scheme}://{authority}/test_{}?{query}", BlobId::new().uuid().simple()));
    }
    stores
}

/// A ledger in a file with a sweeper, on a store that others may have too.
struct Install {
    ledger: Arc<dyn Ledger>,
    sweeper: Sweeper,
}

impl Install {
    async fn open(database: &Path, store: &str) -> Self {
        let path = database.display().to_string();
        let url = |name: &str| match name {
            "DATABASE_URL" | "BROKER_URL" => Some(format!("sqlite://{path}")),
            "DOCUMENTS_URL" => Some(store.to_owned()),
            _ => None,
        };
        let settings = Settings::read(Variables::new(url)).unwrap();
        let database = Database::open(settings.servers.database.expose()).await.unwrap();
        database.migrate().await.unwrap();
        let mut sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await.unwrap();
        sweeper.orphan_grace = Duration::ZERO;
        Self { ledger: database.ledger(RetryPolicy::default()), sweeper }
    }

    fn documents(&self) -> &dyn Documents {
        &*self.sweeper.documents
    }

    async fn claim(&self) -> Result<(), pipeline::PortError> {
        claim_store(&*self.ledger, self.documents()).await
    }

    /// Uploads that are rendered: two blobs each.
    async fn store(&self, uploads: usize) {
        for _ in 0..uploads {
            let raw = BlobId::new();
            self.documents().put_bytes(Bucket::Raw, raw, "{}".into()).await.unwrap();
            let upload = testing::upload(raw);
            self.ledger.accept(&upload).await.unwrap();
            let claim = self.ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap();
            let claim = claim.claimed().unwrap();
            self.documents().put_bytes(Bucket::Processed, claim.blob, "a document".into()).await.unwrap();
            let (file_name, style_version) = ("a.pdf".to_owned(), 1);
            let stored = DocumentOutcome::Stored { bytes: 10, sha256: [0; 32], file_name, style_version, report: None };
            self.ledger.finish_document(&claim, &stored).await.unwrap();
        }
    }

    /// Passes, one after the other, with every grace over. Answers what they did together.
    async fn pass(&self, times: usize) -> Housekeeping {
        let mut total = Housekeeping::default();
        for _ in 0..times {
            tokio::time::sleep(Duration::from_millis(5)).await;
            let done = self.sweeper.keep_house().await;
            total.blobs += done.blobs;
            total.set_aside += done.set_aside;
            total.uploads += done.uploads;
        }
        total
    }
}

async fn count(store: &str) -> usize {
    let documents = open::documents(store).await.unwrap();
    let mut blobs = 0;
    for bucket in Bucket::ALL {
        blobs += documents.list(bucket, Timestamp::MAX, None, 10_000).await.unwrap().len();
    }
    blobs
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_deletes_its_own_orphans_by_a_later_pass() {
    let folder = TempDir::new().unwrap();
    for (number, store) in stores(&folder).iter().enumerate() {
        let own = Install::open(&folder.path().join(format!("{number}.sqlite3")), store).await;
        own.claim().await.unwrap();
        own.store(3).await;
        own.documents().put_bytes(Bucket::Raw, BlobId::new(), "an orphan".into()).await.unwrap();
        let (first, second) = (own.pass(1).await, own.pass(1).await);
        assert_eq!((first.set_aside, first.blobs), (1, 0), "{store}");
        assert_eq!((second.set_aside, second.blobs), (0, 1), "{store}");
        assert_eq!((own.pass(2).await, count(store).await), (Housekeeping::default(), 6), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_ledger_is_told_and_deletes_nothing() {
    let folder = TempDir::new().unwrap();
    for (number, store) in stores(&folder).iter().enumerate() {
        let own = Install::open(&folder.path().join(format!("own{number}.sqlite3")), store).await;
        own.claim().await.unwrap();
        own.store(15).await;
        let blob = open::documents(store).await.unwrap().list(Bucket::Raw, Timestamp::MAX, None, 1).await.unwrap()[0];
        let foreign = Install::open(&folder.path().join(format!("foreign{number}.sqlite3")), store).await;
        assert_eq!(foreign.pass(3).await, Housekeeping::default(), "{store}");
        for refused in [
            foreign.claim().await,
            foreign.documents().check().await,
            foreign.documents().delete(Bucket::Raw, blob).await,
            foreign.documents().put_bytes(Bucket::Raw, BlobId::new(), "x".into()).await.map(|_| ()),
            foreign.sweeper.remove_all_orphans(Bulk::Delete).await.map(|_| ()),
        ] {
            let refused = refused.unwrap_err();
            assert!(refused.is_unreachable(), "work is held, nothing fails for it: {refused}");
            assert!(refused.to_string().contains("sweeper adopt-store"), "{refused}");
        }
        assert_eq!(foreign.documents().delete_many(Bucket::Raw, &[blob]).await.len(), 1);
        assert_eq!(count(store).await, 30, "{store}");
        own.documents().check().await.unwrap();

        let sample = adopt_store(&*foreign.ledger, foreign.documents(), &Actor::Operator).await.unwrap();
        assert_eq!((sample.blobs, sample.named), (30, 0));
        foreign.documents().check().await.unwrap();
        assert!(own.documents().check().await.is_err(), "it was taken over");
        assert_eq!(own.pass(2).await, Housekeeping::default());
        assert_eq!(foreign.pass(1).await.set_aside, 30, "set aside first");
        assert_eq!(count(store).await, 30, "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_older_ledger_that_was_restored_deletes_nothing_before_it_adopts_the_store() {
    let folder = TempDir::new().unwrap();
    for (number, store) in stores(&folder).iter().enumerate() {
        let database = folder.path().join(format!("{number}.sqlite3"));
        let own = Install::open(&database, store).await;
        own.claim().await.unwrap();
        own.store(5).await;
        own.pass(1).await;
        let backup = folder.path().join(format!("backup{number}.sqlite3"));
        for suffix in ["", "-wal"] {
            std::fs::copy(format!("{}{suffix}", database.display()), format!("{}{suffix}", backup.display())).unwrap();
        }
        own.store(10).await;
        own.pass(1).await;
        let restored = Install::open(&backup, store).await;
        restored.documents().check().await.unwrap();
        assert_eq!(restored.pass(3).await, Housekeeping::default(), "{store}");
        let error = restored.sweeper.remove_all_orphans(Bulk::Delete).await.unwrap_err().to_string();
        assert!(error.contains("restored") && error.contains("sweeper adopt-store"), "{error}");
        assert_eq!(count(store).await, 30, "{store}");
        adopt_store(&*restored.ledger, restored.documents(), &Actor::Operator).await.unwrap();
        assert_eq!(restored.pass(1).await.set_aside, 20, "{store}");
        assert_eq!(own.pass(2).await, Housekeeping::default(), "the other copy has stopped: {store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_ledger_beside_documents_is_refused() {
    let folder = TempDir::new().unwrap();
    for (number, store) in stores(&folder).iter().enumerate() {
        let raw = open::documents(store).await.unwrap();
        // A store of the time before stores had ids.
        for _ in 0..3 {
            raw.put_bytes(Bucket::Raw, BlobId::new(), "{}".into()).await.unwrap();
        }
        let empty = Install::open(&folder.path().join(format!("{number}.sqlite3")), store).await;
        for refused in [empty.claim().await, empty.documents().check().await] {
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains("names 0 of the 3") && refused.contains("sweeper adopt-store"), "{refused}");
        }
        assert_eq!(empty.pass(3).await, Housekeeping::default(), "{store}");
        assert_eq!((count(store).await, raw.mark().await.unwrap()), (3, None), "{store}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_an_id_is_claimed_by_the_ledger_that_names_its_blobs() {
    let folder = TempDir::new().unwrap();
    let store = &stores(&folder)[0];
    let own = Install::open(&folder.path().join("own.sqlite3"), store).await;
    own.claim().await.unwrap();
    own.store(4).await;
    let mark = folder.path().join("documents/ledger");
    std::fs::remove_file(&mark).unwrap();
    assert!(own.documents().mark().await.unwrap().is_none());
    own.claim().await.unwrap();
    let marked = own.documents().mark().await.unwrap().unwrap();
    assert_eq!(marked.ledger, own.ledger.identity().await.unwrap().id);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_orphans_at_once_wait_for_a_word() {
    let folder = TempDir::new().unwrap();
    for (number, store) in stores(&folder).iter().enumerate() {
        let own = Install::open(&folder.path().join(format!("{number}.sqlite3")), store).await;
        own.claim().await.unwrap();
        own.store(2).await;
        let orphans: Vec<BlobId> = (0..101).map(|_| BlobId::new()).collect();
        for orphan in &orphans {
            own.documents().put_bytes(Bucket::Processed, *orphan, "x".into()).await.unwrap();
        }
        let done = own.pass(3).await;
        assert_eq!((done.set_aside, done.blobs), (101, 0), "{store}");
        let held = own.sweeper.remove_all_orphans(Bulk::Stop).await.unwrap();
        assert_eq!((held.held_back, held.deleted, count(store).await), (101, 0, 105), "{store}");
        let told = own.sweeper.remove_all_orphans(Bulk::Delete).await.unwrap();
        assert_eq!((told.held_back, told.deleted, count(store).await), (0, 101, 4), "{store}");
        assert!(held.began && told.began, "one pass each");
    }
}
