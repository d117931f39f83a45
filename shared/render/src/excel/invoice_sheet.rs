//! The sheet that looks like the invoice.

use invoice::{Color as Rgb, Invoice, Line, Paper};
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Image, Worksheet, XlsxError};

use super::cells::{Cells, Column, Formats, Look, Row, place};
use super::formulas::{LinesPlace, TotalFormulas};
use crate::facts::{
    Facts, LineFigures, Pair, PartyFacts, TotalKind, has_item_ids, has_several_rates, has_units, line_details,
    unit_label,
};
use crate::style::Style;

/// The width of the description, in characters.
const TEXT_WIDTH: f64 = 46.0;
/// The room of a logo, in pixels.
const LOGO_ROOM: (u32, u32) = (220, 64);
/// Figures and dates always have so much room.
const LEAST_FIGURE_WIDTH: usize = 12;

/// The columns that this invoice needs.
struct Columns {
    item: Option<Column>,
    text: Column,
    quantity: Column,
    unit: Option<Column>,
    price: Column,
    rate: Option<Column>,
    amount: Column,
}

impl Columns {
    fn of(invoice: &Invoice) -> Self {
        let mut columns = 0..;
        let mut next = || columns.next().unwrap_or_default();
        Self {
            item: has_item_ids(invoice).then(&mut next),
            text: next(),
            quantity: next(),
            unit: has_units(invoice).then(&mut next),
            price: next(),
            rate: has_several_rates(invoice).then(&mut next),
            amount: next(),
        }
    }
}

/// Formats of text.
struct TextFormats {
    title: Format,
    name: Format,
    quiet: Format,
    wrapped: Format,
    head: Format,
    figure_head: Format,
    total: Format,
    sum: Format,
}

