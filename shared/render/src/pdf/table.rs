//! The table of lines.

use invoice::{Color, Line, LineEntry, Subtotal};

use super::columns::{Columns, Figures};
use super::geometry::{BASE, BASE_BOLD, GUTTER, Geometry, HAIRLINE, QUIET, RULE, SMALL, Theme};
use super::sheet::{Rule, Sheet};
use crate::facts::{Facts, LineFigures, line_details, shows_prices_with_tax, subtotal_facts};
use crate::text::{Length, TextLine, TextStyle, width, wrap};

/// The distance of baselines within a row.
const ROW_LEADING: Length = 12_000;
/// The empty space above and below the text of a row.
const ROW_PADDING: Length = 4_500;
/// The baseline of a line of text, below its upper edge.
const BASELINE: Length = 9_000;

/// Lays out a row for each entry, and gives the columns for the head.
pub(super) fn lay_out<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry, theme: Theme) -> Columns {
    let lines = &facts.invoice.lines;
    let figures: Vec<Figures> = lines.iter().map(|line| Figures::of(line, facts)).collect();
    let columns = Columns::measure(facts, &figures, geometry);
    head(sheet, facts, &columns, geometry, theme);
    let (mut sum, mut figures) = (0, figures.into_iter());
    let mut entries = lines.entries().peekable();
    while let Some(entry) = entries.next() {
        let (texts, figures) = match entry {
            LineEntry::Line(line) => {
                sum += LineFigures::of(line).amount.minor_units();
                (RowTexts::of(line, facts, &columns), figures.next().map_or(RowFigures::None, RowFigures::Line))
            }
            LineEntry::Heading(text) => (RowTexts::across(text, BASE_BOLD, geometry), RowFigures::None),
            LineEntry::Text(text) => (RowTexts::across(text, BASE, geometry), RowFigures::None),
            LineEntry::Subtotal(subtotal) => {
                let amount = facts.numbers.amount(subtotal_facts(subtotal, facts).1);
                (RowTexts::of_subtotal(subtotal, facts, &columns), RowFigures::Subtotal(amount))
            }
        };
        let next = entries.peek();
        let is_under_heading = matches!(entry, LineEntry::Heading(_)) && next.is_some();
        let place = RowPlace {
            closes_table: next.is_none().then(|| theme.table_rule()),
            keeps_next: is_under_heading || matches!(next, Some(LineEntry::Subtotal(_))),
            sum,
        };
        row(sheet, texts, figures, &columns, geometry, place);
    }
    columns
}

/// The names of the columns over a rule.
pub(super) fn head<'a>(sheet: &mut Sheet<'a>, facts: &Facts<'a>, columns: &Columns, geometry: &Geometry, theme: Theme) {
    let wording = facts.wording;
    if let Some(item) = &columns.item {
        sheet.text(item.left, BASELINE, SMALL, wording.item);
    }
    sheet.text(columns.text.left, BASELINE, SMALL, wording.description);
    sheet.figure(columns.quantity.frame(), BASELINE, SMALL, wording.quantity);
    sheet.figure(columns.price.frame(), BASELINE, SMALL, wording.unit_price);
    if let Some(rate) = &columns.rate {
        sheet.figure(rate.frame(), BASELINE, SMALL, facts.tax_name.clone());
    }
    sheet.figure(columns.amount.frame(), BASELINE, SMALL, amount_label(facts));
    let y = BASELINE + 6_000;
    sheet.rule(Rule { left: geometry.left, right: geometry.right, y, thickness: 600, color: theme.table_rule() });
    sheet.band(y + 1_000, true);
}

pub(crate) fn amount_label(facts: &Facts<'_>) -> String {
    let code = facts.invoice.currency.code();
    let wording = facts.wording;
    let amount = if shows_prices_with_tax(facts.invoice) { wording.amount_with_tax } else { wording.amount };
    format!("{amount} {code}")
}

/// A line of sums at the edge of a page, under or over which the table goes on.
pub(super) fn carry(sheet: &mut Sheet<'_>, facts: &Facts<'_>, columns: &Columns, sum: i128) -> Length {
    let amount = invoice::Amount::from_minor_units(sum, facts.invoice.currency);
    sheet.text(columns.text.left, ROW_PADDING + BASELINE, QUIET, facts.wording.carried_forward.to_owned());
    sheet.figure(columns.amount.frame(), ROW_PADDING + BASELINE, QUIET, facts.numbers.amount(amount));
    let height = ROW_LEADING + 2 * ROW_PADDING;
    sheet.band(height, false);
    height
}

/// The texts of a row, broken into lines.
struct RowTexts<'a> {
    item: Vec<TextLine<'a>>,
    text: Vec<(TextLine<'a>, TextStyle)>,
    /// Where the text begins.
    left: Length,
}

/// The figures of a row.
enum RowFigures {
    None,
    Line(Figures),
    Subtotal(String),
}

