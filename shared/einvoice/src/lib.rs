//! Legal e-invoices: an invoice in UBL or CII, by the profile of those who receive it.
//!
//! [`write`] gives the XML, or all reasons why the data cannot become it, each with the id of the official rule, the
//! business term and the place in the JSON document. The crate is pure: no input or output, no clock, and the same
//! bytes for the same invoice and [`Profile`]. README.md in this room says which profile is for whom.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cii;
mod document;
mod figures;
mod hybrid;
mod practice;
mod price;
mod profile;
mod report;
mod rules;
mod ubl;
mod xml;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice::{Finding, Format, Invoice, Parsed};

use document::Document;
pub use hybrid::Hybrid;
pub use profile::{Profile, RuleSet, Syntax};
pub use report::Report;
pub use rules::RULES_VERSION;

/// An invoice in a legal format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EInvoice {
    /// The XML document.
    pub xml: Vec<u8>,
    /// What it was judged by.
    pub report: Report,
}

/// Writes the invoice as the profile wants it.
///
/// # Errors
///
/// All reasons why the official rules of the profile would refuse the document, or why it cannot carry the data.
pub fn write(invoice: &Invoice, profile: Profile) -> Result<EInvoice, Vec<Finding>> {
    let document = Document::of(invoice, profile);
    let report = judged(&document)?;
    Ok(EInvoice { xml: written(&document), report })
}

/// Judges the invoice by the rules of the profile, without writing it.
///
/// # Errors
///
/// As [`write`].
pub fn judge(invoice: &Invoice, profile: Profile) -> Result<Report, Vec<Finding>> {
    judged(&Document::of(invoice, profile))
}

/// Judges what was sent by the rules of a legal format; `None` for another format. What is found names places of the
/// document that was sent.
#[must_use]
pub fn judge_sent(parsed: &Parsed, format: Format) -> Option<Result<Report, Vec<Finding>>> {
    let profile = Profile::of(format, &parsed.invoice)?;
    let placed = |findings: Vec<Finding>| findings.into_iter().map(|finding| parsed.placed(finding)).collect();
    Some(match judge(&parsed.invoice, profile) {
        Ok(report) => Ok(Report { warnings: placed(report.warnings), ..report }),
        Err(faults) => Err(placed(faults)),
    })
}

fn judged(document: &Document<'_>) -> Result<Report, Vec<Finding>> {
    let faults = rules::check(document);
    if faults.is_empty() { Ok(Report::of(document)) } else { Err(faults) }
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

/// The bytes of a file as XML carries them (RFC 4648, section 4).
fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}
