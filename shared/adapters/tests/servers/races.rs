//! Documents that processes put under one id at the same time, and puts that are interrupted.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use pipeline::{BlobId, Bucket, ByteStream, Documents, DocumentsExt, ErrorKind, PortError};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

const KIBIBYTE: usize = 1024;
const MEBIBYTE: usize = 1024 * KIBIBYTE;

/// A check's limit of 3 s, and what a slow machine adds; other operations may take 10 s at least.
const CHECK_LIMIT: Duration = Duration::from_secs(9);

/// So many looks in a row that find nothing are the end of what went on in the background.
const QUIET: u32 = 3;

/// Some stores of their own connections put blobs of these sizes under one id: one wins, and its content stays.
pub(crate) async fn one_of_many_wins(stores: &[Arc<dyn Documents>], sizes: &[usize], rounds: usize) {
    for round in 0..rounds {
        let id = BlobId::new();
        let contents: Vec<Bytes> = (0..sizes.len())
            .map(|which| vec![u8::try_from(which).unwrap(); sizes[(which + round) % sizes.len()]].into())
            .collect();
        let mut puts = JoinSet::new();
        for (which, content) in contents.iter().cloned().enumerate() {
            let store = Arc::clone(&stores[which % stores.len()]);
            puts.spawn(async move { (which, store.put_bytes(Bucket::Raw, id, content).await) });
        }
        let mut winners = Vec::new();
        while let Some(put) = puts.join_next().await {
            match put.unwrap() {
                (which, Ok(_)) => winners.push(which),
                (_, Err(error)) => assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{error}"),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}: {winners:?}");
        let stored = stores[0].get_bytes(Bucket::Raw, id, u64::MAX).await.unwrap();
        assert!(stored == contents[winners[0]], "round {round}: the winner's content stays");
    }
}

/// Content that a test hands out by hand.
pub(crate) fn content() -> (mpsc::Sender<Result<Bytes, PortError>>, ByteStream) {
    let (sender, receiver) = mpsc::channel(1);
    let chunks = stream::unfold(receiver, |mut receiver| async move { Some((receiver.recv().await?, receiver)) });
    (sender, Box::pin(chunks))
}

pub(crate) fn mebibytes(count: usize) -> ByteStream {
    Box::pin(stream::iter(0..count).map(|_| Ok(Bytes::from(vec![1; MEBIBYTE]))))
}

/// What happens, such as a cut connection, in the middle of a put, ends the put within bounds. What it stored is whole
/// or not to be had, and the next put succeeds within half a minute.
pub(crate) async fn a_mishap_passes(documents: &Arc<dyn Documents>, mishap: impl FnOnce()) {
    let (sender, content) = content();
    let id = BlobId::new();
    let put = tokio::spawn({
        let documents = Arc::clone(documents);
        async move { documents.put(Bucket::Raw, id, content).await }
    });
    for _ in 0..20 {
        sender.send(Ok(vec![1; MEBIBYTE].into())).await.unwrap();
    }
    mishap();
    for _ in 0..20 {
        // The put may have ended already.
        let _ = sender.send(Ok(vec![1; MEBIBYTE].into())).await;
    }
    drop(sender);
    let put = tokio::time::timeout(Duration::from_secs(60), put).await.expect("bounded").unwrap();
    next_put_succeeds(&**documents).await;
    match put {
        Ok(bytes) => {
            let stored = documents.get_bytes(Bucket::Raw, id, bytes).await.unwrap();
            assert!(stored.len() == 40 * MEBIBYTE && stored.iter().all(|byte| *byte == 1));
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
            is_missing(&**documents, id).await;
        }
    }
}

/// A put whose answer is lost, be it the first or a later one on its way, is never told that its own blob exists. What
/// it says it stored is there. Answers how many puts succeeded.
pub(crate) async fn lost_answers_are_no_duplicates(
    documents: &dyn Documents,
    bytes: usize,
    answers: usize,
    lose: impl Fn(usize),
) -> usize {
    let mut stored = 0;
    for which in 1..=answers {
        next_put_succeeds(documents).await;
        lose(which);
        let (id, content) = (BlobId::new(), Bytes::from(vec![1; bytes]));
        match documents.put_bytes(Bucket::Raw, id, content.clone()).await {
            Ok(_) => {
                stored += 1;
                assert!(documents.get_bytes(Bucket::Raw, id, bytes as u64).await.unwrap() == content, "answer {which}");
            }
            Err(error) => assert_eq!(error.kind(), ErrorKind::Unreachable, "answer {which}: {error}"),
        }
    }
    stored
}

async fn next_put_succeeds(documents: &dyn Documents) {
    let tries = async {
        while let Err(error) = documents.put_bytes(Bucket::Raw, BlobId::new(), Bytes::from_static(b"next")).await {
            assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        }
    };
    tokio::time::timeout(Duration::from_secs(30), tries).await.expect("the next put succeeds");
}

/// A put that is interrupted at any time leaves nothing, or what `list` finds and `delete` removes.
pub(crate) async fn interruptions_leave_what_is_listed(documents: &dyn Documents, bytes: usize) -> Vec<BlobId> {
    let mut interrupted = Vec::new();
    for delay in (0..60).step_by(3).map(Duration::from_millis) {
        let id = BlobId::new();
        let put = documents.put(Bucket::Raw, id, mebibytes(bytes / MEBIBYTE));
        if tokio::time::timeout(delay, put).await.is_err() {
            interrupted.push(id);
        }
    }
    assert!(!interrupted.is_empty(), "nothing was interrupted");
    // What was under way when the future was dropped arrives, and what cleans up in the background ends.
    let mut quiet = 0;
    while quiet < QUIET {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let later = Timestamp::now() + SignedDuration::from_hours(1);
        let listed = documents.list(Bucket::Raw, later, None, 1000).await.unwrap();
        quiet = if listed.is_empty() { quiet + 1 } else { 0 };
        for id in listed {
            documents.delete(Bucket::Raw, id).await.unwrap();
        }
    }
    for id in &interrupted {
        is_missing(documents, *id).await;
    }
    interrupted
}

pub(crate) async fn is_missing(documents: &dyn Documents, id: BlobId) {
    let missing = documents.get(Bucket::Raw, id, None).await.err().map(|error| error.kind());
    assert_eq!(missing, Some(ErrorKind::NotFound));
}

/// Every method tells that the server is out of reach, in time and without a secret.
pub(crate) async fn is_unreachable(documents: &dyn Documents, limit: Duration) {
    let id = BlobId::new();
    let methods = async {
        tokio::join!(
            async { documents.put_bytes(Bucket::Raw, id, Bytes::from_static(b"x")).await.unwrap_err() },
            async { documents.put(Bucket::Raw, id, mebibytes(20)).await.unwrap_err() },
            async { documents.get(Bucket::Raw, id, None).await.err().unwrap() },
            async { documents.delete(Bucket::Raw, id).await.unwrap_err() },
            async { documents.list(Bucket::Raw, Timestamp::now(), Some(id), 10).await.unwrap_err() },
        )
    };
    let (whole, streamed, get, delete, list) = tokio::time::timeout(limit, methods).await.expect("bounded");
    let check = tokio::time::timeout(CHECK_LIMIT, documents.check()).await;
    let check = check.expect("a check is short").unwrap_err();
    for error in [whole, streamed, get, delete, list, check] {
        assert_eq!(error.kind(), ErrorKind::Unreachable, "{error}");
        assert!(!error.to_string().contains("hush") && !format!("{error:?}").contains("hush"), "{error}");
    }
}
