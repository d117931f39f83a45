//! Storing a blob: small ones in one request, larger ones in parts.

use aws_sdk_s3::primitives::ByteStream as Body;
use bytes::Bytes;
use pipeline::{ByteStream, ErrorKind, PortError};
use uuid::Uuid;

use super::S3;
use super::error::error;
use super::multipart::Multipart;
use crate::pieces::Pieces;

/// The size of a part, and of the largest blob that is stored in one request.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// The object's metadata that names the put which wrote it.
pub(super) const PUT: &str = "put";

/// Identifies one put: it tells an object that an earlier try of this very put wrote from another's.
#[derive(Clone, Copy)]
pub(super) struct PutId(Uuid);

impl PutId {
    pub(super) fn text(self) -> String {
        self.0.simple().to_string()
    }
}

impl S3 {
    pub(super) async fn write(&self, key: String, content: ByteStream) -> Result<u64, PortError> {
        let mut pieces = Pieces::new(content, PART_BYTES);
        let first = pieces.next().await?.unwrap_or_default();
        let second = pieces.next().await?;
        let put = PutId(Uuid::new_v4());
        let written = match second {
            None => self.write_whole(&key, put, first).await,
            Some(second) => self.write_parts(&key, put, [first, second], pieces).await,
        };
        match written {
            // A try whose answer was lost may have written it.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.bytes_written_by(&key, put, error).await,
            written => written,
        }
    }

    async fn write_whole(&self, key: &str, put: PutId, content: Bytes) -> Result<u64, PortError> {
        let bytes = content.len() as u64;
        let settings = &self.settings;
        let request = self
            .client
            .put_object()
            .bucket(&settings.bucket)
            .key(key)
            .if_none_match("*")
            .metadata(PUT, put.text())
            .set_server_side_encryption(settings.encryption.clone())
            .set_ssekms_key_id(settings.kms_key.clone())
            .body(Body::from(content));
        request.send().await.map_err(error("store a blob"))?;
        Ok(bytes)
    }

    async fn write_parts(
        &self,
        key: &str,
        put: PutId,
        begun: [Bytes; 2],
        mut pieces: Pieces,
    ) -> Result<u64, PortError> {
        let mut upload = Multipart::begin(&self.client, &self.settings, key, put).await?;
        let added = async {
            let mut bytes = 0;
            for part in begun {
                bytes += upload.add(part).await?;
            }
            while let Some(part) = pieces.next().await? {
                bytes += upload.add(part).await?;
            }
            upload.complete().await?;
            Ok(bytes)
        };
        let added = added.await;
        if added.is_err() {
            // Safe also where the outcome is unknown: this deletes parts, and never an object.
            upload.abort().await;
        }
        added
    }

    /// The size of an object if this put wrote it, else the error.
    async fn bytes_written_by(&self, key: &str, put: PutId, error: PortError) -> Result<u64, PortError> {
        let head = self.client.head_object().bucket(&self.settings.bucket).key(key).send();
        let head = head.await.map_err(self::error("look at a blob"))?;
        let is_own = head.metadata().and_then(|metadata| metadata.get(PUT)) == Some(&put.text());
        match head.content_length().and_then(|bytes| u64::try_from(bytes).ok()) {
            Some(bytes) if is_own => Ok(bytes),
            _ => Err(error),
        }
    }
}
