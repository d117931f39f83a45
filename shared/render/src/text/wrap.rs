//! Breaking texts into lines.

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::measure::{Length, TextStyle, width};

/// Breaks a text into lines that are no wider than `room`, at the places that Unicode's line breaking algorithm
/// (UAX 14) allows; a word that is wider than a line is broken between characters.
pub(crate) fn wrap(text: &str, style: TextStyle, room: Length) -> Vec<&str> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        wrap_paragraph(paragraph.trim_end(), style, room, &mut lines);
    }
    lines
}

/// The text up to its first line break, cut to what fits with an ellipsis where it does not.
pub(crate) fn first_line(text: &str, style: TextStyle, room: Length) -> String {
    let line = text.lines().next().unwrap_or_default();
    if width(line, style) <= room {
        return line.to_owned();
    }
    let kept = fitting(line, style, room - width("…", style));
    format!("{}…", line[..kept].trim_end())
}

fn wrap_paragraph<'a>(text: &'a str, style: TextStyle, room: Length, lines: &mut Vec<&'a str>) {
    if width(text, style) <= room {
        lines.push(text);
        return;
    }
    let mut start = 0;
    let mut end = 0;
    for (next, opportunity) in linebreaks(text) {
        let fits = width(text[start..next].trim_end(), style) <= room;
        if !fits {
            if end > start {
                lines.push(text[start..end].trim_end());
                start = end;
            }
            start = break_word(text, start, next, style, room, lines);
        }
        end = next;
        if opportunity == BreakOpportunity::Mandatory && start < end {
            lines.push(text[start..end].trim_end());
            start = end;
        }
    }
    if start < text.len() {
        lines.push(text[start..].trim_end());
    }
}

/// Breaks what stands between two opportunities for as long as it is wider than a line; gives the start of the rest.
fn break_word<'a>(
    text: &'a str,
    mut start: usize,
    end: usize,
    style: TextStyle,
    room: Length,
    lines: &mut Vec<&'a str>,
) -> usize {
    while width(text[start..end].trim_end(), style) > room {
        let kept = fitting(&text[start..end], style, room);
        lines.push(&text[start..start + kept]);
        start += kept;
    }
    start
}

/// How many bytes of the text fit, at least one character and never a mark without its letter.
fn fitting(text: &str, style: TextStyle, room: Length) -> usize {
    let mut used = 0;
    let mut cluster_start = 0;
    for (position, character) in text.char_indices() {
        if !joins_the_letter_before(character) {
            cluster_start = position;
        }
        used += width(character.encode_utf8(&mut [0; 4]), style);
        if used > room && cluster_start > 0 {
            return cluster_start;
        }
    }
    text.len()
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

    proptest! {
        #[test]
        fn lines_fit_and_lose_nothing(text in "[a-zA-ZäöłЖ ,.-]{0,400}", room in 20..400_i32) {
            let lines = wrap(&text, STYLE, points(room));
            for line in &lines {
                prop_assert!(width(line, STYLE) <= points(room), "{line:?} is wider than {room} points");
            }
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }
    }

    #[test]
    fn even_without_room_each_line_has_a_letter() {
        assert_eq!(wrap("abc", STYLE, 1), ["a", "b", "c"]);
    }
}
