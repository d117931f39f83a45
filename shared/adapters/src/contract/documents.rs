//! What every document store keeps to.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, future, stream};
use jiff::{SignedDuration, Timestamp};
use pipeline::{Blob, BlobId, Bucket, ByteStream, Documents, DocumentsExt, ErrorKind, LedgerId, PortError, StoreMark};

const KIBIBYTE: usize = 1024;
const MEBIBYTE: usize = 1024 * KIBIBYTE;
/// Where stores cut blobs: the chunks of GridFS, the parts of S3.
const BORDERS: [usize; 2] = [255 * KIBIBYTE, 8 * MEBIBYTE];
/// Chunks of 1 MiB that a store may hold while it stores them.
const MOST_ALIVE: usize = 17;

/// Runs the whole suite. `now` is the store's present time.
pub async fn suite(documents: &dyn Documents, now: Timestamp) {
    documents.check().await.unwrap();
    what_is_put_is_got(documents).await;
    a_range_gives_a_part(documents).await;
    an_empty_blob_has_an_empty_range(documents).await;
    ranges_cross_the_borders_of_chunks(documents).await;
    an_id_is_used_once(documents).await;
    an_id_is_used_once_at_the_same_time(documents).await;
    a_broken_off_put_leaves_nothing(documents).await;
    a_put_that_breaks_off_late_leaves_nothing(documents).await;
    what_a_dropped_put_leaves_is_listed_and_deleted(documents, now).await;
    deleting_is_final_and_repeatable(documents).await;
    a_large_blob_is_streamed(documents).await;
    listing_is_ordered_and_paged(documents, now).await;
    many_are_deleted_together(documents).await;
    of_two_marks_the_first_stays(documents).await;
}

async fn what_is_put_is_got(documents: &dyn Documents) {
    let borders = BORDERS.into_iter().flat_map(|border| [border - 1, border, border + 1, 2 * border]);
    for bytes in [0, 1, 3 * MEBIBYTE].into_iter().chain(borders) {
        let content: Bytes = (0..bytes).map(pattern).collect();
        for bucket in Bucket::ALL {
            let id = BlobId::new();
            assert_eq!(documents.put_bytes(bucket, id, content.clone()).await.unwrap(), bytes as u64);
            assert!(documents.get_bytes(bucket, id, bytes as u64).await.unwrap() == content, "{bytes} bytes");
        }
    }
}

async fn a_range_gives_a_part(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Processed, id, Bytes::from_static(b"0123456789")).await.unwrap();
    let blob = documents.get(Bucket::Processed, id, Some(2..5)).await.unwrap();
    assert_eq!(blob.bytes, 10, "the size is the whole blob's");
    assert_eq!(read(blob).await, b"234");
}

async fn an_empty_blob_has_an_empty_range(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::new()).await.unwrap();
    let blob = documents.get(Bucket::Raw, id, Some(0..0)).await.unwrap();
    assert_eq!(blob.bytes, 0);
    assert!(read(blob).await.is_empty());
    let missing = documents.get(Bucket::Raw, BlobId::new(), Some(0..0)).await;
    assert_eq!(missing.err().map(|error| error.kind()), Some(ErrorKind::NotFound), "an empty range of nothing");
}

async fn ranges_cross_the_borders_of_chunks(documents: &dyn Documents) {
    let content: Bytes = (0..17 * MEBIBYTE + 5).map(pattern).collect();
    let (id, bytes) = (BlobId::new(), content.len());
    documents.put_bytes(Bucket::Processed, id, content.clone()).await.unwrap();
    let around = BORDERS.into_iter().flat_map(|border| {
        let (before, behind) = (border - 1, border + 1);
        [0..border, before..border, border..behind, before..behind, border..border, before..3 * border + 1]
    });
    let edges = [0..1, 0..bytes, bytes - 1..bytes, 0..0, bytes..bytes, bytes - 3 * MEBIBYTE..bytes];
    for range in around.chain(edges) {
        let asked = Range { start: range.start as u64, end: range.end.min(bytes) as u64 };
        let blob = documents.get(Bucket::Processed, id, Some(asked.clone())).await.unwrap();
        assert_eq!(blob.bytes, bytes as u64);
        assert!(read(blob).await == content[range.start..range.end.min(bytes)], "{asked:?}");
    }
}

