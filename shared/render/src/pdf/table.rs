//! The table of lines.

use invoice::{Color, Line};

use super::columns::{Columns, Figures};
use super::geometry::{BASE, Geometry, HAIRLINE, QUIET, RULE, SMALL, Theme};
use super::sheet::{Rule, Sheet};
use crate::facts::{Facts, LineFigures, line_details, shows_prices_with_tax};
use crate::text::{Length, TextLine, TextStyle, width, wrap};

/// The distance of baselines within a row.
const ROW_LEADING: Length = 12_000;
/// The empty space above and below the text of a row.
const ROW_PADDING: Length = 4_500;
/// The baseline of a line of text, below its upper edge.
const BASELINE: Length = 9_000;

/// Lays out a row for each line, and gives the columns for the head.
pub(super) fn lay_out<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry, theme: Theme) -> Columns {
    let lines = &facts.invoice.lines;
    let figures: Vec<Figures> = lines.iter().map(|line| Figures::of(line, facts)).collect();
    let columns = Columns::measure(facts, &figures, geometry);
    head(sheet, facts, &columns, geometry, theme);
    let mut sum = 0;
    let last = lines.len().saturating_sub(1);
    for (index, (line, figures)) in lines.iter().zip(figures).enumerate() {
        sum += LineFigures::of(line).amount.minor_units();
        let texts = RowTexts::of(line, facts, &columns);
        let place = RowPlace { closes_table: (index == last).then(|| theme.table_rule()), sum };
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
        Self { item, text }
    }
}

/// The style of further facts under the name of an item.
const DETAIL: TextStyle = TextStyle { size: 80, ..QUIET };

/// Where a row stands in the table.
struct RowPlace {
    /// The colour of the rule under the last row.
    closes_table: Option<Color>,
    /// The sum of the lines up to and with this one, in minor units.
    sum: i128,
}

/// A row of more lines than this may be parted by a page break.
const MOST_KEPT: usize = 12;
/// So many lines of a parted row stand together at least.
const FEWEST_TOGETHER: usize = 4;

/// Whether the line of that index is to stand on the same page as the next one of its row.
const fn keeps_next(index: usize, count: usize) -> bool {
    let is_last = index + 1 == count;
    let is_whole = count <= MOST_KEPT;
    !is_last && (is_whole || index + 1 < FEWEST_TOGETHER || index + FEWEST_TOGETHER >= count)
}

fn row<'a>(
    sheet: &mut Sheet<'a>,
    texts: RowTexts<'a>,
    figures: Figures,
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
            sheet.text(columns.text.left, baseline, style, name);
        }
        if let Some(figures) = figures.take() {
            place_figures(sheet, figures, columns, baseline);
        }
        let height = padding_above + ROW_LEADING + padding_below;
        let ends_row = index + 1 == count;
        if ends_row {
            let (color, thickness) = place.closes_table.map_or((RULE, HAIRLINE), |color| (color, 600));
            let rule = Rule { left: geometry.left, right: geometry.right, y: height, thickness, color };
            sheet.rule(rule);
        }
        let band = sheet.band(height, keeps_next(index, count));
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
