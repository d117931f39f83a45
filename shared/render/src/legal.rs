//! Legal e-invoices: XML alone, or in a PDF document that says the same (ISO 19005-3; Factur-X 1.09, section 6).

use einvoice::{Hybrid, Profile, Report};
use invoice::Invoice;

use crate::style::Style;
use crate::{RenderError, pdf};

/// The XML of a hybrid document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CarriedXml<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) hybrid: Hybrid,
}

/// Renders an invoice by a profile, if its rules allow that.
pub(crate) fn render(
    invoice: &Invoice,
    profile: Profile,
    style: &Style,
) -> Result<(Vec<u8>, Option<Report>), RenderError> {
    let written = einvoice::write(invoice, profile).map_err(RenderError::Refused)?;
    let bytes = match profile.hybrid() {
        Some(hybrid) => pdf::render(invoice, style, Some(CarriedXml { bytes: &written.xml, hybrid }))?,
        None => written.xml,
    };
    Ok((bytes, Some(written.report)))
}
