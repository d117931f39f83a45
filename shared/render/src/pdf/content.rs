//! The content stream of a page, written as bytes in one pass.

use std::io::Write as _;

use invoice::Color;
use unicode_bidi::Level;

use super::geometry::INK;
use super::symbol::{Bar, Symbol};
use crate::font::{FaceId, FontUsage, HanForms, Weight};
use crate::text::{Length, Run, TextStyle, is_simple, shape};

/// The faces that a document uses so far.
pub(super) struct Fonts {
    usages: Vec<FontUsage>,
}

impl Fonts {
    pub(super) fn new() -> Self {
        Self { usages: FaceId::all().map(FontUsage::new).collect() }
    }

    fn usage(&mut self, id: FaceId) -> &mut FontUsage {
        &mut self.usages[id.index()]
    }

    /// The faces of which something is used.
    pub(super) fn used(&self) -> impl Iterator<Item = &FontUsage> {
        self.usages.iter().filter(|usage| usage.is_used())
    }
}

/// printpdf takes names of `F` and a number for the standard fonts.
const RESOURCE_PREFIX: char = 'N';

/// The name of the logo in the resources of the pages.
pub(super) const LOGO: &str = "Logo";

/// The name of a face in the resources of the pages.
pub(super) fn resource_name(id: FaceId) -> String {
    format!("{RESOURCE_PREFIX}{}", id.index())
}

/// A content stream (ISO 32000-1, 7.8.2) that is being written.
pub(super) struct Content<'f> {
    bytes: Vec<u8>,
    fonts: &'f mut Fonts,
    page_height: Length,
    forms: HanForms,
    font: Option<(FaceId, i32)>,
    color: Option<Color>,
    /// Inside of a text object: where its last line began.
    line_start: Option<(Length, Length)>,
}

impl<'f> Content<'f> {
    pub(super) fn new(fonts: &'f mut Fonts, page_height: Length, forms: HanForms) -> Self {
        let bytes = Vec::with_capacity(16 * 1024);
        Self { bytes, fonts, page_height, forms, font: None, color: None, line_start: None }
    }

    /// Fills a rectangle.
    pub(super) fn rectangle(&mut self, left: Length, top: Length, right: Length, bottom: Length, color: Color) {
        self.end_text();
        self.set_color(color);
        for value in [left, self.page_height - bottom, right - left, bottom - top] {
            push_length(&mut self.bytes, value);
            self.bytes.push(b' ');
        }
        self.bytes.extend_from_slice(b"re f\n");
    }

    /// Fills the dark modules of a symbol as one path, so that no seams show between them.
    pub(super) fn symbol(&mut self, left: Length, top: Length, side: Length, symbol: &Symbol) {
        self.end_text();
        self.set_color(INK);
        for &Bar { left: start, row, length } in &symbol.bars {
            let (from, to) = (symbol.edge(start, side), symbol.edge(start + length, side));
            let (upper, lower) = (symbol.edge(row, side), symbol.edge(row + 1, side));
            for value in [left + from, self.page_height - top - lower, to - from, lower - upper] {
                push_length(&mut self.bytes, value);
                self.bytes.push(b' ');
            }
            self.bytes.extend_from_slice(b"re\n");
        }
        self.bytes.extend_from_slice(b"f\n");
    }

    /// Draws the logo in a box.
    pub(super) fn logo(&mut self, left: Length, top: Length, width: Length, height: Length) {
        self.end_text();
        self.bytes.extend_from_slice(b"q ");
        for value in [width, 0, 0, height, left, self.page_height - top - height] {
            push_length(&mut self.bytes, value);
            self.bytes.push(b' ');
        }
        let _ = writeln!(self.bytes, "cm /{LOGO} Do Q");
    }

    /// Shows a text whose baseline begins at a place; y runs downwards. A line of a paragraph takes its level.
    pub(super) fn text(&mut self, x: Length, y: Length, style: TextStyle, text: &str, base: Option<Level>) {
        self.move_to(x, self.page_height - y);
        self.set_color(style.color);
        if is_simple(text, style.weight, base) {
            self.simple_text(style, text);
        } else {
            for run in shape(text, style.weight, self.forms, base) {
                let is_thickened = style.weight == Weight::Bold && run.face.is_east_asian();
                if is_thickened {
                    self.thicken(style);
                }
                self.run(style, &run);
                if is_thickened {
                    self.bytes.extend_from_slice(b"0 Tr\n");
                }
            }
        }
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.end_text();
        self.bytes
    }

