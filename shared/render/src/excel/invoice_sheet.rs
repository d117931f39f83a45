//! The sheet that looks like the invoice.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use invoice::{Color as Rgb, Line, LineEntry, Logo, LogoContent, Paper, Subtotal};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Image, Worksheet, XlsxError};

use super::cells::{Cells, Column, Direction, Formats, Look, Row, fitting, place};
use super::columns::{Columns, TEXT_WIDTH, WIDEST_ITEM};
use super::formulas::{LinesPlace, TotalFormulas, sum_of_section};
use super::measure::{characters, row_height};
use crate::facts::{Facts, LineFigures, Pair, PartyFacts, TotalKind, line_details, subtotal_facts, unit_label};
use crate::raster::Raster;
use crate::style::Style;

/// The room of a logo, in pixels.
const LOGO_ROOM: (u32, u32) = (220, 64);

/// The heights of the rows with larger text, in points: not every program fits rows to it beside a picture.
const TITLE_HEIGHT: f64 = 30.0;
const DUE_HEIGHT: f64 = 20.0;

/// Formats of text.
struct TextFormats {
    title: Format,
    plain: Format,
    value: Format,
    name: Format,
    quiet: Format,
    wrapped: Format,
    head: Format,
    figure_head: Format,
    total: Format,
    sum: Format,
}

impl TextFormats {
    fn new(accent: Rgb, direction: Direction) -> Self {
        let accent = Color::RGB(u32::from_be_bytes([0, accent.red, accent.green, accent.blue]));
        // Figures stand at the top of their cells, and so does what names them.
        let plain = Format::new().set_align(direction.start()).set_align(FormatAlign::Top);
        let quiet = plain.clone().set_font_color(Color::RGB(0x005C_6773));
        let head = quiet.clone().set_border_bottom(FormatBorder::Thin);
        Self {
            title: plain.clone().set_font_size(20).set_font_color(accent),
            name: plain.clone().set_bold(),
            wrapped: plain.clone().set_text_wrap(),
            figure_head: head.clone().set_align(direction.end()),
            total: quiet.clone().set_align(direction.end()),
            sum: plain.clone().set_bold().set_align(direction.end()),
            value: plain.clone().set_align(direction.end()),
            plain,
            quiet,
            head,
        }
    }
}

/// The sheet while it is being filled.
struct InvoiceSheet<'a> {
    cells: Cells<'a>,
    facts: &'a Facts<'a>,
    columns: Columns,
    formats: TextFormats,
    /// The heights of rows that are higher than others.
    heights: BTreeMap<Row, f64>,
}

pub(super) fn write(sheet: &mut Worksheet, facts: &Facts<'_>, style: &Style) -> Result<(), XlsxError> {
    let invoice = facts.invoice;
    sheet.set_name("Invoice")?;
    sheet.set_screen_gridlines(false);
    sheet.set_paper_size(if style.paper_for(invoice) == Paper::Letter { 1 } else { 9 });
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_footer(format!("&R&8{}", facts.wording.page.fill(&[("page", "&P"), ("count", "&N")])));
    sheet.set_right_to_left(facts.wording.is_right_to_left);
    let direction = if facts.wording.is_right_to_left { Direction::RightToLeft } else { Direction::LeftToRight };
    let mut page = InvoiceSheet {
        cells: Cells { sheet, formats: Formats::new(invoice.currency.code(), direction) },
        facts,
        columns: Columns::of(facts),
        formats: TextFormats::new(style.accent_for(invoice), direction),
        heights: BTreeMap::new(),
    };
    let row = page.head()?;
    let row = page.parties(row + 1)?;
    let lines = page.table(row + 1)?;
    let row = page.totals(lines)?;
    let last = page.closing(row + 1)?;
    page.print_setup(lines, last)
}

