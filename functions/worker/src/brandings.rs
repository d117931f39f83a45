//! The brandings of the documents that were rendered last: most documents of a user have the same, and a version never
//! changes.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use invoice::{Branding, Limits};
use pipeline::{BrandingId, Documents, ErrorKind, Ledger, PortError, read_branding};

/// The most that are kept.
const MOST: usize = 8;
/// A logo of more pixels is read each time, so that what is kept stays small: a pixel takes four bytes.
const MOST_PIXELS: u32 = 500_000;

/// Recent brandings.
#[derive(Default)]
pub struct Brandings(Mutex<VecDeque<(BrandingId, Arc<Branding>)>>);

impl Brandings {
    /// A version, from what is kept here or else from the servers.
    pub(crate) async fn get(
        &self,
        id: BrandingId,
        ledger: &dyn Ledger,
        documents: &dyn Documents,
        limits: &Limits,
    ) -> Result<Arc<Branding>, PortError> {
        if let Some(kept) = self.kept(id) {
            return Ok(kept);
        }
        let missing = || PortError::new(ErrorKind::NotFound, format!("there is no branding {id}"));
        let stored = ledger.branding(id).await?.ok_or_else(missing)?;
        let branding = Arc::new(read_branding(&stored, documents, limits).await?);
        if branding.logo.as_ref().is_none_or(|logo| logo.width * logo.height <= MOST_PIXELS) {
            self.keep(id, &branding);
        }
        Ok(branding)
    }

    fn kept(&self, id: BrandingId) -> Option<Arc<Branding>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|(other, _)| *other == id).map(|(_, branding)| Arc::clone(branding))
    }

    fn keep(&self, id: BrandingId, branding: &Arc<Branding>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(MOST - 1);
        kept.push_front((id, Arc::clone(branding)));
    }
}
