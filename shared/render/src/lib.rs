//! Renders an invoice as PDF, Excel, CSV or a legal e-invoice.
//!
//! [`render`] is pure and synchronous: no input or output but the fonts of [`east_asian_fonts_in`], no clock, and the same
//! bytes for the same invoice, format, [`Style`] and [`STYLE_VERSION`].

mod cldr;
mod compression;
mod coverage;
mod csv;
mod error;
mod excel;
mod facts;
mod file_name;
mod flat_table;
mod font;
mod gallery;
mod legal;
mod number_format;
mod pdf;
mod raster;
mod recent;
mod style;
mod text;
mod text_guard;
mod wording;

use std::borrow::Cow;

use invoice::{Format, Invoice};

pub use coverage::{uncovered_characters, uncovered_characters_of};
pub use error::RenderError;
pub use font::east_asian_fonts_in;
pub use gallery::{GALLERY, GalleryInvoice};
pub use invoice::{CsvDialect, Layout, Mark, Paper};
pub use style::{STYLE_VERSION, Style};

/// A document of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The bytes of the file.
    pub bytes: Vec<u8>,
    /// A name for the file, made of the invoice's number; letters, digits, `-`, `_` and `.` alone.
    pub file_name: String,
    /// Characters that no font covers, see [`uncovered_characters`]; none in other formats than PDF.
    pub uncovered_characters: Vec<char>,
    /// What a document of a legal format was judged by.
    pub report: Option<einvoice::Report>,
}

/// Renders an invoice.
///
/// # Errors
///
/// [`RenderError::Refused`] where the rules of a legal format refuse the invoice, which [`einvoice::judge`] tells before.
/// Another where a part of the document cannot be made; no invoice that [`invoice::parse`] gives is known to cause that.
pub fn render(invoice: &Invoice, format: Format, style: &Style) -> Result<Rendered, RenderError> {
    let (bytes, report) = match einvoice::Profile::of(format, invoice) {
        Some(profile) => legal::render(invoice, profile, style)?,
        None => (for_people(invoice, format, style)?, None),
    };
    let uncovered_characters = if format.is_pdf() { uncovered_characters(invoice) } else { Vec::new() };
    Ok(Rendered { bytes, file_name: file_name::file_name(&invoice.number, format), uncovered_characters, report })
}

fn for_people(invoice: &Invoice, format: Format, style: &Style) -> Result<Vec<u8>, RenderError> {
    match format {
        Format::Csv => csv::render(&marked(invoice, style), style),
        Format::Excel => excel::render(invoice, style),
        _ => pdf::render(invoice, style, None),
    }
}

/// The invoice with the mark that it is rendered with, which tells whether it is paid.
fn marked<'a>(invoice: &'a Invoice, style: &Style) -> Cow<'a, Invoice> {
    if style.mark.is_none() || invoice.presentation.mark.is_some() {
        return Cow::Borrowed(invoice);
    }
    let mut marked = invoice.clone();
    marked.presentation.mark = style.mark;
    Cow::Owned(marked)
}
