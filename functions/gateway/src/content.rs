//! A stored document's content, compared with what the ledger says of it: a damaged file is never sent as a whole one.

use std::ops::Range;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use host::problem::Problem;
use http::StatusCode;
use pipeline::{Blob, Bucket, ByteStream, ErrorKind, PortError, StoredDocument};
use sha2::{Digest as _, Sha256};

use crate::{Gateway, metrics};

/// A document of at most this many bytes is checked before its answer begins. The end of a larger one is held back until it
/// is: what was altered breaks off.
const CHECKED_FIRST: u64 = 256 * 1024;

/// The whole document.
///
/// # Errors
/// It is lost or damaged, as far as can be told before the answer begins; or the store is out of reach.
pub(crate) async fn whole(gateway: &Gateway, document: &StoredDocument) -> Result<Body, Problem> {
    let checked = checked(open(gateway, document, None).await?.content, document.clone());
    if document.bytes > CHECKED_FIRST {
        return Ok(Body::from_stream(checked));
    }
    let content = checked.try_fold(BytesMut::new(), |mut content, chunk| async move {
        content.extend_from_slice(&chunk);
        Ok(content)
    });
    Ok(Body::from(content.await.map_err(problem)?.freeze()))
}

/// A part of the document, of which the whole length alone can be checked.
///
/// # Errors
/// As [`whole`].
pub(crate) async fn part(gateway: &Gateway, document: &StoredDocument, range: Range<u64>) -> Result<Body, Problem> {
    let blob = open(gateway, document, Some(range)).await?;
    let document = document.clone();
    Ok(Body::from_stream(blob.content.inspect_err(move |error| note(&document, error))))
}

async fn open(gateway: &Gateway, document: &StoredDocument, range: Option<Range<u64>>) -> Result<Blob, Problem> {
    let opened = gateway.documents.get(Bucket::Processed, document.blob, range).await;
    let opened = opened.and_then(|blob| {
        let is_whole = blob.bytes == document.bytes;
        if is_whole { Ok(blob) } else { Err(altered(format!("{} bytes instead of {}", blob.bytes, document.bytes))) }
    });
    opened.inspect_err(|error| note(document, error)).map_err(problem)
}

struct Checking {
    content: ByteStream,
    document: StoredDocument,
    hash: Sha256,
    /// The last chunk that was read. It goes out when another one, or the right end, has come.
    held: Option<Bytes>,
}

fn checked(content: ByteStream, document: StoredDocument) -> ByteStream {
    let start = Checking { content, document, hash: Sha256::new(), held: None };
    Box::pin(stream::try_unfold(start, |mut checking| async move {
        loop {
            let chunk = checking.content.next().await.transpose();
            let Some(chunk) = chunk.inspect_err(|error| note(&checking.document, error))? else {
                let Some(last) = checking.held.take() else {
                    checking.compare()?;
                    return Ok(None);
                };
                checking.compare()?;
                checking.content = Box::pin(stream::empty());
                return Ok(Some((last, checking)));
            };
            checking.hash.update(&chunk);
            if let Some(before) = checking.held.replace(chunk) {
                return Ok(Some((before, checking)));
            }
        }
    }))
}

impl Checking {
    fn compare(&self) -> Result<(), PortError> {
        if self.hash.clone().finalize().as_slice() == self.document.sha256 {
            return Ok(());
        }
        let error = altered("its SHA-256 is another".to_owned());
        note(&self.document, &error);
        Err(error)
    }
}

fn altered(how: String) -> PortError {
    PortError::new(ErrorKind::Internal, format!("the file was altered: {how}"))
}

/// A store that is out of reach damages nothing.
fn note(document: &StoredDocument, error: &PortError) {
    if error.is_unreachable() {
        return;
    }
    let damage = if error.kind() == ErrorKind::NotFound { "lost" } else { "altered" };
    metrics::count_damaged(damage);
    let StoredDocument { upload, format, blob, .. } = document;
    tracing::error!(upload_id = %upload, %format, fid = %blob, damage, %error, "a stored document is damaged");
}

/// What was noted already is not logged a second time.
fn problem(error: PortError) -> Problem {
    if error.is_unreachable() {
        return error.into();
    }
    let detail = "the document's file is damaged; the operator can have it made again from the uploaded data";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
}
