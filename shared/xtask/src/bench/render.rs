//! Documents: ours beside other libraries and a floor, one process for each, so that each has a peak of its own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::{process, tools, workspace};

/// What ours stands beside.
const PACKAGES: [&str; 2] = ["reportlab==5.1.0", "openpyxl==3.1.5"];

/// Lines of an invoice, and how often it is made by us and by the others.
const SIZES: [(usize, usize, usize); 4] = [(2, 2_000, 20), (100, 400, 10), (1_000, 50, 3), (10_000, 8, 1)];

/// What is measured: its name, the kind of document, and what makes it.
const MAKERS: [(&str, &str, Maker); 10] = [
    ("PDF", "pdf", Maker::Ours),
    ("PDF, floor (pdf-writer)", "floor", Maker::Ours),
    ("PDF, ReportLab", "pdf", Maker::Python),
    ("Excel", "excel", Maker::Ours),
    ("Excel, openpyxl", "excel", Maker::Python),
    ("CSV", "csv", Maker::Ours),
    ("PDF of the legal invoice", "pdf", Maker::OursOfLegal),
    ("XRechnung: verdict and XML", "xrechnung", Maker::OursOfLegal),
    ("Factur-X: verdict, XML and PDF", "factur-x", Maker::OursOfLegal),
    ("Factur-X: verdict by Saxon", "rules", Maker::Saxon),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Maker {
    Ours,
    /// Of an invoice with what legal formats ask for.
    OursOfLegal,
    Python,
    Saxon,
}

/// What the measuring programs work on and are started with.
struct Bench {
    ours: PathBuf,
    python: PathBuf,
    saxon: PathBuf,
    folder: PathBuf,
}

/// One line of what the measuring programs print.
#[derive(Debug, PartialEq, Eq)]
struct Measured {
    milliseconds: String,
    bytes: u64,
    peak_kib: u64,
}

/// Measures all and prints them as one table.
pub(crate) fn run() -> anyhow::Result<()> {
    process::cargo(&["build", "--release", "--package", "render", "--example", "measure"])?;
    let bench = Bench {
        ours: workspace::target()?.join("release/examples/measure"),
        python: tools::python("render-bench", &PACKAGES)?,
        saxon: tools::factur_x_python()?,
        folder: workspace::tools()?.join("render-bench-invoices"),
    };
    fs::create_dir_all(&bench.folder)?;
    println!("| lines | document | CPU ms | bytes | peak MiB |");
    println!("|---|---|---|---|---|");
    for (lines, runs, runs_of_others) in SIZES {
        fs::write(bench.file(lines, "json"), invoice(lines))?;
        fs::write(bench.file(lines, "legal.json"), legal_invoice(lines))?;
        for (name, kind, maker) in MAKERS {
            let measured = bench.measure(kind, maker, lines, [runs, runs_of_others])?;
            let Measured { milliseconds, bytes, peak_kib } = measured;
            println!("| {lines} | {name} | {milliseconds} | {bytes} | {} |", peak_kib / 1024);
        }
    }
    Ok(())
}

impl Bench {
    fn file(&self, lines: usize, extension: &str) -> PathBuf {
        self.folder.join(format!("{lines}.{extension}"))
    }

    fn measure(
        &self,
        kind: &str,
        maker: Maker,
        lines: usize,
        [runs, of_others]: [usize; 2],
    ) -> anyhow::Result<Measured> {
        let (flat, legal, xml) = (self.file(lines, "json"), self.file(lines, "legal.json"), self.file(lines, "xml"));
        match maker {
            Maker::Ours => measure(&self.ours, &[kind], &flat, runs, &[]),
            Maker::OursOfLegal => measure(&self.ours, &[kind], &legal, runs, &[]),
            Maker::Python => {
                let script = ["shared/xtask/render/measure.py", kind];
                measure(&self.python, &script, &flat, of_others, &["shared/render/fonts"])
            }
            Maker::Saxon => {
                measure(&self.ours, &["cii"], &legal, 1, &[&xml.to_string_lossy()])?;
                measure(&self.saxon, &["shared/xtask/render/judge.py", kind], &xml, of_others, &[])
            }
        }
    }
}

fn measure(program: &Path, first: &[&str], file: &Path, runs: usize, last: &[&str]) -> anyhow::Result<Measured> {
    let (file, runs) = (file.to_string_lossy(), runs.to_string());
    read(&process::output(program, &[first, &[&file, &runs], last].concat())?)
}

fn read(output: &str) -> anyhow::Result<Measured> {
    let words: Vec<&str> = output.split_whitespace().collect();
    ensure!(words.len() == 3, "three figures were expected, not {output:?}");
    let number = |word: &str| word.parse::<u64>().with_context(|| format!("{word} is no number"));
    Ok(Measured { milliseconds: words[0].to_owned(), bytes: number(words[1])?, peak_kib: number(words[2])? })
}

/// A flat invoice of `lines` lines.
fn invoice(lines: usize) -> String {
    let items = entries(lines, |number, quantity, price| {
        format!(
            r#"{{"id":"SKU-{number:05}","description":"Article {number}, oak, oiled by hand","qty":{quantity},"unit_price":{price}}}"#
        )
    });
    format!(
        r#"{{"company_name":"Harbour & Pine Ltd","company_address":"14 Quay Street, Bristol BS1 4QT","company_phone":"+44 117 496 0017","date":"2026-03-09","invoice_no":"HP-2026-0093","bill_to_name":"Ana Moreno","bill_to_company":"Cooperativa Río Claro","bill_to_address":"Calle Mayor 8, 28013 Madrid","tax_rate":20,"items":[{items}]}}"#
    )
}

/// Lines of a number, a quantity and a price each, as the elements of a JSON array.
fn entries(lines: usize, entry: impl Fn(usize, usize, &str) -> String) -> String {
    let entry = |number| entry(number, number % 7 + 1, &format!("{}.{:02}", 20 + number % 80, number % 100));
    (1..=lines).map(entry).collect::<Vec<_>>().join(",")
}

/// The same lines in the full form, with what legal formats ask for.
fn legal_invoice(lines: usize) -> String {
    let items = entries(lines, |number, quantity, price| {
        format!(
            r#"{{"seller_item_id":"SKU-{number:05}","name":"Article {number}, oak, oiled by hand","quantity":{quantity},"unit_price":{price}}}"#
        )
    });
    format!(
        r#"{{"number":"HP-2026-0093","issue_date":"2026-03-09","currency":"EUR","buyer_reference":"04011000-1234512345-06","seller":{{"name":"Hafen & Kiefer GmbH","vat_id":"DE123456789","address":{{"lines":["Kaistraße 14"],"city":"Hamburg","postal_code":"20457","country":"DE"}},"contact":{{"name":"Buchhaltung","phone":"+49 40 496 0017","email":"rechnung@hafen-kiefer.example"}}}},"buyer":{{"name":"Beispiel Lesesäle AöR","address":{{"lines":["Hauptstraße 8"],"city":"Bremen","postal_code":"28195","country":"DE"}},"electronic_address":{{"id":"4304171000002","scheme":"0088"}}}},"delivery":{{"date":"2026-03-05"}},"payment":{{"iban":"DE89370400440532013000"}},"payment_terms":30,"tax_rate":19,"lines":[{items}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read_from_what_is_printed() -> anyhow::Result<()> {
        let expected = Measured { milliseconds: "0.120".to_owned(), bytes: 27_000, peak_kib: 4_096 };
        assert_eq!(read("0.120 27000 4096\n")?, expected);
        assert!(read("0.120 27000").is_err() && read("0.1 x 4096").is_err());
        Ok(())
    }

    #[test]
    fn the_invoices_are_json_of_as_many_lines() -> anyhow::Result<()> {
        let document: serde_json::Value = serde_json::from_str(&invoice(100))?;
        assert_eq!(document["items"].as_array().map(Vec::len), Some(100));
        let document: serde_json::Value = serde_json::from_str(&legal_invoice(100))?;
        assert_eq!(document["lines"].as_array().map(Vec::len), Some(100));
        Ok(())
    }
}
