//! Compares the document store with its ledger.

use std::fmt;

use futures_util::{StreamExt as _, stream};
use pipeline::{Actor, BlobId, Bucket, ErrorKind, PortError, StoredDocument, UploadId};
use sha2::{Digest as _, Sha256};

use crate::{BATCH, Sweeper};

/// Blobs that are read at a time.
const READ_AT_ONCE: usize = 8;

/// What is wrong with a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Damage {
    /// There is none.
    Lost,
    /// Its content is not what was stored, or cannot be read.
    Altered(String),
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("lost"),
            Self::Altered(how) => write!(f, "altered: {how}"),
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Stored documents and uploaded data that were read.
    pub checked: usize,
    /// Stored documents that are damaged.
    pub documents: Vec<BlobId>,
    /// Uploaded data that are lost or cannot be read: their documents cannot be made again.
    pub uploads: Vec<UploadId>,
    /// Documents that are being made again.
    pub made_again: usize,
}

impl Verified {
    /// Whether everything is as it was stored.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.documents.is_empty() && self.uploads.is_empty()
    }
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { checked, documents, uploads, made_again } = self;
        let (documents, uploads) = (documents.len(), uploads.len());
        write!(f, "{checked} blobs checked: {documents} documents and the data of {uploads} uploads are damaged")?;
        if *made_again > 0 { write!(f, ", {made_again} documents are being made again") } else { Ok(()) }
    }
}

impl Sweeper {
    /// Reads every blob that the ledger names, compares stored documents by length and SHA-256, and prints those that are
    /// damaged, one per line. `make_again` queues them to be rendered once more from the uploaded data.
    ///
    /// # Errors
    /// A server is out of reach.
    pub async fn verify(&self, make_again: bool) -> Result<Verified, PortError> {
        let mut verified = Verified::default();
        self.verify_uploads(&mut verified).await?;
        self.verify_documents(&mut verified).await?;
        if make_again {
            for blobs in verified.documents.chunks(BATCH as usize) {
                let entries = self.ledger.make_again(blobs, &Actor::Operator).await?;
                verified.made_again += entries.len();
                for entry in &entries {
                    pipeline::publish(entry, self.broker.as_ref(), self.ledger.as_ref()).await;
                }
            }
        }
        Ok(verified)
    }

    async fn verify_documents(&self, verified: &mut Verified) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let documents = self.ledger.stored_documents(after, BATCH).await?;
            let Some(last) = documents.last() else { return Ok(()) };
            after = Some(last.blob);
            verified.checked += documents.len();
            let found = stream::iter(documents).map(|document| async move {
                let damage = self.damage(Bucket::Processed, document.blob, Some(&document)).await;
                damage.map(|damage| (document, damage))
            });
            let found: Vec<_> = found.buffered(READ_AT_ONCE).collect().await;
            for found in found {
                let (StoredDocument { upload, format, blob, .. }, Some(damage)) = found? else { continue };
                report(upload, format.name(), blob, &damage);
                verified.documents.push(blob);
            }
        }
    }

    async fn verify_uploads(&self, verified: &mut Verified) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let uploads = self.ledger.raw_blobs(after, BATCH).await?;
            let Some((_, last)) = uploads.last() else { return Ok(()) };
            after = Some(*last);
            verified.checked += uploads.len();
            let found = stream::iter(uploads).map(|(upload, raw)| async move {
                self.damage(Bucket::Raw, raw, None).await.map(|damage| (upload, raw, damage))
            });
            let found: Vec<_> = found.buffered(READ_AT_ONCE).collect().await;
            for found in found {
                let (upload, raw, Some(damage)) = found? else { continue };
                report(upload, "raw", raw, &damage);
                verified.uploads.push(upload);
            }
        }
    }

    /// Reads a blob to its end. What the ledger knows of its content is compared.
    async fn damage(
        &self,
        bucket: Bucket,
        blob: BlobId,
        expected: Option<&StoredDocument>,
    ) -> Result<Option<Damage>, PortError> {
        let read = async {
            let mut content = self.documents.get(bucket, blob, None).await?.content;
            let (mut bytes, mut hash) = (0, Sha256::new());
            while let Some(chunk) = content.next().await {
                let chunk = chunk?;
                bytes += chunk.len() as u64;
                hash.update(&chunk);
            }
            Ok::<_, PortError>((bytes, hash.finalize()))
        };
        match read.await {
            Err(error) if error.is_unreachable() => Err(error),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Some(Damage::Lost)),
            Err(error) => Ok(Some(Damage::Altered(error.to_string()))),
            Ok((bytes, hash)) => Ok(expected.and_then(|expected| {
                let length = (bytes != expected.bytes).then(|| format!("{bytes} bytes instead of {}", expected.bytes));
                let content = (hash.as_slice() != expected.sha256).then(|| "its SHA-256 is another".to_owned());
                length.or(content).map(Damage::Altered)
            })),
        }
    }
}

#[allow(clippy::print_stdout)] // The answer of a command.
fn report(upload: UploadId, what: &str, blob: BlobId, damage: &Damage) {
    println!("{upload}  {what}  fid={blob}  {damage}");
}
