//! The PDF file: printpdf's skeleton, filled.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use invoice::Logo;
use lopdf::{Dictionary, Document, Object, ObjectId, Stream, StringFormat};
use printpdf::{
    FontId, FontMetrics, FontType, Op, ParsedFont, PdfDocument, PdfFont, PdfFontHandle, PdfFontMetricsStub, PdfPage,
    PdfSaveOptions, Pt, Rect, TextItem,
};
use sha2::{Digest as _, Sha256};

use super::attachments::{EmbeddedFile, embed};
use super::content::{Fonts, LOGO, resource_name};
use super::geometry::Geometry;
use super::image::add_image;
use super::metadata::Metadata;
use crate::RenderError;
use crate::compression::deflate_small;
use crate::font::{Face, FontProgram, FontUsage};

/// The sRGB space as an ICC profile.
const SRGB: &[u8] = include_bytes!("../../color/srgb.icc");
/// The one character of the skeleton, without which printpdf would leave a face out.
const SKELETON_TEXT: char = ' ';

/// The content stream of a page, compressed.
pub(super) struct PageContent {
    pub(super) compressed: Vec<u8>,
}

/// What the pages' contents name.
pub(super) struct Resources<'a> {
    pub(super) fonts: &'a Fonts,
    pub(super) logo: Option<&'a Logo>,
}

/// What is in the document beside its pages.
pub(super) struct Enclosed<'a> {
    pub(super) metadata: Metadata,
    pub(super) files: Vec<EmbeddedFile<'a>>,
}

/// A digest of all page contents and the logo, of which the file's identifier is made.
#[derive(Default)]
pub(super) struct Digest(Sha256);

