//! Which glyphs of a face a document uses, and under which codes.
//!
//! The base faces take in whole groups of characters (all of ASCII, all of Cyrillic, …) at the first character of the
//! group. So nearly all documents share a handful of subsets, which are cut and compressed once for the process,
//! see [`super::subset`]; a group costs a few kilobytes, a cut of a face milliseconds.

use super::{Face, FaceId};

/// The groups, as ranges of code points. What is in none of them is taken in one by one.
const GROUPS: [&[(u32, u32)]; 8] = [
    // ASCII and what typographers need beside it.
    &[
        (0x20, 0x7E),
        (0xA0, 0xA0),
        (0xA3, 0xA3),
        (0xB7, 0xB7),
        (0xD7, 0xD7),
        (0x2013, 0x2014),
        (0x2018, 0x2019),
        (0x201C, 0x201D),
        (0x2022, 0x2022),
        (0x2026, 0x2026),
        (0x20AC, 0x20AC),
        (0x2212, 0x2212),
        (0xFFFD, 0xFFFD),
    ],
    &[(0xA1, 0xA2), (0xA4, 0xB6), (0xB8, 0xD6), (0xD8, 0xFF)],
    &[(0x100, 0x17F)],
    &[(0x180, 0x24F)],
    &[(0x370, 0x3FF)],
    &[(0x400, 0x45F)],
    &[(0x460, 0x52F)],
    &[(0x1E00, 0x1EFF)],
];

fn group_of(character: char) -> Option<u8> {
    let code = character as u32;
    let holds = |ranges: &&[(u32, u32)]| ranges.iter().any(|(first, last)| (*first..=*last).contains(&code));
    GROUPS.iter().position(holds).and_then(|group| u8::try_from(group).ok())
}

fn characters_of(group: u8) -> impl Iterator<Item = char> {
    let ranges = GROUPS.get(usize::from(group)).copied().unwrap_or_default();
    ranges.iter().flat_map(|(first, last)| *first..=*last).filter_map(char::from_u32)
}

/// What was taken in: together, in this order, the key of a subset.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    Group(u8),
    Glyph { glyph: u16, text: Box<str> },
}

/// The glyphs of one face that a document uses.
pub(crate) struct FontUsage {
    pub(crate) id: FaceId,
    codes: Vec<u16>,
    pieces: Vec<Piece>,
    next_code: u16,
}

impl FontUsage {
    pub(crate) fn new(id: FaceId) -> Self {
        Self { id, codes: Vec::new(), pieces: Vec::new(), next_code: 1 }
    }

    pub(crate) fn is_used(&self) -> bool {
        !self.pieces.is_empty()
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// The code under which the document shows the glyph of a character.
    pub(crate) fn code_of_character(&mut self, character: char, glyph: u16) -> u16 {
        match self.codes.get(usize::from(glyph)) {
            Some(&code) if code != 0 => code,
            _ => self.take_in(character, glyph),
        }
    }

    /// The code of a glyph that a shaper chose for some text.
    pub(crate) fn code_of_glyph(&mut self, glyph: u16, text: &str) -> u16 {
        match self.codes.get(usize::from(glyph)) {
            Some(&code) if code != 0 => code,
            _ => self.take_in_glyph(glyph, text),
        }
    }

    #[cold]
    fn take_in(&mut self, character: char, glyph: u16) -> u16 {
        if let (true, Some(group)) = (self.id.is_base(), group_of(character)) {
            self.pieces.push(Piece::Group(group));
            let glyphs = glyphs_of(self.id.face(), &Piece::Group(group));
            for (glyph, _) in glyphs {
                self.assign(glyph);
            }
            if let Some(&code) = self.codes.get(usize::from(glyph)).filter(|code| **code != 0) {
                return code;
            }
        }
        self.take_in_glyph(glyph, character.encode_utf8(&mut [0; 4]))
    }

    #[cold]
    fn take_in_glyph(&mut self, glyph: u16, text: &str) -> u16 {
        self.pieces.push(Piece::Glyph { glyph, text: text.into() });
        self.assign(glyph)
    }

    /// Codes are given in rising order, and are the glyph's number in the subset.
    fn assign(&mut self, glyph: u16) -> u16 {
        let index = usize::from(glyph);
        if self.codes.len() <= index {
            self.codes.resize(index + 1, 0);
        }
        if self.codes[index] == 0 {
            self.codes[index] = self.next_code;
            self.next_code += 1;
        }
        self.codes[index]
    }
}

/// The glyphs of a piece with the text that each stands for.
pub(crate) fn glyphs_of(face: &Face, piece: &Piece) -> Vec<(u16, Box<str>)> {
    match piece {
        Piece::Glyph { glyph, text } => vec![(*glyph, text.clone())],
        Piece::Group(group) => characters_of(*group)
            .filter_map(|character| Some((face.glyph(character)?, character.to_string().into())))
            .collect(),
    }
}
