//! Makes the pictures of the gallery: `gallery [FOLDER] [--keep]`.
//!
//! Each invoice `NAME.json` in the folder is rendered, and its first page becomes `NAME.png`. Words between the name
//! and the extension choose more: `NAME.modern.json` the layout, `NAME.last.json` the last page. With `--keep` the documents of all formats stay beside the pictures.
//! Needs `pdftoppm` and `pdfinfo` of poppler-utils.

#![allow(clippy::print_stdout, reason = "it is a command")]

#[path = "gallery/choice.rs"]
mod choice;

use std::error::Error;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::Command;

use choice::Choice;
use invoice::{Format, ParseOptions};

/// The resolution of the pictures, in dots an inch.
const RESOLUTION: &str = "88";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let keeps_pdf = arguments.iter().any(|argument| argument == "--keep");
    let folder = arguments.iter().find(|argument| !argument.starts_with("--"));
    let folder = folder.map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("gallery"), PathBuf::from);
    let mut inputs: Vec<PathBuf> = fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    inputs.sort();
    for input in inputs {
        picture(&input, keeps_pdf)?;
    }
    Ok(())
}

fn picture(input: &Path, keeps_pdf: bool) -> Result<(), Box<dyn Error>> {
    let json = fs::read(input)?;
    let parsed = invoice::parse(&json, &ParseOptions::default())
        .map_err(|rejected| format!("{}: {rejected}", input.display()))?;
    let choice = Choice::of(input);
    let rendered = render::render(&parsed.invoice, Format::Pdf, &choice.style)?;
    let pdf = input.with_extension("pdf");
    fs::write(&pdf, &rendered.bytes)?;
    if keeps_pdf {
        for format in [Format::Excel, Format::Csv] {
            let rendered = render::render(&parsed.invoice, format, &choice.style)?;
            fs::write(input.with_extension(format.extension()), &rendered.bytes)?;
        }
    }
    let picture = input.with_extension("");
    let information = information(&pdf)?;
    let page = choice.page(&information).ok_or("pdfinfo names no pages")?;
    let status = Command::new("pdftoppm")
        .args(["-png", "-singlefile", "-r", RESOLUTION, "-f", page, "-l", page])
        .arg(&pdf)
        .arg(&picture)
        .status()
        .map_err(|error| format!("pdftoppm of poppler-utils is needed: {error}"))?;
    if !keeps_pdf {
        fs::remove_file(&pdf)?;
    }
    if !status.success() {
        return Err(format!("pdftoppm failed on {}", pdf.display()).into());
    }
    let picture = input.with_extension("png");
    shrink(&picture)?;
    println!("{}", picture.display());
    Ok(())
}

/// Rounds each colour to one of 16 levels a channel, so that a palette holds them: the gateway carries these pictures.
fn shrink(picture: &Path) -> Result<(), Box<dyn Error>> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(picture)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().ok_or("the picture is too large")?];
    let size = reader.next_frame(&mut pixels)?;
    let (mut palette, mut indices) = (Vec::new(), Vec::with_capacity(pixels.len() / 3));
    for pixel in pixels.as_chunks::<3>().0 {
        let colour = pixel.map(|value| (value / 17 + u8::from(value % 17 > 8)) * 17);
        let index = palette.iter().position(|known| *known == colour).unwrap_or_else(|| {
            palette.push(colour);
            palette.len() - 1
        });
        indices.push(u8::try_from(index)?);
    }
    let mut encoder = png::Encoder::new(File::create(picture)?, size.width, size.height);
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(())
}

fn information(pdf: &Path) -> Result<String, Box<dyn Error>> {
    let output = Command::new("pdfinfo").arg(pdf).output()?;
    Ok(String::from_utf8(output.stdout)?)
}
