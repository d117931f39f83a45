//! The document store.

use std::pin::Pin;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::{StreamExt, stream};
use jiff::Timestamp;

use super::error::{ErrorKind, PortError};
use crate::ids::BlobId;

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

/// An address under which a client hands in a blob itself, by HTTP PUT, until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PresignedPut {
    /// The address. It is a secret while it lives.
    pub url: String,
    /// Headers that the client must send as they are, `content-length` among them.
    pub headers: Vec<(String, String)>,
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

    /// At most `limit` blobs stored before a time, in ascending order of id, beginning after `after`.
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
