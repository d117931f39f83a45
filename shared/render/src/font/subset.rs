//! Subsets of faces, as they are embedded: cut and compressed once, kept for the next document.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subsetter::GlyphRemapper;

use super::usage::{Piece, glyphs_of};
use super::{Face, FaceId, FontUsage};
use crate::compression::deflate_small;
use crate::recent::Recent;

/// How many subsets are kept; of those the least recently used goes first.
const KEPT: usize = 48;
/// How many bytes of subsets are kept at most, so that large ones do not add up.
const KEPT_BYTES: usize = 12 * 1024 * 1024;

/// A subset of a face, ready to be embedded.
pub(crate) struct FontProgram {
    /// The font file, compressed (`FlateDecode`).
    pub(crate) file: Vec<u8>,
    /// The length of the font file before compression.
    pub(crate) file_length: usize,
    /// The advance widths of the codes from 0 on, in thousandths of the font size.
    pub(crate) widths: Vec<u16>,
    /// The CMap that gives the text of each code, compressed.
    pub(crate) to_unicode: Vec<u8>,
    /// Six letters that tell this subset from others of the face (ISO 32000-1, 9.6.4).
    pub(crate) tag: String,
}

/// Subsets that were cut, by face and what is in them.
type Subsets = Recent<(FaceId, Box<[Piece]>), FontProgram>;

static CACHE: Mutex<Subsets> = Mutex::new(Recent::new(KEPT, KEPT_BYTES));

impl FontProgram {
    /// The subset that holds what a document uses of a face.
    pub(crate) fn of(usage: &FontUsage) -> Result<Arc<Self>, subsetter::Error> {
        if let Some(program) = recall(usage) {
            return Ok(program);
        }
        let program = Arc::new(Self::cut(usage.id.face(), usage.pieces())?);
        keep(usage, &program);
        Ok(program)
    }

    fn cut(face: &Face, pieces: &[Piece]) -> Result<Self, subsetter::Error> {
        let mut remapper = GlyphRemapper::new();
        let mut texts = Vec::new();
        for (glyph, text) in pieces.iter().flat_map(|piece| glyphs_of(face, piece)) {
            if remapper.get(glyph).is_none() {
                texts.push((remapper.remap(glyph), text));
            }
        }
        let widths = remapper.remapped_gids().map(|glyph| face.advance(glyph)).collect();
        let file = subsetter::subset(face.data, 0, &remapper)?;
        Ok(Self {
            file_length: file.len(),
            file: deflate_small(&file),
            widths,
            tag: tag(&texts),
            to_unicode: deflate_small(to_unicode_cmap(&texts).as_bytes()),
        })
    }

    fn bytes(&self) -> usize {
        self.file.len() + self.to_unicode.len() + 2 * self.widths.len()
    }
}

fn recall(usage: &FontUsage) -> Option<Arc<FontProgram>> {
    cache().find(|(face, pieces)| *face == usage.id && **pieces == *usage.pieces())
}

fn keep(usage: &FontUsage, program: &Arc<FontProgram>) {
    cache().keep((usage.id, usage.pieces().into()), program, program.bytes());
}

fn cache() -> MutexGuard<'static, Subsets> {
    // A panic elsewhere cannot leave the list half changed, so a poisoned lock is as good as another.
    CACHE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tag is a hash (FNV-1a) of the texts, so that it is the same in each run.
fn tag(texts: &[(u16, Box<str>)]) -> String {
    let bytes = texts.iter().flat_map(|(code, text)| code.to_be_bytes().into_iter().chain(text.bytes()));
    let mut hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let letter = || {
        let letter = b'A' + u8::try_from(hash % 26).unwrap_or_default();
        hash /= 26;
        char::from(letter)
    };
    std::iter::repeat_with(letter).take(6).collect()
}

/// The CMap of ISO 32000-1, 9.10.3; at most 100 entries a section.
fn to_unicode_cmap(texts: &[(u16, Box<str>)]) -> String {
    let mut cmap = String::from(concat!(
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n",
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n",
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
    ));
    for section in texts.chunks(100) {
        // Writing to a String cannot fail.
        let _ = writeln!(cmap, "{} beginbfchar", section.len());
        for (code, text) in section {
            let _ = write!(cmap, "<{code:04X}> <");
            for unit in text.encode_utf16() {
                let _ = write!(cmap, "{unit:04X}");
            }
            cmap.push_str(">\n");
        }
        cmap.push_str("endbfchar\n");
    }
    cmap.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
    cmap
}
