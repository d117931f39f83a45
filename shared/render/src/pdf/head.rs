//! The head of the document: seller, title, parties and references.

use invoice::{Layout, Logo, LogoWidth, Side};

use super::geometry::{
    BASE, BASE_BOLD, GAP, GUTTER, Geometry, HAIRLINE, LEADING, QUIET, RULE, SELLER, SMALL, TITLE, Theme,
};
use super::sheet::{Drawing, Rule, Sheet, Subject};
use crate::facts::{Facts, Pair, PartyFacts};
use crate::font::Weight;
use crate::text::{Length, TextLine, TextStyle, first_line, points, width, wrap};

/// A line of a column that stands beside others.
struct Entry<'a> {
    x: Length,
    style: TextStyle,
    text: TextLine<'a>,
}

/// The lines of a column; each may have several texts.
type Column<'a> = Vec<Vec<Entry<'a>>>;

pub(super) fn lay_out<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry, theme: Theme) {
    match theme.layout {
        Layout::Classic => seller_and_title(sheet, facts, geometry, theme),
        Layout::Modern => title_and_seller(sheet, facts, geometry, theme),
    }
    sheet.space(GAP, true);
    parties_and_references(sheet, facts, geometry);
    sheet.space(GAP, true);
}

/// The baseline of the title.
const TITLE_BASELINE: Length = 20_000;

/// The height of the band of the title.
const TITLE_HEIGHT: Length = TITLE_BASELINE + 5_000;
/// The room that a logo gets whose width is not said.
const LOGO_ROOM: (Length, Length) = (points(170), points(52));
/// No logo is higher, however wide it is to be: 50 mm.
const HIGHEST_LOGO: Length = 141_732;
/// A millimetre, in thousandths of a point.
const MILLIMETRE: Length = 2_835;
/// The empty space between a logo and the name under it.
const LOGO_GAP: Length = points(8);

/// Draws the logo over the name of the seller, if it belongs there, from the upper edge of the band of the title; gives as
/// many empty lines as it reaches below that band.
fn logo_over_seller<'a>(sheet: &mut Sheet<'a>, facts: &Facts<'_>, left: Length, room: Length) -> Option<Column<'a>> {
    let logo = facts.logo?;
    let (width, height) = logo_size(logo, facts, LOGO_ROOM.0.min(room));
    sheet.drawing(Drawing { left, top: 0, width, height, subject: Subject::Logo });
    let below = (height + LOGO_GAP - TITLE_HEIGHT).max(0);
    let lines = usize::try_from((below + LEADING - 1) / LEADING).unwrap_or_default();
    Some(std::iter::repeat_with(Vec::new).take(lines).collect())
}

/// Draws the logo over all else, where it is to stand on the other side than the seller does, or is wider than the room
/// over the seller; tells whether it did.
fn logo_over_all(sheet: &mut Sheet<'_>, facts: &Facts<'_>, geometry: &Geometry, seller: Side, room: Length) -> bool {
    let presentation = &facts.invoice.presentation;
    let side = presentation.logo_side.unwrap_or(seller);
    let is_wider = presentation.logo_width.is_some_and(|width| millimetres(width) > room);
    let Some(logo) = facts.logo.filter(|_| side != seller || is_wider) else { return false };
    let (width, height) = logo_size(logo, facts, LOGO_ROOM.0);
    let left = if side == Side::Left { geometry.left } else { geometry.right - width };
    sheet.drawing(Drawing { left, top: 0, width, height, subject: Subject::Logo });
    sheet.band(height + LOGO_GAP, true);
    true
}

fn millimetres(width: LogoWidth) -> Length {
    Length::from(width.millimetres()) * MILLIMETRE
}