impl<'a> RowTexts<'a> {
    fn of(line: &'a Line, facts: &Facts<'_>, columns: &Columns) -> Self {
        let item = match (&columns.item, line.seller_item_id.as_deref()) {
            (Some(column), Some(id)) => wrap(id, QUIET, column.width()),
            _ => Vec::new(),
        };
        let names = wrap(&line.name, BASE, columns.text.width()).into_iter();
        let mut text: Vec<_> = names.map(|name| (name, BASE)).collect();
        for detail in line_details(line, facts) {
            let lines = wrap(&detail, DETAIL, columns.text.width()).into_iter();
            text.extend(lines.map(|line| (line.into_owned(), DETAIL)));
        }
        Self { item, text, left: columns.text.left }
    }

    /// A text over all columns.
    fn across(text: &'a str, style: TextStyle, geometry: &Geometry) -> Self {
        let lines = wrap(text, style, geometry.measure()).into_iter();
        Self { item: Vec::new(), text: lines.map(|line| (line, style)).collect(), left: geometry.left }
    }

    /// The label has all columns up to the amount.
    fn of_subtotal(subtotal: &'a Subtotal, facts: &Facts<'a>, columns: &Columns) -> Self {
        let left = columns.text.left;
        let (label, _) = subtotal_facts(subtotal, facts);
        let lines = wrap(label, BASE_BOLD, columns.amount.left - GUTTER - left).into_iter();
        Self { item: Vec::new(), text: lines.map(|line| (line, BASE_BOLD)).collect(), left }
    }
}

/// The style of further facts under the name of an item.
const DETAIL: TextStyle = TextStyle { size: 80, ..QUIET };

/// Where a row stands in the table.
struct RowPlace {
    /// The colour of the rule under the last row.
    closes_table: Option<Color>,
    /// Whether the row is to stand on the same page as the next one.
    keeps_next: bool,
    /// The sum of the lines up to and with this one, in minor units.
    sum: i128,
}

/// A row of more lines than this may be parted by a page break.
const MOST_KEPT: usize = 12;
/// So many lines of a parted row stand together at least.
const FEWEST_TOGETHER: usize = 4;

/// Whether the line of that index is to stand on the same page as the next one of its row.
const fn keeps_next_line(index: usize, count: usize) -> bool {
    let is_last = index + 1 == count;
    let is_whole = count <= MOST_KEPT;
    !is_last && (is_whole || index + 1 < FEWEST_TOGETHER || index + FEWEST_TOGETHER >= count)
}

fn row<'a>(
    sheet: &mut Sheet<'a>,
    texts: RowTexts<'a>,
    figures: RowFigures,
    columns: &Columns,
    geometry: &Geometry,
    place: RowPlace,
) {
    let count = texts.item.len().max(texts.text.len()).max(1);
    let (mut items, mut names) = (texts.item.into_iter(), texts.text.into_iter());
    let mut figures = Some(figures);
    for index in 0..count {
        let padding_above = if index == 0 { ROW_PADDING } else { 0 };
        let padding_below = if index + 1 == count { ROW_PADDING } else { 0 };
        let baseline = padding_above + BASELINE;
        if let (Some(column), Some(item)) = (&columns.item, items.next()) {
            sheet.text(column.left, baseline, QUIET, item);
        }
        if let Some((name, style)) = names.next() {
            sheet.text(texts.left, baseline, style, name);
        }
        match figures.take() {
            Some(RowFigures::Line(figures)) => place_figures(sheet, figures, columns, baseline),
            Some(RowFigures::Subtotal(amount)) => {
                sheet.figure(columns.amount.frame(), baseline, columns.subtotal_style(), amount);
            }
            Some(RowFigures::None) | None => {}
        }
        let height = padding_above + ROW_LEADING + padding_below;
        let ends_row = index + 1 == count;
        if ends_row {
            let (color, thickness) = place.closes_table.map_or((RULE, HAIRLINE), |color| (color, 600));
            let rule = Rule { left: geometry.left, right: geometry.right, y: height, thickness, color };
            sheet.rule(rule);
        }
        let keeps_next = if ends_row { place.keeps_next } else { keeps_next_line(index, count) };
        let band = sheet.band(height, keeps_next);
        band.is_table = true;
        // The amount of the row stands in its first line.
        band.running_sum = place.sum;
    }
}

fn place_figures(sheet: &mut Sheet<'_>, figures: Figures, columns: &Columns, baseline: Length) {
    let style = columns.style;
    let decimal = columns.decimal;
    for (column, text) in [(&columns.quantity, figures.quantity), (&columns.price, figures.price)] {
        let whole = text.split(decimal).next().unwrap_or_default();
        let x = column.right - column.fraction - width(whole, style);
        sheet.framed(column.frame(), x, baseline, style, text);
    }
    sheet.text(columns.unit_left, baseline, QUIET, figures.unit);
    if let Some(rate) = &columns.rate {
        sheet.figure(rate.frame(), baseline, style, figures.rate);
    }
    sheet.figure(columns.amount.frame(), baseline, style, figures.amount);
}
