//! Deleting many blobs: up to 1,000 by one request.

use std::collections::HashMap;

use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use pipeline::{BlobId, Bucket, ErrorKind, PortError};

use super::S3;
use super::error::error;

/// The most keys that S3 takes in one request.
const MOST_KEYS: usize = 1000;

impl S3 {
    pub(super) async fn delete_objects(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        let mut failed = Vec::new();
        for some in ids.chunks(MOST_KEYS) {
            match self.delete_some(bucket, some).await {
                Ok(refused) => failed.extend(refused),
                Err(error) => {
                    failed.extend(some.iter().map(|id| (*id, PortError::new(error.kind(), error.to_string()))));
                }
            }
        }
        failed
    }

    /// Answers those that S3 did not delete.
    async fn delete_some(&self, bucket: Bucket, ids: &[BlobId]) -> Result<Vec<(BlobId, PortError)>, PortError> {
        let keys: HashMap<String, BlobId> = ids.iter().map(|id| (self.key(bucket, *id), *id)).collect();
        let wrong = |source| PortError::new(ErrorKind::Internal, "cannot delete blobs").with_source(source);
        let objects = keys.keys().map(|key| ObjectIdentifier::builder().key(key).build());
        let objects = objects.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(wrong)?;
        let request = self.client.delete_objects().bucket(&self.settings.bucket).delete(delete);
        let answer = request.send().await.map_err(error("delete blobs"))?;
        let refused = answer.errors().iter().filter_map(|refused| {
            let id = *keys.get(refused.key()?)?;
            let reason = format!("cannot delete a blob: {}", refused.code().unwrap_or("no code"));
            Some((id, PortError::new(ErrorKind::Unreachable, reason)))
        });
        Ok(refused.collect())
    }
}
