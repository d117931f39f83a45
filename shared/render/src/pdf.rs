//! Portable Document Format, PDF/A-3b (ISO 19005-3).
//!
//! printpdf makes the document: pages, resources, font dictionaries. Left alone it would embed whole fonts, or cut and
//! compress them anew for each document, and would collect each page as a list of operations; both cost many times
//! what the rest of a document does. So it is given a skeleton of one text operation a face, and what is large is put
//! in its place in the lopdf document that it gives ([`document`]): subsets that were cut and compressed once for the
//! process ([`crate::font`]), and page contents that are written as bytes in one pass ([`content`]).
//!
//! Before that, the invoice is laid out on one endless [`sheet`] of bands, which [`paginate`] cuts into pages.

mod closing;
mod columns;
mod content;
mod document;
mod draw;
mod geometry;
mod head;
mod image;
mod metadata;
mod paginate;
mod sheet;
mod symbol;
mod table;

use invoice::Invoice;

use crate::RenderError;
use crate::compression::deflate;
use crate::facts::Facts;
use crate::style::Style;
use content::Fonts;
use document::{PageContent, Resources, assemble};
use draw::{Repeated, footer_height};
use geometry::{Geometry, Theme};
use metadata::Metadata;
use paginate::{Room, paginate};
use sheet::Sheet;
pub(crate) use table::amount_label;

/// Renders an invoice as PDF.
pub(crate) fn render(invoice: &Invoice, style: &Style) -> Result<Vec<u8>, RenderError> {
    let facts = Facts::new(invoice, style);
    let mut geometry = Geometry::of(style.paper_for(invoice));
    geometry.bottom -= footer_height(&facts, &geometry);
    let theme = Theme { layout: style.layout_for(invoice), accent: style.accent_for(invoice) };

    let mut sheet = Sheet::with_capacity(invoice.lines.len());
    head::lay_out(&mut sheet, &facts, &geometry, theme);
    let columns = table::lay_out(&mut sheet, &facts, &geometry, theme);
    closing::lay_out(&mut sheet, &facts, &columns, &geometry, theme);

    let repeated = Repeated::new(&facts, &columns, geometry, theme);
    let carry = repeated.carry_height();
    let room = Room {
        // Pages after the first give up the height of their running head beyond the margin.
        height: geometry.bottom - geometry.top - repeated.running_head_height() / 2,
        continuation: repeated.table_head_height() + carry,
        carry,
    };
    let pages = paginate(&sheet, room);
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
    let metadata = Metadata::of(&facts);
    assemble(&geometry, contents, Resources { fonts: &fonts, logo: facts.logo }, &metadata, digest)
}
