//! Widths of texts.

use invoice::Color;
use unicode_bidi::Level;

use super::shaping::shape;
use crate::font::{FaceId, HanForms, Weight};

/// A length in thousandths of a point: whole numbers add up the same way on every machine.
pub(crate) type Length = i32;

/// A length in points.
pub(crate) const fn points(points: i32) -> Length {
    points * 1000
}

/// How a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TextStyle {
    pub(crate) weight: Weight,
    /// The font size in tenths of a point.
    pub(crate) size: i32,
    pub(crate) color: Color,
}

impl TextStyle {
    /// A length in thousandths of the font size.
    pub(crate) const fn scaled(self, thousandths: i32) -> Length {
        thousandths.saturating_mul(self.size) / 10
    }
}

/// Whether each character of a line is one glyph of the weight's base face, side by side from left to right.
pub(crate) fn is_simple(text: &str, weight: Weight, base: Option<Level>) -> bool {
    !is_right_to_left(base) && (text.is_ascii() || simple_width(text, FaceId::base(weight)).is_some())
}

fn is_right_to_left(base: Option<Level>) -> bool {
    base.is_some_and(|level| level.is_rtl())
}

/// The width of a text that stands on one line.
pub(crate) fn width(text: &str, style: TextStyle) -> Length {
    line_width(text, style, None)
}

/// The width of a line of a paragraph of this level.
pub(crate) fn line_width(text: &str, style: TextStyle, base: Option<Level>) -> Length {
    let simple = if is_right_to_left(base) { None } else { simple_width(text, FaceId::base(style.weight)) };
    let thousandths = simple.unwrap_or_else(|| {
        let runs = shape(text, style.weight, HanForms::default(), base);
        runs.iter().flat_map(|run| &run.glyphs).map(|glyph| glyph.advance).fold(0, i32::saturating_add)
    });
    style.scaled(thousandths)
}

fn simple_width(text: &str, base_face: FaceId) -> Option<i32> {
    let face = base_face.face();
    text.chars().try_fold(0_i32, |sum, character| {
        let glyph = face.glyph(character).filter(|_| !needs_shaping(character))?;
        Some(sum.saturating_add(i32::from(face.advance(glyph))))
    })
}

/// Marks that stand on letters, and characters that steer the direction, though the base faces may have them.
fn needs_shaping(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{200B}'..='\u{200F}')
}