/// Content whose period is no divisor of any border.
fn pattern(position: usize) -> u8 {
    u8::try_from(position % 251).unwrap()
}

async fn read(blob: Blob) -> Vec<u8> {
    let chunks: Vec<Bytes> = blob.content.map(Result::unwrap).collect().await;
    chunks.concat()
}

async fn an_id_is_used_once(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"first")).await.unwrap();
    let second = documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"second")).await;
    assert_eq!(second.unwrap_err().kind(), ErrorKind::AlreadyExists);
    assert_eq!(documents.get_bytes(Bucket::Raw, id, 100).await.unwrap(), "first");
    for bytes in [0, 300 * KIBIBYTE, 9 * MEBIBYTE] {
        let other = documents.put_bytes(Bucket::Raw, id, vec![1; bytes].into()).await;
        assert_eq!(other.unwrap_err().kind(), ErrorKind::AlreadyExists, "{bytes} bytes");
        assert_eq!(documents.get_bytes(Bucket::Raw, id, 100).await.unwrap(), "first", "after {bytes} bytes");
    }
    documents.put_bytes(Bucket::Processed, id, Bytes::from_static(b"of another bucket")).await.unwrap();
}

/// Eight puts of blobs that a store writes in different ways: one of them wins, and its content stays.
async fn an_id_is_used_once_at_the_same_time(documents: &dyn Documents) {
    let sizes = [0, 10, 10, 100 * KIBIBYTE, 255 * KIBIBYTE, 300 * KIBIBYTE, 600 * KIBIBYTE, 2 * MEBIBYTE];
    for round in 0..8_usize {
        let id = BlobId::new();
        let contents: Vec<Bytes> =
            (0..8_u8).map(|which| vec![which; sizes[(usize::from(which) + round) % sizes.len()]].into()).collect();
        let puts = contents.iter().map(|content| documents.put_bytes(Bucket::Processed, id, content.clone()));
        let outcomes = future::join_all(puts).await;
        let winners: Vec<usize> = (0..outcomes.len()).filter(|which| outcomes[*which].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{outcomes:?}");
        for loser in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            assert_eq!(loser.kind(), ErrorKind::AlreadyExists, "{loser}");
        }
        let stored = documents.get_bytes(Bucket::Processed, id, 3 * MEBIBYTE as u64).await.unwrap();
        assert!(stored == contents[winners[0]], "the winner's content stays");
    }
}

async fn a_broken_off_put_leaves_nothing(documents: &dyn Documents) {
    let id = BlobId::new();
    let broken = PortError::new(ErrorKind::Rejected, "the client went away");
    let content: ByteStream = Box::pin(stream::iter([Ok(Bytes::from_static(b"half")), Err(broken)]));
    let error = documents.put(Bucket::Raw, id, content).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    is_missing(documents, id).await;
}

/// What was sent before the content broke off is found by no `get`, and its id can be deleted.
async fn a_put_that_breaks_off_late_leaves_nothing(documents: &dyn Documents) {
    for mebibytes in [1, 3, 20] {
        let id = BlobId::new();
        let broken = PortError::new(ErrorKind::Rejected, "the client went away");
        let begun = stream::iter(0..mebibytes).map(|_| Ok(Bytes::from(vec![1; MEBIBYTE])));
        let content: ByteStream = Box::pin(begun.chain(stream::iter([Err(broken)])));
        let error = documents.put(Bucket::Raw, id, content).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Rejected, "the content's own error: {error}");
        is_missing(documents, id).await;
        documents.delete(Bucket::Raw, id).await.unwrap();
    }
}

