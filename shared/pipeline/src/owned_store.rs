//! A document store belongs to one ledger. Both carry the ledger's id, so that a second ledger on the same store, or
//! another store behind the same ledger, is noticed before anything is stored or deleted.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use futures_util::lock::Mutex;
use jiff::Timestamp;

use crate::ids::{BlobId, LedgerId};
use crate::ports::documents::{Blob, Bucket, ByteStream, Documents, PresignedPut, StoreMark};
use crate::ports::error::{ErrorKind, PortError};
use crate::ports::ledger::{Actor, Ledger};
use crate::ports::store_records::LedgerIdentity;

/// How long a confirmed owner is believed: for reading and storing, and for deleting.
const BELIEVED_FOR: Duration = Duration::from_secs(30);
const BELIEVED_BY_DELETIONS: Duration = Duration::from_secs(2);
/// Blobs of each bucket that are looked at, oldest first, to see whether a ledger names a store's blobs.
const SAMPLE: usize = 10_000;

/// How a ledger and a document store belong together.
enum Belonging {
    /// The store is this ledger's.
    Own(StoreMark),
    /// The store is this ledger's, and a later state of the ledger has looked for orphans in it.
    OfLaterState(StoreMark),
    /// The store is another ledger's.
    Foreign(StoreMark),
    /// The store is nobody's.
    Unclaimed,
}

impl Belonging {
    async fn find(ledger: &dyn Ledger, documents: &dyn Documents) -> Result<(Self, LedgerIdentity), PortError> {
        // In this order: a pass of another process raises the ledger's generation first.
        let mark = documents.mark().await?;
        let identity = ledger.identity().await?;
        let belonging = match mark {
            None => Self::Unclaimed,
            Some(mark) if mark.ledger != identity.id => Self::Foreign(mark),
            Some(mark) if mark.generation > identity.generation => Self::OfLaterState(mark),
            Some(mark) => Self::Own(mark),
        };
        Ok((belonging, identity))
    }
}

/// An operator mends that; until then work is held and nothing fails for it.
fn refused(reason: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::Unreachable, reason)
}

fn foreign(mark: StoreMark, own: LedgerId) -> PortError {
    refused(format!(
        "the document store belongs to the ledger {}, and this one is {own}: nothing is read, stored or deleted there; \
         correct DATABASE_URL or DOCUMENTS_URL, or make the store this ledger's by `sweeper adopt-store`",
        mark.ledger
    ))
}

/// How many of the blobs in a store a ledger names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Adoption {
    /// Blobs looked at, at most 10,000 of each bucket.
    pub blobs: usize,
    /// Those of them that a row names.
    pub named: usize,
}

impl Adoption {
    async fn look(ledger: &dyn Ledger, documents: &dyn Documents) -> Result<Self, PortError> {
        let mut sample = Self::default();
        for bucket in Bucket::ALL {
            let blobs = documents.list(bucket, Timestamp::MAX, None, SAMPLE).await?;
            sample.blobs += blobs.len();
            sample.named += blobs.len() - ledger.unreferenced(bucket, &blobs).await?.len();
        }
        Ok(sample)
    }

    /// Whether the store is empty, or most of its blobs are the ledger's.
    const fn is_safe(self) -> bool {
        self.blobs == 0 || self.named * 2 > self.blobs
    }
}

impl fmt::Display for Adoption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the ledger names {} of the {} blobs looked at", self.named, self.blobs)
    }
}

/// Makes a store that is nobody's the ledger's, where that is safe: the store is empty, or the ledger names most of its
/// blobs. One that is the ledger's already stays so.
///
/// # Errors
/// `Unreachable`: also where the store is another ledger's, or not safe to take.
pub async fn claim_store(ledger: &dyn Ledger, documents: &dyn Documents) -> Result<(), PortError> {
    let (belonging, identity) = Belonging::find(ledger, documents).await?;
    match belonging {
        Belonging::Own(_) | Belonging::OfLaterState(_) => return Ok(()),
        Belonging::Foreign(mark) => return Err(foreign(mark, identity.id)),
        Belonging::Unclaimed => {}
    }
    let sample = Adoption::look(ledger, documents).await?;
    if !sample.is_safe() {
        return Err(refused(format!(
            "the document store has documents and carries no ledger's id, and {sample}: is DATABASE_URL the right one, \
             or was the database lost? Restore it, or make the store this ledger's by `sweeper adopt-store`"
        )));
    }
    let mark = StoreMark { ledger: identity.id, generation: identity.generation };
    match documents.set_mark(mark, None).await {
        // Another process of this ledger was quicker, or a process of another one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match Belonging::find(ledger, documents).await? {
            (Belonging::Foreign(mark), identity) => Err(foreign(mark, identity.id)),
            _ => Ok(()),
        },
        Ok(()) => {
            tracing::info!(ledger = %identity.id, "the document store carries the ledger's id now: {sample}");
            Ok(())
        }
        failed => failed,
    }
}