impl InvoiceSheet<'_> {
    /// Title, seller and references; gives the row under them.
    fn head(&mut self) -> Result<Row, XlsxError> {
        let facts = self.facts;
        let title = self.logo()?;
        self.cells.text(place(title, 0), facts.title, &self.formats.title)?;
        self.grow(title, TITLE_HEIGHT)?;
        if let Some(mark) = facts.mark {
            self.cells.figure_text(place(title, self.columns.amount), mark, Look::Sum)?;
        }
        let left = self.party(title + 1, Half::First, &facts.seller)?;
        let number = Pair::new(facts.wording.number, facts.invoice.number.as_str());
        let right = self.references(title + 1, std::iter::once(&number).chain(&facts.references))?;
        Ok(left.max(right))
    }

    /// The logo in a row of its own; gives the row under it.
    fn logo(&mut self) -> Result<Row, XlsxError> {
        // A picture that the writer does not know is left out: the sheet says all without it.
        let Some(logo) = self.facts.logo else { return Ok(0) };
        let Some(image) = picture_file(logo).and_then(|file| Image::new_from_buffer(&file).ok()) else { return Ok(0) };
        let (width, height) = (LOGO_ROOM.0.min(logo.width), LOGO_ROOM.1.min(logo.height));
        let image = image.set_scale_to_size(width, height, true).set_alt_text(self.facts.seller.name);
        self.cells.sheet.set_row_height_pixels(0, LOGO_ROOM.1 + 8)?;
        self.cells.sheet.insert_image(0, 0, &image)?;
        Ok(1)
    }

    fn references<'p>(&mut self, mut row: Row, pairs: impl Iterator<Item = &'p Pair<'p>>) -> Result<Row, XlsxError> {
        let invoice = self.facts.invoice;
        let wording = self.facts.wording;
        let month_first = self.facts.numbers.month_first;
        for pair in pairs {
            let date = match &*pair.label {
                label if label == wording.issue_date => Some(invoice.issue_date),
                label if label == wording.due_date => invoice.due_date,
                _ => None,
            };
            self.block(row, self.columns.quantity..=self.columns.price - 1, &pair.label, |formats| &formats.quiet)?;
            match date {
                Some(date) => self.cells.date(place(row, self.columns.amount), date, month_first)?,
                None => self.value(row, &pair.value)?,
            }
            row += 1;
        }
        Ok(row)
    }

    fn parties(&mut self, row: Row) -> Result<Row, XlsxError> {
        let facts = self.facts;
        let mut row = row;
        for pair in facts.parties.chunks(2) {
            let mut end = row;
            for (party, half) in pair.iter().zip([Half::First, Half::Second]) {
                end = end.max(self.party(row, half, party)?);
            }
            row = end + 1;
        }
        Ok(row - 1)
    }

    fn party(&mut self, mut row: Row, half: Half, party: &PartyFacts<'_>) -> Result<Row, XlsxError> {
        let columns = match half {
            Half::First => 0..=self.columns.text,
            Half::Second => self.columns.quantity..=self.columns.amount,
        };
        if !party.heading.is_empty() {
            self.block(row, columns.clone(), party.heading, |formats| &formats.quiet)?;
            row += 1;
        }
        if !party.name.is_empty() {
            self.block(row, columns.clone(), party.name, |formats| &formats.name)?;
            row += 1;
        }
        for line in &party.lines {
            self.block(row, columns.clone(), line, |formats| &formats.plain)?;
            row += 1;
        }
        Ok(row)
    }

    /// The value of a reference: under the amounts, and over the prices where it needs their room.
    fn value(&mut self, row: Row, text: &str) -> Result<(), XlsxError> {
        let columns = self.columns.price..=self.columns.amount;
        if characters(text) <= self.columns.width(columns.clone()) {
            return self.cells.figure_text(place(row, self.columns.amount), text, Look::Plain);
        }
        self.block(row, columns, text, |formats| &formats.value)
    }

    /// A text over some columns: on one line where they have room for it, else on as many as it needs.
    fn block(
        &mut self,
        row: Row,
        columns: RangeInclusive<Column>,
        text: &str,
        format: fn(&TextFormats) -> &Format,
    ) -> Result<(), XlsxError> {
        let (first, last) = (*columns.start(), *columns.end());
        let width = self.columns.width(columns);
        let format = format(&self.formats);
        if characters(text) <= width && !text.contains('\n') {
            return self.cells.text(place(row, first), text, format);
        }
        let wrapped = format.clone().set_text_wrap();
        let text = fitting(text.into());
        if first == last {
            self.cells.text(place(row, first), &text, &wrapped)?;
        } else {
            self.cells.sheet.merge_range(row, first, row, last, &text, &wrapped)?;
        }
        self.grow(row, row_height([(&*text, width)]))
    }

    /// Makes a row as high as that, unless it is already.
    fn grow(&mut self, row: Row, height: f64) -> Result<(), XlsxError> {
        let known = self.heights.entry(row).or_default();
        if height <= *known {
            return Ok(());
        }
        *known = height;
        self.cells.sheet.set_row_height(row, height).map(drop)
    }

    /// The head of the table in `row`, the lines and what stands between them under it.
    fn table(&mut self, row: Row) -> Result<LinesPlace, XlsxError> {
        self.table_head(row)?;
        let invoice = self.facts.invoice;
        let mut last = row;
        let mut section = row + 1;
        for (row, entry) in (row + 1..).zip(invoice.lines.entries()) {
            match entry {
                LineEntry::Line(line) => self.line(row, line)?,
                LineEntry::Heading(text) => {
                    self.block(row, 0..=self.columns.amount, text, |formats| &formats.name)?;
                    section = row + 1;
                }
                LineEntry::Text(text) => self.block(row, 0..=self.columns.amount, text, |formats| &formats.plain)?,
                LineEntry::Subtotal(subtotal) => {
                    self.subtotal(row, section, subtotal)?;
                    section = row + 1;
                }
            }
            last = row;
        }
        Ok(LinesPlace { first: row + 1, last, amount: self.columns.amount, rate: self.columns.rate })
    }

    fn table_head(&mut self, row: Row) -> Result<(), XlsxError> {
        let facts = self.facts;
        let wording = facts.wording;
        let amount = crate::pdf::amount_label(facts);
        let texts = [(self.columns.item, wording.item), (Some(self.columns.text), wording.description)];
        for (column, text) in texts {
            if let Some(column) = column {
                self.cells.text(place(row, column), text, &self.formats.head)?;
            }
        }
        let figures = [
            (Some(self.columns.quantity), wording.quantity),
            (self.columns.unit, wording.unit),
            (Some(self.columns.price), wording.unit_price),
            (self.columns.rate, &*facts.tax_name),
            (Some(self.columns.amount), &*amount),
        ];
        for (column, text) in figures {
            if let Some(column) = column {
                self.cells.text(place(row, column), text, &self.formats.figure_head)?;
            }
        }
        Ok(())
    }

    fn line(&mut self, row: Row, line: &Line) -> Result<(), XlsxError> {
        let figures = LineFigures::of(line);
        if let (Some(column), Some(id)) = (self.columns.item, line.seller_item_id.as_deref()) {
            self.cells.text(place(row, column), id, &self.formats.wrapped)?;
        }
        let details = line_details(line, self.facts);
        let text =
            std::iter::once(&*line.name).chain(details.iter().map(String::as_str)).collect::<Vec<_>>().join("\n");
        self.cells.text(place(row, self.columns.text), &text, &self.formats.wrapped)?;
        let id = line.seller_item_id.as_deref().unwrap_or_default();
        let item_width = self.columns.item.map_or(WIDEST_ITEM, |column| self.columns.width(column..=column));
        self.grow(row, row_height([(&*text, TEXT_WIDTH), (id, item_width)]))?;
        self.cells.number(place(row, self.columns.quantity), figures.quantity, 0)?;
        if let Some(column) = self.columns.unit {
            self.cells.figure_text(place(row, column), unit_label(line, self.facts), Look::Plain)?;
        }
        let decimals = self.facts.invoice.currency.minor_units();
        self.cells.number(place(row, self.columns.price), figures.price, decimals)?;
        if let (Some(column), Some(rate)) = (self.columns.rate, line.tax_rate) {
            self.cells.percent(place(row, column), rate)?;
        }
        self.cells.amount(place(row, self.columns.amount), figures.amount, Look::Plain)
    }

    /// A subtotal of the rows from `first` to the one above it.
    fn subtotal(&mut self, row: Row, first: Row, subtotal: &Subtotal) -> Result<(), XlsxError> {
        let (label, amount) = subtotal_facts(subtotal, self.facts);
        self.block(row, self.columns.text..=self.columns.amount - 1, label, |formats| &formats.name)?;
        let at = place(row, self.columns.amount);
        match sum_of_section(self.facts.invoice, self.columns.amount, first..row, amount) {
            Some(formula) => self.cells.formula(at, &formula, amount, Look::Sum),
            None => self.cells.amount(at, amount, Look::Sum),
        }
    }

    /// The totals under the lines; gives the row under them.
    fn totals(&mut self, lines: LinesPlace) -> Result<Row, XlsxError> {
        let facts = self.facts;
        let first = lines.last + 2;
        let mut formulas = TotalFormulas::new(facts.invoice, lines, first);
        let mut row = first;
        for total in &facts.totals {
            let look = match total.kind {
                TotalKind::Due => Look::Due,
                TotalKind::WithTax | TotalKind::WithoutTax | TotalKind::Gross => Look::Sum,
                _ => Look::Plain,
            };
            self.total_label(row, &total.label, look)?;
            if look == Look::Due {
                self.grow(row, DUE_HEIGHT)?;
            }
            let at = place(row, self.columns.amount);
            match formulas.next(total) {
                Some(formula) => self.cells.formula(at, &formula, total.amount, look)?,
                None => self.cells.amount(at, total.amount, look)?,
            }
            row += 1;
        }
        Ok(row)
    }

    /// The label of a total, which grows from the amount over the empty cells beside it.
    fn total_label(&mut self, row: Row, label: &str, look: Look) -> Result<(), XlsxError> {
        let format: fn(&TextFormats) -> &Format =
            if look == Look::Plain { |formats| &formats.total } else { |formats| &formats.sum };
        let columns = 0..=self.columns.amount - 1;
        if characters(label) <= self.columns.width(columns.clone()) {
            return self.cells.text(place(row, self.columns.amount - 1), label, format(&self.formats));
        }
        self.block(row, columns, label, format)
    }

    /// Payment, notes and what stands at the foot of pages; gives the last row that is written.
    fn closing(&mut self, mut row: Row) -> Result<Row, XlsxError> {
        let facts = self.facts;
        let whole = 0..=self.columns.amount;
        for pair in &facts.payment {
            self.block(row, whole.clone(), &format!("{}: {}", pair.label, pair.value), |formats| &formats.plain)?;
            row += 1;
        }
        row += u32::from(!facts.payment.is_empty());
        for note in facts.notes.iter().flat_map(|note| note.lines()) {
            self.block(row, whole.clone(), note, |formats| &formats.plain)?;
            row += 1;
        }
        row += u32::from(!facts.notes.is_empty() && !facts.footer.is_empty());
        for line in facts.footer.lines() {
            self.block(row, whole.clone(), line, |formats| &formats.quiet)?;
            row += 1;
        }
        Ok(row - 1)
    }

    fn print_setup(&mut self, lines: LinesPlace, last: Row) -> Result<(), XlsxError> {
        self.widths()?;
        let head = lines.first - 1;
        let sheet = &mut *self.cells.sheet;
        sheet.set_freeze_panes(lines.first, 0)?;
        sheet.set_repeat_rows(head, head)?;
        sheet.set_print_area(0, 0, last, self.columns.amount)?;
        Ok(())
    }

    fn widths(&mut self) -> Result<(), XlsxError> {
        for (column, width) in (0..).zip(&self.columns.widths) {
            self.cells.sheet.set_column_width(column, *width)?;
        }
        Ok(())
    }
}

