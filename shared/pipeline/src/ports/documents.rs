//! The document store.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::error::{ErrorKind, PortError};
use crate::ids::{BlobId, LedgerId};

/// A blob's content, chunk by chunk.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, PortError>> + Send>>;

/// A part of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// What clients uploaded.
    Raw,
    /// What workers produced.
    Processed,
}

impl Bucket {
    /// Both buckets.
    pub const ALL: [Self; 2] = [Self::Raw, Self::Processed];

    /// The bucket's name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Processed => "processed",
        }
    }
}

/// A blob that is being read.
pub struct Blob {
    /// Size of the whole blob in bytes, also where only a part is read.
    pub bytes: u64,
    /// The content, or the part that was asked for.
    pub content: ByteStream,
}

/// The longest that an address of the store's own is good for.
pub const PRESIGNED_LIFE: Duration = Duration::from_secs(5 * 60);

/// An address under which a client uploads a blob directly, by HTTP PUT, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPut {
    /// The address. It is a secret while it lives.
    pub url: String,
    /// Headers that the client must send as they are, `content-length` among them.
    pub headers: Vec<(String, String)>,
}

/// Blobs deleted at a time where a store deletes one by one.
const DELETED_AT_ONCE: usize = 32;

/// What a store says of its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoreMark {
    /// The ledger that names the store's blobs.
    pub ledger: LedgerId,
    /// The ledger's generation when it looked for orphans here last, see [`LedgerIdentity`](crate::LedgerIdentity).
    pub generation: u64,
}

impl StoreMark {
    /// The mark as a text: JSON.
    #[must_use]
    pub fn encode(self) -> String {
        let Self { ledger, generation } = self;
        json!({ "ledger": ledger, "generation": generation }).to_string()
    }

    /// Reads the text.
    ///
    /// # Errors
    /// `Internal` where it is no mark.
    pub fn decode(text: &[u8]) -> Result<Self, PortError> {
        serde_json::from_slice(text).map_err(|source| {
            PortError::new(ErrorKind::Internal, "the mark of the document store cannot be read").with_source(source)
        })
    }
}

/// Keeps blobs under ids that are used once: a blob never changes.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Stores a blob and answers its size in bytes once it is durable.
    ///
    /// # Errors
    /// `AlreadyExists` where the id was used (the blob there stays as it is); the content's own error; `Unreachable`.
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError>;

    /// Opens a blob; `range` (start inclusive, end exclusive, within the blob) reads a part of it.
    ///
    /// # Errors
    /// `NotFound`, `Unreachable`.
    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<std::ops::Range<u64>>) -> Result<Blob, PortError>;

    /// Deletes a blob; a missing one is no error.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError>;

    /// Deletes many blobs; answers those that it could not delete, each with the reason. A missing one is no error.
    async fn delete_many(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        let mut failed = Vec::new();
        for some in ids.chunks(DELETED_AT_ONCE) {
            let deleted = join_all(some.iter().map(|id| self.delete(bucket, *id))).await;
            failed.extend(some.iter().zip(deleted).filter_map(|(id, deleted)| Some((*id, deleted.err()?))));
        }
        failed
    }

    /// Whose the store is; `None` where no ledger has claimed it.
    ///
    /// # Errors
    /// `Unreachable`; `Internal` where the mark cannot be read.
    async fn mark(&self) -> Result<Option<StoreMark>, PortError>;

    /// Marks the store in place of the mark that the caller has seen.
    ///
    /// # Errors
    /// `AlreadyExists` where another mark is there by now; `Unreachable`.
    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError>;

    /// At most `limit` blobs whose ids were made before a time, in ascending order of id, beginning after `after`.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError>;

    /// Whether the store answers.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn check(&self) -> Result<(), PortError>;

    /// An address under which anybody reads a blob for `life`, at most [`PRESIGNED_LIFE`], with these values of
    /// `Content-Disposition` and `Content-Type`; `None` where the store has no addresses of its own. Whether there is
    /// such a blob is not looked at.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn presigned_get(
        &self,
        _bucket: Bucket,
        _id: BlobId,
        _life: Duration,
        _disposition: &str,
        _media_type: &str,
    ) -> Result<Option<String>, PortError> {
        Ok(None)
    }

    /// An address under which anybody stores a blob of exactly `bytes` bytes, once, within `life`, at most
    /// [`PRESIGNED_LIFE`]; `None` where the store has no addresses of its own.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn presigned_put(
        &self,
        _bucket: Bucket,
        _id: BlobId,
        _life: Duration,
        _bytes: u64,
    ) -> Result<Option<PresignedPut>, PortError> {
        Ok(None)
    }
}

/// What follows from the port for every store.
#[async_trait]
pub trait DocumentsExt: Documents {
    /// Stores a blob that is in memory.
    ///
    /// # Errors
    /// As [`Documents::put`].
    async fn put_bytes(&self, bucket: Bucket, id: BlobId, content: Bytes) -> Result<u64, PortError> {
        self.put(bucket, id, Box::pin(stream::iter([Ok(content)]))).await
    }

    /// Reads a whole blob of at most `limit` bytes into memory.
    ///
    /// # Errors
    /// As [`Documents::get`]; `Internal` where the blob is larger.
    async fn get_bytes(&self, bucket: Bucket, id: BlobId, limit: u64) -> Result<Bytes, PortError> {
        let mut blob = self.get(bucket, id, None).await?;
        if blob.bytes > limit {
            let context = format!("blob {id} has {} bytes, at most {limit} are read", blob.bytes);
            return Err(PortError::new(ErrorKind::Internal, context));
        }
        let mut bytes = BytesMut::with_capacity(usize::try_from(blob.bytes).unwrap_or_default());
        while let Some(chunk) = blob.content.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes.freeze())
    }
}

impl<D: Documents + ?Sized> DocumentsExt for D {}
