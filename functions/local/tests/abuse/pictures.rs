//! Logos that claim, hold, or unpack to more than they should, and files that are a picture and something else too.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use png::Encoder;
use png::chunk::{ChunkType, IDAT, iCCP, zTXt};

use crate::attack::{Answer, Attack, Made, Target, fault};
use crate::documents::{PATH, flat, full};

pub(crate) fn attacks(target: &Target) -> Vec<Attack> {
    let upload = |name: String, body: String, answer| {
        Attack::http(name, target.post(PATH, body).header("prefer", "wait=30"), answer)
    };
    let in_full = |(name, file, answer): (&str, Vec<u8>, Answer)| {
        upload(format!("logo: {name}"), full(&[("logo", &logo(&file))]), answer)
    };
    let in_flat = |(name, file, answer): (&str, Vec<u8>, Answer)| {
        upload(format!("logo of the flat form: {name}"), flat(&[("logo", &logo(&file))]), answer)
    };
    let all = || [claims(), bombs(), polyglots()].into_iter().flatten();
    all().map(in_full).chain(all().take(3).map(in_flat)).collect()
}

fn logo(file: &[u8]) -> String {
    format!("\"{}\"", BASE64_STANDARD.encode(file))
}

type Picture = (&'static str, Vec<u8>, Answer);

fn refused() -> Answer {
    fault("/logo", "logo")
}

fn too_many_pixels() -> Answer {
    fault("/logo", "logo-pixels")
}

fn claims() -> Vec<Picture> {
    let no_size = replaced(&claiming(1, 1, b""), 16..24, &[0; 8]);
    vec![
        ("20,000 × 20,000 pixels", claiming(20_000, 20_000, b""), too_many_pixels()),
        ("PNG of no size", no_size, refused()),
        ("JPEG of no height", jpeg(0, 9, b""), refused()),
        ("4 billion pixels wide", claiming(u32::MAX >> 1, 1, b""), too_many_pixels()),
        ("JPEG of 65,535 × 65,535 pixels", jpeg(u16::MAX, u16::MAX, b""), too_many_pixels()),
        ("20,000 × 1 pixels", png(20_000, 1), Made),
        ("1 × 20,000 pixels", png(1, 20_000), Made),
        ("as many pixels as are allowed", png(2_000, 2_000), Made),
        ("a head alone", claiming(100, 100, b""), refused()),
        ("half a picture", png(100, 100)[..60].to_vec(), refused()),
        ("a wrong checksum of the head", replaced(&png(10, 10), 29..33, &[0; 4]), refused()),
    ]
}

/// 200 MB of zeros in some 200 kB.
fn packed_zeros() -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..200 {
        packed.write_all(&zeros).unwrap();
    }
    packed.finish().unwrap()
}

fn bombs() -> Vec<Picture> {
    let zeros = packed_zeros();
    let named = [b"x\0\0".as_slice(), &zeros].concat();
    vec![
        ("one pixel that unpacks to 200 MB", with_chunk(IDAT, &zeros), Made),
        ("a text that unpacks to 200 MB", behind_head(zTXt, &named), Made),
        ("a profile that unpacks to 200 MB", behind_head(iCCP, &named), Made),
        ("200 MB in too many pixels", claiming(20_000, 20_000, &zeros), too_many_pixels()),
    ]
}

fn polyglots() -> Vec<Picture> {
    let with = |file: Vec<u8>, more: &[u8]| [&file, more].concat();
    vec![
        ("GIF and script", b"GIF89a=1/*\x01\0\x01\0*/;alert(1)//".to_vec(), refused()),
        ("SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>".to_vec(), refused()),
        ("SVG that reads a file", svg("<image href='/etc/passwd' width='9' height='9'/>"), refused()),
        ("SVG that fetches", svg("<style>@import 'https://evil.example/a.css';</style>"), refused()),
        ("SVG without end", svg("<use id='a' href='#a'/>"), refused()),
        ("SVG of shapes", svg("<rect width='9' height='9'/>"), Made),
        ("PDF", b"%PDF-1.7\n1 0 obj << /OpenAction << /S /JavaScript >> >>".to_vec(), refused()),
        ("PostScript", b"%!PS (x) (w) file".to_vec(), refused()),
        ("page", b"<html><script>alert(1)</script>".to_vec(), refused()),
        ("archive", b"PK\x03\x04../../etc/passwd".to_vec(), refused()),
        ("program", b"\x7fELF\x02\x01\x01".to_vec(), refused()),
        ("WebP", b"RIFF\x24\0\0\0WEBPVP8X".to_vec(), refused()),
        ("TIFF", b"II*\0\x08\0\0\0".to_vec(), refused()),
        ("icon", b"\0\0\x01\0\x01\0".to_vec(), refused()),
        ("ImageMagick's language", b"push graphic-context\nfill 'url(https://x\"|ls\")'".to_vec(), refused()),
        ("JPEG by its beginning, then a page", b"\xff\xd8\xff<script>alert(1)</script>".to_vec(), refused()),
        ("PNG by its beginning, then a page", b"\x89PNG\r\n\x1a\n<script>alert(1)</script>".to_vec(), refused()),
        ("PNG and archive", with(png(2, 2), b"PK\x03\x04PK\x05\x06"), Made),
        ("PNG and page", with(png(2, 2), b"<script>alert(1)</script>"), Made),
    ]
}

fn svg(inner: &str) -> Vec<u8> {
    format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'>{inner}</svg>").into_bytes()
}

/// A picture of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    let samples = vec![128; (width * height) as usize];
    encoder.write_header().unwrap().write_image_data(&samples).unwrap();
    file
}

/// A picture that claims a size, with this in place of its pixels.
fn claiming(width: u32, height: u32, packed: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Encoder::new(&mut file, width, height).write_header().unwrap();
    if !packed.is_empty() {
        writer.write_chunk(IDAT, packed).unwrap();
    }
    drop(writer);
    file
}

/// One pixel with this chunk in place of its own.
fn with_chunk(kind: ChunkType, content: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    Encoder::new(&mut file, 1, 1).write_header().unwrap().write_chunk(kind, content).unwrap();
    file
}

/// One right pixel with this chunk before it.
fn behind_head(kind: ChunkType, content: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut writer = Encoder::new(&mut file, 1, 1).write_header().unwrap();
    writer.write_chunk(kind, content).unwrap();
    writer.write_image_data(&[7]).unwrap();
    drop(writer);
    file
}

/// A JPEG file of a frame's head, and what follows it.
fn jpeg(height: u16, width: u16, more: &[u8]) -> Vec<u8> {
    let mut file = b"\xff\xd8\xff\xc0\x00\x11\x08".to_vec();
    file.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    file.extend(b"\x03\x01\x11\0\x02\x11\0\x03\x11\0\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00\x12\x34\xff\xd9");
    file.extend(more);
    file
}

/// The file with other bytes at a place.
fn replaced(file: &[u8], place: std::ops::Range<usize>, bytes: &[u8]) -> Vec<u8> {
    let mut file = file.to_vec();
    file[place].copy_from_slice(bytes);
    file
}
