//! Portable Document Format, PDF/A-3b (ISO 19005-3).
//!
//! printpdf makes the document: pages, resources, font dictionaries. Left alone it would embed whole fonts, or cut and
//! compress them again for each document, and would collect each page as a list of operations; both cost many times
//! what the rest of a document does. So it is given a skeleton of one text operation a face, and what is large is put
//! in its place in the lopdf document that it gives ([`document`]): subsets that were cut and compressed once for the
//! process ([`crate::font`]), and page contents that are written as bytes in one pass ([`content`]).
//!
//! Before that, the invoice is laid out on one endless [`sheet`] of bands, which [`paginate`] cuts into pages.

mod attachments;
mod closing;
mod columns;
mod content;
mod document;
mod draw;
mod foot;
mod geometry;
mod head;
mod image;
mod metadata;
mod paginate;
mod shapes;
mod sheet;
mod symbol;
mod table;

use invoice::Invoice;

use crate::RenderError;
use crate::compression::deflate;
use crate::facts::Facts;
use crate::legal::CarriedXml;
use crate::style::Style;
use columns::Columns;
use content::Fonts;
use document::{Enclosed, PageContent, Resources, assemble};
use draw::Repeated;
use geometry::{Geometry, Theme};
use metadata::Metadata;
use paginate::{Page, paginate};
use sheet::Sheet;
pub(crate) use table::amount_label;

/// Renders an invoice as PDF, which carries it as XML, too, where it is given.
pub(crate) fn render(invoice: &Invoice, style: &Style, xml: Option<CarriedXml<'_>>) -> Result<Vec<u8>, RenderError> {
    let facts = Facts::new(invoice, style);
    let geometry = Geometry::of(style.paper_for(invoice));
    let theme = Theme { layout: style.layout_for(invoice), accent: style.accent_for(invoice) };

    let mut sheet = Sheet::with_capacity(invoice.lines.entry_count());
    head::lay_out(&mut sheet, &facts, &geometry, theme);
    let columns = table::lay_out(&mut sheet, &facts, &geometry, theme);
    closing::lay_out(&mut sheet, &facts, &columns, &geometry, theme);

    let (repeated, pages) = cut(&sheet, &facts, &columns, geometry, theme);
    let mut fonts = Fonts::new();
    let mut digest = document::Digest::default();
    digest.take_in(facts.logo.map_or(&[], |logo| &logo.bytes));
    let contents: Vec<PageContent> = (1..)
        .zip(&pages)
        .map(|(number, page)| {
            let bytes = repeated.page(&mut fonts, &sheet, page, number, pages.len());
            digest.take_in(&bytes);
            PageContent { compressed: deflate(&bytes) }
        })
        .collect();
    let metadata = Metadata::of(&facts, xml.map(|xml| xml.hybrid));
    let enclosed = Enclosed { metadata, files: attachments::files(invoice, xml) };
    assemble(&geometry, contents, Resources { fonts: &fonts, logo: facts.logo }, &enclosed, digest)
}

/// Cuts the sheet into pages. Their number stands at the foot beside lines that give it room, and so the digits of the
/// number are sought that the pages then have.
fn cut<'a>(
    sheet: &Sheet<'_>,
    facts: &'a Facts<'a>,
    columns: &'a Columns,
    geometry: Geometry,
    theme: Theme,
) -> (Repeated<'a>, Vec<Page>) {
    let mut digits = 1;
    loop {
        let repeated = Repeated::new(facts, columns, geometry, theme, digits);
        let pages = paginate(sheet, repeated.room());
        let needed = pages.len().to_string().len();
        if needed <= digits {
            return (repeated, pages);
        }
        digits = needed;
    }
}
