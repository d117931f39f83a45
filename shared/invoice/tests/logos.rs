//! Pictures in uploads: sound ones are decoded, others refused at their place, and neither takes long.

#![allow(missing_docs, clippy::unwrap_used)]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use invoice::{Limits, Logo, LogoContent, LogoError, ParseOptions, parse};
use png::{BitDepth, ColorType, Encoder};
use serde_json::json;

fn png(size: (u32, u32), color: ColorType, depth: BitDepth, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, size.0, size.1);
    encoder.set_color(color);
    encoder.set_depth(depth);
    if color == ColorType::Indexed {
        encoder.set_palette(vec![10, 20, 30, 200, 100, 0]);
        encoder.set_trns(vec![255, 64]);
    }
    encoder.write_header().unwrap().write_image_data(samples).unwrap();
    file
}

/// A picture that claims a size, with no more than its head.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    drop(Encoder::new(&mut file, width, height).write_header().unwrap());
    file
}

/// A JPEG file with the head of a frame, and perhaps what follows it.
fn jpeg(marker: u8, [height, width]: [u16; 2], components: u8, has_end: bool) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    let length = 8 + 3 * u16::from(components);
    file.extend([0xFF, 0xFF, marker]);
    file.extend(length.to_be_bytes());
    file.push(8);
    file.extend(height.to_be_bytes());
    file.extend(width.to_be_bytes());
    file.push(components);
    file.extend((1..=components).flat_map(|number| [number, 0x11, 0]));
    file.extend(b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\x34");
    if has_end {
        file.extend(b"\xff\xd9");
    }
    file
}

fn read(bytes: Vec<u8>) -> Result<Logo, LogoError> {
    Logo::read(bytes, &Limits::default())
}

#[test]
fn every_kind_of_png_becomes_colors_and_alpha() {
    let red = [200, 100, 0];
    let cases: [(_, _, &[u8], _, Option<u8>); 7] = [
        (ColorType::Rgb, BitDepth::Eight, &[200, 100, 0], red, None),
        (ColorType::Rgba, BitDepth::Eight, &[200, 100, 0, 64], red, Some(64)),
        (ColorType::Rgba, BitDepth::Eight, &[200, 100, 0, 255], red, None),
        (ColorType::Rgb, BitDepth::Sixteen, &[200, 1, 100, 2, 0, 3], red, None),
        (ColorType::Grayscale, BitDepth::One, &[0b1000_0000], [255; 3], None),
        (ColorType::GrayscaleAlpha, BitDepth::Eight, &[9, 77], [9; 3], Some(77)),
        (ColorType::Indexed, BitDepth::Eight, &[1], red, Some(64)),
    ];
    for (color, depth, samples, expected, expected_alpha) in cases {
        let logo = read(png((1, 1), color, depth, samples)).unwrap();
        let LogoContent::Pixels { colors, alpha } = logo.content else { panic!("{color:?} is no PNG") };
        assert_eq!(colors, expected, "{color:?} {depth:?}");
        assert_eq!(alpha, expected_alpha.map(|alpha| vec![alpha]), "{color:?} {depth:?}");
    }
}

#[test]
fn jpeg_files_are_known_by_their_head() {
    for marker in [0xC0, 0xC1, 0xC2] {
        let logo = read(jpeg(marker, [20, 60], 3, true)).unwrap();
        assert_eq!((logo.width, logo.height, logo.media_type()), (60, 20, "image/jpeg"));
        assert!(matches!(logo.content, LogoContent::Jpeg { is_gray: false, .. }));
    }
    assert!(matches!(read(jpeg(0xC0, [1, 1], 1, true)).unwrap().content, LogoContent::Jpeg { is_gray: true, .. }));
}

#[test]
fn claimed_sizes_are_checked_before_anything_is_decoded() {
    let too_large = [claiming(60_000, 60_000), claiming(4_000_001, 1), jpeg(0xC2, [65_500, 65_500], 3, true)];
    for file in too_large {
        assert!(matches!(read(file), Err(LogoError::TooManyPixels { limit: 4_000_000, .. })));
    }
}

#[test]
fn what_a_small_file_unpacks_to_beyond_its_picture_is_not_kept() {
    // 200 MB of zeros behind a picture of one pixel, in some 200 kB.
    let mut file = Vec::new();
    let mut writer = Encoder::new(&mut file, 1, 1).write_header().unwrap();
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1024 * 1024];
    for _ in 0..200 {
        std::io::Write::write_all(&mut packed, &zeros).unwrap();
    }
    writer.write_chunk(png::chunk::IDAT, &packed.finish().unwrap()).unwrap();
    drop(writer);
    let logo = read(file).unwrap();
    assert!(matches!(logo.content, LogoContent::Pixels { colors, .. } if colors == [0; 3]));
}