/// As wide as it is to be; else as large as the room allows, but not larger than at 72 pixels an inch.
fn logo_size(logo: &Logo, facts: &Facts<'_>, room: Length) -> (Length, Length) {
    let (pixels_across, pixels_down) = (i64::from(logo.width.max(1)), i64::from(logo.height.max(1)));
    let (mut width, highest) = match facts.invoice.presentation.logo_width {
        Some(width) => (i64::from(millimetres(width)), HIGHEST_LOGO),
        None => (i64::from(room).min(pixels_across * 1000), LOGO_ROOM.1),
    };
    let mut height = width * pixels_down / pixels_across;
    if height > i64::from(highest) {
        height = i64::from(highest);
        width = height * pixels_across / pixels_down;
    }
    let length = |value: i64| Length::try_from(value.max(1)).unwrap_or(room);
    (length(width), length(height))
}

/// Classic: seller to the left, title to the right, on a common baseline; a logo stands over the seller.
fn seller_and_title<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry, theme: Theme) {
    let title = TextStyle { color: theme.accent, ..TITLE };
    let title_width = width(facts.title, title);
    let number_room = geometry.column_width().max(title_width);
    let room = geometry.measure() - number_room - 2 * GUTTER;
    let mut names = wrap(facts.seller.name, SELLER, room).into_iter();
    let is_drawn = logo_over_all(sheet, facts, geometry, Side::Left, room);
    let logo = if is_drawn { None } else { logo_over_seller(sheet, facts, geometry.left, room) };
    let mut left = logo.unwrap_or_else(|| {
        sheet.text(geometry.left, TITLE_BASELINE, SELLER, names.next().unwrap_or_default());
        Column::new()
    });
    sheet.text_to(geometry.right, TITLE_BASELINE, title, facts.title);
    sheet.band(TITLE_HEIGHT, true);

    left.extend(names.map(|text| vec![Entry { x: geometry.left, style: SELLER, text }]));
    for line in &facts.seller.lines {
        push_wrapped(&mut left, line, QUIET, geometry.left, room);
    }
    let numbers = wrap(&facts.invoice.number, BASE_BOLD, number_room).into_iter();
    let mut right: Column<'a> = numbers.map(|line| vec![ending_at(geometry.right, BASE_BOLD, line)]).collect();
    let mark = mark(facts, theme);
    right.extend(mark.map(|(style, text)| vec![ending_at(geometry.right, style, text)]));
    place_columns(sheet, vec![left, right]);
}

/// Modern: the title in bold to the left, the seller over the column of references, under the logo.
fn title_and_seller<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry, theme: Theme) {
    let title = TextStyle { weight: Weight::Bold, ..TITLE };
    let seller_left = geometry.column(2);
    let room = geometry.column_width();
    let mut names = wrap(facts.seller.name, BASE_BOLD, room).into_iter();
    let is_drawn = logo_over_all(sheet, facts, geometry, Side::Right, room);
    sheet.text(geometry.left, TITLE_BASELINE, title, facts.title);
    let logo = if is_drawn { None } else { logo_over_seller(sheet, facts, seller_left, room) };
    let mut right = logo.unwrap_or_else(|| {
        sheet.text(seller_left, TITLE_BASELINE, BASE_BOLD, names.next().unwrap_or_default());
        Column::new()
    });
    sheet.band(TITLE_HEIGHT, true);

    let number = TextStyle { color: theme.accent, ..BASE_BOLD };
    let mut left: Column<'a> = Vec::new();
    push_wrapped(&mut left, &facts.invoice.number, number, geometry.left, geometry.column(2) - geometry.left - GUTTER);
    left.extend(mark(facts, theme).map(|(style, text)| vec![Entry { x: geometry.left, style, text }]));
    right.extend(names.map(|text| vec![Entry { x: seller_left, style: BASE_BOLD, text }]));
    for line in &facts.seller.lines {
        push_wrapped(&mut right, line, QUIET, seller_left, room);
    }
    place_columns(sheet, vec![left, right]);
}

