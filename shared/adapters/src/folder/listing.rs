//! Listing blobs by their age, page by page: each folder of a prefix is read once.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use pipeline::{BlobId, ErrorKind, PortError};

use super::{PREFIX_DIGITS, error};
use crate::stored_before::first_id_at;

/// What was read for the page before and goes into the next one.
#[derive(Default)]
pub(super) struct Listed(Mutex<Option<Rest>>);

struct Rest {
    bucket: PathBuf,
    before: Timestamp,
    /// The last blob of the page before.
    after: BlobId,
    /// The blobs of its prefix behind it, in descending order.
    blobs: Vec<BlobId>,
}

impl Listed {
    /// The blobs in a bucket's folder whose ids were made before a time, in ascending order, beginning after `after`.
    pub(super) async fn page(
        &self,
        bucket: &Path,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        let rest =
            self.take().filter(|rest| rest.bucket == bucket && rest.before == before && Some(rest.after) == after);
        let bucket = bucket.to_owned();
        let read = tokio::task::spawn_blocking(move || read_page(bucket, before, after, limit, rest)).await;
        let crashed = |source| PortError::new(ErrorKind::Internal, "listing broke off").with_source(source);
        let (page, rest) = read.map_err(crashed)?.map_err(error("list blobs"))?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = rest;
        Ok(page)
    }

    fn take(&self) -> Option<Rest> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

fn read_page(
    bucket: PathBuf,
    before: Timestamp,
    after: Option<BlobId>,
    limit: usize,
    rest: Option<Rest>,
) -> io::Result<(Vec<BlobId>, Option<Rest>)> {
    let younger = first_id_at(before);
    let first_prefix = after.map_or_else(String::new, prefix);
    let mut page = Vec::new();
    // The prefix that the page before stopped in is read already.
    let mut read_already = rest.map(|rest| rest.blobs);
    for name in names(&bucket)?.iter().filter(|name| name.as_str() >= first_prefix.as_str()) {
        let is_first = *name == first_prefix;
        let mut blobs = match read_already.take().filter(|_| is_first) {
            Some(blobs) => blobs,
            None => blobs_in(&bucket.join(name), |id| after.is_none_or(|after| id > after) && id < younger)?,
        };
        while page.len() < limit {
            let Some(blob) = blobs.pop() else { break };
            page.push(blob);
        }
        if let Some(after) = page.last().copied().filter(|_| page.len() >= limit) {
            let rest = Rest { bucket, before, after, blobs };
            return Ok((page, (prefix(after) == *name).then_some(rest)));
        }
    }
    Ok((page, None))
}

fn prefix(id: BlobId) -> String {
    let mut name = id.to_string();
    name.truncate(PREFIX_DIGITS);
    name
}

/// The blobs in a folder, in descending order.
fn blobs_in(folder: &Path, is_wanted: impl Fn(BlobId) -> bool) -> io::Result<Vec<BlobId>> {
    let mut blobs = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let id = entry?.file_name().to_str().and_then(|name| name.parse().ok());
        blobs.extend(id.filter(|id| is_wanted(*id)));
    }
    blobs.sort_unstable_by(|a, b| b.cmp(a));
    Ok(blobs)
}

/// The names in a folder, in ascending order.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort_unstable();
    Ok(names)
}
