//! Putting a blob.
//!
//! The writer of chunk 0 owns the id; every other writer learns that it exists and touches nothing. An
//! empty blob has an empty chunk 0, so the rule holds for it too.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Document, RawBinaryRef, RawDocumentBuf, cstr, doc};
use pipeline::{BlobId, ByteStream, ErrorKind, PortError};

use super::error::{limited, limited_to};
use super::{BucketCollections, CHUNK_BYTES, PutId, binary};
use crate::pieces::Pieces;

/// Chunks that go to the server together. As many again are collected meanwhile.
const BATCH_CHUNKS: usize = 4;
/// How long a document waits for those before it and is inserted.
const PUT_LIMIT: Duration = Duration::from_secs(25);

pub(super) async fn put(bucket: &BucketCollections, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
    let mut pieces = Pieces::new(content, CHUNK_BYTES as usize);
    let first = pieces.next().await?.unwrap_or_default();
    let second = pieces.next().await?;
    let upload = Upload { bucket, id: binary(id), name: id.to_string(), put: PutId::new() };
    match second {
        None => upload.put_one(&first).await,
        Some(second) => upload.put_many(&first, second, pieces).await,
    }
}

struct Upload<'a> {
    bucket: &'a BucketCollections,
    id: Binary,
    name: String,
    put: PutId,
}

/// Why chunks could not be put.
struct Failure {
    error: PortError,
    /// Whether it is known what the server did: only then may anything be deleted.
    is_known: bool,
}

impl Failure {
    fn of_content(error: PortError) -> Self {
        Self { error, is_known: true }
    }

    fn of_server(error: PortError) -> Self {
        Self { is_known: !error.is_unreachable(), error }
    }
}

