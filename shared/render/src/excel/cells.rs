//! Cells of the types that a sheet knows, and their formats.

use std::borrow::Cow;
use std::collections::BTreeMap;

use invoice::{Amount, Decimal};
use jiff::civil::Date;
use rust_xlsxwriter::{ExcelDateTime, Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

/// Rows and columns count from 0.
pub(super) type Row = u32;
/// See [`Row`].
pub(super) type Column = u16;

/// The first figure that has more digits than a spreadsheet keeps.
const SIXTEEN_DIGITS: u128 = 10_u128.pow(15);

/// The most UTF-16 units of a cell (Excel's specifications and limits).
const LONGEST_TEXT: usize = 32_767;

/// The text, cut with an ellipsis where a cell cannot hold it. The other formats have it whole.
pub(super) fn fitting(text: Cow<'_, str>) -> Cow<'_, str> {
    // A byte is at most one unit.
    if text.len() <= LONGEST_TEXT || text.encode_utf16().count() <= LONGEST_TEXT {
        return text;
    }
    let mut units = 1;
    let end = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > LONGEST_TEXT
    });
    let end = end.map_or(text.len(), |(end, _)| end);
    Cow::Owned(format!("{}…", &text[..end]))
}

/// Whether a spreadsheet keeps every digit.
pub(super) const fn is_exact(number: Decimal) -> bool {
    number.coefficient().unsigned_abs() < SIXTEEN_DIGITS
}

/// The day as a spreadsheet counts them; it knows none before 1900.
pub(super) fn excel_date(date: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// What formats of numbers differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    Plain,
    /// A sum among the totals.
    Sum,
    /// The amount due.
    Due,
}

/// What formats of cells differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// With this number of decimals.
    Number(u8),
    /// With this number of decimals.
    Percent(u8),
    /// Whether the month stands before the day.
    Date(bool),
    /// A figure that is written as text.
    Text,
    /// An amount that shows its currency.
    Money(u8),
}

/// The direction of a sheet. What is aligned to an edge grows away from it, over empty cells; on a sheet from right to
/// left the other way round would be over filled ones, which cut it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    LeftToRight,
    RightToLeft,
}

impl Direction {
    /// The side on which columns begin.
    pub(super) const fn start(self) -> FormatAlign {
        match self {
            Self::LeftToRight => FormatAlign::Left,
            Self::RightToLeft => FormatAlign::Right,
        }
    }

    /// The side on which columns end.
    pub(super) const fn end(self) -> FormatAlign {
        match self {
            Self::LeftToRight => FormatAlign::Right,
            Self::RightToLeft => FormatAlign::Left,
        }
    }
}

/// Formats, each made once a workbook.
pub(super) struct Formats {
    made: BTreeMap<(Kind, Look), Format>,
    currency: &'static str,
    direction: Direction,
}

impl Formats {
    pub(super) fn new(currency: &'static str, direction: Direction) -> Self {
        Self { made: BTreeMap::new(), currency, direction }
    }

    fn get(&mut self, kind: Kind, look: Look) -> &Format {
        let (currency, end) = (self.currency, self.direction.end());
        self.made.entry((kind, look)).or_insert_with(|| make(kind, look, currency, end))
    }
}

fn make(kind: Kind, look: Look, currency: &str, end: FormatAlign) -> Format {
    let format = Format::new().set_align(FormatAlign::Top);
    let format = match kind {
        Kind::Number(decimals) => format.set_num_format(with_decimals("#,##0", decimals)),
        Kind::Percent(decimals) => format.set_num_format(with_decimals("0", decimals) + "%"),
        Kind::Money(decimals) => format.set_num_format(format!("\"{currency}\" {}", with_decimals("#,##0", decimals))),
        Kind::Date(true) => format.set_num_format("mmmm d, yyyy"),
        Kind::Date(false) => format.set_num_format("d mmmm yyyy"),
        Kind::Text => format,
    };
    let format = format.set_align(end);
    match look {
        Look::Plain => format,
        Look::Sum => format.set_bold(),
        Look::Due => format.set_bold().set_font_size(13).set_border_top(FormatBorder::Thin),
    }
}

