//! Office Open XML workbooks (`.xlsx`).
//!
//! The first sheet looks like the invoice; `Lines` and `Data` hold the [flat table](crate::flat_table) for other
//! programs: the lines, and what belongs to the invoice as a whole. Figures are numbers and dates are dates. The totals are formulas, each with its right value beside it,
//! because some readers show that value without computing; where a formula would not give the exact figure (see
//! [`formulas`]) the figure stands there alone. A spreadsheet keeps 15 digits: a figure with more is written as text,
//! so that none is changed in silence. Text of the user is always a string: never a formula, a link or markup.

mod cells;
mod columns;
mod data_sheet;
mod formulas;
mod invoice_sheet;
mod lines_sheet;
mod measure;

use invoice::Invoice;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use crate::RenderError;
use crate::facts::Facts;
use crate::style::Style;
use lines_sheet::LinesSheet;

/// Renders an invoice as a workbook.
pub(crate) fn render(invoice: &Invoice, style: &Style) -> Result<Vec<u8>, RenderError> {
    let facts = Facts::new(invoice, style);
    let mut workbook = Workbook::new();
    workbook.set_zip_compression_level(compression_level(invoice));
    workbook.set_properties(&properties(&facts));
    invoice_sheet::write(workbook.add_worksheet(), &facts, style)?;
    let lines = LinesSheet::write(workbook.add_worksheet(), invoice)?;
    data_sheet::write(workbook.add_worksheet(), invoice)?;
    let book = workbook.save_to_buffer()?;
    drop(workbook);
    Ok(lines.complete(book)?)
}

/// How hard deflate tries.
///
/// The dozen parts of a short workbook are small, and building a Huffman code for each takes a quarter of its time: level
/// 1 takes the code that deflate knows beforehand. In long ones codes pay, but what lies between 4 and the usual 6 is over
/// a quarter of the time for a hundredth of the size.
fn compression_level(invoice: &Invoice) -> u8 {
    if lines_sheet::is_short(invoice) { 1 } else { 4 }
}

fn properties(facts: &Facts<'_>) -> DocProperties {
    let properties = DocProperties::new().set_title(facts.headline()).set_author(facts.seller.name);
    // A fixed date, so that the same invoice gives the same bytes.
    let created = cells::excel_date(facts.invoice.issue_date).or_else(|| ExcelDateTime::from_ymd(2000, 1, 1).ok());
    match created {
        Some(created) => properties.set_creation_datetime(&created),
        None => properties,
    }
}
