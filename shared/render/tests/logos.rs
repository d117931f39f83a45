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
    let (width, pixels) = first_page(pdf);
    let at = 3 * (y * width + x);
    pixels[at..at + 3].try_into().unwrap()
}

/// The width of the first page in points, and red, green and blue of each.
fn first_page(pdf: &[u8]) -> (usize, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page");
    tools::run("pdftoppm", &["-png", "-r", "72", "-singlefile", "{}", target.to_str().unwrap()], pdf);
    let page = std::fs::read(target.with_extension("png")).unwrap();
    let mut reader = png::Decoder::new(Cursor::new(page)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    (info.width as usize, pixels)
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
    assert!(contains(&document, &jpeg));
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// See `shared/invoice/tests/pictures/README.md`.
const PHONE: &[u8] = include_bytes!("../../invoice/tests/pictures/phone.jpg");

#[test]
fn photographs_stand_upright_and_say_nothing_of_their_place() {
    let invoice = with_logo(PHONE);
    let (red, green) = ([220, 30, 30], [30, 200, 60]);
    let document = pdf(&invoice, Layout::Classic);
    let is_alike =
        |color: [u8; 3], expected: [u8; 3]| color.iter().zip(expected).all(|(part, one)| part.abs_diff(one) < 20);
    // Its 32 pixels are as many points, from the corner of the margins.
    assert!(is_alike(color_at(&document, 58, 57), red) && is_alike(color_at(&document, 82, 57), green));
    let workbook = render::render(&invoice, Format::Excel, &Style::default()).unwrap().bytes;
    let picture = picture_of(&workbook);
    for secret in [b"Exif".as_slice(), b"Secret"] {
        assert!(!contains(&document, secret) && !contains(&picture, secret));
    }
}

/// The picture in a workbook.
fn picture_of(workbook: &[u8]) -> Vec<u8> {
    let mut book = zip::ZipArchive::new(Cursor::new(workbook)).unwrap();
    let names: Vec<String> = book.file_names().map(|name| name.unwrap().into_owned()).collect();
    let name = names.iter().find(|name| name.starts_with("xl/media/")).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut book.by_name(name).unwrap(), &mut bytes).unwrap();
    bytes
}

#[test]
fn texts_in_png_files_do_not_reach_documents() {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 60, 20);
    encoder.set_color(ColorType::Rgb);
    encoder.add_text_chunk("Comment".to_owned(), "Secret place".to_owned()).unwrap();
    encoder.write_header().unwrap().write_image_data(&[9; 3 * 60 * 20]).unwrap();
    assert!(contains(&file, b"Secret"));
    let invoice = with_logo(&file);
    let workbook = render::render(&invoice, Format::Excel, &Style::default()).unwrap().bytes;
    assert!(!contains(&picture_of(&workbook), b"Secret") && !contains(&pdf(&invoice, Layout::Modern), b"Secret"));
}

/// Where a picture of one colour stands on the first page: left, right, upper and lower edge in points.
fn box_of(pdf: &[u8], color: [u8; 3]) -> [usize; 4] {
    let (width, pixels) = first_page(pdf);
    let (mut left, mut right, mut upper, mut lower) = (usize::MAX, 0, usize::MAX, 0);
    for (index, pixel) in pixels.as_chunks::<3>().0.iter().enumerate() {
        if is_near(*pixel, color) {
            let (x, y) = (index % width, index / width);
            (left, right) = (left.min(x), right.max(x));
            (upper, lower) = (upper.min(y), lower.max(y));
        }
    }
    [left, right, upper, lower]
}

