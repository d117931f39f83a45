//! Makes the pictures of the gallery: `gallery [FOLDER]`.
//!
//! Each invoice `NAME.json` in the folder is rendered, and its first page (for `NAME.last.json` its last) becomes
//! `NAME.png`. Needs `pdftoppm` of poppler-utils. With `--keep` the documents of all formats
//! stay beside the pictures.

#![allow(clippy::print_stdout, reason = "it is a command")]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use invoice::{Format, ParseOptions};
use render::Style;

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
    let rendered = render::render(&parsed.invoice, Format::Pdf, &Style::default())?;
    let pdf = input.with_extension("pdf");
    fs::write(&pdf, &rendered.bytes)?;
    if keeps_pdf {
        for format in [Format::Excel, Format::Csv] {
            let rendered = render::render(&parsed.invoice, format, &Style::default())?;
            fs::write(input.with_extension(format.extension()), &rendered.bytes)?;
        }
    }
    let stem = input.with_extension("");
    let is_last = stem.extension().is_some_and(|extension| extension == "last");
    let page = if is_last { page_count(&pdf)? } else { "1".to_owned() };
    let status = Command::new("pdftoppm")
        .args(["-png", "-singlefile", "-r", RESOLUTION, "-f", &page, "-l", &page])
        .arg(&pdf)
        .arg(stem.with_extension(""))
        .status()
        .map_err(|error| format!("pdftoppm of poppler-utils is needed: {error}"))?;
    if !keeps_pdf {
        fs::remove_file(&pdf)?;
    }
    if !status.success() {
        return Err(format!("pdftoppm failed on {}", pdf.display()).into());
    }
    println!("{}", stem.with_extension("png").display());
    Ok(())
}

fn page_count(pdf: &Path) -> Result<String, Box<dyn Error>> {
    let output = Command::new("pdfinfo").arg(pdf).output()?;
    let text = String::from_utf8(output.stdout)?;
    let count = text.lines().find_map(|line| line.strip_prefix("Pages:")).ok_or("pdfinfo names no pages")?;
    Ok(count.trim().to_owned())
}