#[test]
fn broken_and_unusual_pictures_are_refused() {
    let whole = png((40, 40), ColorType::Rgb, BitDepth::Eight, &[7; 4_800]);
    let cut = whole[..whole.len() / 2].to_vec();
    for file in [claiming(5, 5), cut, jpeg(0xC0, [9, 9], 3, false), b"\xff\xd8\xff\xe0\x00".to_vec()] {
        assert!(matches!(read(file), Err(LogoError::Broken(_))));
    }
    for file in [jpeg(0xC0, [9, 9], 4, true), jpeg(0xC3, [9, 9], 3, true), jpeg(0xC0, [0, 9], 3, true)] {
        assert!(matches!(read(file), Err(LogoError::UnusualJpeg(_))));
    }
    assert_eq!(read(b"GIF89a".to_vec()), Err(LogoError::UnknownKind));
}

#[test]
fn faults_stand_at_the_logo_in_both_forms() {
    let full = json!({
        "number": "F-1", "issue_date": "2026-03-09", "seller": { "name": "A" }, "buyer": { "name": "B" },
        "lines": [{ "name": "Shelf", "unit_price": 1 }],
    });
    let flat = json!({
        "company_name": "A", "date": "2026-03-09", "invoice_no": "F-1", "bill_to_name": "B",
        "items": [{ "description": "Shelf", "unit_price": 1 }],
    });
    for mut document in [full, flat] {
        document["logo"] = json!(STANDARD.encode(claiming(60_000, 60_000)));
        let rejected = parse(document.to_string().as_bytes(), &ParseOptions::default()).unwrap_err();
        let fault = &rejected.faults[0];
        assert_eq!((rejected.faults.len(), fault.pointer.as_str(), fault.rule), (1, "/logo", "logo-pixels"));
        assert_eq!(fault.found.as_deref(), Some("60000 × 60000"));
        document["logo"] = json!(STANDARD.encode(png((1, 1), ColorType::Rgb, BitDepth::Eight, &[1, 2, 3])));
        let parsed = parse(document.to_string().as_bytes(), &ParseOptions::default()).unwrap();
        assert!(parsed.invoice.presentation.logo.is_some() && parsed.warnings.is_empty());
    }
}

/// See `pictures/README.md`.
const PHONE: &[u8] = include_bytes!("pictures/phone.jpg");

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn photographs_stand_as_the_camera_was_held() {
    let logo = read(PHONE.to_vec()).unwrap();
    assert_eq!((logo.width, logo.height), (32, 16));
    let LogoContent::Pixels { colors, alpha: None } = logo.content else { panic!("it stays as it was stored") };
    let pixel = |x: usize, y: usize| &colors[3 * (32 * y + x)..][..3];
    for ((x, y), expected) in
        [((3, 3), [220, 30, 30]), ((28, 3), [30, 200, 60]), ((3, 12), [30, 60, 220]), ((28, 12), [240, 240, 240])]
    {
        let is_near = pixel(x, y).iter().zip(expected).all(|(part, expected)| part.abs_diff(expected) <= 12);
        assert!(is_near, "{:?} at {x}, {y} instead of {expected:?}", pixel(x, y));
    }
}

#[test]
fn what_jpeg_files_say_beside_the_picture_is_left_out() {
    // Upright, so that the file is kept: the value of the orientation follows its tag, type and count.
    let tag = b"\x01\x12\0\x03\0\0\0\x01\0";
    let at = PHONE.windows(tag.len()).position(|window| window == tag).unwrap() + tag.len();
    let mut upright = PHONE.to_vec();
    assert_eq!(std::mem::replace(&mut upright[at], 1), 6);
    let logo = read(upright.clone()).unwrap();
    assert_eq!((logo.width, logo.height), (16, 32));
    let LogoContent::Jpeg { file, is_gray: false } = logo.content else { panic!("it is decoded") };
    for secret in [b"Secret".as_slice(), b"Exif", b"xmpmeta"] {
        assert!(contains(&upright, secret) && !contains(&file, secret));
    }
    assert!(file.starts_with(b"\xff\xd8\xff\xe0") && file.ends_with(b"\xff\xd9"));
    // What was left is a whole picture still.
    let again = read(file.clone()).unwrap();
    assert!(matches!(again.content, LogoContent::Jpeg { file: kept, .. } if kept == file));
}

#[test]
fn a_turned_file_without_a_picture_is_refused() {
    let mut broken = PHONE.to_vec();
    let scan = broken.windows(2).position(|pair| pair == b"\xff\xda").unwrap();
    broken.truncate(scan + 20);
    broken.extend(b"\xff\xd9");
    assert!(!matches!(read(broken), Ok(Logo { content: LogoContent::Jpeg { .. }, .. })));
}
