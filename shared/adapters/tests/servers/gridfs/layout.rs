//! The layout is that of every GridFS client, and what is damaged is told.

use bytes::Bytes;
use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use jiff::{SignedDuration, Timestamp};
use mongodb::IndexModel;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::gridfs::GridFsBucket;
use mongodb::options::GridFsBucketOptions;
use pipeline::{BlobId, Bucket, DocumentsExt as _, ErrorKind};

use super::{Database, binary};

const CHUNK: usize = 255 * 1024;

fn content(bytes: usize) -> Bytes {
    (0..bytes).map(|position| u8::try_from(position % 251).unwrap()).collect()
}

async fn bucket(database: &Database) -> GridFsBucket {
    let options = GridFsBucketOptions::builder().bucket_name(Bucket::Raw.name().to_owned()).build();
    database.database().await.gridfs_bucket(options)
}

#[tokio::test]
async fn other_clients_read_our_blobs() {
    let Some(database) = Database::new() else { return };
    let documents = database.documents().await;
    for bytes in [0, 1, CHUNK, 3 * CHUNK + 7] {
        let (id, content) = (BlobId::new(), content(bytes));
        documents.put_bytes(Bucket::Raw, id, content.clone()).await.unwrap();
        let mut read = Vec::new();
        let mut stream = bucket(&database).await.open_download_stream(Bson::Binary(binary(id))).await.unwrap();
        stream.read_to_end(&mut read).await.unwrap();
        assert!(read == content, "{bytes} bytes");
        let file = bucket(&database).await.find_one(doc! { "_id": binary(id) }).await.unwrap().unwrap();
        assert_eq!((file.length, file.chunk_size_bytes), (bytes as u64, CHUNK as u32));
        assert_eq!(file.filename, Some(id.to_string()));
        let age = DateTime::now().timestamp_millis() - file.upload_date.timestamp_millis();
        assert!((0..60_000).contains(&age), "stored {age} ms ago");
    }
    let indexes = database.database().await.collection::<Document>("raw.chunks").list_indexes().await.unwrap();
    let unique = |index: &IndexModel| index.options.as_ref().is_some_and(|options| options.unique == Some(true));
    let indexes: Vec<IndexModel> = indexes.map(Result::unwrap).collect().await;
    assert!(indexes.iter().any(|index| index.keys == doc! { "files_id": 1, "n": 1 } && unique(index)), "{indexes:?}");
    database.drop().await;
}

#[tokio::test]
async fn blobs_of_other_clients_are_read() {
    let Some(database) = Database::new() else { return };
    let (id, content) = (BlobId::new(), content(10_000));
    let bucket = bucket(&database).await;
    let upload = bucket.open_upload_stream("x").id(Bson::Binary(binary(id))).chunk_size_bytes(999);
    let mut upload = upload.await.unwrap();
    upload.write_all(&content).await.unwrap();
    upload.close().await.unwrap();
    let documents = database.documents().await;
    assert!(documents.get_bytes(Bucket::Raw, id, 10_000).await.unwrap() == content);
    let blob = documents.get(Bucket::Raw, id, Some(998..3001)).await.unwrap();
    let part: Vec<Bytes> = blob.content.map(Result::unwrap).collect().await;
    assert!(part.concat() == content[998..3001]);
    database.drop().await;
}

#[tokio::test]
async fn a_damaged_blob_is_no_short_file() {
    let Some(database) = Database::new() else { return };
    let documents = database.documents().await;
    let chunks = database.database().await.collection::<Document>("raw.chunks");
    for n in 0..3_i32 {
        let id = BlobId::new();
        documents.put_bytes(Bucket::Raw, id, content(3 * CHUNK)).await.unwrap();
        chunks.delete_one(doc! { "files_id": binary(id), "n": n }).await.unwrap();
        let error = documents.get_bytes(Bucket::Raw, id, 1 << 30).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "chunk {n} is missing: {error}");
        assert!(error.to_string().contains(&format!("chunk {n} is missing")), "{error}");
    }
    for (n, data) in [(0, "of another"), (1, "short"), (1, "")] {
        let id = BlobId::new();
        documents.put_bytes(Bucket::Raw, id, content(2 * CHUNK)).await.unwrap();
        chunks.delete_one(doc! { "files_id": binary(id), "n": n }).await.unwrap();
        let data = Bson::Binary(mongodb::bson::Binary { bytes: data.into(), ..binary(id) });
        let other = doc! { "_id": ObjectId::new(), "files_id": binary(id), "n": n, "data": data };
        chunks.insert_one(other).await.unwrap();
        let error = documents.get_bytes(Bucket::Raw, id, 1 << 30).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
    }
    database.drop().await;
}

/// A put died between its chunks and its file document: its id is taken, listed and can be deleted.
#[tokio::test]
async fn chunks_without_a_file_document_are_found() {
    let Some(database) = Database::new() else { return };
    let documents = database.documents().await;
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, content(2 * CHUNK)).await.unwrap();
    let files = database.database().await.collection::<Document>("raw.files");
    files.delete_one(doc! { "_id": binary(id) }).await.unwrap();
    for bytes in [0, 1, 2 * CHUNK] {
        let error = documents.put_bytes(Bucket::Raw, id, content(bytes)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(database.count(id).await, (0, 2), "the loser leaves nothing and deletes nothing");
    }
    let stored = Timestamp::now() + SignedDuration::from_secs(1);
    assert_eq!(documents.list(Bucket::Raw, stored, None, 10).await.unwrap(), [id]);
    assert_eq!(documents.list(Bucket::Raw, stored, Some(id), 10).await.unwrap(), []);
    documents.delete(Bucket::Raw, id).await.unwrap();
    assert_eq!(database.count(id).await, (0, 0));
    database.drop().await;
}

/// A put lost the race for the first chunk and died before it could withdraw its file document.
#[tokio::test]
async fn the_owner_of_the_first_chunk_replaces_a_losers_file_document() {
    let Some(database) = Database::new() else { return };
    let documents = database.documents().await;
    let files = database.database().await.collection::<Document>("raw.files");
    for bytes in [0, 1, 2 * CHUNK] {
        let id = BlobId::new();
        let losers =
            doc! { "_id": binary(id), "length": 99_i64, "chunkSize": 1, "metadata": { "put": ObjectId::new() } };
        files.insert_one(losers).await.unwrap();
        let error = documents.get_bytes(Bucket::Raw, id, 100).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Internal, "{error}");
        documents.put_bytes(Bucket::Raw, id, content(bytes)).await.unwrap();
        assert!(documents.get_bytes(Bucket::Raw, id, 1 << 30).await.unwrap() == content(bytes));
    }
    database.drop().await;
}

#[tokio::test]
async fn what_has_another_kind_of_id_is_not_listed() {
    let Some(database) = Database::new() else { return };
    let mut upload = bucket(&database).await.open_upload_stream("of another program").await.unwrap();
    upload.write_all(b"x").await.unwrap();
    upload.close().await.unwrap();
    let later = Timestamp::now() + SignedDuration::from_hours(1);
    assert_eq!(database.documents().await.list(Bucket::Raw, later, None, 10).await.unwrap(), []);
    database.drop().await;
}
