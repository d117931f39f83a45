//! The sheet `Data`: what belongs to the invoice as a whole, by the names of the [flat table](crate::flat_table), one
//! below the other. A list takes a row an entry.

use invoice::Invoice;
use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::cells::{Cells, Direction, Formats, Row, place};
use super::lines_sheet::Written;
use super::measure::row_height;
use crate::flat_table::{Cell, FURTHER_INVOICE_COLUMNS, INVOICE_COLUMNS, TOTAL_COLUMNS};

/// The widths of the two columns, in characters.
const WIDTHS: [f64; 2] = [30.0, 70.0];

pub(super) fn write(sheet: &mut Worksheet, invoice: &Invoice) -> Result<(), XlsxError> {
    sheet.set_name("Data")?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    let mut cells = Cells { sheet, formats: Formats::new(invoice.currency.code(), Direction::LeftToRight) };
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    cells.text(place(0, 0), "name", &head)?;
    cells.text(place(0, 1), "value", &head)?;
    let wrapped = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let mut row: Row = 1;
    for column in INVOICE_COLUMNS.iter().chain(TOTAL_COLUMNS).chain(FURTHER_INVOICE_COLUMNS) {
        for cell in one_by_one((column.cell)(invoice)) {
            cells.plain_text(place(row, 0), column.name)?;
            match cell {
                Cell::Text(text) => {
                    cells.text(place(row, 1), &text, &wrapped)?;
                    cells.sheet.set_row_height(row, row_height([(&*text, WIDTHS[1])]))?;
                }
                other => Written::of(other).write(place(row, 1), &mut cells)?,
            }
            row += 1;
        }
    }
    Ok(())
}

/// The entries of a list, the cell itself where it is none; nothing of what is empty.
fn one_by_one(cell: Cell<'_>) -> Vec<Cell<'_>> {
    match cell {
        Cell::Empty => Vec::new(),
        Cell::List(texts) => texts.into_iter().map(Cell::Text).collect(),
        other => vec![other],
    }
}
