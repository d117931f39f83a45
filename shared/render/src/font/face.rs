//! Faces: their glyphs and metrics, read once.

use std::sync::LazyLock;

use super::east_asian;

/// Below this code point a face finds its glyphs in a table instead of the font's binary search.
const TABLE_SIZE: usize = 0x530;

/// The weight of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Weight {
    Regular,
    Bold,
}

/// One of the faces: each script has a regular face and, after it, a bold one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FaceId(u8);

macro_rules! compiled_in {
    ($name:literal) => {
        LazyLock::new(|| Face::read($name, include_bytes!(concat!("../../fonts/", $name, ".ttf"))))
    };
}

const FACES_OF_TWO_WEIGHTS: usize = 10;
const FACES_OF_ONE_WEIGHT: usize = east_asian::COUNT - 2;
/// The place of the face with the forms of mainland China.
const CHINESE: usize = FACES_OF_TWO_WEIGHTS + 1;

/// The first script, that of the base faces, is asked for a character first, then the others in this order.
static FACES: [LazyLock<Face>; FACES_OF_TWO_WEIGHTS] = [
    compiled_in!("NotoSans-Regular"),
    compiled_in!("NotoSans-Bold"),
    compiled_in!("NotoSansHebrew-Regular"),
    compiled_in!("NotoSansHebrew-Bold"),
    compiled_in!("NotoSansArabic-Regular"),
    compiled_in!("NotoSansArabic-Bold"),
    LazyLock::new(|| east_asian_face(FACES_OF_ONE_WEIGHT)),
    LazyLock::new(|| east_asian_face(FACES_OF_ONE_WEIGHT + 1)),
    compiled_in!("NotoSansThai-Regular"),
    compiled_in!("NotoSansThai-Bold"),
];

/// Faces of one weight, asked last. They are large, and read only where a document needs them.
static EAST_ASIAN: [LazyLock<Face>; FACES_OF_ONE_WEIGHT] = [
    LazyLock::new(|| east_asian_face(0)),
    LazyLock::new(|| east_asian_face(1)),
    LazyLock::new(|| east_asian_face(2)),
    LazyLock::new(|| east_asian_face(3)),
    LazyLock::new(|| east_asian_face(4)),
    LazyLock::new(|| east_asian_face(5)),
    LazyLock::new(|| east_asian_face(6)),
    LazyLock::new(|| east_asian_face(7)),
    LazyLock::new(|| east_asian_face(8)),
    LazyLock::new(|| east_asian_face(9)),
    LazyLock::new(|| east_asian_face(10)),
];

fn east_asian_face(index: usize) -> Face {
    Face::read(east_asian::NAMES[index], east_asian::data(index))
}

impl FaceId {
    /// All faces, the base faces first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..).take(FACES.len() + EAST_ASIAN.len()).map(Self)
    }

    /// The faces that show texts of a weight, in the order in which they are asked.
    fn of_weight(weight: Weight) -> impl Iterator<Item = Self> {
        let shared = Self::all().skip(FACES.len());
        Self::all().take(FACES.len()).skip(Self::base(weight).index()).step_by(2).chain(shared)
    }

    /// The base face of a weight.
    pub(crate) const fn base(weight: Weight) -> Self {
        Self(match weight {
            Weight::Regular => 0,
            Weight::Bold => 1,
        })
    }

    /// Whether it is one of the faces of one weight: East Asia, rarer scripts and symbols.
    pub(crate) const fn is_east_asian(self) -> bool {
        self.index() >= FACES_OF_TWO_WEIGHTS
    }

    /// Its place among all faces.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// Whether it is one of the base faces, of which a whole group of characters is embedded at a time, see
    /// [`super::FontUsage`].
    pub(crate) const fn is_base(self) -> bool {
        self.0 < 2
    }

    /// The face itself; read at its first use.
    pub(crate) fn face(self) -> &'static Face {
        match FACES.get(self.index()) {
            Some(face) => face,
            None => &EAST_ASIAN[self.index() - FACES.len()],
        }
    }
}

/// Whose forms of Chinese characters a text takes. They have the same widths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum HanForms {
    #[default]
    Japanese,
    /// Those of mainland China: GB 2312, and what is common in Taiwan.
    Chinese,
}

