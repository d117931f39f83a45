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
        let mut is_open = false;
        for glyph in &run.glyphs {
            let code = match (glyph.text.chars().next(), run.face == FaceId::base(style.weight)) {
                (Some(character), true) if glyph.text.len() == character.len_utf8() => {
                    self.fonts.usage(run.face).code_of_character(character, glyph.id)
                }
                _ => self.fonts.usage(run.face).code_of_glyph(glyph.id, &glyph.text),
            };
            if glyph.shift.1 != rise {
                close_array(&mut self.bytes, &mut is_open);
                rise = glyph.shift.1;
                push_length(&mut self.bytes, style.scaled(rise));
                self.bytes.extend_from_slice(b" Ts\n");
            }
            if !is_open {
                self.bytes.push(b'[');
                is_open = true;
            }
            push_adjustment(&mut self.bytes, -glyph.shift.0);
            self.bytes.push(b'(');
            push_code(&mut self.bytes, code);
            self.bytes.push(b')');
            let advance = i32::from(face.advance(glyph.id));
            push_adjustment(&mut self.bytes, advance - glyph.advance + glyph.shift.0);
        }
        close_array(&mut self.bytes, &mut is_open);
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

fn push_adjustment(bytes: &mut Vec<u8>, thousandths: i32) {
    if thousandths != 0 {
        let _ = write!(bytes, "{thousandths}");
    }
}

fn close_array(bytes: &mut Vec<u8>, is_open: &mut bool) {
    if std::mem::take(is_open) {
        bytes.extend_from_slice(b"]TJ\n");
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
