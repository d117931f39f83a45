//! Breaking texts into lines.

use std::borrow::Cow;

use unicode_bidi::Level;
use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::line::TextLine;
use super::measure::{Length, TextStyle, line_width, width};
use super::shaping::base_level;

/// What lines are fitted to.
#[derive(Clone, Copy)]
struct Frame {
    style: TextStyle,
    room: Length,
    /// The level of the paragraph that they are parts of.
    base: Option<Level>,
}

impl Frame {
    fn line(self, text: &str) -> TextLine<'_> {
        TextLine { text: Cow::Borrowed(text), base: self.base }
    }
}

/// Breaks a text into lines that are no wider than `room`, at the places that Unicode's line breaking algorithm
/// (UAX 14) allows; a word that is wider than a line is broken between characters.
/// Each line knows the direction of its paragraph, which its own first letter may not tell.
pub(crate) fn wrap(text: &str, style: TextStyle, room: Length) -> Vec<TextLine<'_>> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph.trim_end(), Frame { style, room, base: None }, &mut lines);
    }
    lines
}

/// The text up to its first line break, cut to what fits with an ellipsis where it does not.
pub(crate) fn first_line(text: &str, style: TextStyle, room: Length) -> String {
    let line = text.lines().next().unwrap_or_default();
    let frame = Frame { style, room, base: None };
    if fits(line, frame) {
        return line.to_owned();
    }
    let clusters = cluster_ends(line, 0);
    let frame = Frame { room: room - width("…", style), ..frame };
    let count = most_that_fit(line, 0, &clusters, 1, frame).max(1);
    format!("{}…", line[..clusters[count - 1]].trim_end())
}

fn wrap_paragraph<'a>(text: &'a str, frame: Frame, lines: &mut Vec<TextLine<'a>>) {
    if fits(text, frame) {
        lines.push(frame.line(text));
        return;
    }
    let mut frame = Frame { base: Some(base_level(text)), ..frame };
    let mut start = 0;
    let mut opportunities = Vec::new();
    for (position, opportunity) in linebreaks(text) {
        opportunities.push(position);
        if opportunity == BreakOpportunity::Mandatory {
            wrap_words(text, start, &opportunities, frame, lines);
            start = position;
            // All that ends a line by force ends its paragraph, too, but a line separator.
            if !text[..start].ends_with('\u{2028}') {
                frame.base = Some(base_level(&text[start..]));
            }
            opportunities.clear();
        }
    }
}

/// Breaks what begins at `start` at some of these opportunities, of which the last one is its end.
fn wrap_words<'a>(
    text: &'a str,
    mut start: usize,
    opportunities: &[usize],
    frame: Frame,
    lines: &mut Vec<TextLine<'a>>,
) {
    let mut left = opportunities;
    let mut count = 1;
    while let Some(&word_end) = left.first() {
        count = most_that_fit(text, start, left, count, frame);
        match count {
            0 => {
                start = break_word(text, start, word_end, frame, lines);
                if start == word_end {
                    left = &left[1..];
                }
            }
            _ => {
                let end = left[count - 1];
                lines.push(frame.line(text[start..end].trim_end()));
                start = end;
                left = &left[count..];
            }
        }
    }
}

/// Breaks what is wider than a line until its rest is not; gives the start of the rest, which words may follow.
fn break_word<'a>(text: &'a str, mut start: usize, end: usize, frame: Frame, lines: &mut Vec<TextLine<'a>>) -> usize {
    let clusters = cluster_ends(&text[..end], start);
    let mut left = clusters.as_slice();
    let mut count = 1;
    while !left.is_empty() {
        count = most_that_fit(text, start, left, count, frame).max(1);
        if count == left.len() && fits(text[start..end].trim_end(), frame) {
            return start;
        }
        lines.push(frame.line(text[start..left[count - 1]].trim_end()));
        start = left[count - 1];
        left = &left[count..];
    }
    end
}

/// How many of the pieces that end at these places fit on a line that begins at `start`. It is sought from a guess on, in
/// growing steps: lines are much alike, and what lies far beyond a line is never measured, however long it is.
fn most_that_fit(text: &str, start: usize, ends: &[usize], guess: usize, frame: Frame) -> usize {
    let (mut most, mut too_many) = (0, ends.len() + 1);
    let (mut count, mut step) = (guess.clamp(1, ends.len()), 1);
    while too_many - most > 1 {
        if fits(text[start..ends[count - 1]].trim_end(), frame) {
            most = count;
        } else {
            too_many = count;
        }
        count = if too_many > ends.len() {
            (most + step).min(ends.len())
        } else if most == 0 {
            too_many.saturating_sub(step).max(1)
        } else {
            usize::midpoint(most, too_many)
        };
        step *= 2;
    }
    most
}

