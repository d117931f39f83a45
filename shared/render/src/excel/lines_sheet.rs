//! The sheet `Lines`: the flat table, for programs that read it.
//!
//! Where its rows are many, the library would hold each of their cells in memory until the end: for 10,000 lines more
//! than everything else together. So it makes the sheet with its head and, where the rows go, a cell for each format that
//! they need. [`LinesSheet::complete`] then writes the rows into the sheet's part of the workbook (ECMA-376-1, section
//! 18.3.1), compressing them as they come. Taking the workbook apart for that costs more than the cells of a few rows do,
//! so the library makes a short sheet on its own.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::{Cursor, Read as _, Write};

use invoice::{Invoice, Line};
use rust_xlsxwriter::utility::column_number_to_name;
use rust_xlsxwriter::{Format, FormatBorder, Worksheet, XlsxError};
use zip::result::{ZipError, ZipResult};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::cells::{Cells, Column, Direction, Formats, Kind, Look, Place, Row, excel_date, fitting, is_exact, place};
use crate::flat_table::{Cell, FURTHER_LINE_COLUMNS, INVOICE_COLUMNS, LINE_COLUMNS};

/// The columns of the invoice that each line repeats; the rest of them stands on the first sheet.
const REPEATED: [&str; 3] = ["invoice_number", "issue_date", "currency"];
/// Columns are no wider than this many characters.
const WIDEST: usize = 48;
/// The part of the workbook that holds the second sheet.
const PART: &str = "xl/worksheets/sheet2.xml";
/// The most lines of a short sheet.
const FEW: usize = 16;
/// Rows are passed on once they reach this size in bytes.
const BUFFER: usize = 64 * 1024;

/// Whether the library makes the rows.
pub(super) fn is_short(invoice: &Invoice) -> bool {
    invoice.lines.len() <= FEW
}

/// The sheet, between its frame and its rows.
pub(super) struct LinesSheet<'a> {
    invoice: &'a Invoice,
    columns: Vec<FlatColumn>,
    kinds: Vec<Kind>,
}

/// A column and where its cells come from.
struct FlatColumn {
    name: &'static str,
    source: Source,
}

enum Source {
    Invoice(fn(&Invoice) -> Cell<'_>),
    Line(fn(&Line) -> Cell<'_>),
}

impl FlatColumn {
    fn cell<'a>(&self, invoice: &'a Invoice, line: &'a Line) -> Cell<'a> {
        match self.source {
            Source::Invoice(cell) => cell(invoice),
            Source::Line(cell) => cell(line),
        }
    }

    fn written<'a>(&self, invoice: &'a Invoice, line: &'a Line) -> Written<'a> {
        Written::of(self.cell(invoice, line))
    }
}

/// What a cell becomes in a sheet.
pub(super) enum Written<'a> {
    Nothing,
    Text(Cow<'a, str>),
    /// A figure, which a spreadsheet keeps as a number.
    Number(Kind, String),
    /// A figure that a spreadsheet would change.
    FigureText(String),
}

impl<'a> Written<'a> {
    pub(super) fn of(cell: Cell<'a>) -> Self {
        match cell {
            Cell::Empty => Self::Nothing,
            Cell::Text(text) if text.is_empty() => Self::Nothing,
            Cell::Text(text) => Self::Text(fitting(text)),
            Cell::List(texts) => Self::Text(fitting(Cell::joined(&texts).into())),
            Cell::Date(date) => match excel_date(date) {
                Some(day) => Self::Number(Kind::Date(false), day.to_excel().to_string()),
                None => Self::FigureText(date.to_string()),
            },
            Cell::Number(number) if is_exact(number) => Self::Number(Kind::Number(number.scale()), number.to_string()),
            Cell::Number(number) => Self::FigureText(number.to_string()),
            Cell::Amount(amount) if is_exact(amount.to_decimal()) => {
                Self::Number(Kind::Number(amount.currency().minor_units()), amount.to_string())
            }
            Cell::Amount(amount) => Self::FigureText(amount.to_string()),
        }
    }

    pub(super) fn write(self, at: Place, cells: &mut Cells<'_>) -> Result<(), XlsxError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Text(text) => cells.plain_text(at, &text),
            Self::Number(kind, figure) => cells.exact(at, figure.parse().unwrap_or(f64::NAN), kind, Look::Plain),
            Self::FigureText(text) => cells.figure_text(at, &text, Look::Plain),
        }
    }

    const fn kind(&self) -> Option<Kind> {
        match self {
            Self::Nothing | Self::Text(_) => None,
            Self::Number(kind, _) => Some(*kind),
            Self::FigureText(_) => Some(Kind::Text),
        }
    }

    /// The characters of room that it asks for.
    fn width(&self) -> usize {
        match self {
            Self::Nothing => 0,
            Self::Text(text) => text.chars().count(),
            Self::Number(Kind::Date(_), _) => 16,
            Self::Number(_, text) | Self::FigureText(text) => text.len() + 4,
        }
    }
}

impl<'a> LinesSheet<'a> {
    /// Makes all of the sheet but its rows, and those too if they are few.
    pub(super) fn write(sheet: &mut Worksheet, invoice: &'a Invoice) -> Result<Self, XlsxError> {
        sheet.set_name("Lines")?;
        sheet.set_freeze_panes(1, 0)?;
        sheet.set_repeat_rows(0, 0)?;
        sheet.set_print_fit_to_pages(1, 0);
        sheet.set_landscape();
        let mut cells = Cells { sheet, formats: Formats::new(invoice.currency.code(), Direction::LeftToRight) };
        let head = Format::new().set_bold().set_border_bottom(FormatBorder::Thin);
        let mut kinds = BTreeSet::new();
        let columns = columns(invoice);
        for (index, column) in (0..).zip(&columns) {
            cells.text(place(0, index), column.name, &head)?;
            let width = measure(column, invoice, &mut kinds);
            cells.sheet.set_column_width(index, u32::try_from(width.min(WIDEST)).unwrap_or_default())?;
        }
        let (last_row, last_column) = (last_row(invoice), last_column(&columns));
        cells.sheet.set_print_area(0, 0, last_row, last_column)?;
        cells.sheet.autofilter(0, 0, last_row, last_column)?;
        let sheet = Self { invoice, columns, kinds: kinds.into_iter().collect() };
        if is_short(invoice) {
            sheet.write_rows(&mut cells)?
        } else {
            sheet.write_samples(&mut cells)?
        }
        Ok(sheet)
    }