/// The first face of the weight's chain that has a glyph for the character.
pub(crate) fn face_for(character: char, weight: Weight, forms: HanForms) -> Option<FaceId> {
    let has_glyph = |id: &FaceId| id.face().glyph(character).is_some();
    let first = FaceId::of_weight(weight).find(has_glyph)?;
    if forms == HanForms::Chinese && first.is_east_asian() {
        let chinese = FaceId::all().nth(CHINESE).filter(has_glyph);
        return Some(chinese.unwrap_or(first));
    }
    Some(first)
}

/// A face and what is asked of it for every character.
pub(crate) struct Face {
    pub(crate) name: &'static str,
    pub(crate) data: &'static [u8],
    shaper: Option<rustybuzz::Face<'static>>,
    table: Vec<u16>,
    advances: Vec<u16>,
    pub(crate) ascent: i16,
    pub(crate) descent: i16,
    pub(crate) cap_height: i16,
    pub(crate) bounds: [i16; 4],
    pub(crate) weight: u16,
}

impl Face {
    /// Reads a face. The files are ours, so one that cannot be read has no glyphs rather than an error of its own;
    /// a test reads all of them.
    fn read(name: &'static str, data: &'static [u8]) -> Self {
        let shaper = rustybuzz::Face::from_slice(data, 0);
        let mut face = Self {
            name,
            data,
            shaper: None,
            table: Vec::new(),
            advances: Vec::new(),
            ascent: 0,
            descent: 0,
            cap_height: 0,
            bounds: [0; 4],
            weight: 400,
        };
        if let Some(font) = &shaper {
            face.read_metrics(font);
        }
        face.shaper = shaper;
        face
    }

    fn read_metrics(&mut self, font: &ttf_parser::Face<'static>) {
        let units = i32::from(font.units_per_em()).max(1);
        let scaled = |value: i16| i16::try_from(i32::from(value) * 1000 / units).unwrap_or_default();
        self.ascent = scaled(font.ascender());
        self.descent = scaled(font.descender());
        self.cap_height = scaled(font.capital_height().unwrap_or(700));
        let bounds = font.global_bounding_box();
        self.bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(scaled);
        self.weight = font.weight().to_number();
        self.advances = (0..font.number_of_glyphs())
            .map(|glyph| {
                let advance = i32::from(font.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0));
                u16::try_from(advance * 1000 / units).unwrap_or_default()
            })
            .collect();
        let glyph_of = |code| char::from_u32(code).and_then(|character| font.glyph_index(character));
        self.table = (0_u32..).take(TABLE_SIZE).map(|code| glyph_of(code).map_or(0, |glyph| glyph.0)).collect();
    }

    /// The glyph of a character, if the face has one.
    pub(crate) fn glyph(&self, character: char) -> Option<u16> {
        if let Some(&glyph) = self.table.get(character as usize) {
            return (glyph != 0).then_some(glyph);
        }
        self.shaper.as_ref()?.glyph_index(character).map(|glyph| glyph.0)
    }

    /// How far a glyph moves the pen, in thousandths of the font size.
    pub(crate) fn advance(&self, glyph: u16) -> u16 {
        self.advances.get(usize::from(glyph)).copied().unwrap_or_default()
    }

    /// The face as the shaper wants it.
    pub(crate) fn shaper(&self) -> Option<&rustybuzz::Face<'static>> {
        self.shaper.as_ref()
    }
}

#[cfg(all(test, feature = "cjk"))]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_chinese_character_are_as_wide() {
        let mut both = 0;
        for character in ('\u{3000}'..='\u{9FFF}').chain('\u{FF00}'..='\u{FFEF}') {
            let advance = |forms| {
                let id = face_for(character, Weight::Regular, forms)?;
                Some((id, id.face().advance(id.face().glyph(character)?)))
            };
            let (japanese, chinese) = (advance(HanForms::Japanese), advance(HanForms::Chinese));
            assert_eq!(japanese.map(|(_, width)| width), chinese.map(|(_, width)| width), "{character}");
            both += u32::from(japanese != chinese);
        }
        assert!(both > 3_000, "{both} characters have two forms");
    }
}