    fn simple_text(&mut self, style: TextStyle, text: &str) {
        let id = FaceId::base(style.weight);
        self.set_font(id, style.size);
        let face = id.face();
        let usage = self.fonts.usage(id);
        self.bytes.push(b'(');
        for character in text.chars() {
            let glyph = face.glyph(character).unwrap_or_default();
            push_code(&mut self.bytes, usage.code_of_character(character, glyph));
        }
        self.bytes.extend_from_slice(b")Tj\n");
    }

    /// Shows shaped glyphs: moved where the shaper wants them, and with the text that they stand for.
    fn run(&mut self, style: TextStyle, run: &Run) {
        self.set_font(run.face, style.size);
        if let Some(text) = &run.actual_text {
            push_actual_text(&mut self.bytes, text);
        }
        let face = run.face.face();
        let mut rise = 0;
        let mut array = Array::default();
        for glyph in &run.glyphs {
            let code = match (glyph.text.chars().next(), run.face == FaceId::base(style.weight)) {
                (Some(character), true) if glyph.text.len() == character.len_utf8() => {
                    self.fonts.usage(run.face).code_of_character(character, glyph.id)
                }
                _ => self.fonts.usage(run.face).code_of_glyph(glyph.id, &glyph.text),
            };
            if glyph.shift.1 != rise {
                array.close(&mut self.bytes);
                rise = glyph.shift.1;
                push_length(&mut self.bytes, style.scaled(rise));
                self.bytes.extend_from_slice(b" Ts\n");
            }
            array.move_by(glyph.shift.0);
            array.show(&mut self.bytes, code);
            let advance = i32::from(face.advance(glyph.id));
            array.move_by(glyph.advance.saturating_sub(advance).saturating_sub(glyph.shift.0));
        }
        array.close(&mut self.bytes);
        if rise != 0 {
            self.bytes.extend_from_slice(b"0 Ts\n");
        }
        if run.actual_text.is_some() {
            self.bytes.extend_from_slice(b"EMC\n");
        }
    }

    /// Draws the outlines of the glyphs that follow, too: the bold of faces of one weight.
    fn thicken(&mut self, style: TextStyle) {
        const OUTLINE_THOUSANDTHS: i32 = 32;
        self.bytes.extend_from_slice(b"2 Tr ");
        push_length(&mut self.bytes, style.scaled(OUTLINE_THOUSANDTHS));
        self.bytes.extend_from_slice(b" w ");
        push_color(&mut self.bytes, style.color);
        self.bytes.extend_from_slice(b"RG\n");
    }

    fn move_to(&mut self, x: Length, y: Length) {
        let (from_x, from_y) = self.line_start.unwrap_or_else(|| {
            self.bytes.extend_from_slice(b"BT\n");
            (0, 0)
        });
        push_length(&mut self.bytes, x - from_x);
        self.bytes.push(b' ');
        push_length(&mut self.bytes, y - from_y);
        self.bytes.extend_from_slice(b" Td\n");
        self.line_start = Some((x, y));
    }

    fn end_text(&mut self) {
        if self.line_start.take().is_some() {
            self.bytes.extend_from_slice(b"ET\n");
        }
    }

    fn set_font(&mut self, id: FaceId, size: i32) {
        if self.font != Some((id, size)) {
            self.font = Some((id, size));
            // A Vec takes every byte, so writing cannot fail.
            let _ = write!(self.bytes, "/{RESOURCE_PREFIX}{} ", id.index());
            push_length(&mut self.bytes, size * 100);
            self.bytes.extend_from_slice(b" Tf\n");
        }
    }

    fn set_color(&mut self, color: Color) {
        if self.color != Some(color) {
            self.color = Some(color);
            push_color(&mut self.bytes, color);
            self.bytes.extend_from_slice(b"rg\n");
        }
    }
}