fn mark<'a>(facts: &Facts<'_>, theme: Theme) -> Option<(TextStyle, TextLine<'a>)> {
    let style = TextStyle { color: theme.accent, ..BASE_BOLD };
    facts.mark.map(|mark| (style, mark.to_uppercase().into()))
}

fn parties_and_references<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry) {
    let room = geometry.column_width();
    let mut rows = facts.parties.chunks(2);
    let first = rows.next().unwrap_or_default();
    let mut columns: Vec<Column<'a>> = Vec::new();
    for (index, party) in (0..).zip(first) {
        columns.push(party_column(party, geometry.column(index), room));
    }
    columns.push(reference_column(&facts.references, geometry));
    place_columns(sheet, columns);
    for row in rows {
        sheet.space(GAP / 2, true);
        let columns = (0..).zip(row).map(|(index, party)| party_column(party, geometry.column(index), room)).collect();
        place_columns(sheet, columns);
    }
}

fn party_column<'a>(party: &'a PartyFacts<'a>, x: Length, room: Length) -> Column<'a> {
    let mut column = vec![vec![Entry { x, style: SMALL, text: party.heading.into() }]];
    push_wrapped(&mut column, party.name, BASE_BOLD, x, room);
    for line in &party.lines {
        push_wrapped(&mut column, line, BASE, x, room);
    }
    column
}

/// Labels to the left, values to the right edge of the page; a value that needs the room goes under its label.
fn reference_column<'a>(pairs: &'a [Pair<'a>], geometry: &Geometry) -> Column<'a> {
    let x = geometry.column(2);
    let room = geometry.column_width();
    let mut column = Vec::new();
    for pair in pairs {
        let label = first_line(&pair.label, QUIET, room);
        let rest = room - width(&label, QUIET) - GUTTER / 2;
        let label = Entry { x, style: QUIET, text: label.into() };
        let mut values = wrap(&pair.value, BASE, if fits(&pair.value, rest) { rest } else { room }).into_iter();
        let mut line = vec![label];
        if fits(&pair.value, rest) {
            line.extend(values.next().map(|value| ending_at(geometry.right, BASE, value)));
        }
        column.push(line);
        column.extend(values.map(|value| vec![ending_at(geometry.right, BASE, value)]));
    }
    column
}

fn fits(text: &str, room: Length) -> bool {
    !text.contains('\n') && width(text, BASE) <= room
}

fn ending_at(right: Length, style: TextStyle, text: TextLine<'_>) -> Entry<'_> {
    Entry { x: right - text.width(style), style, text }
}

fn push_wrapped<'a>(column: &mut Column<'a>, text: &'a str, style: TextStyle, x: Length, room: Length) {
    let lines = wrap(text, style, room).into_iter();
    column.extend(lines.map(|text| vec![Entry { x, style, text }]));
}

/// Places columns beside each other, a band a line.
fn place_columns<'a>(sheet: &mut Sheet<'a>, columns: Vec<Column<'a>>) {
    let count = columns.iter().map(Vec::len).max().unwrap_or_default();
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in 0..count {
        for entry in columns.iter_mut().filter_map(Iterator::next).flatten() {
            sheet.text(entry.x, LEADING - 3_500, entry.style, entry.text);
        }
        sheet.band(LEADING, true);
    }
}

/// The line on top of every page but the first.
pub(super) fn running_head<'a>(sheet: &mut Sheet<'a>, facts: &'a Facts<'a>, geometry: &Geometry) {
    let headline = facts.headline();
    let half = (geometry.measure() - GUTTER) / 2;
    sheet.text(geometry.left, 8_000, SMALL, first_line(facts.seller.name, SMALL, half));
    sheet.text_to(geometry.right, 8_000, SMALL, first_line(&headline, SMALL, half));
    let rule = Rule { left: geometry.left, right: geometry.right, y: 14_000, thickness: HAIRLINE, color: RULE };
    sheet.rule(rule);
    sheet.band(28_000, false);
}
