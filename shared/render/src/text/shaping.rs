//! From a text in any script to glyphs from left to right.

use std::ops::Range;

use rustybuzz::UnicodeBuffer;
use unicode_bidi::{BidiInfo, Direction, Level, get_base_direction};
use unicode_normalization::UnicodeNormalization;

use crate::font::{FaceId, HanForms, Weight, face_for};

/// A glyph and where it stands, in thousandths of the font size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    pub(crate) advance: i32,
    pub(crate) shift: (i32, i32),
    /// The characters that it stands for; of several glyphs of a cluster the first has them.
    pub(crate) text: String,
}

/// Glyphs of one face side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) face: FaceId,
    pub(crate) glyphs: Vec<Glyph>,
    /// The text of the run where its glyphs do not tell it one by one.
    pub(crate) actual_text: Option<String>,
}

/// Sets a line of text: scripts that run from right to left are turned round, letters are joined, and characters
/// that no face covers become a visible replacement. A part of a paragraph takes the level of the whole.
pub(crate) fn shape(text: &str, weight: Weight, forms: HanForms, base: Option<Level>) -> Vec<Run> {
    let space = |character: char| character.is_whitespace() && face_for(character, weight, forms).is_none();
    let composed: String = text.nfc().map(|character| if space(character) { ' ' } else { character }).collect();
    let bidi = BidiInfo::new(&composed, base);
    let mut runs = Vec::new();
    for paragraph in &bidi.paragraphs {
        let (levels, ranges) = bidi.visual_runs(paragraph, paragraph.range.clone());
        for range in ranges {
            let level = levels.get(range.start).copied().unwrap_or_else(Level::ltr);
            let mut pieces = split_by_face(&composed, range, weight, forms);
            if level.is_rtl() {
                pieces.reverse();
            }
            runs.extend(
                pieces.into_iter().map(|(face, range)| shape_run(&composed[range], face, weight, level.is_rtl())),
            );
        }
    }
    runs
}

/// The level of a paragraph: that of its first letter with a direction (UAX 9, P2 and P3).
pub(super) fn base_level(paragraph: &str) -> Level {
    match get_base_direction(paragraph) {
        Direction::Rtl => Level::rtl(),
        Direction::Ltr | Direction::Mixed => Level::ltr(),
    }
}

/// Neighbours that the same face shows; marks stay with their letter and spaces with their word.
fn split_by_face(
    text: &str,
    range: Range<usize>,
    weight: Weight,
    forms: HanForms,
) -> Vec<(Option<FaceId>, Range<usize>)> {
    let mut pieces: Vec<(Option<FaceId>, Range<usize>)> = Vec::new();
    for (offset, character) in text[range.clone()].char_indices() {
        let start = range.start + offset;
        let end = start + character.len_utf8();
        let before = pieces.last().and_then(|(face, _)| *face);
        let stays = before.is_some_and(|id| follows_face(character) && id.face().glyph(character).is_some());
        let face = if stays || is_invisible(character) { before } else { face_for(character, weight, forms) };
        match pieces.last_mut() {
            Some((last, range)) if *last == face || is_invisible(character) => range.end = end,
            _ => pieces.push((face, start..end)),
        }
    }
    pieces
}

fn follows_face(character: char) -> bool {
    character.is_whitespace()
        || character.is_ascii_punctuation()
        || unicode_normalization::char::is_combining_mark(character)
}

/// Characters that steer neighbours and have no glyph of their own.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}'
        | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

fn shape_run(text: &str, face: Option<FaceId>, weight: Weight, right_to_left: bool) -> Run {
    let Some((id, shaper)) = face.and_then(|id| Some((id, id.face().shaper()?))) else {
        return replacement(text, weight);
    };
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.set_direction(if right_to_left {
        rustybuzz::Direction::RightToLeft
    } else {
        rustybuzz::Direction::LeftToRight
    });
    buffer.guess_segment_properties();
    let shaped = rustybuzz::shape(shaper, &[], buffer);
    let units = i64::from(shaper.units_per_em().max(1));
    // Thousands of marks on one letter stand higher than 32 bits reach in thousandths.
    let scaled = |value: i32| saturated(i64::from(value) * 1000 / units);
    let texts = glyph_texts(shaped.glyph_infos(), text, right_to_left);
    let glyphs = shaped
        .glyph_infos()
        .iter()
        .zip(shaped.glyph_positions())
        .zip(&texts)
        .map(|((info, position), text)| Glyph {
            id: u16::try_from(info.glyph_id).unwrap_or_default(),
            advance: scaled(position.x_advance),
            shift: (scaled(position.x_offset), scaled(position.y_offset)),
            text: text.clone().unwrap_or_default(),
        })
        .collect();
    // Readers turn runs from right to left round by themselves, letter by letter; an actual text they would turn too.
    let says_all = right_to_left || texts.iter().all(Option::is_some);
    Run { face: id, glyphs, actual_text: (!says_all).then(|| text.to_owned()) }
}

