//! Legal e-invoices: an invoice in UBL or CII, by the profile of those who receive it.
//!
//! [`write`] gives the XML, or all reasons why the data cannot become it, each with the id of the official rule, the
//! business term and the place in the JSON document. The crate is pure: no input or output, no clock, and the same
//! bytes for the same invoice and [`Profile`]. README.md in this room says which profile is for whom.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cii;
mod document;
mod figures;
mod format;
mod hybrid;
mod practice;
mod price;
mod profile;
mod rules;
mod ubl;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice::{Finding, Invoice};

use document::Document;
pub use format::{Format, UnknownFormat};
pub use hybrid::Hybrid;
pub use profile::{Profile, RuleSet, Syntax};
pub use rules::RULES_VERSION;

/// Writes the invoice as the profile wants it.
///
/// # Errors
///
/// All reasons why the official rules of the profile would refuse the document, or why it cannot carry the data.
pub fn write(invoice: &Invoice, profile: Profile) -> Result<Vec<u8>, Vec<Finding>> {
    let document = Document::of(invoice, profile);
    let faults = rules::check(&document);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(written(&document))
}

/// Writes the invoice without asking any rule, to show judges what they must refuse. It is no e-invoice.
#[must_use]
pub fn write_unjudged(invoice: &Invoice, profile: Profile) -> Vec<u8> {
    written(&Document::of(invoice, profile))
}

fn written(document: &Document<'_>) -> Vec<u8> {
    match document.profile.syntax() {
        Syntax::Ubl => ubl::write(document),
        Syntax::Cii => cii::write(document),
    }
}

/// All reasons why [`write`] would refuse the invoice; empty if it would not.
#[must_use]
pub fn check(invoice: &Invoice, profile: Profile) -> Vec<Finding> {
    rules::check(&Document::of(invoice, profile))
}

/// The bytes of a file as XML carries them (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
