//! The PDF documents, judged as PDF/A-3b by veraPDF, the reference judge.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::process::{self, command};
use crate::{programs, tools, workspace};

const GALLERY: &str = "shared/render/gallery";
/// Has a translucent logo and both codes of payment.
const RICHEST: &str = "german.modern";
/// What PDF/A asks for, and a name of the same length that says nothing.
const INTENT: (&[u8], &[u8]) = (b"/OutputIntents", b"/OutputIntentX");

/// Judges a document of each invoice of the gallery, one that has nearly everything, and one that is broken on purpose,
/// which the judge must find. Says so where the judge cannot be had.
pub(crate) fn judge() -> anyhow::Result<()> {
    if !["java", "mvn"].into_iter().all(programs::is_there) {
        println!("PDF/A is not judged: veraPDF needs Java, and Maven to get it (Debian: default-jre-headless maven)");
        return Ok(());
    }
    let jar = match tools::verapdf() {
        Ok(jar) => jar,
        Err(error) => {
            println!("PDF/A is not judged: veraPDF cannot be had from Maven Central: {error:#}");
            return Ok(());
        }
    };
    let folder = workspace::tools()?.join("pdfa");
    fs::create_dir_all(&folder)?;
    let documents = render_all(&folder)?;
    let broken = broken(&folder, &documents)?;
    let verdicts = verdicts(&jar, &[documents.as_slice(), std::slice::from_ref(&broken)].concat())?;
    let is_sound = |document: &Path| verdicts.get(document).copied().context("the judge did not say a word about it");
    ensure!(!is_sound(&broken)?, "the judge did not find what is broken in {}", broken.display());
    for document in &documents {
        ensure!(is_sound(document)?, "{} is not PDF/A-3b", document.display());
    }
    println!("{} documents are PDF/A-3b", documents.len());
    Ok(())
}

fn render_all(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    process::cargo(&["build", "--quiet", "--package", "local"])?;
    let local = workspace::target()?.join("debug/local");
    let everything = folder.join("everything.json");
    fs::write(&everything, everything_at_once()?)?;
    let gallery = fs::read_dir(workspace::root().join(GALLERY))?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut invoices: Vec<PathBuf> =
        gallery.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    invoices.push(everything);
    invoices.iter().map(|invoice| render(&local, invoice, folder)).collect()
}

fn render(local: &Path, invoice: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let name = invoice.file_stem().context("an invoice has a name")?.to_string_lossy().into_owned();
    let document = folder.join(name + ".pdf");
    let (input, output) = (invoice.to_string_lossy(), document.to_string_lossy());
    let mut render = command(local, &["render", &input, "--format", "pdf", "-o", &output]);
    ensure!(process::status(render.stdout(std::process::Stdio::null()))?.success(), "cannot render {input}");
    Ok(document)
}

/// The other style with many pages, scripts and a footer, beside the logo and the codes.
fn everything_at_once() -> anyhow::Result<String> {
    let richest = workspace::root().join(GALLERY).join(format!("{RICHEST}.json"));
    let mut invoice: Value = serde_json::from_slice(&fs::read(richest)?)?;
    invoice["style"] = json!("classic");
    invoice["footer"] = json!("Łódź · Ωμέγα · 東京 · ไทย · हिन्दी · שלום · سلام\nsecond line");
    invoice.as_object_mut().context("an object")?.remove("totals");
    let lines = invoice["lines"].as_array_mut().context("lines")?;
    let first = lines.first().context("a line")?.clone();
    lines.extend((0..80).map(|_| first.clone()));
    Ok(invoice.to_string())
}

fn broken(folder: &Path, documents: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let mut bytes = fs::read(documents.first().context("a document")?)?;
    let (intent, nothing) = INTENT;
    let place = bytes.windows(intent.len()).position(|part| part == intent).context("no output intent")?;
    bytes[place..place + intent.len()].copy_from_slice(nothing);
    let document = folder.join("broken.pdf");
    fs::write(&document, bytes)?;
    Ok(document)
}

/// Whether each is PDF/A-3b. The judge fails where one is not, so what it prints is asked, not its status.
pub(crate) fn verdicts(jar: &Path, documents: &[PathBuf]) -> anyhow::Result<BTreeMap<PathBuf, bool>> {
    let mut java = command("java", &["-Djava.awt.headless=true", "-cp", &jar.to_string_lossy()]);
    java.args(["org.verapdf.apps.GreenfieldCliWrapper", "--flavour", "3b", "--format", "text"]).args(documents);
    let output = java.output().context("cannot start java")?;
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(verdict).collect())
}

/// Reads a line such as `PASS /tmp/invoice.pdf 3b`.
fn verdict(line: &str) -> Option<(PathBuf, bool)> {
    let (word, rest) = line.split_once(' ')?;
    let (document, _flavour) = rest.rsplit_once(' ')?;
    matches!(word, "PASS" | "FAIL").then(|| (PathBuf::from(document), word == "PASS"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_read_line_by_line() {
        assert_eq!(verdict("PASS /a b/c.pdf 3b"), Some((PathBuf::from("/a b/c.pdf"), true)));
        assert_eq!(verdict("FAIL c.pdf 3b"), Some((PathBuf::from("c.pdf"), false)));
        assert_eq!(verdict("WARNING: something else"), None);
    }
}
