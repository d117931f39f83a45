//! Comma-separated values (RFC 4180): the [flat table](crate::flat_table).

use ::csv::{Terminator, WriterBuilder};
use invoice::{CsvDialect, Invoice, LineEntry};

use crate::RenderError;
use crate::flat_table::{
    Cell, ENTRY_COLUMNS, FURTHER_INVOICE_COLUMNS, FURTHER_LINE_COLUMNS, INVOICE_COLUMNS, InvoiceColumn, LINE_COLUMNS,
    LineColumn, TEXT_COLUMN, TOTAL_COLUMNS, column_names, entry_text,
};
use crate::style::Style;
use crate::text_guard;

/// What spreadsheet programs need to take a file for UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Renders an invoice as CSV.
pub(crate) fn render(invoice: &Invoice, style: &Style) -> Result<Vec<u8>, RenderError> {
    let dialect = style.csv_dialect_for(invoice);
    let (delimiter, has_mark) = match dialect {
        CsvDialect::Rfc4180 => (b',', false),
        CsvDialect::Excel => (b',', true),
        CsvDialect::ExcelDe => (b';', true),
    };
    let mut bytes = Vec::with_capacity(1024 + 512 * invoice.lines.entry_count());
    if has_mark {
        bytes.extend_from_slice(BYTE_ORDER_MARK);
    }
    let mut builder = WriterBuilder::new();
    // What begins a comment is always quoted, and there are none: a program that also parts fields at tabs must not do so
    // at those of `as_text`.
    builder.delimiter(delimiter).terminator(Terminator::CRLF).comment(Some(b'\t'));
    let mut writer = builder.from_writer(bytes);
    writer.write_record(column_names())?;
    let before = fields(INVOICE_COLUMNS, invoice, dialect);
    let after = fields(TOTAL_COLUMNS, invoice, dialect);
    let mut further = fields(FURTHER_INVOICE_COLUMNS, invoice, dialect);
    for entry in invoice.lines.entries() {
        for field in &before {
            writer.write_field(field)?;
        }
        for column in LINE_COLUMNS {
            writer.write_field(field(line_cell(column, entry), dialect))?;
        }
        for field in &after {
            writer.write_field(field)?;
        }
        for column in FURTHER_LINE_COLUMNS {
            writer.write_field(field(line_cell(column, entry), dialect))?;
        }
        // Only the first row has them.
        for field in &mut further {
            writer.write_field(std::mem::take(field))?;
        }
        for column in ENTRY_COLUMNS {
            writer.write_field(field((column.cell)(entry), dialect))?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| RenderError::Csv(error.into_error().into()))
}

/// What an entry has in a column of the lines.
fn line_cell<'a>(column: &LineColumn, entry: LineEntry<'a>) -> Cell<'a> {
    match entry {
        LineEntry::Line(line) => (column.cell)(line),
        _ if column.name == TEXT_COLUMN => entry_text(entry),
        _ => Cell::Empty,
    }
}

fn fields(columns: &[InvoiceColumn], invoice: &Invoice, dialect: CsvDialect) -> Vec<String> {
    columns.iter().map(|column| field((column.cell)(invoice), dialect)).collect()
}

fn field(cell: Cell<'_>, dialect: CsvDialect) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => text_field(text.into_owned(), dialect),
        Cell::List(texts) => text_field(Cell::joined(&texts), dialect),
        Cell::Date(date) => date.to_string(),
        Cell::Number(number) => plain(number.to_string(), dialect),
        Cell::Amount(amount) => plain(amount.to_string(), dialect),
    }
}

fn plain(number: String, dialect: CsvDialect) -> String {
    match dialect {
        CsvDialect::Rfc4180 | CsvDialect::Excel => number,
        CsvDialect::ExcelDe => number.replace('.', ","),
    }
}

fn text_field(text: String, dialect: CsvDialect) -> String {
    match dialect {
        _ if text_guard::is_like_formula(&text) => format!("'{text}"),
        CsvDialect::Excel | CsvDialect::ExcelDe if text_guard::is_changed_by_spreadsheets(&text) => as_text(&text),
        _ => text,
    }
}

/// Has spreadsheet programs take a text for a text: no number and no date begins with a tab. They show none of it, and
/// `TRIM` and `CLEAN` remove it. A formula (`="000451"`) would do so too, but then the cell is a formula, and a
/// no-break or zero-width space would stay in what is copied.
fn as_text(text: &str) -> String {
    format!("\t{text}")
}
