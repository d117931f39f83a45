//! Whose the store is: the object `PREFIX/ledger`.

use aws_sdk_s3::primitives::ByteStream as Body;
use pipeline::{ErrorKind, PortError, StoreMark};

use super::S3;
use super::error::error;

impl S3 {
    fn mark_key(&self) -> String {
        format!("{}ledger", self.settings.prefix)
    }

    /// The mark with its entity tag.
    pub(super) async fn read_mark(&self) -> Result<Option<(StoreMark, Option<String>)>, PortError> {
        let get = self.client.get_object().bucket(&self.settings.bucket).key(self.mark_key());
        let answer = match get.send().await.map_err(error("read the store's mark")) {
            Err(missing) if missing.kind() == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let broken =
            |source| PortError::new(ErrorKind::Unreachable, "cannot read the store's mark").with_source(source);
        let text = answer.body.collect().await.map_err(broken)?;
        Ok(Some((StoreMark::decode(&text.into_bytes())?, answer.e_tag)))
    }

    pub(super) async fn write_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        let settings = &self.settings;
        let put = self
            .client
            .put_object()
            .bucket(&settings.bucket)
            .key(self.mark_key())
            .content_type("application/json")
            .set_server_side_encryption(settings.encryption.clone())
            .set_ssekms_key_id(settings.kms_key.clone())
            .body(Body::from(mark.encode().into_bytes()));
        let put = match self.read_mark().await? {
            None if seen.is_none() => put.if_none_match("*"),
            Some((present, tag)) if Some(present) == seen => put.set_if_match(tag),
            // A try whose answer was lost may have written it.
            Some((present, _)) if present == mark => return Ok(()),
            _ => return Err(PortError::new(ErrorKind::AlreadyExists, "the store has another mark by now")),
        };
        put.send().await.map(|_| ()).map_err(error("mark the store"))
    }
}
