//! Housekeeping, beside mending.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use async_trait::async_trait;
use host::settings::{Settings, Variables};
use jiff::{SignedDuration, Timestamp};
use pipeline::{
    Acceptance, Blob, BlobId, Bucket, ByteStream, Clock, DocumentId, DocumentOutcome, Documents, DocumentsExt, Format,
    Ledger, NewDocument, NewUpload, PortError, RetryPolicy, StoreMark, TraceId, UploadId, UserId, claim_store,
};
use sweeper::{Housekeeping, Sweeper};
use tempfile::TempDir;

/// Long after the files of the test are made.
struct Later(Timestamp);

impl Clock for Later {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// A store that is out of order in one way.
struct Faulty {
    whole: Arc<dyn Documents>,
    undeletable: Option<BlobId>,
    lists: bool,
}

#[async_trait]
impl Documents for Faulty {
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
        self.whole.put(bucket, id, content).await
    }

    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        self.whole.get(bucket, id, range).await
    }

    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError> {
        if self.undeletable == Some(id) {
            return Err(PortError::new(pipeline::ErrorKind::Unreachable, "a bad disk"));
        }
        self.whole.delete(bucket, id).await
    }

    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        if !self.lists {
            std::future::pending::<()>().await;
        }
        self.whole.list(bucket, before, after, limit).await
    }

    async fn mark(&self) -> Result<Option<StoreMark>, PortError> {
        self.whole.mark().await
    }

    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        self.whole.set_mark(mark, seen).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.whole.check().await
    }
}

struct Setup {
    sweeper: Sweeper,
    database: Database,
    now: Timestamp,
    _folder: TempDir,
}

async fn setup(faulty: impl FnOnce(Arc<dyn Documents>) -> Faulty) -> Setup {
    let folder = TempDir::new().unwrap();
    let data = folder.path().display().to_string();
    let settings = Settings::read(Variables::new(|name| match name {
        "DATA_DIR" => Some(data.clone()),
        "RETENTION_DAYS" => Some("30".to_owned()),
        _ => None,
    }))
    .unwrap();
    let (servers, retry) = (&settings.servers, settings.background.retry.clone());
    let now = Timestamp::now() + SignedDuration::from_hours(24 * 60);
    let clock: Arc<dyn Clock> = Arc::new(Later(now));
    let database = Database::open(servers.database.expose()).await.unwrap();
    database.migrate().await.unwrap();
    let documents = open::documents(servers.documents.expose()).await.unwrap();
    let broker = open::broker(servers.broker.expose(), retry.lease).await.unwrap();
    let ledger = database.ledger_at(retry, Arc::clone(&clock));
    claim_store(&*ledger, &*documents).await.unwrap();
    let mut sweeper = Sweeper::new(&settings, ledger, Arc::new(faulty(documents)), broker, clock);
    sweeper.orphan_grace = Duration::ZERO;
    Setup { sweeper, database, now, _folder: folder }
}

impl Setup {
    fn ledger(&self) -> &dyn Ledger {
        &*self.sweeper.ledger
    }

    /// Stores a blob for each of these.
    async fn put(&self, blobs: &[BlobId]) {
        for blob in blobs {
            self.sweeper.documents.put_bytes(Bucket::Raw, *blob, "x".into()).await.unwrap();
        }
    }

    /// An upload that arrived 50 days ago.
    async fn accept(&self, raw: BlobId) -> NewUpload {
        let new = NewUpload {
            id: UploadId::new(),
            owner: UserId::new(),
            invoice_number: "1".to_owned(),
            raw,
            branding: None,
            documents: vec![NewDocument { id: DocumentId::new(), format: Format::Pdf }],
            notify: None,
            idempotency: None,
            trace: TraceId::new(),
        };
        assert!(matches!(self.days_ago(50).accept(&new).await.unwrap(), Acceptance::Accepted { .. }));
        new
    }

    async fn fail(&self, upload: &NewUpload, days_ago: i64) {
        let ledger = self.days_ago(days_ago);
        let claim = ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
        let failed = DocumentOutcome::Failed { reason: "wrong".to_owned() };
        ledger.finish_document(&claim, &failed).await.unwrap();
    }

    /// The ledger as it was.
    fn days_ago(&self, days: i64) -> Arc<dyn Ledger> {
        let then = self.now - SignedDuration::from_hours(24 * days);
        self.database.ledger_at(RetryPolicy::default(), Arc::new(Later(then)))
    }
}

