//! An upload in parts. Until it is completed there is no object, and what was sent is kept as parts.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::primitives::ByteStream as Body;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use bytes::Bytes;
use pipeline::{ErrorKind, PortError};

use super::error::error;
use super::settings::Settings;
use super::write::{PUT, PutId};

/// An upload that was begun. Dropped before its end it is aborted in the background.
pub(super) struct Multipart {
    client: Client,
    bucket: String,
    key: String,
    /// The upload's id; `None` once it came to its end.
    upload: Option<String>,
    parts: Vec<CompletedPart>,
}

impl Multipart {
    /// Begins in a task of its own: where the caller is dropped meanwhile, what was begun is aborted too.
    pub(super) async fn begin(client: &Client, settings: &Settings, key: &str, put: PutId) -> Result<Self, PortError> {
        let begun = tokio::spawn(Self::begin_to_end(client.clone(), settings.clone(), key.to_owned(), put));
        begun.await.map_err(|source| PortError::new(ErrorKind::Internal, "beginning broke off").with_source(source))?
    }

    async fn begin_to_end(client: Client, settings: Settings, key: String, put: PutId) -> Result<Self, PortError> {
        let request = client
            .create_multipart_upload()
            .bucket(&settings.bucket)
            .key(&key)
            .metadata(PUT, put.text())
            .set_checksum_algorithm(checksum(&client))
            .set_server_side_encryption(settings.encryption)
            .set_ssekms_key_id(settings.kms_key);
        let begun = request.send().await.map_err(error("begin to store a blob"))?;
        Ok(Self { client, bucket: settings.bucket, key, upload: begun.upload_id, parts: Vec::new() })
    }

    /// Sends a part and answers its size in bytes.
    pub(super) async fn add(&mut self, content: Bytes) -> Result<u64, PortError> {
        let bytes = content.len() as u64;
        let number = i32::try_from(self.parts.len() + 1);
        let number = number.map_err(|_| PortError::new(ErrorKind::Rejected, "the blob has too many parts"))?;
        let request = self
            .client
            .upload_part()
            .bucket(&self.bucket)
            .key(&self.key)
            .set_upload_id(self.upload.clone())
            .part_number(number)
            .body(Body::from(content));
        let sent = request.send().await.map_err(error("store a part of a blob"))?;
        let part = CompletedPart::builder()
            .part_number(number)
            .set_e_tag(sent.e_tag)
            .set_checksum_crc32(sent.checksum_crc32)
            .build();
        self.parts.push(part);
        Ok(bytes)
    }

    /// Makes the object of its parts, under the condition that its key is free. SeaweedFS 4.48 keeps to the condition,
    /// but of several uploads under one key that end in the same moment more than one may win there.
    pub(super) async fn complete(&mut self) -> Result<(), PortError> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(self.parts.clone())).build();
        let request = self
            .client
            .complete_multipart_upload()
            .bucket(&self.bucket)
            .key(&self.key)
            .set_upload_id(self.upload.clone())
            .if_none_match("*")
            .multipart_upload(parts);
        match request.send().await.map_err(error("store a blob of parts")) {
            Ok(_) => self.upload = None,
            // The upload came to its end in an earlier try whose answer was lost.
            Err(gone) if gone.kind() == ErrorKind::NotFound => {
                return Err(PortError::new(ErrorKind::AlreadyExists, "the upload ended already").with_source(gone));
            }
            Err(failed) => return Err(failed),
        }
        Ok(())
    }

    /// Deletes the parts. What stays is deleted by the housekeeping that begins a list.
    pub(super) async fn abort(mut self) {
        let Some(upload) = self.upload.take() else { return };
        abort(&self.client, &self.bucket, &self.key, upload).await;
    }
}

/// The SDK gives each part a checksum of this kind, unless the environment asks for fewer checksums
/// (`AWS_REQUEST_CHECKSUM_CALCULATION`). S3 wants to be told when the upload begins, and the SDK does not tell it.
fn checksum(client: &Client) -> Option<ChecksumAlgorithm> {
    let by_need = client.config().request_checksum_calculation() == Some(&RequestChecksumCalculation::WhenRequired);
    (!by_need).then_some(ChecksumAlgorithm::Crc32)
}

impl Drop for Multipart {
    fn drop(&mut self) {
        let Some(upload) = self.upload.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (client, bucket, key) = (self.client.clone(), self.bucket.clone(), self.key.clone());
        runtime.spawn(async move { abort(&client, &bucket, &key, upload).await });
    }
}

/// Aborts an upload, so that its parts are deleted.
pub(super) async fn abort(client: &Client, bucket: &str, key: &str, upload: String) {
    let request = client.abort_multipart_upload().bucket(bucket).key(key).upload_id(upload);
    match request.send().await.map_err(error("abort an upload")) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            tracing::warn!(%error, key, "the parts of a broken-off blob stay for now");
        }
        _ => {}
    }
}
