//! The grid of a page: margins, columns, sizes of type, colours.

use invoice::Color;

use crate::font::Weight;
use crate::style::{Paper, color};
use crate::text::{Length, TextStyle, points};

/// The distance of baselines in blocks of text.
pub(super) const LEADING: Length = 12_500;
/// The empty space that parts blocks.
pub(super) const GAP: Length = points(28);
/// The empty space between columns.
pub(super) const GUTTER: Length = points(14);
/// The thickness of rules that part.
pub(super) const HAIRLINE: Length = 400;

const INK: Color = color(0x16, 0x1b, 0x22);
const MUTED: Color = color(0x5c, 0x67, 0x73);
/// The colour of thin rules.
pub(super) const RULE: Color = color(0xd3, 0xd9, 0xe0);
/// The colour of rules that open and close a table.
pub(super) const STRONG_RULE: Color = color(0x5c, 0x67, 0x73);

/// The styles of text: one base size, one smaller, and two large ones.
pub(super) const BASE: TextStyle = TextStyle { weight: Weight::Regular, size: 90, color: INK };
pub(super) const BASE_BOLD: TextStyle = TextStyle { weight: Weight::Bold, size: 90, color: INK };
pub(super) const QUIET: TextStyle = TextStyle { weight: Weight::Regular, size: 90, color: MUTED };
pub(super) const SMALL: TextStyle = TextStyle { weight: Weight::Regular, size: 75, color: MUTED };
pub(super) const SELLER: TextStyle = TextStyle { weight: Weight::Bold, size: 130, color: INK };
pub(super) const TITLE: TextStyle = TextStyle { weight: Weight::Regular, size: 240, color: INK };
pub(super) const DUE: TextStyle = TextStyle { weight: Weight::Bold, size: 140, color: INK };

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