#[tokio::test]
async fn mending_does_not_wait_for_housekeeping() {
    let setup = setup(|whole| Faulty { whole, undeletable: None, lists: false }).await;
    setup.accept(BlobId::new()).await;
    let swept = tokio::time::timeout(Duration::from_secs(20), setup.sweeper.sweep()).await.expect("it hangs").unwrap();
    assert_eq!(swept.published, 1);
}

#[tokio::test]
async fn a_blob_that_cannot_be_deleted_holds_up_no_other() {
    let mut blobs = [BlobId::new(), BlobId::new(), BlobId::new(), BlobId::new()];
    blobs.sort();
    let setup = setup(|whole| Faulty { whole, undeletable: Some(blobs[0]), lists: true }).await;
    setup.put(&blobs).await;
    // The undeletable blob is first that of a removed upload, then an orphan.
    for blob in &blobs[..2] {
        let upload = setup.accept(*blob).await;
        setup.fail(&upload, 40).await;
    }
    tokio::time::sleep(Duration::from_millis(5)).await; // By their ids they are of this very millisecond.
    let first = Housekeeping { uploads: 2, set_aside: 3, ..Housekeeping::default() };
    assert_eq!(setup.sweeper.keep_house().await, first, "what could not be deleted is an orphan");
    assert_eq!(setup.sweeper.keep_house().await, Housekeeping { blobs: 2, ..Housekeeping::default() });
    assert_eq!(setup.sweeper.documents.list(Bucket::Raw, Timestamp::MAX, None, 10).await.unwrap(), [blobs[0]]);
}

#[tokio::test]
async fn retention_counts_from_the_end_and_leaves_what_is_not_finished() {
    let setup = setup(|whole| Faulty { whole, undeletable: None, lists: true }).await;
    let uploads = [setup.accept(BlobId::new()).await, setup.accept(BlobId::new()).await];
    let old = setup.accept(BlobId::new()).await;
    setup.fail(&uploads[0], 20).await;
    setup.fail(&old, 40).await;
    assert_eq!(setup.sweeper.keep_house().await.uploads, 1);
    for upload in &uploads {
        assert!(setup.ledger().upload(upload.id).await.unwrap().is_some());
    }
    assert!(setup.ledger().upload(old.id).await.unwrap().is_none());
}

#[tokio::test]
async fn housekeeping_comes_more_often_than_orphans_grow_old() {
    let mut sweeper = setup(|whole| Faulty { whole, undeletable: None, lists: true }).await.sweeper;
    sweeper.orphan_grace = Duration::from_secs(24 * 3600);
    assert_eq!(sweeper.housekeeping_period(), Duration::from_secs(3600));
    sweeper.orphan_grace = Duration::from_secs(4);
    assert_eq!(sweeper.housekeeping_period(), Duration::from_secs(2));
    sweeper.orphan_grace = Duration::ZERO;
    assert_eq!(sweeper.housekeeping_period(), Duration::from_secs(1));
}

/// A sweeper whose own clock, or the ledger's, jumps by a year removes nothing that is not old by the other.
#[tokio::test]
async fn a_jump_of_a_year_makes_nothing_old() {
    let mut setup = setup(|whole| Faulty { whole, undeletable: None, lists: true }).await;
    let upload = setup.accept(BlobId::new()).await;
    setup.fail(&upload, 29).await;
    let blobs = [BlobId::new(), BlobId::new()];
    setup.put(&blobs).await;
    let at = |hours: i64| -> Arc<dyn Clock> { Arc::new(Later(Timestamp::now() + SignedDuration::from_hours(hours))) };
    let year = 365 * 24;
    setup.sweeper.orphan_grace = Duration::from_secs(24 * 3600);
    // The sweeper's own clock says nothing.
    setup.sweeper.ledger = setup.database.ledger_at(RetryPolicy::default(), at(0));
    setup.sweeper.clock = at(year);
    for _ in 0..3 {
        assert_eq!(setup.sweeper.keep_house().await, Housekeeping::default());
    }
    // The ledger's is not believed for a day.
    for hours in [year, year + 1, year + 20] {
        setup.sweeper.ledger = setup.database.ledger_at(RetryPolicy::default(), at(hours));
        assert_eq!(setup.sweeper.keep_house().await, Housekeeping::default(), "{hours} hours later");
    }
    setup.sweeper.ledger = setup.database.ledger_at(RetryPolicy::default(), at(year + 25));
    let done = setup.sweeper.keep_house().await;
    assert_eq!((done.uploads, done.blobs), (1, 0), "it is really so late");
    assert_eq!(setup.sweeper.documents.list(Bucket::Raw, Timestamp::MAX, None, 10).await.unwrap(), blobs);
}