/// Two bytes of a literal string; the bytes that mean something in it are escaped (ISO 32000-1, 7.3.4.2).
fn push_code(bytes: &mut Vec<u8>, code: u16) {
    for byte in code.to_be_bytes() {
        match byte {
            b'(' | b')' | b'\\' => bytes.extend_from_slice(&[b'\\', byte]),
            b'\r' => bytes.extend_from_slice(b"\\r"),
            _ => bytes.push(byte),
        }
    }
}

fn push_color(bytes: &mut Vec<u8>, color: Color) {
    for part in [color.red, color.green, color.blue] {
        push_length(bytes, i32::from(part) * 1000 / 255);
        bytes.push(b' ');
    }
}

/// The operand of `TJ` (ISO 32000-1, 9.4.3): strings, and between two of them at most one number.
#[derive(Default)]
struct Array {
    is_open: bool,
    /// How far the pen is to move before the next glyph, in thousandths of the font size.
    move_by: i32,
}

impl Array {
    fn move_by(&mut self, thousandths: i32) {
        self.move_by = self.move_by.saturating_add(thousandths);
    }

    fn show(&mut self, bytes: &mut Vec<u8>, code: u16) {
        self.open(bytes);
        self.push_move(bytes);
        bytes.push(b'(');
        push_code(bytes, code);
        bytes.push(b')');
    }

    fn open(&mut self, bytes: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.is_open, true) {
            bytes.push(b'[');
        }
    }

    fn push_move(&mut self, bytes: &mut Vec<u8>) {
        let thousandths = std::mem::take(&mut self.move_by);
        if thousandths != 0 {
            // The number is subtracted from the pen's place.
            let _ = write!(bytes, "{}", thousandths.saturating_neg());
        }
    }

    /// Ends the array. A move that is left over goes into it: what is shown next begins where the pen stands.
    fn close(&mut self, bytes: &mut Vec<u8>) {
        if self.move_by != 0 {
            self.open(bytes);
            self.push_move(bytes);
        }
        if std::mem::take(&mut self.is_open) {
            bytes.extend_from_slice(b"]TJ\n");
        }
    }
}

fn push_actual_text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend_from_slice(b"/Span<</ActualText<FEFF");
    for unit in text.encode_utf16() {
        let _ = write!(bytes, "{unit:04X}");
    }
    bytes.extend_from_slice(b">>>BDC\n");
}

