//! Writes invoices for the official judges into a folder: `cargo run -p einvoice --example corpus -- FOLDER [RANDOM]`.
//!
//! `accepted/` has what the rules of this crate accept, of the invoices made by hand and of random ones; `refused/` has
//! one broken document a rule, named `RULE.FORMAT.xml`.

#[path = "../tests/corpus/mod.rs"]
mod corpus;

use std::error::Error;
use std::fs;
use std::path::Path;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use corpus::{cases, mutants, parse, random};
use invoice::Format;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("a folder")?;
    let count: usize = arguments.next().map_or(Ok(300), |count| count.parse())?;
    let (accepted, refused) = (Path::new(&folder).join("accepted"), Path::new(&folder).join("refused"));
    fs::create_dir_all(&accepted)?;
    fs::create_dir_all(&refused)?;
    for case in cases() {
        write_accepted(&accepted, &case.name, &parse(&case.json))?;
    }
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events/einvoices"))? {
        let path = entry?.path();
        let name = path.file_stem().ok_or("a name")?.to_string_lossy().into_owned();
        write_accepted(&accepted, &format!("example-{name}"), &parse(&serde_json::from_slice(&fs::read(&path)?)?))?;
    }
    let mut runner = TestRunner::deterministic();
    let mut number = 0;
    while number < count {
        let json = random::invoice().new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();
        // Some of them the model refuses, such as what is not taxed beside what is.
        if let Ok(parsed) = invoice::parse(json.to_string().as_bytes(), &invoice::ParseOptions::default()) {
            number += 1;
            write_accepted(&accepted, &format!("random-{number:03}"), &parsed.invoice)?;
        }
    }
    for mutant in mutants::mutants() {
        let invoice = parse(&mutant.json);
        let profile = corpus::profile(mutant.format, &invoice);
        let name = format!("{}.{}.xml", mutant.rule, mutant.format);
        fs::write(refused.join(name), einvoice::write_unjudged(&invoice, profile))?;
    }
    Ok(())
}

fn write_accepted(folder: &Path, name: &str, invoice: &invoice::Invoice) -> Result<(), Box<dyn Error>> {
    for format in Format::LEGAL {
        if let Ok(xml) = corpus::write(invoice, format) {
            fs::write(folder.join(format!("{name}.{format}.xml")), xml)?;
        }
    }
    Ok(())
}