impl Upload<'_> {
    /// A blob of one chunk: both documents at once, which halves the time that a client waits.
    async fn put_one(&self, content: &Bytes) -> Result<u64, PortError> {
        let length = content.len() as u64;
        let (chunk, file) = future::join(self.insert_first(content), self.insert_file(length)).await;
        match (chunk, file) {
            (Ok(()), Ok(())) => Ok(length),
            (Ok(()), Err(file)) => self.settle_file(file, length).await,
            (Err(chunk), file) if chunk.kind() == ErrorKind::AlreadyExists => {
                if !file.is_err_and(|file| file.kind() == ErrorKind::AlreadyExists) {
                    self.withdraw_file().await?;
                }
                Err(chunk)
            }
            (Err(chunk), _) => Err(chunk),
        }
    }

    async fn put_many(&self, first: &Bytes, second: Bytes, pieces: Pieces) -> Result<u64, PortError> {
        self.insert_first(first).await?;
        let rest = match self.insert_rest(second, pieces).await {
            Ok(rest) => rest,
            Err(failure) => return Err(self.give_up(failure).await),
        };
        let length = first.len() as u64 + rest;
        match self.insert_file(length).await {
            Ok(()) => Ok(length),
            Err(file) => self.settle_file(file, length).await,
        }
    }

    /// Inserts all chunks but the first and answers their size in bytes.
    async fn insert_rest(&self, second: Bytes, mut pieces: Pieces) -> Result<u64, Failure> {
        let (mut bytes, mut n) = (0, 1);
        let mut batch = vec![second];
        collect(&mut pieces, &mut batch).await.map_err(Failure::of_content)?;
        while !batch.is_empty() {
            let mut following = Vec::with_capacity(BATCH_CHUNKS);
            let (inserted, collected) =
                future::join(self.insert_chunks(n, &batch), collect(&mut pieces, &mut following)).await;
            inserted.map_err(Failure::of_server)?;
            collected.map_err(Failure::of_content)?;
            bytes += batch.iter().map(|chunk| chunk.len() as u64).sum::<u64>();
            n += batch.len();
            batch = following;
        }
        Ok(bytes)
    }

    async fn insert_first(&self, data: &Bytes) -> Result<(), PortError> {
        let chunk = self.chunk(self.put, 0, data)?;
        limited_to(PUT_LIMIT, "insert a blob's first chunk", self.bucket.inserting_first_chunks.call(chunk)).await
    }

    async fn insert_chunks(&self, first: usize, batch: &[Bytes]) -> Result<(), PortError> {
        let chunks = batch.iter().zip(first..).map(|(data, n)| self.chunk(ObjectId::new(), n, data));
        let chunks = chunks.collect::<Result<Vec<_>, _>>()?;
        limited("insert a blob's chunks", self.bucket.chunks.insert_many(chunks)).await.map(|_| ())
    }

    fn chunk(&self, id: ObjectId, n: usize, data: &Bytes) -> Result<RawDocumentBuf, PortError> {
        let too_large = |_| PortError::new(ErrorKind::Rejected, "the blob has too many chunks");
        let n = i32::try_from(n).map_err(too_large)?;
        let data = RawBinaryRef { subtype: BinarySubtype::Generic, bytes: data };
        let files_id = RawBinaryRef { subtype: self.id.subtype, bytes: &self.id.bytes };
        let mut chunk = RawDocumentBuf::new();
        chunk.append(cstr!("_id"), id);
        chunk.append(cstr!("files_id"), files_id);
        chunk.append(cstr!("n"), n);
        chunk.append(cstr!("data"), data);
        Ok(chunk)
    }

    async fn insert_file(&self, length: u64) -> Result<(), PortError> {
        let inserting = self.bucket.inserting_files.call(self.file(length));
        limited_to(PUT_LIMIT, "insert a blob's file document", inserting).await
    }

    fn file(&self, length: u64) -> Document {
        doc! {
            "_id": &self.id,
            "length": length.cast_signed(),
            "chunkSize": CHUNK_BYTES.cast_signed(),
            "uploadDate": DateTime::now(),
            "filename": &self.name,
            "metadata": { "put": self.put },
        }
    }

    /// What the owner of the id does where his file document was not inserted.
    async fn settle_file(&self, error: PortError, length: u64) -> Result<u64, PortError> {
        if error.kind() != ErrorKind::AlreadyExists {
            return Err(self.give_up(Failure::of_server(error)).await);
        }
        // It is of a put that lost the race for chunk 0 and withdraws it, or died before it could.
        let own = self.bucket.files.replace_one(doc! { "_id": &self.id }, self.file(length)).upsert(true);
        limited("replace a blob's file document", own).await?;
        Ok(length)
    }

    /// Deletes this put's own file document from another's blob.
    async fn withdraw_file(&self) -> Result<(), PortError> {
        let own = doc! { "_id": &self.id, "metadata.put": self.put };
        limited("withdraw a blob's file document", self.bucket.files.delete_one(own)).await.map(|_| ())
    }

    /// Deletes this put's chunks, where it is known what there is, and answers the error. What stays is found by `list`.
    async fn give_up(&self, failure: Failure) -> PortError {
        if failure.is_known
            && let Err(error) = self.remove_chunks().await
        {
            tracing::warn!(%error, blob = %self.name, "the chunks of a broken-off blob stay for now");
        }
        failure.error
    }

    async fn remove_chunks(&self) -> Result<(), PortError> {
        let rest = doc! { "files_id": &self.id, "n": { "$gt": 0 } };
        limited("delete a blob's chunks", self.bucket.chunks.delete_many(rest)).await?;
        limited("delete a blob's chunks", self.bucket.chunks.delete_one(doc! { "_id": self.put })).await.map(|_| ())
    }
}

/// Fills a batch, up to the content's end.
async fn collect(pieces: &mut Pieces, batch: &mut Vec<Bytes>) -> Result<(), PortError> {
    while batch.len() < BATCH_CHUNKS {
        let Some(piece) = pieces.next().await? else { break };
        batch.push(piece);
    }
    Ok(())
}
