//! How much room texts take on a sheet.
//!
//! Spreadsheet programs fit rows to wrapped texts in different cases, and never rows of merged cells, so each such row says
//! its height. Which font a program takes is not known; ours are wider than the usual ones, so that the room suffices.

use crate::font::Weight;
use crate::style::color;
use crate::text::{Length, TextStyle, width, wrap};

/// The size of text that sheets have where they say nothing, in the base face.
const STYLE: TextStyle = TextStyle { weight: Weight::Regular, size: 110, color: color(0, 0, 0) };
/// The width of a digit in the usual font, by which widths of columns are counted (ECMA-376-1, 18.3.1.13).
const CHARACTER: f64 = 5.25;
/// The height of a line, and of one in a script whose marks need more, in points.
const LINE: f64 = 15.0;
const HIGH_LINE: f64 = 20.0;
/// No row is higher (Excel's specifications and limits).
const HIGHEST: f64 = 409.0;

/// The width of a text in characters of a column, with a margin.
pub(super) fn characters(text: &str) -> f64 {
    (points(width(text, STYLE)) / CHARACTER).ceil() + 1.0
}

/// The height in points of a row with texts that wrap within widths in characters.
pub(super) fn row_height<'a>(texts: impl IntoIterator<Item = (&'a str, f64)>) -> f64 {
    let heights = texts.into_iter().map(|(text, characters)| text_height(text, characters));
    heights.fold(LINE, f64::max).min(HIGHEST)
}

fn text_height(text: &str, characters: f64) -> f64 {
    // From Hebrew on, fonts that stand in for the usual one are higher.
    let is_high =
        text.chars().any(|character| character >= '\u{590}' && !('\u{2000}'..'\u{2e80}').contains(&character));
    let count = f64::from(u32::try_from(wrap(text, STYLE, room(characters)).len()).unwrap_or(u32::MAX));
    count * if is_high { HIGH_LINE } else { LINE }
}

#[expect(clippy::cast_possible_truncation, reason = "a sheet is no wider than some thousand points")]
fn room(characters: f64) -> Length {
    (characters * CHARACTER * 1000.0) as Length
}

fn points(length: Length) -> f64 {
    f64::from(length) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_high_as_their_highest_text() {
        let long = "a description long enough to wrap over several lines of its column ".repeat(3);
        assert_eq!(row_height([("short", 46.0)]), LINE);
        assert_eq!(row_height([("two\nlines", 46.0), ("one", 46.0)]), 2.0 * LINE);
        assert!(row_height([(long.as_str(), 46.0), ("one", 46.0)]) >= 5.0 * LINE);
        assert_eq!(row_height([("שורה", 46.0)]), HIGH_LINE);
        assert_eq!(row_height([(long.repeat(40).as_str(), 46.0)]), HIGHEST);
    }
}
