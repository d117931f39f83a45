//! Uploads in parts that a killed process left: they are no objects, but they are paid for.

use std::time::{Duration, SystemTime};

use aws_sdk_s3::primitives::DateTime;
use pipeline::PortError;

use super::S3;
use super::error::error;
use super::multipart::abort;

/// No put takes this long: an upload that was begun earlier is nobody's.
const STALE_AFTER: Duration = Duration::from_secs(3600);

impl S3 {
    /// Aborts the stale uploads under a prefix. It may fail, such as without the permission, without consequence: a
    /// lifecycle rule of the bucket does the same.
    pub(super) async fn abort_stale_uploads(&self, prefix: &str) {
        if let Err(error) = self.try_abort_stale_uploads(prefix).await {
            tracing::warn!(%error, "cannot look for uploads left unfinished");
        }
    }

    async fn try_abort_stale_uploads(&self, prefix: &str) -> Result<(), PortError> {
        let bucket = &self.settings.bucket;
        let list = self.client.list_multipart_uploads().bucket(bucket).prefix(prefix);
        let listed = list.send().await.map_err(error("list unfinished uploads"))?;
        for upload in listed.uploads() {
            let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
            if upload.initiated().is_some_and(is_stale) {
                abort(&self.client, bucket, key, id.to_owned()).await;
                tracing::info!(key, "aborted an unfinished upload");
            }
        }
        Ok(())
    }
}

fn is_stale(begun: &DateTime) -> bool {
    let age = SystemTime::try_from(*begun).ok().and_then(|begun| begun.elapsed().ok());
    age.is_some_and(|age| age > STALE_AFTER)
}
