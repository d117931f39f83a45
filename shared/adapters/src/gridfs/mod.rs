//! The document store in MongoDB GridFS, in its standard layout: any GridFS client reads the blobs.
//!
//! The collections are written here and not by the driver's bucket: where an id is used twice, the driver's upload
//! deletes the chunks of the first one.

mod connection;
mod download;
mod error;
mod listing;
mod mark;
mod upload;

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, RawDocumentBuf, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};
use pipeline::{Blob, BlobId, Bucket, ByteStream, Documents, PortError, StoreMark};
use tokio::sync::OnceCell;

use connection::Connection;
use error::{inserted, limited, limited_to};

use crate::batches::Batches;

/// The size of a chunk in bytes that GridFS recommends: with its other fields it stays below 256 KiB.
const CHUNK_BYTES: u32 = 255 * 1024;
/// Blobs deleted by one statement.
const DELETED_AT_ONCE: usize = 500;
/// Within this a healthy store answers a question about its health.
const CHECK_LIMIT: Duration = Duration::from_secs(3);

/// The two buckets in one database.
pub(crate) struct GridFs {
    connection: Connection,
    buckets: OnceCell<[BucketCollections; 2]>,
}

impl GridFs {
    /// Reads the URL: `mongodb://USER:PASSWORD@HOST:PORT/DATABASE?tls=true&tlsCAFile=FILE`, or `mongodb+srv://`.
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        Ok(Self { connection: Connection::open(url).await?, buckets: OnceCell::new() })
    }

    async fn bucket(&self, bucket: Bucket) -> Result<&BucketCollections, PortError> {
        let make = || async {
            let database = self.connection.database().await?;
            Ok::<_, PortError>(Bucket::ALL.map(|bucket| BucketCollections::new(&database, bucket)))
        };
        let [raw, processed] = self.buckets.get_or_try_init(make).await?;
        Ok(match bucket {
            Bucket::Raw => raw,
            Bucket::Processed => processed,
        })
    }
}

/// The two collections of a bucket.
struct BucketCollections {
    files: Collection<Document>,
    chunks: Collection<RawDocumentBuf>,
    /// Of blobs that are put at the same time.
    inserting_files: Batches<Collection<Document>, Document, ()>,
    inserting_first_chunks: Batches<Collection<RawDocumentBuf>, RawDocumentBuf, ()>,
    indexed: OnceCell<()>,
}

impl BucketCollections {
    fn new(database: &Database, bucket: Bucket) -> Self {
        let name = bucket.name();
        let files = database.collection_with_options(&format!("{name}.files"), connection::durable());
        let chunks = database.collection_with_options(&format!("{name}.chunks"), connection::durable());
        Self {
            inserting_files: Batches::new(files.clone(), |files, documents| Box::pin(inserted(files, documents))),
            inserting_first_chunks: Batches::new(chunks.clone(), |chunks, documents| {
                Box::pin(inserted(chunks, documents))
            }),
            files,
            chunks,
            indexed: OnceCell::new(),
        }
    }

    /// That a chunk's number is used once in a blob is what makes an id be used once.
    async fn ensure_index(&self) -> Result<(), PortError> {
        let create = || async {
            let unique = IndexOptions::builder().unique(true).build();
            let index = IndexModel::builder().keys(doc! { "files_id": 1, "n": 1 }).options(unique).build();
            limited("create the index of chunks", self.chunks.create_index(index)).await.map(|_| ())
        };
        self.indexed.get_or_try_init(create).await.copied()
    }

    /// Deletes blobs, or what there is of them. Chunks 0 go last: as long as anything of a blob is left, `list` finds it.
    async fn delete(&self, ids: &[BlobId]) -> Result<(), PortError> {
        let ids: Bson = ids.iter().map(|id| binary(*id)).collect::<Vec<_>>().into();
        let files = doc! { "_id": { "$in": &ids } };
        let files = limited("delete blobs' file documents", self.files.delete_many(files));
        let rest = doc! { "files_id": { "$in": &ids }, "n": { "$gt": 0 } };
        let rest = limited("delete blobs' chunks", self.chunks.delete_many(rest));
        futures_util::try_join!(files, rest)?;
        let first = doc! { "files_id": { "$in": ids }, "n": 0 };
        limited("delete blobs' first chunks", self.chunks.delete_many(first)).await.map(|_| ())
    }
}

/// A blob's id in BSON: a UUID.
fn binary(id: BlobId) -> Binary {
    Binary { subtype: BinarySubtype::Uuid, bytes: id.uuid().as_bytes().to_vec() }
}

/// Identifies one put. It is the `_id` of the put's first chunk, and the file document repeats it: so it shows whether
/// both are of the same put.
type PutId = ObjectId;

#[async_trait]
impl Documents for GridFs {
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
        let bucket = self.bucket(bucket).await?;
        bucket.ensure_index().await?;
        upload::put(bucket, id, content).await
    }

    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        download::get(self.bucket(bucket).await?, id, range).await
    }

    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError> {
        self.bucket(bucket).await?.delete(&[id]).await
    }

    async fn delete_many(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        let mut failed = Vec::new();
        for some in ids.chunks(DELETED_AT_ONCE) {
            let deleted = async { self.bucket(bucket).await?.delete(some).await };
            if let Err(error) = deleted.await {
                failed.extend(some.iter().map(|id| (*id, PortError::new(error.kind(), error.to_string()))));
            }
        }
        failed
    }

    async fn mark(&self) -> Result<Option<StoreMark>, PortError> {
        mark::read(&self.connection.database().await?).await
    }

    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        mark::write(&self.connection.database().await?, mark, seen).await
    }

    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        listing::list(self.bucket(bucket).await?, before, after, limit).await
    }

    async fn check(&self) -> Result<(), PortError> {
        let ping = async {
            let database = self.connection.database().await?;
            limited("reach MongoDB", database.run_command(doc! { "ping": 1 })).await
        };
        limited_to(CHECK_LIMIT, "reach MongoDB", ping).await.map(|_| ())
    }
}
