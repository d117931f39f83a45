//! What follows the table: totals, payment, notes, and legal data that are too long for the foot of a page.

use invoice::Layout;

use super::columns::Columns;
use super::foot::{FOOT_LEADING, holds_legal_data};
use super::geometry::{BASE, BASE_BOLD, DUE, GAP, GUTTER, Geometry, LEADING, QUIET, SMALL, Theme};
use super::sheet::{Drawing, Rule, Sheet, Subject};
use super::symbol::Symbol;
use crate::facts::{Facts, Pair, PaymentCode, Total, TotalKind};
use crate::text::{Length, TextStyle, points, width as text_width, wrap};

/// The height of a row of the totals.
const TOTAL_HEIGHT: Length = points(16);

pub(super) fn lay_out<'a>(
    sheet: &mut Sheet<'a>,
    facts: &'a Facts<'a>,
    columns: &Columns,
    geometry: &Geometry,
    theme: Theme,
) {
    // The totals never stand on a page without a line that they are the totals of.
    if let Some(last_row) = sheet.bands_mut().last_mut() {
        last_row.keeps_next = true;
    }
    totals(sheet, facts, columns, geometry, theme);
    payment(sheet, facts, geometry);
    notes(sheet, facts, geometry);
    legal_data(sheet, facts, geometry);
}

fn totals<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, columns: &Columns, geometry: &Geometry, theme: Theme) {
    sheet.space(points(6), true);
    for total in &facts.totals {
        match total.kind {
            TotalKind::Due => amount_due(sheet, facts, total, geometry, theme),
            _ => total_row(sheet, facts, total, columns, geometry),
        }
    }
}

fn left_edge(geometry: &Geometry) -> Length {
    geometry.left + geometry.measure() * 45 / 100
}

fn total_row<'a>(
    sheet: &mut Sheet<'a>,
    facts: &Facts<'a>,
    total: &'a Total<'a>,
    columns: &Columns,
    geometry: &Geometry,
) {
    let is_sum = matches!(total.kind, TotalKind::WithTax | TotalKind::WithoutTax | TotalKind::Gross);
    let style = if is_sum { BASE_BOLD } else { BASE };
    let label_style = if is_sum { BASE_BOLD } else { QUIET };
    let amount = facts.numbers.amount(total.amount);
    let left = left_edge(geometry);
    let room = geometry.right - left - text_width(&amount, style) - GUTTER;
    let mut lines = wrap(&total.label, label_style, room).into_iter().peekable();
    sheet.figure(columns.amount.frame(), 11_000, style, amount);
    while let Some(line) = lines.next() {
        sheet.text(left, 11_000, label_style, line);
        let is_last = lines.peek().is_none();
        sheet.band(if is_last { TOTAL_HEIGHT } else { LEADING }, true);
    }
}

fn amount_due<'a>(sheet: &mut Sheet<'a>, facts: &Facts<'a>, total: &'a Total<'a>, geometry: &Geometry, theme: Theme) {
    let amount = facts.amount_with_currency(total.amount);
    let left = left_edge(geometry);
    let is_panel = theme.layout == Layout::Modern;
    let (label_color, amount_color) =
        if is_panel { (theme.over_accent(), theme.over_accent()) } else { (BASE_BOLD.color, theme.accent) };
    let inset = if is_panel { points(10) } else { 0 };
    let label = TextStyle { color: label_color, ..BASE_BOLD };
    let mut style = TextStyle { color: amount_color, ..DUE };
    let room = geometry.right - left - 2 * inset - text_width(&total.label, label) - GUTTER;
    while style.size > 80 && text_width(&amount, style) > room {
        style.size -= 10;
    }
    let (y, thickness) = if is_panel { (points(20), points(30)) } else { (points(5), 1_000) };
    sheet.rule(Rule { left, right: geometry.right, y, thickness, color: theme.accent });
    sheet.text(left + inset, points(24), label, &*total.label);
    sheet.text_to(geometry.right - inset, points(24), style, amount);
    sheet.band(points(if is_panel { 37 } else { 31 }), false);
}

fn payment<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry) {
    if facts.payment.is_empty() {
        return;
    }
    sheet.space(GAP, true);
    let codes_height = codes(sheet, &facts.payment_codes, geometry);
    heading(sheet, facts.wording.payment, geometry);
    let first = sheet.bands().len();
    let widest = facts.payment.iter().map(|pair| text_width(&pair.label, QUIET)).max().unwrap_or_default();
    let indent = widest.min(geometry.column_width()) + GUTTER;
    let last = facts.payment.len() - 1;
    for (index, entry) in facts.payment.iter().enumerate() {
        pair(sheet, entry, geometry, indent, index < last.min(20));
    }
    keep_beside(sheet, first, codes_height);
}

