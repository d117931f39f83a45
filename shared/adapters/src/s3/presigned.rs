//! Addresses that carry a signature: its holder reads or stores one blob, for some minutes.

use std::time::Duration;

use aws_sdk_s3::presigning::PresigningConfig;
use pipeline::{ErrorKind, PRESIGNED_LIFE, PortError, PresignedPut};

use super::S3;
use super::error::{error, limited_to};

/// Signing needs no network but for fetching the role's credentials.
const SIGNING_LIMIT: Duration = Duration::from_secs(10);

impl S3 {
    pub(super) async fn sign_get(
        &self,
        key: String,
        life: Duration,
        disposition: &str,
        media_type: &str,
    ) -> Result<String, PortError> {
        let request = self
            .client
            .get_object()
            .bucket(&self.settings.bucket)
            .key(key)
            .response_content_disposition(disposition)
            .response_content_type(media_type);
        let life = expiry(life)?;
        let signed = async { request.presigned(life).await.map_err(error("sign an address")) };
        Ok(limited_to(SIGNING_LIMIT, "sign an address", signed).await?.uri().to_owned())
    }

    pub(super) async fn sign_put(&self, key: String, life: Duration, bytes: u64) -> Result<PresignedPut, PortError> {
        let too_large = |_| PortError::new(ErrorKind::Rejected, "the blob is too large");
        let request = self
            .client
            .put_object()
            .bucket(&self.settings.bucket)
            .key(key)
            .content_length(i64::try_from(bytes).map_err(too_large)?)
            .if_none_match("*")
            .set_server_side_encryption(self.settings.encryption.clone())
            .set_ssekms_key_id(self.settings.kms_key.clone());
        let life = expiry(life)?;
        let signed = async { request.presigned(life).await.map_err(error("sign an address")) };
        let signed = limited_to(SIGNING_LIMIT, "sign an address", signed).await?;
        let headers = signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Ok(PresignedPut { url: signed.uri().to_owned(), headers })
    }
}

/// An address lives for whole seconds, at least one and at most what the port allows.
fn expiry(life: Duration) -> Result<PresigningConfig, PortError> {
    let life = Duration::from_secs(life.min(PRESIGNED_LIFE).as_secs().max(1));
    let wrong = |source| PortError::new(ErrorKind::Internal, "cannot sign an address").with_source(source);
    PresigningConfig::expires_in(life).map_err(wrong)
}
