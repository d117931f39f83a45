//! The pages look as they did: each invoice of the gallery beside a small picture of the page that its name chooses.
//!
//! `UPDATE_PICTURES=1 cargo test -p render --test pictures` takes the pages as they are now.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../examples/gallery/choice.rs"]
mod choice;
mod tools;

use std::fs::{self, File};
use std::io::{BufReader, Cursor};
use std::path::{Path, PathBuf};

use choice::Choice;
use invoice::{Format, ParseOptions};

/// Pixels may differ by so much: rasterisers of different versions smooth edges differently.
const TOLERANCE: u8 = 72;
/// Of a thousand pixels so many may differ by more.
const OUTLIERS_PER_MILLE: usize = 4;

struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

fn decode(reader: impl std::io::BufRead + std::io::Seek) -> Picture {
    let mut reader = png::Decoder::new(reader).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    pixels.truncate(info.buffer_size());
    Picture { width: info.width, height: info.height, pixels }
}

fn page_of(input: &Path) -> Vec<u8> {
    let parsed = invoice::parse(&fs::read(input).unwrap(), &ParseOptions::default())
        .unwrap_or_else(|rejected| panic!("{}: {:#?}", input.display(), rejected.faults));
    let choice = Choice::of(input);
    let pdf = render::render(&parsed.invoice, Format::Pdf, &choice.style).unwrap();
    assert!(pdf.uncovered_characters.is_empty(), "{}", input.display());
    let information = tools::run("pdfinfo", &["{}"], &pdf.bytes);
    let page = choice.page(&information).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("page");
    let arguments =
        ["-png", "-gray", "-r", "36", "-f", page, "-l", page, "-singlefile", "{}", target.to_str().unwrap()];
    tools::run("pdftoppm", &arguments, &pdf.bytes);
    fs::read(target.with_extension("png")).unwrap()
}

#[test]
fn pages_look_as_they_did() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut inputs: Vec<PathBuf> =
        fs::read_dir(root.join("gallery")).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    inputs.sort();
    assert!(inputs.len() >= 12);
    for input in inputs {
        let page = page_of(&input);
        let reference = root.join("tests/pictures").join(input.with_extension("png").file_name().unwrap());
        if std::env::var_os("UPDATE_PICTURES").is_some() {
            fs::create_dir_all(reference.parent().unwrap()).unwrap();
            fs::write(&reference, &page).unwrap();
            continue;
        }
        let file = File::open(&reference).unwrap_or_else(|error| panic!("{}: {error}", reference.display()));
        let (new, old) = (decode(Cursor::new(page)), decode(BufReader::new(file)));
        assert_eq!((new.width, new.height), (old.width, old.height), "{}", reference.display());
        let differs = |(new, old): &(&u8, &u8)| new.abs_diff(**old) > TOLERANCE;
        let outliers = new.pixels.iter().zip(&old.pixels).filter(differs).count();
        assert!(outliers * 1000 <= new.pixels.len() * OUTLIERS_PER_MILLE, "{}: {outliers} pixels", reference.display());
    }
}
