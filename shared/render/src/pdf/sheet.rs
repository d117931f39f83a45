//! The document as one endless sheet: bands of text and rules, one under the other.
//!
//! A band is what a page break cannot split: a line of text, or several beside each other. Bands that belong together
//! say so, see [`Band::keeps_next`]; the paginator alone decides where pages begin.

use std::borrow::Cow;
use std::ops::Range;

use invoice::Color;
use unicode_bidi::Level;

use super::symbol::Symbol;
use crate::text::{Length, TextLine, TextStyle};

/// A text on one line.
#[derive(Debug)]
pub(super) struct Cell<'a> {
    pub(super) x: Length,
    /// The baseline, below the upper edge of the band.
    pub(super) baseline: Length,
    pub(super) style: TextStyle,
    pub(super) text: Cow<'a, str>,
    /// The level of the paragraph that the text is a line of.
    pub(super) base: Option<Level>,
    /// The edges of the column of figures that it stands in. On pages from right to left a column moves to the other
    /// side as a whole, so that its figures stay under each other.
    pub(super) frame: Option<(Length, Length)>,
}

/// A horizontal line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) left: Length,
    pub(super) right: Length,
    /// Below the upper edge of the band.
    pub(super) y: Length,
    pub(super) thickness: Length,
    pub(super) color: Color,
}

/// Something that is no text, in a box.
#[derive(Debug)]
pub(super) struct Drawing {
    pub(super) left: Length,
    /// Below the upper edge of the band; it may reach below the lower one.
    pub(super) top: Length,
    pub(super) width: Length,
    pub(super) height: Length,
    pub(super) subject: Subject,
}

/// What a drawing shows.
#[derive(Debug)]
pub(super) enum Subject {
    Symbol(Symbol),
    /// The logo of the document.
    Logo,
}

/// What stands beside each other.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) height: Length,
    /// The next band is to stand on the same page.
    pub(super) keeps_next: bool,
    /// A part of the table of lines; its head is repeated on each page.
    pub(super) is_table: bool,
    /// The sum of the amounts that stand in the table up to and with this band, in minor units.
    pub(super) running_sum: i128,
    cells: Range<u32>,
    rules: Range<u32>,
    drawings: Range<u32>,
}

/// All bands of a document.
#[derive(Debug, Default)]
pub(super) struct Sheet<'a> {
    bands: Vec<Band>,
    cells: Vec<Cell<'a>>,
    rules: Vec<Rule>,
    drawings: Vec<Drawing>,
    cells_done: u32,
    rules_done: u32,
    drawings_done: u32,
}

impl<'a> Sheet<'a> {
    pub(super) fn with_capacity(lines: usize) -> Self {
        Self {
            bands: Vec::with_capacity(lines + 48),
            cells: Vec::with_capacity(5 * lines + 96),
            rules: Vec::with_capacity(lines + 16),
            ..Self::default()
        }
    }

    /// Adds a text to the band that is being made; what is empty is left out.
    pub(super) fn text(&mut self, x: Length, baseline: Length, style: TextStyle, text: impl Into<TextLine<'a>>) {
        let TextLine { text, base } = text.into();
        if !text.is_empty() {
            self.cells.push(Cell { x, baseline, style, text, base, frame: None });
        }
    }

    /// Adds a text that ends at `right`.
    pub(super) fn text_to(&mut self, right: Length, baseline: Length, style: TextStyle, text: impl Into<TextLine<'a>>) {
        let text = text.into();
        let x = right - text.width(style);
        self.text(x, baseline, style, text);
    }

    /// Adds a figure that ends at the right edge of its column.
    pub(super) fn figure(
        &mut self,
        frame: (Length, Length),
        baseline: Length,
        style: TextStyle,
        text: impl Into<TextLine<'a>>,
    ) {
        let text = text.into();
        let x = frame.1 - text.width(style);
        self.framed(frame, x, baseline, style, text);
    }

    /// Adds a figure at a place of its column.
    pub(super) fn framed(
        &mut self,
        frame: (Length, Length),
        x: Length,
        baseline: Length,
        style: TextStyle,
        text: impl Into<TextLine<'a>>,
    ) {
        let TextLine { text, base } = text.into();
        if !text.is_empty() {
            self.cells.push(Cell { x, baseline, style, text, base, frame: Some(frame) });
        }
    }

    pub(super) fn rule(&mut self, rule: Rule) {
        self.rules.push(rule);
    }

    pub(super) fn drawing(&mut self, drawing: Drawing) {
        self.drawings.push(drawing);
    }

    /// Closes the band that is being made.
    pub(super) fn band(&mut self, height: Length, keeps_next: bool) -> &mut Band {
        let cells = self.cells_done..u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        let rules = self.rules_done..u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        let drawings = self.drawings_done..u32::try_from(self.drawings.len()).unwrap_or(u32::MAX);
        (self.cells_done, self.rules_done, self.drawings_done) = (cells.end, rules.end, drawings.end);
        let index = self.bands.len();
        self.bands.push(Band { height, keeps_next, is_table: false, running_sum: 0, cells, rules, drawings });
        &mut self.bands[index]
    }

    /// Leaves space free; at the head of a page it is left out.
    pub(super) fn space(&mut self, height: Length, keeps_next: bool) {
        self.band(height, keeps_next);
    }

    pub(super) fn bands(&self) -> &[Band] {
        &self.bands
    }

    pub(super) fn bands_mut(&mut self) -> &mut [Band] {
        &mut self.bands
    }

    pub(super) fn cells_of(&self, band: &Band) -> &[Cell<'a>] {
        &self.cells[band.cells.start as usize..band.cells.end as usize]
    }

    pub(super) fn drawings_of(&self, band: &Band) -> &[Drawing] {
        &self.drawings[band.drawings.start as usize..band.drawings.end as usize]
    }

    pub(super) fn rules_of(&self, band: &Band) -> &[Rule] {
        &self.rules[band.rules.start as usize..band.rules.end as usize]
    }
}

impl Band {
    pub(super) const fn is_space(&self) -> bool {
        self.cells.start == self.cells.end
            && self.rules.start == self.rules.end
            && self.drawings.start == self.drawings.end
    }
}
