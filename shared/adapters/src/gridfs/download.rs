//! Reading a blob.

use std::ops::Range;

use bytes::Bytes;
use futures_util::{future, stream};
use mongodb::Cursor;
use mongodb::bson::{Binary, Document, RawDocument, RawDocumentBuf, doc};
use pipeline::{Blob, BlobId, ByteStream, ErrorKind, PortError};

use super::error::limited;
use super::{BucketCollections, CHUNK_BYTES, PutId, binary};

/// Chunks that come from the server together.
const BATCH_CHUNKS: u32 = 4;

pub(super) async fn get(bucket: &BucketCollections, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
    let (name, id) = (id, binary(id));
    let wanted = range.clone().unwrap_or(0..u64::MAX);
    let file = limited("read a blob's file document", bucket.files.find_one(doc! { "_id": &id }));
    // The size of a chunk is known unless another client stored the blob, so both are asked for at once.
    let (file, chunks) = future::try_join(file, find(bucket, &id, &wanted, CHUNK_BYTES.into())).await?;
    let missing = || PortError::new(ErrorKind::NotFound, format!("there is no blob {name}"));
    let file = File::read(name, &file.ok_or_else(missing)?)?;
    let wanted = wanted.start.min(file.length)..wanted.end.min(file.length);
    let chunks = match file.chunk_bytes {
        same if same == u64::from(CHUNK_BYTES) => chunks,
        other => find(bucket, &id, &wanted, other).await?,
    };
    Ok(Blob { bytes: file.length, content: content(file, wanted, chunks) })
}

/// The chunks that a range touches, in order.
async fn find(
    bucket: &BucketCollections,
    id: &Binary,
    range: &Range<u64>,
    chunk_bytes: u64,
) -> Result<Cursor<RawDocumentBuf>, PortError> {
    let first = range.start / chunk_bytes;
    let behind = range.end.div_ceil(chunk_bytes);
    let filter = doc! { "files_id": id, "n": { "$gte": bound(first), "$lt": bound(behind) } };
    let chunks = bucket.chunks.find(filter).sort(doc! { "n": 1 }).batch_size(BATCH_CHUNKS);
    limited("read a blob's chunks", chunks).await
}

fn bound(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// What a file document says.
struct File {
    name: BlobId,
    length: u64,
    chunk_bytes: u64,
    /// The put that stored the blob; other clients write none.
    put: Option<PutId>,
}

impl File {
    fn read(name: BlobId, document: &Document) -> Result<Self, PortError> {
        let number = |key: &str| {
            let value = document.get(key);
            let number = value.and_then(|value| value.as_i64().or_else(|| value.as_i32().map(i64::from)));
            let number = number.and_then(|number| u64::try_from(number).ok());
            number.ok_or_else(|| damaged(name, format!("its file document has no {key}")))
        };
        let put = document.get_document("metadata").and_then(|metadata| metadata.get_object_id("put")).ok();
        let file = Self { name, length: number("length")?, chunk_bytes: number("chunkSize")?, put };
        if file.chunk_bytes == 0 { Err(damaged(name, "its chunkSize is 0".to_owned())) } else { Ok(file) }
    }

    /// What chunk `n` holds.
    fn data<'a>(&self, n: u64, chunk: &'a RawDocument) -> Result<&'a [u8], PortError> {
        let wrong = |_| damaged(self.name, format!("its chunk {n} cannot be read"));
        let found = chunk.get_i32("n").map_err(wrong)?;
        if i64::from(found) != bound(n) {
            return Err(damaged(self.name, format!("its chunk {n} is missing")));
        }
        let of_another = self.put.is_some_and(|put| n == 0 && chunk.get_object_id("_id").ok() != Some(put));
        if of_another {
            return Err(damaged(self.name, "its chunk 0 is of another put".to_owned()));
        }
        let data = chunk.get_binary("data").map_err(wrong)?.bytes;
        let expected = self.chunk_bytes.min(self.length - n * self.chunk_bytes);
        if data.len() as u64 != expected {
            return Err(damaged(self.name, format!("its chunk {n} has {} bytes instead of {expected}", data.len())));
        }
        Ok(data)
    }
}

fn damaged(name: BlobId, how: String) -> PortError {
    PortError::new(ErrorKind::Internal, format!("blob {name} is damaged: {how}"))
}

/// The bytes of a range, chunk by chunk.
fn content(file: File, range: Range<u64>, chunks: Cursor<RawDocumentBuf>) -> ByteStream {
    let start = (file, range, chunks);
    Box::pin(stream::try_unfold(start, |(file, range, mut chunks)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        let n = range.start / file.chunk_bytes;
        if !limited("read a blob's chunks", chunks.advance()).await? {
            return Err(damaged(file.name, format!("its chunk {n} is missing")));
        }
        let data = part(file.data(n, chunks.current())?, n * file.chunk_bytes, &range);
        let rest = range.start + data.len() as u64..range.end;
        Ok(Some((data, (file, rest, chunks))))
    }))
}

/// The part of a chunk, which begins at `start` of the blob, that lies in the range.
fn part(data: &[u8], start: u64, range: &Range<u64>) -> Bytes {
    let within = |position: u64| usize::try_from(position - start).unwrap_or(usize::MAX).min(data.len());
    Bytes::copy_from_slice(&data[within(range.start)..within(range.end)])
}