/// Makes a store the ledger's, whosever it was, audited. What was set aside is forgotten, so that nothing is deleted
/// before it was set aside again.
///
/// # Errors
/// `Unreachable`, `Internal`; `AlreadyExists` where somebody else marks the store at the same time.
pub async fn adopt_store(ledger: &dyn Ledger, documents: &dyn Documents, actor: &Actor) -> Result<Adoption, PortError> {
    let seen = documents.mark().await?;
    let identity = ledger.identity().await?;
    let sample = Adoption::look(ledger, documents).await?;
    let generation = identity.generation.max(seen.map_or(0, |mark| mark.generation)) + 1;
    let before = match seen {
        None => "nobody's".to_owned(),
        Some(mark) => format!("of the ledger {}, generation {}", mark.ledger, mark.generation),
    };
    // The ledger first: its generation may be higher than the store's, never the other way round.
    let detail = format!("the document store was {before}; {sample}");
    ledger.record_adoption(generation, actor, &detail).await?;
    documents.set_mark(StoreMark { ledger: identity.id, generation }, seen).await?;
    tracing::warn!(ledger = %identity.id, detail, "the document store was taken over");
    Ok(sample)
}

/// Before a pass over the store, and before each further part of it: whether the ledger may judge what is an orphan. A new
/// pass raises the generation of both.
///
/// # Errors
/// `Unreachable`: also where the store is another ledger's, or was looked through by a later state of this one.
pub async fn begin_pass(ledger: &dyn Ledger, documents: &dyn Documents, is_new: bool) -> Result<(), PortError> {
    let (belonging, identity) = Belonging::find(ledger, documents).await?;
    let seen = match belonging {
        Belonging::Own(mark) => mark,
        Belonging::Foreign(mark) => return Err(foreign(mark, identity.id)),
        Belonging::Unclaimed => {
            return Err(refused("the document store carries no ledger's id: run `sweeper migrate`"));
        }
        Belonging::OfLaterState(mark) => {
            return Err(refused(format!(
                "the document store was looked through in generation {} of this ledger, which is in generation {}: it was \
                 restored from a backup, or a copy of it is at work. No orphan is deleted before `sweeper adopt-store`",
                mark.generation, identity.generation
            )));
        }
    };
    if is_new {
        let generation = ledger.raise_generation().await?;
        documents.set_mark(StoreMark { ledger: identity.id, generation }, Some(seen)).await?;
    }
    Ok(())
}

/// The document store of a ledger: as the store itself, once it is known to be the ledger's. Until then, and where it is
/// another's, every method answers `Unreachable`, and so does `check`. A store that is nobody's is claimed as
/// [`claim_store`] does.
pub struct OwnedStore {
    ledger: Arc<dyn Ledger>,
    documents: Arc<dyn Documents>,
    confirmed: Mutex<Option<Instant>>,
}

impl OwnedStore {
    /// The store of this ledger.
    #[must_use]
    pub fn new(ledger: Arc<dyn Ledger>, documents: Arc<dyn Documents>) -> Self {
        Self { ledger, documents, confirmed: Mutex::new(None) }
    }

    /// The store, whose owner was confirmed at most so long ago.
    async fn confirmed(&self, believed_for: Duration) -> Result<&dyn Documents, PortError> {
        // Callers meanwhile wait for the answer.
        let mut confirmed = self.confirmed.lock().await;
        if confirmed.is_none_or(|at| at.elapsed() >= believed_for) {
            *confirmed = None;
            self.confirm().await?;
            *confirmed = Some(Instant::now());
        }
        Ok(&*self.documents)
    }

    async fn confirm(&self) -> Result<(), PortError> {
        let (ledger, documents) = (&*self.ledger, &*self.documents);
        match Belonging::find(ledger, documents).await? {
            (Belonging::Own(_) | Belonging::OfLaterState(_), _) => Ok(()),
            (Belonging::Foreign(mark), identity) => Err(foreign(mark, identity.id)),
            (Belonging::Unclaimed, _) => claim_store(ledger, documents).await,
        }
    }
}

#[async_trait]
impl Documents for OwnedStore {
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
        self.confirmed(BELIEVED_FOR).await?.put(bucket, id, content).await
    }

    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        self.confirmed(BELIEVED_FOR).await?.get(bucket, id, range).await
    }

    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError> {
        self.confirmed(BELIEVED_BY_DELETIONS).await?.delete(bucket, id).await
    }

    async fn delete_many(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        match self.confirmed(BELIEVED_BY_DELETIONS).await {
            Ok(documents) => documents.delete_many(bucket, ids).await,
            Err(error) => ids.iter().map(|id| (*id, PortError::new(error.kind(), error.to_string()))).collect(),
        }
    }

    async fn mark(&self) -> Result<Option<StoreMark>, PortError> {
        self.documents.mark().await
    }

    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        self.documents.set_mark(mark, seen).await
    }

    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        self.documents.list(bucket, before, after, limit).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.documents.check().await?;
        if self.ledger.check().await.is_err() {
            // The ledger's own check tells that.
            return Ok(());
        }
        self.confirmed(Duration::ZERO).await.map(|_| ())
    }

    async fn presigned_get(
        &self,
        bucket: Bucket,
        id: BlobId,
        life: Duration,
        disposition: &str,
        media_type: &str,
    ) -> Result<Option<String>, PortError> {
        let documents = self.confirmed(BELIEVED_FOR).await?;
        documents.presigned_get(bucket, id, life, disposition, media_type).await
    }

    async fn presigned_put(
        &self,
        bucket: Bucket,
        id: BlobId,
        life: Duration,
        bytes: u64,
    ) -> Result<Option<PresignedPut>, PortError> {
        self.confirmed(BELIEVED_FOR).await?.presigned_put(bucket, id, life, bytes).await
    }
}
