//! From the bands of a page to its content stream.

use invoice::Layout;

use super::columns::Columns;
use super::content::{Content, Fonts};
use super::foot::{FOOT_LEADING, Foot, page_label};
use super::geometry::{Geometry, HAIRLINE, RULE, SMALL, Theme};
use super::head::running_head;
use super::paginate::{Page, Room};
use super::sheet::{Band, Cell, Drawing, Rule, Sheet, Subject};
use super::table;
use crate::facts::Facts;
use crate::text::{Length, line_width, points, width};

/// The parts that pages repeat.
pub(super) struct Repeated<'a> {
    pub(super) facts: &'a Facts<'a>,
    pub(super) columns: &'a Columns,
    pub(super) geometry: Geometry,
    theme: Theme,
    running_head: Sheet<'a>,
    table_head: Sheet<'a>,
    foot: Foot<'a>,
}

impl<'a> Repeated<'a> {
    /// What all pages repeat, in a document whose number of pages has `digits` digits.
    pub(super) fn new(
        facts: &'a Facts<'a>,
        columns: &'a Columns,
        geometry: Geometry,
        theme: Theme,
        digits: usize,
    ) -> Self {
        let mut running = Sheet::default();
        running_head(&mut running, facts, &geometry);
        let mut table_head = Sheet::default();
        table::head(&mut table_head, facts, columns, &geometry, theme);
        let foot = Foot::new(facts, &geometry, digits);
        let geometry = Geometry { bottom: geometry.bottom - foot.height(), ..geometry };
        Self { facts, columns, geometry, theme, running_head: running, table_head, foot }
    }

    /// What a page has room for beside them.
    pub(super) fn room(&self) -> Room {
        let carry = table::carry(&mut Sheet::default(), self.facts, self.columns, 0);
        Room {
            // Pages after the first give up the height of their running head beyond the margin.
            height: self.geometry.bottom - self.geometry.top - height_of(&self.running_head) / 2,
            continuation: height_of(&self.table_head) + carry,
            carry,
        }
    }

    /// Draws a page.
    pub(super) fn page(
        &self,
        fonts: &mut Fonts,
        sheet: &Sheet<'a>,
        page: &Page,
        number: usize,
        count: usize,
    ) -> Vec<u8> {
        let mut content = Content::new(fonts, self.geometry.height, self.facts.han_forms());
        if self.theme.layout == Layout::Modern {
            content.rectangle(0, 0, self.geometry.width, points(6), self.theme.accent);
        }
        let mut y = self.geometry.top;
        if number > 1 {
            y -= points(14);
            y = self.draw_all(&mut content, &self.running_head, y);
            y = y.max(self.geometry.top);
        }
        if let Some(sum) = page.brought_forward {
            y = self.draw_all(&mut content, &self.table_head, y);
            y = self.carry(&mut content, sum, y, Edge::Top);
        }
        for (index, band) in sheet.bands()[page.bands.clone()].iter().enumerate() {
            let opens_page = index == 0 && number > 1 && page.brought_forward.is_none();
            if !(opens_page && band.is_space()) {
                y = self.draw(&mut content, sheet, band, y);
            }
        }
        if let Some(sum) = page.carried_forward {
            self.carry(&mut content, sum, y, Edge::Bottom);
        }
        self.foot(&mut content, number, count);
        content.finish()
    }

    fn carry(&self, content: &mut Content<'_>, sum: i128, y: Length, edge: Edge) -> Length {
        let mut sheet = Sheet::default();
        table::carry(&mut sheet, self.facts, self.columns, sum);
        let end = self.draw_all(content, &sheet, y);
        if edge == Edge::Top {
            content.rectangle(self.geometry.left, end - HAIRLINE / 2, self.geometry.right, end + HAIRLINE / 2, RULE);
        }
        end
    }

    fn foot(&self, content: &mut Content<'_>, number: usize, count: usize) {
        let geometry = &self.geometry;
        let y = geometry.bottom + points(20);
        content.rectangle(geometry.left, y, geometry.right, y + HAIRLINE, RULE);
        let page = page_label(self.facts, &number.to_string(), &count.to_string());
        let x = self.mirrored(geometry.right - width(&page, SMALL), geometry.right);
        let mut y = y + points(14);
        content.text(x, y, SMALL, &page, None);
        for line in self.foot.lines() {
            let x = self.mirrored(geometry.left, geometry.left + line.width(SMALL));
            content.text(x, y, SMALL, &line.text, line.base);
            y += FOOT_LEADING;
        }
    }

    fn draw_all(&self, content: &mut Content<'_>, sheet: &Sheet<'_>, mut y: Length) -> Length {
        for band in sheet.bands() {
            y = self.draw(content, sheet, band, y);
        }
        y
    }

    fn draw(&self, content: &mut Content<'_>, sheet: &Sheet<'_>, band: &Band, y: Length) -> Length {
        for Rule { left, right, y: below, thickness, color } in sheet.rules_of(band) {
            let middle = y + below;
            let x = self.mirrored(*left, *right);
            content.rectangle(x, middle - thickness / 2, x + right - left, middle + thickness / 2, *color);
        }
        for drawing in sheet.drawings_of(band) {
            let Drawing { left, width, height, .. } = *drawing;
            let (x, top) = (self.mirrored(left, left + width), y + drawing.top);
            match &drawing.subject {
                Subject::Logo => content.logo(x, top, width, height),
                Subject::Symbol(symbol) => content.symbol(x, top, width.min(height), symbol),
            }
        }
        for cell in sheet.cells_of(band) {
            content.text(self.place(cell), y + cell.baseline, cell.style, &cell.text, cell.base);
        }
        y + band.height
    }

    /// Where a text begins: as it was laid out, or on the other side of a page from right to left.
    fn place(&self, cell: &Cell<'_>) -> Length {
        if !self.facts.wording.is_right_to_left {
            return cell.x;
        }
        match cell.frame {
            Some((left, right)) => self.mirrored(left, right) + cell.x - left,
            None => self.mirrored(cell.x, cell.x + line_width(&cell.text, cell.style, cell.base)),
        }
    }

    /// The left edge of what lies between two edges.
    fn mirrored(&self, left: Length, right: Length) -> Length {
        if self.facts.wording.is_right_to_left { self.geometry.width - right } else { left }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Top,
    Bottom,
}

fn height_of(sheet: &Sheet<'_>) -> Length {
    sheet.bands().iter().map(|band| band.height).sum()
}
