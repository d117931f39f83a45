//! The grid of a page: margins, columns, sizes of type, colours.

use invoice::{Color, Layout, Paper};

use crate::font::Weight;
use crate::style::color;
use crate::text::{Length, TextStyle, points};

/// The distance of baselines in blocks of text.
pub(super) const LEADING: Length = 12_500;
/// The empty space that parts blocks.
pub(super) const GAP: Length = points(28);
/// The empty space between columns.
pub(super) const GUTTER: Length = points(14);
/// The thickness of rules that part.
pub(super) const HAIRLINE: Length = 400;

/// The colour of text.
pub(super) const INK: Color = color(0x16, 0x1b, 0x22);
const MUTED: Color = color(0x5c, 0x67, 0x73);
/// The colour of thin rules.
pub(super) const RULE: Color = color(0xd3, 0xd9, 0xe0);
/// The colour of rules that open and close a table.
const STRONG_RULE: Color = color(0x5c, 0x67, 0x73);

/// The styles of text: one base size, one smaller, and two large ones.
pub(super) const BASE: TextStyle = TextStyle { weight: Weight::Regular, size: 90, color: INK };
pub(super) const BASE_BOLD: TextStyle = TextStyle { weight: Weight::Bold, size: 90, color: INK };
pub(super) const QUIET: TextStyle = TextStyle { weight: Weight::Regular, size: 90, color: MUTED };
pub(super) const SMALL: TextStyle = TextStyle { weight: Weight::Regular, size: 75, color: MUTED };
pub(super) const SELLER: TextStyle = TextStyle { weight: Weight::Bold, size: 130, color: INK };
pub(super) const TITLE: TextStyle = TextStyle { weight: Weight::Regular, size: 240, color: INK };
pub(super) const DUE: TextStyle = TextStyle { weight: Weight::Bold, size: 140, color: INK };

/// What styles differ in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Theme {
    pub(super) layout: Layout,
    pub(super) accent: Color,
}

impl Theme {
    /// The colour of the rules that open and close the table.
    pub(super) const fn table_rule(&self) -> Color {
        match self.layout {
            Layout::Classic => STRONG_RULE,
            Layout::Modern => self.accent,
        }
    }

    /// The colour of text over the accent colour: white, or ink where the accent is light (WCAG 2.2, contrast).
    pub(super) fn over_accent(&self) -> Color {
        let Color { red, green, blue } = self.accent;
        let luminance = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
        if luminance > 160_000 { INK } else { color(0xff, 0xff, 0xff) }
    }
}

/// Where things stand on a page; y runs downwards from the upper edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) width: Length,
    pub(super) height: Length,
    pub(super) left: Length,
    pub(super) right: Length,
    pub(super) top: Length,
    /// Where the body ends and the foot begins.
    pub(super) bottom: Length,
}

impl Geometry {
    pub(super) const fn of(paper: Paper) -> Self {
        let (width, height) = match paper {
            Paper::A4 => (595_276, 841_890),
            Paper::Letter => (612_000, 792_000),
        };
        Self {
            width,
            height,
            left: points(54),
            right: width - points(54),
            top: points(54),
            bottom: height - points(64),
        }
    }

    /// The width of the body.
    pub(super) const fn measure(&self) -> Length {
        self.right - self.left
    }

    /// The left edge of one of three columns.
    pub(super) const fn column(&self, index: i32) -> Length {
        self.left + index * (self.column_width() + GUTTER)
    }

    /// The width of one of three columns.
    pub(super) const fn column_width(&self) -> Length {
        (self.measure() - 2 * GUTTER) / 3
    }
}