/// Writes thousandths as a decimal number without trailing zeros.
fn push_length(bytes: &mut Vec<u8>, value: Length) {
    if value < 0 {
        bytes.push(b'-');
    }
    let magnitude = value.unsigned_abs();
    let mut digits = [b'0'; 12];
    let mut start = digits.len();
    let mut rest = magnitude;
    while rest > 0 || start > digits.len() - 4 {
        start -= 1;
        digits[start] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
    }
    let (whole, fraction) = digits[start..].split_at(digits.len() - start - 3);
    bytes.extend_from_slice(whole);
    let kept = fraction.iter().rposition(|digit| *digit != b'0').map_or(0, |last| last + 1);
    if kept > 0 {
        bytes.push(b'.');
        bytes.extend_from_slice(&fraction[..kept]);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use lopdf::Object;
    use lopdf::content::{Content as Operations, Operation};

    use super::*;
    use crate::style::color;
    use crate::text::{line_width, points};

    /// Texts whose glyphs are moved by their shaper: marks over and under letters, and letters that join.
    const SHAPED: [&str; 11] = [
        "\u{e17}\u{e35}\u{e48} \u{e19}\u{e35}\u{e49} \u{e1b}\u{e49}\u{e33} \u{e1f}\u{e37}\u{e49}\u{e19}",
        "\u{e40}\u{e1b}\u{e47}\u{e19}\u{e40}\u{e07}\u{e34}\u{e19}\u{e1a}\u{e32}\u{e17}",
        "\u{5e9}\u{5c1}\u{5b8}\u{5dc}\u{5d5}\u{5b9}\u{5dd} \u{5e2}\u{5b2}\u{5dc}\u{5b5}\u{5d9}\u{5db}\u{5b6}\u{5dd}",
        "\u{645}\u{64f}\u{62d}\u{64e}\u{645}\u{651}\u{64e}\u{62f} \u{641}\u{627}\u{62a}\u{648}\u{631}\u{629}",
        "\u{915}\u{94d}\u{937}\u{924}\u{94d}\u{930}\u{93f}\u{92f} \u{936}\u{941}\u{932}\u{94d}\u{915}",
        "O\u{323}\u{300}yo\u{323}\u{301} x\u{302}\u{308} n\u{301}\u{329}",
        "12 \u{e17}\u{e35}\u{e48} (\u{5e9}\u{5c1}\u{5b8}) 34",
        "e\u{301}\u{301}\u{301}",
        "\u{6f22}\u{5b57} \u{d55c}\u{ae00}",
        "\u{12000}\u{12001}",
        "\u{430}\u{301}\u{431}\u{300}",
    ];

    fn number(object: &Object) -> f64 {
        match object {
            #[expect(clippy::cast_precision_loss, reason = "what stands in a content stream is small")]
            Object::Integer(value) => *value as f64,
            other => f64::from(other.as_float().unwrap()),
        }
    }

    /// Where the origins of the glyphs stand, and where the pen ends, by the rules of ISO 32000-1, 9.4.4.
    fn read(content: &[u8], fonts: &Fonts) -> (Vec<(f64, f64)>, f64) {
        let (mut x, mut y, mut size, mut face, mut rise) = (0.0, 0.0, 0.0, FaceId::base(Weight::Regular), 0.0);
        let mut origins = Vec::new();
        let mut show = |codes: &[u8], x: &mut f64, place: (f64, f64), size: f64, face: FaceId| {
            for code in codes.as_chunks::<2>().0 {
                origins.push((*x, place.0 + place.1));
                let code = usize::from(u16::from_be_bytes(*code));
                let usage = fonts.used().find(|usage| usage.id == face).unwrap();
                let width = crate::font::FontProgram::of(usage).unwrap().widths[code];
                *x += f64::from(width) * size / 1000.0;
            }
        };
        for Operation { operator, operands } in Operations::decode(content).unwrap().operations {
            match operator.as_str() {
                "Td" => (x, y) = (x + number(&operands[0]), y + number(&operands[1])),
                "Ts" => rise = number(&operands[0]),
                "Tf" => {
                    let name = operands[0].as_name().unwrap();
                    face = FaceId::all().find(|id| resource_name(*id).as_bytes() == name).unwrap();
                    size = number(&operands[1]);
                }
                "Tj" => show(operands[0].as_str().unwrap(), &mut x, (y, rise), size, face),
                "TJ" => {
                    for part in operands[0].as_array().unwrap() {
                        match part {
                            Object::String(codes, _) => show(codes, &mut x, (y, rise), size, face),
                            adjustment => x -= number(adjustment) * size / 1000.0,
                        }
                    }
                }
                _ => {}
            }
        }
        (origins, x)
    }

    #[test]
    fn glyphs_stand_where_the_shaper_puts_them() {
        const LEFT: Length = points(100);
        for text in SHAPED {
            for weight in [Weight::Regular, Weight::Bold] {
                let style = TextStyle { weight, size: 90, color: color(0, 0, 0) };
                let mut fonts = Fonts::new();
                let mut content = Content::new(&mut fonts, points(800), HanForms::default());
                content.text(LEFT, points(400), style, text, None);
                let (origins, end) = read(&content.finish(), &fonts);

                let mut pen = f64::from(LEFT) / 1000.0;
                let em = f64::from(style.size) / 10.0;
                let mut expected = Vec::new();
                for glyph in shape(text, weight, HanForms::default(), None).iter().flat_map(|run| &run.glyphs) {
                    let (right, up) = (f64::from(glyph.shift.0), f64::from(glyph.shift.1));
                    expected.push((pen + right * em / 1000.0, 400.0 + up * em / 1000.0));
                    pen += f64::from(glyph.advance) * em / 1000.0;
                }
                assert_eq!(origins.len(), expected.len(), "{text}");
                for (found, wanted) in origins.iter().zip(&expected) {
                    let off = (found.0 - wanted.0).abs().max((found.1 - wanted.1).abs());
                    assert!(off < 0.01, "{text}: a glyph stands at {found:?} instead of {wanted:?}");
                }
                let width = f64::from(line_width(text, style, None)) / 1000.0;
                assert!((end - f64::from(LEFT) / 1000.0 - width).abs() < 0.01, "{text}: the pen ends at {end}");
            }
        }
    }
}
