//! The sheet `Lines`: the flat table, for programs that read it.

use invoice::Invoice;
use rust_xlsxwriter::{Format, FormatBorder, Worksheet, XlsxError};

use super::cells::{Cells, Column, Formats, Look, Row, place};
use crate::flat_table::{Cell, INVOICE_COLUMNS, LINE_COLUMNS};

/// The columns of the invoice that each line repeats; the rest of them stands on the first sheet.
const REPEATED: [&str; 3] = ["invoice_number", "issue_date", "currency"];
/// Columns are no wider than this many characters.
const WIDEST: usize = 48;

pub(super) fn write(sheet: &mut Worksheet, invoice: &Invoice) -> Result<(), XlsxError> {
    sheet.set_name("Lines")?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_landscape();
    let mut cells = Cells { sheet, formats: Formats::new(invoice.currency.code()) };
    let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
    let plain = Format::new();
    let mut column = 0;
    for repeated in INVOICE_COLUMNS.iter().filter(|column| REPEATED.contains(&column.name)) {
        let rows = invoice.lines.iter().map(|_| (repeated.cell)(invoice));
        write_column(&mut cells, column, repeated.name, rows, (&head, &plain))?;
        column += 1;
    }
    for kind in LINE_COLUMNS {
        if invoice.lines.iter().all(|line| (kind.cell)(line) == Cell::Empty) {
            continue;
        }
        let rows = invoice.lines.iter().map(|line| (kind.cell)(line));
        write_column(&mut cells, column, kind.name, rows, (&head, &plain))?;
        column += 1;
    }
    let last = Row::try_from(invoice.lines.len()).unwrap_or(Row::MAX);
    cells.sheet.set_print_area(0, 0, last, column.saturating_sub(1))?;
    cells.sheet.autofilter(0, 0, last, column.saturating_sub(1))?;
    Ok(())
}

fn write_column<'a>(
    cells: &mut Cells<'_>,
    column: Column,
    name: &str,
    rows: impl Iterator<Item = Cell<'a>>,
    (head, plain): (&Format, &Format),
) -> Result<(), XlsxError> {
    cells.text(place(0, column), name, head)?;
    let mut widest = name.len() + 3;
    for (row, cell) in (1..).zip(rows) {
        let at = place(row, column);
        match cell {
            Cell::Empty => {}
            Cell::Text(text) => {
                widest = widest.max(text.chars().count());
                cells.text(at, &text, plain)?;
            }
            Cell::Date(date) => {
                widest = widest.max(16);
                cells.date(at, date, false)?;
            }
            Cell::Number(number) => {
                widest = widest.max(number.to_string().len() + 3);
                cells.number(at, number, 0)?;
            }
            Cell::Amount(amount) => {
                widest = widest.max(amount.to_string().len() + 4);
                cells.amount(at, amount, Look::Plain)?;
            }
        }
    }
    let width = u32::try_from(widest.min(WIDEST)).unwrap_or_default();
    cells.sheet.set_column_width(column, width).map(drop)
}