impl Digest {
    pub(super) fn take_in(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
}

/// Puts the document together and writes it.
pub(super) fn assemble(
    geometry: &Geometry,
    contents: Vec<PageContent>,
    resources: Resources<'_>,
    enclosed: &Enclosed<'_>,
    mut digest: Digest,
) -> Result<Vec<u8>, RenderError> {
    let programs: Vec<_> = resources
        .fonts
        .used()
        .map(|usage| Ok((usage, FontProgram::of(usage)?)))
        .collect::<Result<_, subsetter::Error>>()?;
    let skeleton = skeleton(geometry, contents.len(), &programs);
    let mut document = skeleton.to_lopdf_document(&PdfSaveOptions::default(), &mut Vec::new());
    document.version = "1.7".to_owned();
    fill_pages(&mut document, contents, &programs, resources.logo)?;
    enclosed.files.iter().for_each(|file| file.digest(&mut digest));
    embed(&mut document, &enclosed.files, &enclosed.metadata.pdf_date())?;
    archive(&mut document, &enclosed.metadata, digest)?;
    let mut bytes = Vec::with_capacity(document.objects.len() * 256 + 64 * 1024);
    document.save_to(&mut bytes).map_err(lopdf::Error::from)?;
    Ok(bytes)
}

/// Pages without content, of which the first names the faces.
fn skeleton(geometry: &Geometry, pages: usize, programs: &[(&FontUsage, Arc<FontProgram>)]) -> PdfDocument {
    let mut document = PdfDocument::new("");
    let mut operations = Vec::with_capacity(2 * programs.len());
    for (usage, program) in programs {
        let id = FontId(resource_name(usage.id));
        let font = PdfFont::new(parsed_font(usage.id.face(), &program.tag));
        document.resources.fonts.map.insert(id.clone(), font);
        operations.push(Op::SetFont { font: PdfFontHandle::External(id), size: Pt(1.0) });
        operations.push(Op::ShowText { items: vec![TextItem::Text(SKELETON_TEXT.to_string())] });
    }
    let page = Rect::from_wh(in_points(geometry.width), in_points(geometry.height));
    let empty = PdfPage { media_box: page.clone(), trim_box: page.clone(), crop_box: page, ops: Vec::new() };
    document.pages = vec![empty; pages];
    if let Some(first) = document.pages.first_mut() {
        first.ops = operations;
    }
    document
}

#[expect(clippy::cast_precision_loss, reason = "the sizes of pages are small")]
fn in_points(length: i32) -> Pt {
    Pt(length as f32 / 1000.0)
}

/// What printpdf is to know of a face: its metrics, one glyph, and a place for the file.
fn parsed_font(face: &Face, tag: &str) -> ParsedFont {
    let [x_min, y_min, x_max, y_max] = face.bounds;
    ParsedFont {
        original_bytes: vec![0],
        font_index: 0,
        font_name: Some(format!("{tag}+{}", face.name)),
        codepoint_to_glyph: BTreeMap::from([(u32::from(SKELETON_TEXT), 1)]),
        glyph_widths: BTreeMap::from([(1, 0)]),
        units_per_em: 1000,
        font_metrics: FontMetrics { ascent: face.ascent, descent: face.descent },
        font_type: FontType::TrueType,
        pdf_font_metrics: PdfFontMetricsStub {
            units_per_em: 1000,
            x_min,
            y_min,
            x_max,
            y_max,
            caret_slope_rise: 1,
            caret_slope_run: 0,
            us_weight_class: face.weight,
        },
    }
}

/// Gives each page its content, and all pages one dictionary of resources with our font files in it.
fn fill_pages(
    document: &mut Document,
    contents: Vec<PageContent>,
    programs: &[(&FontUsage, Arc<FontProgram>)],
    logo: Option<&Logo>,
) -> Result<(), RenderError> {
    let pages: Vec<ObjectId> = document.get_pages().into_values().collect();
    let Some(first) = pages.first() else { return Ok(()) };
    let shared = document.get_dictionary(*first)?.get(b"Resources")?.as_reference()?;
    let fonts = document.get_dictionary(shared)?.get(b"Font")?.as_reference()?;
    document.get_dictionary_mut(shared)?.remove(b"XObject");
    document.get_dictionary_mut(shared)?.remove(b"ExtGState");
    document.get_dictionary_mut(shared)?.remove(b"Shading");
    if let Some(logo) = logo {
        let mut images = Dictionary::new();
        images.set(LOGO, Object::Reference(add_image(document, logo)));
        document.get_dictionary_mut(shared)?.set("XObject", Object::Dictionary(images));
    }
    for (page, content) in pages.into_iter().zip(contents) {
        let dictionary = document.get_dictionary_mut(page)?;
        dictionary.remove(b"Annots");
        let own = dictionary.get(b"Resources")?.as_reference()?;
        dictionary.set("Resources", Object::Reference(shared));
        let target = dictionary.get(b"Contents")?.as_reference()?;
        if own != shared {
            document.objects.remove(&own);
        }
        document.set_object(target, compressed_stream(Dictionary::new(), content.compressed));
    }
    for (usage, program) in programs {
        let font = document.get_dictionary(fonts)?.get(resource_name(usage.id).as_bytes())?.as_reference()?;
        fill_font(document, font, usage, program)?;
    }
    Ok(())
}

/// Puts a face's file, widths and texts in the place of the skeleton's.
fn fill_font(
    document: &mut Document,
    font: ObjectId,
    usage: &FontUsage,
    program: &FontProgram,
) -> Result<(), RenderError> {
    let dictionary = document.get_dictionary_mut(font)?;
    let to_unicode = dictionary.get(b"ToUnicode")?.as_reference()?;
    let descendants = dictionary.get_mut(b"DescendantFonts")?.as_array_mut()?;
    let descendant =
        descendants.first_mut().ok_or(lopdf::Error::DictKey("DescendantFonts".to_owned()))?.as_dict_mut()?;
    let widths = program.widths.iter().map(|width| Object::Integer(i64::from(*width))).collect();
    descendant.set("W", vec![Object::Integer(0), Object::Array(widths)]);
    let descriptor = descendant.get(b"FontDescriptor")?.as_reference()?;

    let descriptor = document.get_dictionary_mut(descriptor)?;
    descriptor.set("CapHeight", i64::from(usage.id.face().cap_height));
    let file = descriptor.get(b"FontFile2")?.as_reference()?;
    let mut dictionary = Dictionary::new();
    dictionary.set("Length1", i64::try_from(program.file_length).unwrap_or(i64::MAX));
    document.set_object(file, compressed_stream(dictionary, program.file.clone()));
    document.set_object(to_unicode, compressed_stream(Dictionary::new(), program.to_unicode.clone()));
    Ok(())
}

fn compressed_stream(mut dictionary: Dictionary, content: Vec<u8>) -> Stream {
    dictionary.set("Filter", Object::Name(b"FlateDecode".to_vec()));
    Stream::new(dictionary, content).with_compression(false)
}

/// What PDF/A-3b asks for beside embedded fonts: a colour space for the whole document, XMP, fixed identifiers.
fn archive(document: &mut Document, metadata: &Metadata, digest: Digest) -> Result<(), RenderError> {
    let profile = document.add_object(srgb_profile());
    let mut intent = Dictionary::new();
    intent.set("Type", Object::Name(b"OutputIntent".to_vec()));
    intent.set("S", Object::Name(b"GTS_PDFA1".to_vec()));
    intent.set("OutputConditionIdentifier", Object::string_literal("sRGB IEC61966-2.1"));
    intent.set("Info", Object::string_literal("sRGB IEC61966-2.1"));
    intent.set("RegistryName", Object::string_literal("http://www.color.org"));
    intent.set("DestOutputProfile", Object::Reference(profile));

    let mut xmp = Dictionary::new();
    xmp.set("Type", Object::Name(b"Metadata".to_vec()));
    xmp.set("Subtype", Object::Name(b"XML".to_vec()));
    let xmp = document.add_object(Stream::new(xmp, metadata.xmp().into_bytes()).with_compression(false));

    let mut preferences = Dictionary::new();
    preferences.set("DisplayDocTitle", true);
    let catalog = document.catalog_mut()?;
    catalog.set("OutputIntents", vec![Object::Dictionary(intent)]);
    catalog.set("Metadata", Object::Reference(xmp));
    catalog.set("Lang", Object::string_literal(metadata.language));
    catalog.set("ViewerPreferences", Object::Dictionary(preferences));

    let info = document.trailer.get(b"Info")?.as_reference()?;
    document.set_object(info, information(metadata));
    let mut digest = digest.0;
    digest.update(metadata.xmp());
    let identifier = Object::String(digest.finalize()[..16].to_vec(), StringFormat::Hexadecimal);
    document.trailer.set("ID", vec![identifier.clone(), identifier]);
    Ok(())
}

fn srgb_profile() -> Stream {
    static COMPRESSED: LazyLock<Vec<u8>> = LazyLock::new(|| deflate_small(SRGB));
    let mut dictionary = Dictionary::new();
    dictionary.set("N", 3);
    compressed_stream(dictionary, COMPRESSED.clone())
}

fn information(metadata: &Metadata) -> Dictionary {
    let mut info = Dictionary::new();
    info.set("Title", text_string(&metadata.title));
    info.set("Author", text_string(&metadata.author));
    info.set("Producer", text_string(Metadata::producer()));
    info.set("CreationDate", Object::string_literal(metadata.pdf_date()));
    info.set("ModDate", Object::string_literal(metadata.pdf_date()));
    info
}

/// A text string (ISO 32000-1, 7.9.2.2): UTF-16 where ASCII does not do.
pub(super) fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::string_literal(text);
    }
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    Object::String(units.flat_map(u16::to_be_bytes).collect(), StringFormat::Hexadecimal)
}
