//! What every document store keeps to.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Bucket, ByteStream, Documents, DocumentsExt, ErrorKind, PortError};

const MEBIBYTE: usize = 1024 * 1024;

/// Runs the whole suite. `now` is the store's present time.
pub async fn suite(documents: &dyn Documents, now: Timestamp) {
    documents.check().await.unwrap();
    what_is_put_is_got(documents).await;
    a_range_gives_a_part(documents).await;
    an_id_is_used_once(documents).await;
    a_broken_off_put_leaves_nothing(documents).await;
    deleting_is_final_and_repeatable(documents).await;
    a_large_blob_is_streamed(documents).await;
    listing_is_ordered_and_paged(documents, now).await;
}

async fn what_is_put_is_got(documents: &dyn Documents) {
    for content in [Bytes::new(), Bytes::from_static(b"x"), Bytes::from(vec![7; 3 * MEBIBYTE])] {
        for bucket in Bucket::ALL {
            let id = BlobId::new();
            let size = content.len() as u64;
            assert_eq!(documents.put_bytes(bucket, id, content.clone()).await.unwrap(), size);
            assert_eq!(documents.get_bytes(bucket, id, size).await.unwrap(), content);
        }
    }
}

async fn a_range_gives_a_part(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Processed, id, Bytes::from_static(b"0123456789")).await.unwrap();
    let blob = documents.get(Bucket::Processed, id, Some(2..5)).await.unwrap();
    assert_eq!(blob.bytes, 10, "the size is the whole blob's");
    let part: Vec<Bytes> = blob.content.map(Result::unwrap).collect().await;
    assert_eq!(part.concat(), b"234");
}

async fn an_id_is_used_once(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"first")).await.unwrap();
    let second = documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"second")).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(documents.get_bytes(Bucket::Raw, id, 100).await.unwrap(), "first");
}

async fn a_broken_off_put_leaves_nothing(documents: &dyn Documents) {
    let id = BlobId::new();
    let broken = PortError::new(ErrorKind::Rejected, "the client went away");
    let content: ByteStream = Box::pin(stream::iter([Ok(Bytes::from_static(b"half")), Err(broken)]));
    let error = documents.put(Bucket::Raw, id, content).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    let missing = documents.get(Bucket::Raw, id, None).await.err().map(|error| error.kind());
    assert_eq!(missing, Some(ErrorKind::NotFound));
}

async fn deleting_is_final_and_repeatable(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"x")).await.unwrap();
    documents.delete(Bucket::Raw, id).await.unwrap();
    documents.delete(Bucket::Raw, id).await.unwrap();
    let missing = documents.get(Bucket::Raw, id, None).await.err().map(|error| error.kind());
    assert_eq!(missing, Some(ErrorKind::NotFound));
}

/// 50 MiB go through chunk by chunk; no more than a few chunks are alive at a time.
async fn a_large_blob_is_streamed(documents: &dyn Documents) {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let chunks = stream::iter(0..50).map(|number: u8| {
        MADE.fetch_add(1, Ordering::Relaxed);
        Ok(Bytes::from(vec![number; MEBIBYTE]))
    });
    let id = BlobId::new();
    let size = documents.put(Bucket::Processed, id, Box::pin(chunks)).await.unwrap();
    assert_eq!((size, MADE.load(Ordering::Relaxed)), (50 * MEBIBYTE as u64, 50));
    let mut blob = documents.get(Bucket::Processed, id, None).await.unwrap();
    let (mut position, mut largest) = (0_usize, 0);
    while let Some(chunk) = blob.content.next().await {
        let chunk = chunk.unwrap();
        assert!(chunk.iter().enumerate().all(|(i, byte)| usize::from(*byte) == (position + i) / MEBIBYTE));
        position += chunk.len();
        largest = largest.max(chunk.len());
    }
    assert_eq!(position, 50 * MEBIBYTE);
    assert!(largest <= 16 * MEBIBYTE, "a chunk of {largest} bytes is no stream");
}

async fn listing_is_ordered_and_paged(documents: &dyn Documents, now: Timestamp) {
    let mut ids: Vec<BlobId> = (0..5).map(|_| BlobId::new()).collect();
    for id in ids.iter().rev() {
        documents.put_bytes(Bucket::Raw, *id, Bytes::from_static(b"x")).await.unwrap();
    }
    ids.sort();
    let later = now + SignedDuration::from_hours(1);
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = documents.list(Bucket::Raw, later, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(*last);
        listed.extend(page);
    }
    assert!(listed.is_sorted(), "ascending");
    assert!(ids.iter().all(|id| listed.contains(id)), "complete");
    let earlier = now - SignedDuration::from_hours(1);
    assert_eq!(documents.list(Bucket::Raw, earlier, None, 10).await.unwrap(), [], "younger ones are left out");
}