fn saturated(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}

/// The text of each glyph. A cluster of one glyph has its whole text, one of as many glyphs as characters shares it
/// out in the order of reading; of another cluster the first glyph has all, and the others none.
fn glyph_texts(infos: &[rustybuzz::GlyphInfo], text: &str, right_to_left: bool) -> Vec<Option<String>> {
    let ends = cluster_ends(infos, text.len());
    let mut texts = Vec::with_capacity(infos.len());
    for cluster in infos.chunk_by(|one, next| one.cluster == next.cluster) {
        let start = cluster.first().map_or(0, |info| info.cluster as usize);
        let end = ends.get(ends.partition_point(|end| *end <= start)).copied().unwrap_or(text.len());
        let characters: Vec<char> = text[start..end].chars().collect();
        if right_to_left && characters.len() == cluster.len() {
            texts.extend(characters.iter().rev().map(|character| Some(character.to_string())));
        } else {
            texts.push(Some(text[start..end].to_owned()));
            texts.extend(cluster.iter().skip(1).map(|_| None));
        }
    }
    texts
}

/// Where the clusters of a run end, in rising order.
fn cluster_ends(infos: &[rustybuzz::GlyphInfo], length: usize) -> Vec<usize> {
    let mut ends: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
    ends.push(length);
    ends.sort_unstable();
    ends.dedup();
    ends
}

/// Whether the character is shown as itself, or as nothing where it is to be invisible.
pub(crate) fn is_covered(character: char, weight: Weight) -> bool {
    character.is_whitespace() || is_invisible(character) || face_for(character, weight, HanForms::default()).is_some()
}

/// One replacement per character; copying the text still gives the characters themselves.
fn replacement(text: &str, weight: Weight) -> Run {
    let id = FaceId::base(weight);
    let face = id.face();
    let glyph = face.glyph(char::REPLACEMENT_CHARACTER).unwrap_or_default();
    let count = text.chars().filter(|character| !is_invisible(*character)).count();
    let glyph = Glyph {
        id: glyph,
        advance: i32::from(face.advance(glyph)),
        shift: (0, 0),
        text: char::REPLACEMENT_CHARACTER.to_string(),
    };
    Run { face: id, glyphs: vec![glyph; count], actual_text: Some(text.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_without_end_stay_within_the_numbers() {
        let runs = shape(&format!("a{}", "\u{301}".repeat(9_999)), Weight::Regular, HanForms::default(), None);
        assert!(runs.iter().map(|run| run.glyphs.len()).sum::<usize>() > 9_000);
    }

    /// What stands on the line, from left to right.
    fn shown(text: &str, base: Option<Level>) -> String {
        let runs = shape(text, Weight::Regular, HanForms::default(), base);
        runs.iter().flat_map(|run| &run.glyphs).map(|glyph| glyph.text.as_str()).collect()
    }

    #[test]
    fn a_line_runs_in_the_direction_of_its_paragraph() {
        let line = "ABC \u{634}\u{631}\u{643}\u{629}";
        assert!(shown(line, None).starts_with("ABC"));
        assert!(shown(line, Some(Level::ltr())).starts_with("ABC"));
        assert!(shown(line, Some(Level::rtl())).ends_with("ABC"));
        assert_eq!(shown("ABC.", Some(Level::rtl())), ".ABC");
    }

    #[test]
    fn the_first_letter_with_a_direction_gives_that_of_its_paragraph() {
        for (paragraph, level) in [
            ("ABC \u{634}", Level::ltr()),
            ("12 (\u{634} ABC)", Level::rtl()),
            ("12", Level::ltr()),
            ("", Level::ltr()),
        ] {
            assert_eq!(base_level(paragraph), level, "{paragraph}");
        }
    }
}