    fn write_rows(&self, cells: &mut Cells<'_>) -> Result<(), XlsxError> {
        for (row, line) in (1..).zip(&self.invoice.lines) {
            for (index, column) in (0..).zip(&self.columns) {
                let at = place(row, index);
                column.written(self.invoice, line).write(at, cells)?;
            }
        }
        Ok(())
    }

    /// Leaves a cell of each kind where the rows will stand.
    fn write_samples(&self, cells: &mut Cells<'_>) -> Result<(), XlsxError> {
        for (index, kind) in (0..).zip(&self.kinds) {
            cells.blank(place(1, index), *kind)?;
        }
        Ok(())
    }

    /// Puts the rows into the workbook, if it has only the frame.
    pub(super) fn complete(&self, book: Vec<u8>) -> ZipResult<Vec<u8>> {
        if is_short(self.invoice) { Ok(book) } else { self.fill(&book) }
    }

    fn fill(&self, book: &[u8]) -> ZipResult<Vec<u8>> {
        let mut source = ZipArchive::new(Cursor::new(book))?;
        let mut target = ZipWriter::new(Cursor::new(Vec::with_capacity(2 * book.len())));
        for index in 0..source.len() {
            let part = source.by_index_raw(index)?;
            let name = part.name()?.into_owned();
            if name != PART {
                target.raw_copy_file_rename(part, name)?;
                continue;
            }
            drop(part);
            let mut frame = String::new();
            source.by_index(index)?.read_to_string(&mut frame)?;
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .compression_level(Some(super::compression_level(self.invoice).into()))
                .unix_permissions(0o600)
                .last_modified_time(zip::DateTime::default());
            target.start_file(name, options)?;
            self.write_part(&frame, &mut target)?;
        }
        Ok(target.finish()?.into_inner())
    }

    fn write_part(&self, frame: &str, target: &mut impl Write) -> ZipResult<()> {
        let frame = Frame::read(frame, self.kinds.len()).ok_or_else(strange_sheet)?;
        let names: Vec<String> = (0..).zip(&self.columns).map(|(index, _)| column_number_to_name(index)).collect();
        let mut rows = frame.head(&names, last_row(self.invoice));
        for (number, line) in (2..).zip(&self.invoice.lines) {
            self.write_row(number, line, &names, &frame.styles, &mut rows);
            if rows.len() >= BUFFER {
                target.write_all(rows.as_bytes())?;
                rows.clear();
            }
        }
        target.write_all(rows.as_bytes())?;
        Ok(target.write_all(frame.tail.as_bytes())?)
    }

