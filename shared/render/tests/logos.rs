//! Logos on the page and in the workbook.

#![allow(clippy::unwrap_used, missing_docs)]

mod samples;
mod tools;

use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice::{Format, Invoice};
use png::{ColorType, Encoder};
use render::{Layout, Style};
use samples::{full, parse};
use serde_json::json;

fn png(size: (u32, u32), color: ColorType, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(color);
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    file
}

/// 60 × 20 pixels of one colour.
fn filled(pixel: &[u8]) -> Vec<u8> {
    png((60, 20), if pixel.len() == 4 { ColorType::Rgba } else { ColorType::Rgb }, &pixel.repeat(60 * 20))
}

fn with_logo(file: &[u8]) -> Invoice {
    let mut json = full();
    json["logo"] = json!(STANDARD.encode(file));
    parse(&json)
}

fn pdf(invoice: &Invoice, layout: Layout) -> Vec<u8> {
    let mut style = Style::default();
    style.layout = layout;
    render::render(invoice, Format::Pdf, &style).unwrap().bytes
}

/// The colour at a place of the first page, in points from its upper left corner.
fn color_at(pdf: &[u8], x: usize, y: usize) -> [u8; 3] {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page");
    tools::run("pdftoppm", &["-png", "-r", "72", "-singlefile", "{}", target.to_str().unwrap()], pdf);
    let page = std::fs::read(target.with_extension("png")).unwrap();
    let mut reader = png::Decoder::new(Cursor::new(page)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let at = 3 * (y * info.width as usize + x);
    pixels[at..at + 3].try_into().unwrap()
}

fn is_near(color: [u8; 3], expected: [u8; 3]) -> bool {
    color.iter().zip(expected).all(|(part, expected)| part.abs_diff(expected) <= 3)
}

/// A place inside of the logo: at the upper left of the page, or of its right column.
fn inside(layout: Layout) -> (usize, usize) {
    if layout == Layout::Classic { (64, 64) } else { (398, 64) }
}

#[test]
fn the_page_shows_through_a_translucent_logo() {
    for layout in [Layout::Classic, Layout::Modern] {
        let (x, y) = inside(layout);
        for (pixel, expected) in [
            (&[200, 40, 0, 255][..], [200, 40, 0]),
            (&[200, 40, 0][..], [200, 40, 0]),
            (&[200, 0, 0, 128][..], [227, 127, 127]),
            (&[200, 0, 0, 0][..], [255, 255, 255]),
        ] {
            let document = pdf(&with_logo(&filled(pixel)), layout);
            let color = color_at(&document, x, y);
            assert!(is_near(color, expected), "{layout:?} {pixel:?}: {color:?}");
            let report = tools::run("qpdf", &["--check", "{}"], &document);
            assert!(report.contains("No syntax or stream encoding errors"), "{report}");
        }
    }
}

#[test]
fn a_jpeg_file_is_kept_as_it_is() {
    // A page as the logo: a JPEG file that another program wrote.
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page");
    let page = pdf(&parse(&full()), Layout::Classic);
    tools::run("pdftoppm", &["-jpeg", "-r", "30", "-singlefile", "{}", target.to_str().unwrap()], &page);
    let jpeg = std::fs::read(target.with_extension("jpg")).unwrap();
    let document = pdf(&with_logo(&jpeg), Layout::Classic);
    let images = tools::run("pdfimages", &["-list", "{}"], &document);
    assert!(images.contains(" jpeg "), "{images}");
    assert!(document.windows(jpeg.len()).any(|part| part == jpeg));
}

#[test]
fn large_logos_do_not_make_large_documents() {
    let noise: Vec<u8> =
        (0..3 * 2_000 * 1_000_u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let mut invoice = with_logo(&filled(&[1, 2, 3]));
    let limits = invoice::Limits::default();
    invoice.presentation.logo =
        Some(invoice::Logo::read(png((2_000, 1_000), ColorType::Rgb, &noise), &limits).unwrap());
    let document = pdf(&invoice, Layout::Classic);
    let images = tools::run("pdfimages", &["-list", "{}"], &document);
    assert!(images.contains("1000   500"), "{images}");
    assert!(document.len() < 1_700_000, "{} bytes", document.len());
}

#[test]
fn the_same_logo_gives_the_same_bytes() {
    let invoice = with_logo(&filled(&[9, 8, 7, 100]));
    let first = pdf(&invoice, Layout::Modern);
    for color in 0..40 {
        pdf(&with_logo(&filled(&[color, 8, 7, 100])), Layout::Modern);
    }
    assert_eq!(first, pdf(&invoice, Layout::Modern));
    assert_ne!(first, pdf(&with_logo(&filled(&[9, 8, 7, 101])), Layout::Modern));
}

#[test]
fn workbooks_show_the_logo() {
    let file = filled(&[200, 0, 0, 128]);
    let workbook = render::render(&with_logo(&file), Format::Excel, &Style::default()).unwrap().bytes;
    let name = b"xl/media/image1.png";
    assert!(workbook.windows(name.len()).any(|part| part == name));
}