/// So much of a text is measured at first, in bytes.
const BEGINNING: usize = 128;
/// What a letter may lose in width, in thousandths of the font size, where what follows it is no longer cut off.
const CUT_OFF: i32 = 4_000;

/// Whether a text is no wider than a line. Of a long one no more is measured than it takes to know that it is wider.
fn fits(text: &str, Frame { style, room, base }: Frame) -> bool {
    let surely_wider = room.saturating_add(style.scaled(CUT_OFF));
    let mut measured = BEGINNING;
    while measured * 2 < text.len() {
        if line_width(&text[..text.floor_char_boundary(measured)], style, base) > surely_wider {
            return false;
        }
        measured *= 2;
    }
    line_width(text, style, base) <= room
}

/// Where the text may be broken at worst, from `start` on: never between a mark and its letter.
fn cluster_ends(text: &str, start: usize) -> Vec<usize> {
    let positions = text[start..].char_indices().skip(1).filter(|(_, character)| !joins_the_letter_before(*character));
    positions.map(|(position, _)| start + position).chain([text.len()]).collect()
}

fn joins_the_letter_before(character: char) -> bool {
    unicode_normalization::char::is_combining_mark(character)
        || matches!(character, '\u{200D}' | '\u{FE00}'..='\u{FE0F}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::font::Weight;
    use crate::style::color;
    use crate::text::points;

    const STYLE: TextStyle = TextStyle { weight: Weight::Regular, size: 90, color: color(0, 0, 0) };

    fn wrapped(text: &str, room: Length) -> Vec<String> {
        wrap(text, STYLE, room).into_iter().map(|line| line.text.into_owned()).collect()
    }

    proptest! {
        #[test]
        fn lines_fit_and_lose_nothing(text in "[a-zA-ZäöłЖ ,.-]{0,400}", room in 20..400_i32) {
            let lines = wrapped(&text, points(room));
            for line in &lines {
                prop_assert!(width(line, STYLE) <= points(room), "{line:?} is wider than {room} points");
            }
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }

    #[test]
    fn a_word_without_end_is_broken_into_full_lines_and_loses_nothing() {
        for letter in ["W", "\u{645}", "\u{6f22}", "\u{915}\u{94d}\u{937}", "e\u{301}"] {
            let word = letter.repeat(5_000);
            let lines = wrapped(&word, points(200));
            assert_eq!(lines.concat(), word);
            assert!(lines.iter().all(|line| width(line, STYLE) <= points(200)), "{letter}");
            let full = &lines[..lines.len() - 1];
            assert!(full.iter().all(|line| width(line, STYLE) > points(180)), "{letter}");
        }
    }

    #[test]
    fn long_words_and_short_ones_share_lines() {
        let long = "W".repeat(40);
        let text = format!("a {long} b c");
        let lines = wrapped(&text, points(200));
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], "a");
        assert!(lines[2].ends_with(" b c"), "{lines:?}");
    }

    /// Each would take minutes if what follows a line were measured for it.
    #[test]
    fn what_follows_a_line_is_not_measured_for_it() {
        for text in ["W".repeat(100_000), "w ".repeat(50_000), "\u{645}".repeat(10_000), "\u{200b}x".repeat(10_000)] {
            let lines = wrap(&text, STYLE, points(200));
            assert!(lines.len() > 100, "{}", lines.len());
        }
        assert_eq!(wrap(&"\u{200b}".repeat(10_000), STYLE, points(200)).len(), 1);
        assert!(first_line(&"W".repeat(100_000), STYLE, points(200)).ends_with("W…"));
    }

    #[test]
    fn even_without_room_each_line_has_a_letter() {
        assert_eq!(wrapped("abc", 1), ["a", "b", "c"]);
    }

    #[test]
    fn lines_have_the_direction_of_their_paragraph() {
        const ARABIC: &str = "\u{634}\u{631}\u{643}\u{629}";
        // Each word takes a line.
        let room = width("ABC", STYLE).max(width(ARABIC, STYLE)) + points(2);
        let levels = |text: &str| wrap(text, STYLE, room).iter().map(|line| line.base).collect::<Vec<_>>();
        assert_eq!(levels(&format!("{ARABIC} ABC {ARABIC}")), [Some(Level::rtl()); 3]);
        assert_eq!(levels(&format!("ABC {ARABIC} ABC")), [Some(Level::ltr()); 3]);
        // What stands on a line of its own is its own paragraph.
        assert!(levels(&format!("{ARABIC}\nABC")).iter().all(Option::is_none));
        let separated = levels(&format!("{ARABIC} ABC\u{2028}ABC\u{2029}ABC {ARABIC}"));
        let (right_to_left, left_to_right) = (Some(Level::rtl()), Some(Level::ltr()));
        assert_eq!(separated, [right_to_left, right_to_left, right_to_left, left_to_right, left_to_right]);
    }
}
