//! Listing blobs by their age.

use jiff::Timestamp;
use pipeline::{BlobId, PortError};

use super::S3;
use super::error::error;
use crate::stored_before::first_id_at;

/// The most keys that S3 gives at once.
const MOST_KEYS: usize = 1000;

impl S3 {
    /// The keys of a prefix are in the order of their ids, which is that of their age.
    pub(super) async fn list_objects(
        &self,
        prefix: &str,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        let younger = first_id_at(before);
        let mut ids = Vec::new();
        let mut start_after = after.map(|id| format!("{prefix}{id}"));
        while ids.len() < limit {
            let most = (limit - ids.len()).min(MOST_KEYS);
            let list = self.client.list_objects_v2().bucket(&self.settings.bucket).prefix(prefix);
            let list = list.set_start_after(start_after).max_keys(i32::try_from(most).unwrap_or(i32::MAX));
            let page = list.send().await.map_err(error("list blobs"))?;
            let keys: Vec<&str> = page.contents().iter().filter_map(|object| object.key()).collect();
            for id in keys.iter().filter_map(|key| blob_id(prefix, key)) {
                if id >= younger {
                    return Ok(ids);
                }
                ids.push(id);
            }
            if page.is_truncated() != Some(true) || keys.is_empty() {
                break;
            }
            start_after = keys.last().map(|&key| key.to_owned());
        }
        Ok(ids)
    }
}

/// Objects that others put under the prefix are not ours to list.
fn blob_id(prefix: &str, key: &str) -> Option<BlobId> {
    key.strip_prefix(prefix)?.parse().ok()
}