/// The side of a code: about 25 mm, of which a module of the largest takes 0.36 mm. Two fill a column of A4.
const CODE_SIDE: Length = points(70);
/// A code needs four modules of empty space around it (ISO/IEC 18004, 6.3.8).
const CODE_GAP: Length = points(13);

/// The distance of baselines under a code.
const CAPTION_LEADING: Length = points(10);

/// Places the codes at the right of what follows; gives how far they reach below the heading.
fn codes(sheet: &mut Sheet<'_>, codes: &[PaymentCode<'_>], geometry: &Geometry) -> Length {
    let mut right = geometry.right;
    let mut height = 0;
    for code in codes.iter().rev() {
        let Some(symbol) = Symbol::of(&code.content) else { continue };
        let left = right - CODE_SIDE;
        let (width, top) = (CODE_SIDE, points(4));
        sheet.drawing(Drawing { left, top, width, height: CODE_SIDE, subject: Subject::Symbol(symbol) });
        let mut baseline = top + CODE_SIDE + CODE_GAP;
        for line in wrap(code.caption, SMALL, CODE_SIDE) {
            let x = left + (CODE_SIDE - line.width(SMALL)) / 2;
            sheet.framed((left, right), x, baseline, SMALL, line);
            baseline += CAPTION_LEADING;
        }
        height = height.max(baseline - CAPTION_LEADING / 2 - HEADING_HEIGHT);
        right = left - CODE_GAP;
    }
    height
}

/// Keeps the bands together that stand beside something of a height, and adds what it needs below them.
fn keep_beside(sheet: &mut Sheet<'_>, first: usize, height: Length) {
    let mut used = 0;
    for band in &mut sheet.bands_mut()[first..] {
        if used >= height {
            return;
        }
        used += band.height;
        band.keeps_next = true;
    }
    if used < height {
        sheet.space(height - used, false);
    } else if let Some(last) = sheet.bands_mut().last_mut() {
        last.keeps_next = false;
    }
}

fn pair<'a>(sheet: &mut Sheet<'a>, pair: &'a Pair<'a>, geometry: &Geometry, indent: Length, keeps_next: bool) {
    let labels = wrap(&pair.label, QUIET, indent - GUTTER);
    let values = wrap(&pair.value, BASE, text_measure(geometry) - indent);
    let count = labels.len().max(values.len());
    let (mut labels, mut values) = (labels.into_iter(), values.into_iter());
    for _ in 0..count {
        sheet.text(geometry.left, LEADING - 3_500, QUIET, labels.next().unwrap_or_default());
        sheet.text(geometry.left + indent, LEADING - 3_500, BASE, values.next().unwrap_or_default());
        sheet.band(LEADING, keeps_next);
    }
}

fn notes<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry) {
    if facts.notes.is_empty() {
        return;
    }
    sheet.space(GAP, true);
    heading(sheet, facts.wording.notes, geometry);
    for note in &facts.notes {
        let lines = wrap(note, BASE, text_measure(geometry));
        let last = lines.len().saturating_sub(1);
        for (index, line) in lines.into_iter().enumerate() {
            sheet.text(geometry.left, LEADING - 3_500, BASE, line);
            // Neither the first nor the last line of a paragraph stands alone on a page.
            let keeps_next = index + 1 < last.min(2) || (last > 0 && index + 1 == last);
            sheet.band(LEADING, keeps_next);
        }
        sheet.space(LEADING / 3, false);
    }
}

/// The legal data of the seller, where they are more than the foot of each page can hold.
fn legal_data<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry) {
    if holds_legal_data(facts, geometry) {
        return;
    }
    sheet.space(GAP, true);
    for text in std::iter::once(facts.seller.name).chain(facts.legal.iter().map(|line| &**line)) {
        for line in wrap(text, SMALL, geometry.measure()) {
            sheet.text(geometry.left, FOOT_LEADING - 2_000, SMALL, line);
            sheet.band(FOOT_LEADING, false);
        }
    }
}

/// Lines of prose are easier to read when they do not run over the whole page.
fn text_measure(geometry: &Geometry) -> Length {
    geometry.column(1) + geometry.column_width() - geometry.left
}

/// The height of the word over a block.
const HEADING_HEIGHT: Length = LEADING + 1_500;

fn heading(sheet: &mut Sheet<'_>, text: &'static str, geometry: &Geometry) {
    sheet.text(geometry.left, LEADING - 3_500, SMALL, text);
    sheet.band(HEADING_HEIGHT, true);
}