/// A put whose future is dropped leaves nothing, or only what `list` finds and `delete` removes.
async fn what_a_dropped_put_leaves_is_listed_and_deleted(documents: &dyn Documents, now: Timestamp) {
    let later = now + SignedDuration::from_hours(1);
    for mebibytes in [1, 3, 20] {
        let id = BlobId::new();
        let begun = stream::iter(0..mebibytes).map(|_| Ok(Bytes::from(vec![1; MEBIBYTE])));
        let put = documents.put(Bucket::Raw, id, Box::pin(begun.chain(stream::pending())));
        tokio::time::timeout(Duration::from_millis(400), put).await.unwrap_err();
        is_missing(documents, id).await;
        documents.delete(Bucket::Raw, id).await.unwrap();
        let left = documents.list(Bucket::Raw, later, None, 1000).await.unwrap();
        assert!(!left.contains(&id), "{mebibytes} MiB of a dropped put");
        is_missing(documents, id).await;
    }
}

async fn is_missing(documents: &dyn Documents, id: BlobId) {
    let missing = documents.get(Bucket::Raw, id, None).await.err().map(|error| error.kind());
    assert_eq!(missing, Some(ErrorKind::NotFound));
}

async fn deleting_is_final_and_repeatable(documents: &dyn Documents) {
    let id = BlobId::new();
    documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"x")).await.unwrap();
    documents.delete(Bucket::Raw, id).await.unwrap();
    documents.delete(Bucket::Raw, id).await.unwrap();
    is_missing(documents, id).await;
}

/// 50 MiB go through chunk by chunk; no more than a few chunks are alive at a time.
async fn a_large_blob_is_streamed(documents: &dyn Documents) {
    let (made, alive) = (Arc::new(AtomicUsize::new(0)), Arc::new(()));
    let counters = (made.clone(), alive.clone());
    let chunks = stream::iter(0..50).map(move |number: u8| {
        counters.0.fetch_add(1, Ordering::Relaxed);
        let others = Arc::strong_count(&counters.1) - 2;
        assert!(others <= MOST_ALIVE, "{others} chunks are in memory");
        Ok(Bytes::from_owner(CountedChunk { data: vec![number; MEBIBYTE], _alive: counters.1.clone() }))
    });
    let id = BlobId::new();
    let size = documents.put(Bucket::Processed, id, Box::pin(chunks)).await.unwrap();
    assert_eq!((size, made.load(Ordering::Relaxed)), (50 * MEBIBYTE as u64, 50));
    assert_eq!(Arc::strong_count(&alive), 1, "chunks are kept");
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

/// A chunk that shows by its counter that it is in memory.
struct CountedChunk {
    data: Vec<u8>,
    _alive: Arc<()>,
}

impl AsRef<[u8]> for CountedChunk {
    fn as_ref(&self) -> &[u8] {
        &self.data
    }
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

async fn many_are_deleted_together(documents: &dyn Documents) {
    let mut ids: Vec<BlobId> = (0..40).map(|_| BlobId::new()).collect();
    for id in &ids {
        documents.put_bytes(Bucket::Raw, *id, Bytes::from_static(b"x")).await.unwrap();
    }
    let kept = ids.remove(20);
    ids.push(BlobId::new()); // There is none of this id.
    assert!(documents.delete_many(Bucket::Raw, &ids).await.is_empty());
    assert!(documents.delete_many(Bucket::Raw, &[]).await.is_empty());
    for id in ids {
        is_missing(documents, id).await;
    }
    assert_eq!(documents.get_bytes(Bucket::Raw, kept, 1).await.unwrap(), "x");
}

async fn of_two_marks_the_first_stays(documents: &dyn Documents) {
    assert_eq!(documents.mark().await.unwrap(), None);
    let first = StoreMark { ledger: LedgerId::new(), generation: 0 };
    let other = StoreMark { ledger: LedgerId::new(), generation: 7 };
    documents.set_mark(first, None).await.unwrap();
    for (mark, seen) in [(other, None), (other, Some(other))] {
        let late = documents.set_mark(mark, seen).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::AlreadyExists, "{late}");
        assert_eq!(documents.mark().await.unwrap(), Some(first));
    }
    let second = StoreMark { generation: 1, ..first };
    documents.set_mark(second, Some(first)).await.unwrap();
    documents.set_mark(other, Some(second)).await.unwrap();
    assert_eq!(documents.mark().await.unwrap(), Some(other));
}