/// The sides of the head on which parties stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    First,
    Second,
}

/// The picture as a file that says nothing else, such as where a photograph was taken.
fn picture_file(logo: &Logo) -> Option<Cow<'_, [u8]>> {
    match &logo.content {
        LogoContent::Jpeg { file, .. } => Some(Cow::Borrowed(file)),
        LogoContent::Drawing(drawing) => {
            let (width, height) = screen_pixels(logo);
            Raster::drawn(drawing, width, height).to_png().ok().map(Cow::Owned)
        }
        LogoContent::Pixels { colors, alpha } => {
            let raster = Raster::reduced((logo.width as usize, logo.height as usize), colors, alpha.as_deref());
            raster.to_png().ok().map(Cow::Owned)
        }
    }
}

/// The pixels of a drawing that fills its room on a screen with three to each of the sheet's.
fn screen_pixels(logo: &Logo) -> (u32, u32) {
    const FINENESS: u32 = 3;
    let (width, height) = (u64::from(logo.width.max(1)), u64::from(logo.height.max(1)));
    let (across, down) = (u64::from(FINENESS * LOGO_ROOM.0), u64::from(FINENESS * LOGO_ROOM.1));
    let fitted =
        if across * height <= down * width { (across, across * height / width) } else { (down * width / height, down) };
    let pixels = |length: u64| u32::try_from(length.max(1)).unwrap_or(1);
    (pixels(fitted.0), pixels(fitted.1))
}
