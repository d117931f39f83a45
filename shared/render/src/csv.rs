//! Comma-separated values (RFC 4180): the [flat table](crate::flat_table).

use ::csv::{Terminator, WriterBuilder};
use invoice::{CsvDialect, Invoice};

use crate::RenderError;
use crate::flat_table::{Cell, INVOICE_COLUMNS, InvoiceColumn, LINE_COLUMNS, TOTAL_COLUMNS, column_names};
use crate::style::Style;

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
    let mut bytes = Vec::with_capacity(1024 + 512 * invoice.lines.len());
    if has_mark {
        bytes.extend_from_slice(BYTE_ORDER_MARK);
    }
    let mut writer = WriterBuilder::new().delimiter(delimiter).terminator(Terminator::CRLF).from_writer(bytes);
    writer.write_record(column_names())?;
    let before = fields(INVOICE_COLUMNS, invoice, dialect);
    let after = fields(TOTAL_COLUMNS, invoice, dialect);
    for line in &invoice.lines {
        for field in &before {
            writer.write_field(field)?;
        }
        for column in LINE_COLUMNS {
            writer.write_field(field((column.cell)(line), dialect))?;
        }
        for field in &after {
            writer.write_field(field)?;
        }
        writer.write_record(None::<&[u8]>)?;
    }
    writer.into_inner().map_err(|error| RenderError::Csv(error.into_error().into()))
}

fn fields(columns: &[InvoiceColumn], invoice: &Invoice, dialect: CsvDialect) -> Vec<String> {
    columns.iter().map(|column| field((column.cell)(invoice), dialect)).collect()
}

fn field(cell: Cell<'_>, dialect: CsvDialect) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => guarded(text.into_owned()),
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

/// Keeps a text from being taken for a formula by a program that opens the file: what begins like one gets an
/// apostrophe before it.
fn guarded(text: String) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