fn with_decimals(whole: &str, decimals: u8) -> String {
    if decimals == 0 { whole.to_owned() } else { format!("{whole}.{}", "0".repeat(usize::from(decimals))) }
}

/// A place on a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) row: Row,
    pub(super) column: Column,
}

pub(super) const fn place(row: Row, column: Column) -> Place {
    Place { row, column }
}

/// A sheet on which cells are written.
pub(super) struct Cells<'a> {
    pub(super) sheet: &'a mut Worksheet,
    pub(super) formats: Formats,
}

impl Cells<'_> {
    /// Gives a place the format of a kind of cell, and nothing in it.
    pub(super) fn blank(&mut self, at: Place, kind: Kind) -> Result<(), XlsxError> {
        let format = self.formats.get(kind, Look::Plain);
        self.sheet.write_blank(at.row, at.column, format).map(drop)
    }

    /// Writes a number that a spreadsheet keeps.
    pub(super) fn exact(&mut self, at: Place, number: f64, kind: Kind, look: Look) -> Result<(), XlsxError> {
        let format = self.formats.get(kind, look);
        self.sheet.write_number_with_format(at.row, at.column, number, format).map(drop)
    }

    /// Writes a number with at least this number of decimals; as text where a spreadsheet would change it.
    pub(super) fn number(&mut self, at: Place, number: Decimal, decimals: u8) -> Result<(), XlsxError> {
        let decimals = decimals.max(number.scale());
        if !is_exact(number) {
            return self.figure_text(at, &number.to_string(), Look::Plain);
        }
        self.exact(at, number.to_f64(), Kind::Number(decimals), Look::Plain)
    }

    pub(super) fn percent(&mut self, at: Place, rate: Decimal) -> Result<(), XlsxError> {
        if !is_exact(rate) {
            return self.figure_text(at, &format!("{rate}%"), Look::Plain);
        }
        // The quotient of two short decimals, read as a decimal, is the nearest number to the rate.
        let fraction = format!("{rate}e-2").parse().unwrap_or(f64::NAN);
        self.exact(at, fraction, Kind::Percent(rate.scale()), Look::Plain)
    }

    pub(super) fn amount(&mut self, at: Place, amount: Amount, look: Look) -> Result<(), XlsxError> {
        if !is_exact(amount.to_decimal()) {
            return self.figure_text(at, &amount.to_string(), look);
        }
        self.exact(at, amount.to_f64(), amount_kind(amount, look), look)
    }

    /// Writes a formula with the amount that it gives.
    pub(super) fn formula(&mut self, at: Place, formula: &str, amount: Amount, look: Look) -> Result<(), XlsxError> {
        let format = self.formats.get(amount_kind(amount, look), look);
        let formula = rust_xlsxwriter::Formula::new(formula).set_result(amount.to_string());
        self.sheet.write_formula_with_format(at.row, at.column, formula, format).map(drop)
    }

    pub(super) fn date(&mut self, at: Place, date: Date, month_first: bool) -> Result<(), XlsxError> {
        let Some(day) = excel_date(date) else {
            return self.figure_text(at, &date.to_string(), Look::Plain);
        };
        let format = self.formats.get(Kind::Date(month_first), Look::Plain);
        self.sheet.write_datetime_with_format(at.row, at.column, day, format).map(drop)
    }

    /// Writes text that stands to the right, as figures do.
    pub(super) fn figure_text(&mut self, at: Place, text: &str, look: Look) -> Result<(), XlsxError> {
        let format = self.formats.get(Kind::Text, look);
        self.sheet.write_string_with_format(at.row, at.column, fitting(text.into()), format).map(drop)
    }

    pub(super) fn plain_text(&mut self, at: Place, text: &str) -> Result<(), XlsxError> {
        self.sheet.write_string(at.row, at.column, fitting(text.into())).map(drop)
    }

    pub(super) fn text(&mut self, at: Place, text: &str, format: &Format) -> Result<(), XlsxError> {
        self.sheet.write_string_with_format(at.row, at.column, fitting(text.into()), format).map(drop)
    }
}

fn amount_kind(amount: Amount, look: Look) -> Kind {
    let decimals = amount.currency().minor_units();
    if look == Look::Due { Kind::Money(decimals) } else { Kind::Number(decimals) }
}