impl TextFormats {
    fn new(accent: Rgb) -> Self {
        let accent = Color::RGB(u32::from_be_bytes([0, accent.red, accent.green, accent.blue]));
        let quiet = Format::new().set_font_color(Color::RGB(0x005C_6773));
        let head = quiet.clone().set_border_bottom(FormatBorder::Thin);
        Self {
            title: Format::new().set_font_size(20).set_font_color(accent),
            name: Format::new().set_bold(),
            wrapped: Format::new().set_text_wrap().set_align(FormatAlign::Top),
            figure_head: head.clone().set_align(FormatAlign::Right),
            total: quiet.clone().set_align(FormatAlign::Right),
            sum: Format::new().set_bold().set_align(FormatAlign::Right),
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
}

pub(super) fn write(sheet: &mut Worksheet, facts: &Facts<'_>, style: &Style) -> Result<(), XlsxError> {
    let invoice = facts.invoice;
    sheet.set_name("Invoice")?;
    sheet.set_screen_gridlines(false);
    sheet.set_paper_size(if style.paper_for(invoice) == Paper::Letter { 1 } else { 9 });
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_footer(format!("&R&8{}", facts.wording.page.fill(&[("page", "&P"), ("count", "&N")])));
    sheet.set_right_to_left(facts.wording.is_right_to_left);
    let mut page = InvoiceSheet {
        cells: Cells { sheet, formats: Formats::new(invoice.currency.code()) },
        facts,
        columns: Columns::of(invoice),
        formats: TextFormats::new(style.accent_for(invoice)),
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
        if let Some(mark) = facts.mark {
            self.cells.figure_text(place(title, self.columns.amount), mark, Look::Sum)?;
        }
        let left = self.party(title + 1, 0, &facts.seller)?;
        let number = Pair::new(facts.wording.number, facts.invoice.number.as_str());
        let right = self.references(title + 1, std::iter::once(&number).chain(&facts.references))?;
        Ok(left.max(right))
    }

    /// The logo in a row of its own; gives the row under it.
    fn logo(&mut self) -> Result<Row, XlsxError> {
        // A picture that the writer does not know is left out: the sheet says all without it.
        let Some(logo) = self.facts.logo else { return Ok(0) };
        let Ok(image) = Image::new_from_buffer(&logo.bytes) else { return Ok(0) };
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
            let at = place(row, self.columns.amount);
            self.cells.text(place(row, self.columns.quantity), &pair.label, &self.formats.quiet)?;
            match date {
                Some(date) => self.cells.date(at, date, month_first)?,
                None => self.cells.figure_text(at, &pair.value, Look::Plain)?,
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
            for (party, column) in pair.iter().zip([0, self.columns.quantity]) {
                end = end.max(self.party(row, column, party)?);
            }
            row = end + 1;
        }
        Ok(row - 1)
    }

    fn party(&mut self, mut row: Row, column: Column, party: &PartyFacts<'_>) -> Result<Row, XlsxError> {
        if !party.heading.is_empty() {
            self.cells.text(place(row, column), party.heading, &self.formats.quiet)?;
            row += 1;
        }
        if !party.name.is_empty() {
            self.cells.text(place(row, column), party.name, &self.formats.name)?;
            row += 1;
        }
        for line in &party.lines {
            self.cells.plain_text(place(row, column), line)?;
            row += 1;
        }
        Ok(row)
    }

    /// The head of the table in `row`, the lines under it.
    fn table(&mut self, row: Row) -> Result<LinesPlace, XlsxError> {
        self.table_head(row)?;
        let invoice = self.facts.invoice;
        let mut last = row;
        for (row, line) in (row + 1..).zip(&invoice.lines) {
            self.line(row, line)?;
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

    /// The totals under the lines; gives the row under them.
    fn totals(&mut self, lines: LinesPlace) -> Result<Row, XlsxError> {
        let facts = self.facts;
        let first = lines.last + 2;
        let mut formulas = TotalFormulas::new(facts.invoice, lines, first);
        let mut row = first;
        for total in &facts.totals {
            let (look, label) = match total.kind {
                TotalKind::Due => (Look::Due, &self.formats.sum),
                TotalKind::WithTax | TotalKind::WithoutTax | TotalKind::Gross => (Look::Sum, &self.formats.sum),
                _ => (Look::Plain, &self.formats.total),
            };
            self.cells.text(place(row, self.columns.amount - 1), &total.label, label)?;
            let at = place(row, self.columns.amount);
            match formulas.next(total) {
                Some(formula) => self.cells.formula(at, &formula, total.amount, look)?,
                None => self.cells.amount(at, total.amount, look)?,
            }
            row += 1;
        }
        Ok(row)
    }

    /// Payment, notes and what stands at the foot of pages; gives the last row that is written.
    fn closing(&mut self, mut row: Row) -> Result<Row, XlsxError> {
        let facts = self.facts;
        for pair in &facts.payment {
            self.cells.plain_text(place(row, 0), &format!("{}: {}", pair.label, pair.value))?;
            row += 1;
        }
        row += u32::from(!facts.payment.is_empty());
        for note in facts.notes.iter().flat_map(|note| note.lines()) {
            self.cells.plain_text(place(row, 0), note)?;
            row += 1;
        }
        row += u32::from(!facts.notes.is_empty() && !facts.footer.is_empty());
        for line in facts.footer.lines() {
            self.cells.text(place(row, 0), line, &self.formats.quiet)?;
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
        let invoice = self.facts.invoice;
        let numbers = &self.facts.numbers;
        let mut widest = [LEAST_FIGURE_WIDTH; 4];
        for line in &invoice.lines {
            let figures = LineFigures::of(line);
            let decimals = invoice.currency.minor_units();
            let lengths = [
                line.seller_item_id.as_deref().map_or(0, |id| id.chars().count()),
                numbers.quantity(figures.quantity).len(),
                numbers.price(figures.price, decimals).len(),
                numbers.amount(figures.amount).len(),
            ];
            for (widest, length) in widest.iter_mut().zip(lengths) {
                *widest = (*widest).max(length + 2);
            }
        }
        let due = self.facts.amount_with_currency(self.facts.balance.amount()).chars().count();
        // The amount due is set larger and bold.
        let amount = widest[3].max(due * 3 / 2).max(18);
        let figures = [(self.columns.item, widest[0].min(28)), (Some(self.columns.quantity), widest[1])];
        let more = [(Some(self.columns.price), widest[2]), (Some(self.columns.amount), amount)];
        let sheet = &mut *self.cells.sheet;
        sheet.set_column_width(self.columns.text, TEXT_WIDTH)?;
        for (column, width) in figures.into_iter().chain(more) {
            if let Some(column) = column {
                sheet.set_column_width(column, u32::try_from(width.min(60)).unwrap_or_default())?;
            }
        }
        Ok(())
    }
}