#[test]
fn logos_have_a_width_and_a_side() {
    let color = [200, 40, 0];
    let place = |width: Option<u16>, side: Option<&str>, layout| {
        let mut json = full();
        json["logo"] = json!(STANDARD.encode(filled(&[200, 40, 0])));
        json["logo_width"] = json!(width);
        json["logo_side"] = json!(side);
        box_of(&pdf(&parse(&json), layout), color)
    };
    // A4 is 595 points wide, with margins of 54; a millimetre is 2.835 points.
    let near = |found: usize, expected: usize| found.abs_diff(expected) <= 1;
    for layout in [Layout::Classic, Layout::Modern] {
        for (width, points) in [(None, 60), (Some(10), 28), (Some(40), 113), (Some(100), 283)] {
            for side in [Some("left"), Some("right"), None] {
                let [left, right, upper, lower] = place(width, side, layout);
                let what = format!("{layout:?} {width:?} {side:?}: {left} to {right}, {upper} to {lower}");
                assert!(near(right - left, points), "{what}");
                assert!(near(lower - upper, points / 3), "{what}");
                assert!(near(upper, 54), "{what}");
                match side {
                    Some("left") => assert!(near(left, 54), "{what}"),
                    Some(_) if layout == Layout::Classic => assert!(near(right, 541), "{what}"),
                    _ => assert!(left >= 53 && right <= 542, "{what}"),
                }
            }
        }
    }
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

/// A drawing of 60 × 20: red to the left, green and half translucent to the right.
const DRAWING: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><defs><path id="half" d="M0 0h30v20H0z"/></defs>
    <use href="#half" fill="#c82800"/><use href="#half" x="30" fill="#00c828" fill-opacity=".5"/></svg>"##;

#[test]
fn drawings_are_shown_on_the_page_and_in_the_workbook() {
    let invoice = with_logo(DRAWING.as_bytes());
    for layout in [Layout::Classic, Layout::Modern] {
        let document = pdf(&invoice, layout);
        let [left, right, upper, lower] = box_of(&document, [200, 40, 0]);
        // The room of a logo is 170 × 52 points, of which a drawing takes all that its shape allows.
        assert!(
            (right - left).abs_diff(78) <= 2 && (lower - upper).abs_diff(52) <= 2,
            "{left} {right} {upper} {lower}"
        );
        assert!(is_near(color_at(&document, right + 20, upper + 20), [127, 227, 147]));
        assert_eq!(document, pdf(&invoice, layout));
    }
    let workbook = render::render(&invoice, Format::Excel, &Style::default()).unwrap().bytes;
    let picture = png::Decoder::new(Cursor::new(picture_of(&workbook))).read_info().unwrap().info().size();
    assert_eq!(picture, (576, 192));
}

#[test]
fn drawings_have_enough_pixels_for_print() {
    let mut json = full();
    json["logo"] = json!(STANDARD.encode(DRAWING));
    json["logo_width"] = json!(150);
    let document = pdf(&parse(&json), Layout::Classic);
    let images = tools::run("pdfimages", &["-list", "{}"], &document);
    let row: Vec<&str> = images.lines().nth(2).unwrap().split_whitespace().collect();
    let dots: u32 = row[12].parse().unwrap();
    assert!(dots >= 300, "{images}");
    assert!(document.len() < 100_000, "{} bytes", document.len());
}

/// Red over green, a blue line across, and a curve with a hole, in units of its own that are turned and stretched.
const SHAPES: &str = r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 6 2"><rect width="6" height="1" fill="#c82800"/>
    <g transform="translate(0 1) scale(6 1)"><path d="M0 0h1v1H0z" fill="#00c828"/></g>
    <path d="M0 1h3" stroke="#0028c8" stroke-width=".4"/>
    <path fill="#ffffff" fill-rule="evenodd" d="M4 .5Q5-.5 6 .5T4 .5zM4 1.2h2v.7h-2zM4.5 1.4h1v.3h-1z"/></svg>"##;

#[test]
fn plain_shapes_stay_shapes_on_the_page() {
    for layout in [Layout::Classic, Layout::Modern] {
        let document = pdf(&with_logo(SHAPES.as_bytes()), layout);
        let images = tools::run("pdfimages", &["-list", "{}"], &document);
        assert_eq!(images.lines().count(), 2, "no pixels: {images}");
        let report = tools::run("qpdf", &["--check", "{}"], &document);
        assert!(report.contains("No syntax or stream encoding errors"), "{report}");
        // It is 156 × 52 points, 26 to a unit.
        let [left, _, upper, _] = box_of(&document, [200, 40, 0]);
        let at = |x: f64, y: f64| color_at(&document, left + (26.0 * x) as usize, upper + (26.0 * y) as usize);
        assert!(is_near(at(1.0, 0.4), [200, 40, 0]), "{:?}", at(1.0, 0.4));
        assert!(is_near(at(1.0, 1.6), [0, 200, 40]), "{:?}", at(1.0, 1.6));
        assert!(is_near(at(1.0, 1.0), [0, 40, 200]), "{:?}", at(1.0, 1.0));
        assert!(is_near(at(4.25, 1.55), [255, 255, 255]), "{:?}", at(4.25, 1.55));
        assert!(is_near(at(5.0, 1.55), [0, 200, 40]), "the hole: {:?}", at(5.0, 1.55));
    }
}

/// The page and the workbook are drawn by different programs from the same shapes.
#[test]
fn shapes_and_pixels_of_a_drawing_are_the_same_picture() {
    let invoice = with_logo(SHAPES.as_bytes());
    let document = pdf(&invoice, Layout::Classic);
    let invoice::LogoContent::Drawing(drawing) = &invoice.presentation.logo.as_ref().unwrap().content else { panic!() };
    let (colors, _) = drawing.pixels(156, 52);
    let [left, _, upper, _] = box_of(&document, [200, 40, 0]);
    let (width, page) = first_page(&document);
    let alike = (0..156 * 52).filter(|index| {
        let at = 3 * ((upper + index / 156) * width + left + index % 156);
        let expected: [u8; 3] = colors[3 * index..3 * index + 3].try_into().unwrap();
        is_near(page[at..at + 3].try_into().unwrap(), expected)
    });
    // Edges are smoothed in different ways.
    assert!(alike.count() > 156 * 52 * 85 / 100);
}

/// LibreOffice leaves rows under a picture as high as others, whatever the size of their text.
#[test]
fn the_title_under_a_logo_has_the_room_of_its_letters() {
    let workbook = render::render(&with_logo(SHAPES.as_bytes()), Format::Excel, &Style::default()).unwrap().bytes;
    let mut book = zip::ZipArchive::new(Cursor::new(&workbook)).unwrap();
    let mut sheet = String::new();
    std::io::Read::read_to_string(&mut book.by_name("xl/worksheets/sheet1.xml").unwrap(), &mut sheet).unwrap();
    let title = sheet.split("<row ").find(|row| row.starts_with("r=\"2\"")).unwrap();
    let height: f64 = title.split_once(" ht=\"").unwrap().1.split('"').next().unwrap().parse().unwrap();
    assert!(height >= 26.0, "{height} points for letters of 20");
}
