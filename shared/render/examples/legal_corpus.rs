//! Writes invoices for the official judges into a folder:
//! `cargo run -p render --example legal_corpus -- FOLDER [RANDOM] [INVOICE.json…]`.
//!
//! `accepted/` has what our rules accept, of the invoices made by hand, of the files that are named, and of random ones:
//! `NAME.FORMAT.xml`, and of hybrid formats also `NAME.FORMAT.pdf`. `refused/` has one broken document a rule, named
//! `RULE.FORMAT.xml`.

#[path = "../../einvoice/tests/corpus/mod.rs"]
mod corpus;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use einvoice::Profile;
use invoice::{Format, Invoice, ParseOptions};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use render::Style;

use corpus::{cases, mutants, parse, random};

/// One random invoice in this number becomes a PDF document.
const PDF_EACH: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("a folder")?);
    let count: usize = arguments.next().map_or(Ok(300), |count| count.parse())?;
    let (accepted, refused) = (folder.join("accepted"), folder.join("refused"));
    fs::create_dir_all(&accepted)?;
    fs::create_dir_all(&refused)?;
    for case in cases() {
        write_all(&accepted, &case.name, &parse(&case.json))?;
    }
    for file in arguments {
        let parsed = invoice::parse(&fs::read(&file)?, &ParseOptions::default())?;
        let name = Path::new(&file).file_stem().ok_or("a name")?.to_string_lossy().into_owned();
        write_all(&accepted, &name, &parsed.invoice)?;
    }
    write_random(&accepted, count)?;
    for mutant in mutants::mutants() {
        let invoice = parse(&mutant.json);
        let name = format!("{}.{}.xml", mutant.rule, mutant.format);
        let profile = corpus::profile(mutant.format, &invoice);
        fs::write(refused.join(name), einvoice::write_unjudged(&invoice, profile))?;
    }
    Ok(())
}

/// Each random invoice in two formats in turn.
fn write_random(folder: &Path, count: usize) -> Result<(), Box<dyn Error>> {
    let mut runner = TestRunner::deterministic();
    let mut number = 0;
    while number < count {
        let json = random::invoice().new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
        // Some of them the model refuses, such as what is not taxed beside what is.
        let Ok(parsed) = invoice::parse(json.to_string().as_bytes(), &ParseOptions::default()) else { continue };
        let name = format!("random-{number:03}");
        for offset in [0, 3] {
            let format = Format::LEGAL[(number + offset) % Format::LEGAL.len()];
            write(folder, &name, &parsed.invoice, format, number % PDF_EACH == 0)?;
        }
        number += 1;
    }
    Ok(())
}

fn write_all(folder: &Path, name: &str, invoice: &Invoice) -> Result<(), Box<dyn Error>> {
    Format::LEGAL.into_iter().try_for_each(|format| write(folder, name, invoice, format, true))
}

/// Writes the XML where the rules accept the invoice, and the PDF document that carries it.
fn write(folder: &Path, name: &str, invoice: &Invoice, format: Format, as_pdf: bool) -> Result<(), Box<dyn Error>> {
    let profile = Profile::of(format, invoice).ok_or("a legal format")?;
    let Ok(written) = einvoice::write(invoice, profile) else { return Ok(()) };
    fs::write(folder.join(format!("{name}.{format}.xml")), written.xml)?;
    if as_pdf && profile.hybrid().is_some() {
        let pdf = render::render(invoice, format, &Style::default())?;
        fs::write(folder.join(format!("{name}.{format}.pdf")), pdf.bytes)?;
    }
    Ok(())
}