    /// Appends a row; its numbers count from 1.
    fn write_row(&self, number: u32, line: &Line, names: &[String], styles: &[&str], rows: &mut String) {
        let style = |kind: Kind| self.kinds.binary_search(&kind).ok().and_then(|index| styles.get(index).copied());
        // Writing to a String cannot fail.
        let _ = write!(rows, r#"<row r="{number}">"#);
        for (column, name) in self.columns.iter().zip(names) {
            let written = column.written(self.invoice, line);
            let style = written.kind().and_then(style).unwrap_or("0");
            match &written {
                Written::Nothing => {}
                Written::Number(_, figure) => {
                    let _ = write!(rows, r#"<c r="{name}{number}" s="{style}"><v>{figure}</v></c>"#);
                }
                Written::FigureText(text) => write_text(rows, &format!(r#"{name}{number}" s="{style}"#), text),
                Written::Text(text) => write_text(rows, &format!("{name}{number}"), text),
            }
        }
        rows.push_str("</row>");
    }
}

fn strange_sheet() -> ZipError {
    ZipError::InvalidArchive("the sheet has no place for rows".into())
}

/// The columns that have something in a row.
fn columns(invoice: &Invoice) -> Vec<FlatColumn> {
    let repeated = INVOICE_COLUMNS.iter().filter(|column| REPEATED.contains(&column.name));
    let repeated = repeated.map(|column| FlatColumn { name: column.name, source: Source::Invoice(column.cell) });
    let is_used = |cell: fn(&Line) -> Cell<'_>| invoice.lines.iter().any(|line| cell(line) != Cell::Empty);
    let own = LINE_COLUMNS.iter().chain(FURTHER_LINE_COLUMNS).filter(|column| is_used(column.cell));
    let own = own.map(|column| FlatColumn { name: column.name, source: Source::Line(column.cell) });
    repeated.chain(own).collect()
}

/// The width of a column in characters; notes the kinds of its cells.
fn measure(column: &FlatColumn, invoice: &Invoice, kinds: &mut BTreeSet<Kind>) -> usize {
    let widths = invoice.lines.iter().map(|line| {
        let written = column.written(invoice, line);
        kinds.extend(written.kind());
        written.width()
    });
    widths.max().unwrap_or_default().max(column.name.len() + 3)
}

fn last_row(invoice: &Invoice) -> Row {
    Row::try_from(invoice.lines.len()).unwrap_or(Row::MAX)
}

fn last_column(columns: &[FlatColumn]) -> Column {
    Column::try_from(columns.len().saturating_sub(1)).unwrap_or(Column::MAX)
}

/// The sheet's part as the library made it.
struct Frame<'a> {
    /// Up to the end of the row with the names.
    head: &'a str,
    /// The format of each kind, as the workbook counts them.
    styles: Vec<&'a str>,
    /// From the end of the rows.
    tail: &'a str,
}

impl<'a> Frame<'a> {
    fn read(part: &'a str, kinds: usize) -> Option<Self> {
        let (before, after) = part.split_once("</row>")?;
        let (samples, _) = after.split_once("</sheetData>")?;
        let style = |cell: &'a str| Some(cell.split_once(r#" s=""#)?.1.split_once('"')?.0);
        let styles: Vec<&str> = samples.split("<c ").skip(1).filter_map(style).collect();
        let head = part.get(..before.len() + "</row>".len())?;
        let tail = part.get(head.len() + samples.len()..)?;
        (styles.len() == kinds).then_some(Self { head, styles, tail })
    }

    /// The head, with the extent of the sheet.
    fn head(&self, names: &[String], last: Row) -> String {
        const DIMENSION: &str = r#"<dimension ref=""#;
        let last_column = names.last().map_or("A", String::as_str);
        let split = self.head.split_once(DIMENSION).and_then(|(before, rest)| Some((before, rest.split_once('"')?.1)));
        match split {
            Some((before, after)) => format!(r#"{before}{DIMENSION}A1:{last_column}{}"{after}"#, last + 1),
            None => self.head.to_owned(),
        }
    }
}

/// Appends a cell whose text stands in it, not in the table of strings.
fn write_text(rows: &mut String, attributes: &str, text: &str) {
    let is_trimmed = text.trim_matches([' ', '\t', '\n']).len() == text.len();
    let space = if is_trimmed { "" } else { r#" xml:space="preserve""# };
    let _ = write!(rows, r#"<c r="{attributes}" t="inlineStr"><is><t{space}>"#);
    for (index, character) in text.char_indices() {
        match character {
            '&' => rows.push_str("&amp;"),
            '<' => rows.push_str("&lt;"),
            '>' => rows.push_str("&gt;"),
            // What looks like the escape of a character (ECMA-376-1, section 22.9.2.19) is none.
            '_' if is_escape(&text.as_bytes()[index..]) => rows.push_str("_x005F_"),
            other => rows.push(other),
        }
    }
    rows.push_str("</t></is></c>");
}

/// Whether the text begins like `_x0041_`.
fn is_escape(text: &[u8]) -> bool {
    let [b'_', b'x', digits @ .., b'_'] = text.get(..7).unwrap_or_default() else { return false };
    digits.iter().all(u8::is_ascii_hexdigit)
}
