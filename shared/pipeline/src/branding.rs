//! Brandings as they are kept.
//!
//! A version of a branding never changes: who changes a branding makes another version, and an upload names the one that
//! was its owner's when it was accepted. So every attempt at a document, however late, has the same input, and a
//! branding that is changed later changes no document of an earlier upload, nor one that is redriven. A version stays as
//! long as an upload names it.

use invoice::{Branding, Limits, Logo, MailTexts};
use jiff::Timestamp;

use crate::ids::{BlobId, BrandingId, UserId};
use crate::ports::documents::{Bucket, Documents, DocumentsExt as _};
use crate::ports::error::{ErrorKind, PortError};

/// A version of a user's branding, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBranding {
    /// The version.
    pub id: BrandingId,
    /// Whose it is.
    pub owner: UserId,
    /// All but the logo, as [`Branding::to_json_without_logo`] writes it.
    pub content: String,
    /// The logo's file, in [`Bucket::Raw`].
    pub logo: Option<BlobId>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl StoredBranding {
    /// What mails say, where it says so.
    ///
    /// # Errors
    /// `Internal` where what is kept is no branding.
    pub fn mail_texts(&self) -> Result<Option<MailTexts>, PortError> {
        Ok(self.without_logo(&Limits::default())?.mail)
    }

    fn without_logo(&self, limits: &Limits) -> Result<Branding, PortError> {
        Branding::parse(self.content.as_bytes(), limits).map_err(|rejected| self.broken(&rejected))
    }

    fn broken(&self, fault: &dyn std::fmt::Display) -> PortError {
        PortError::new(ErrorKind::Internal, format!("the kept branding {} is none: {fault}", self.id))
    }
}

/// Reads a version with its logo.
///
/// # Errors
/// Those of [`Documents::get`]; `Internal` where what is kept is no branding.
pub async fn read_branding(
    stored: &StoredBranding,
    documents: &dyn Documents,
    limits: &Limits,
) -> Result<Branding, PortError> {
    let mut branding = stored.without_logo(limits)?;
    if let Some(logo) = stored.logo {
        let file = documents.get_bytes(Bucket::Raw, logo, limits.file_bytes as u64).await?;
        branding.logo = Some(Logo::read(file.to_vec(), limits).map_err(|error| stored.broken(&error))?);
    }
    Ok(branding)
}
