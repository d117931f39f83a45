//! Measures one way of making a document: `measure floor|FORMAT FILE RUNS [DOCUMENT]`, which also writes the document.
//!
//! Prints `CPU-MILLISECONDS BYTES PEAK-KIB`: the mean of the runs after a first one, the size of the document and the
//! most memory that the process has held. `floor` writes the figures of the lines by hand with pdf-writer: what a PDF
//! of as many lines costs at least. Needs the process accounts of Linux. `cargo xtask bench render` runs it.

#![allow(clippy::print_stdout, reason = "it is a command")]

use std::error::Error;
use std::fs;

use invoice::{Format, Invoice, ParseOptions};
use pdf_writer::{Content, Finish as _, Name, Pdf, Rect, Ref, Str};
use render::Style;
use rustix::time::{ClockId, clock_gettime};

/// How many lines a page of the floor has.
const LINES_A_PAGE: usize = 34;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [what, file, runs, document @ ..] = arguments.as_slice() else {
        return Err("measure floor|FORMAT FILE RUNS [DOCUMENT]".into());
    };
    let parsed = invoice::parse(&fs::read(file)?, &ParseOptions::default())?;
    let style = Style::default();
    let make = || -> Result<Vec<u8>, Box<dyn Error>> {
        Ok(match what.as_str() {
            "floor" => floor(&parsed.invoice),
            format => render::render(&parsed.invoice, format.parse::<Format>()?, &style)?.bytes,
        })
    };
    let made = make()?;
    let bytes = made.len();
    if let [document] = document {
        fs::write(document, made)?;
    }
    let runs = runs.parse::<u64>()?.max(1);
    let before = cpu_nanoseconds()?;
    for _ in 0..runs {
        make()?;
    }
    let mean = (cpu_nanoseconds()? - before) / runs;
    println!("{}.{:03} {bytes} {}", mean / 1_000_000, mean / 1_000 % 1_000, peak_kib()?);
    Ok(())
}

/// What all threads of this process have used so far: the library of workbooks starts some.
fn cpu_nanoseconds() -> Result<u64, Box<dyn Error>> {
    let used = clock_gettime(ClockId::ProcessCPUTime);
    Ok(u64::try_from(used.tv_sec)? * 1_000_000_000 + u64::try_from(used.tv_nsec)?)
}

fn peak_kib() -> Result<u64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no peak")?;
    Ok(peak.trim().trim_end_matches(" kB").parse()?)
}

/// A document of text alone, in a font that every reader has, compressed as ours is.
fn floor(invoice: &Invoice) -> Vec<u8> {
    let mut pdf = Pdf::new();
    let (catalog, tree, font) = (Ref::new(1), Ref::new(2), Ref::new(3));
    let pages: Vec<_> = invoice.lines.chunks(LINES_A_PAGE).zip((4..).step_by(2)).collect();
    pdf.catalog(catalog).pages(tree);
    let count = i32::try_from(pages.len()).unwrap_or(i32::MAX);
    pdf.pages(tree).kids(pages.iter().map(|(_, id)| Ref::new(*id))).count(count);
    pdf.type1_font(font).base_font(Name(b"Helvetica"));
    for (lines, id) in pages {
        let mut page = pdf.page(Ref::new(id));
        page.parent(tree).media_box(Rect::new(0.0, 0.0, 595.0, 842.0)).contents(Ref::new(id + 1));
        page.resources().fonts().pair(Name(b"F"), font);
        page.finish();
        let mut content = Content::new();
        let mut y = 780.0;
        for line in lines {
            let texts = [
                (54.0, line.seller_item_id.clone().unwrap_or_default()),
                (120.0, line.name.to_string()),
                (360.0, line.quantity.to_string()),
                (420.0, line.price.net.to_string()),
                (490.0, line.net_amount.to_string()),
            ];
            for (x, text) in texts {
                content.begin_text().set_font(Name(b"F"), 9.0).next_line(x, y).show(Str(text.as_bytes())).end_text();
            }
            y -= 21.0;
        }
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::new(6));
        // A Vec takes every byte, so neither call can fail.
        let _ = std::io::Write::write_all(&mut encoder, content.finish().as_slice());
        let compressed = encoder.finish().unwrap_or_default();
        pdf.stream(Ref::new(id + 1), &compressed).filter(pdf_writer::Filter::FlateDecode);
    }
    pdf.finish()
}
