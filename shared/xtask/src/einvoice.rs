//! Legal e-invoices, judged by the rules as their publishers run them: schemas, EN 16931, XRechnung, Peppol, Factur-X and
//! BR-FR, and for hybrid documents Mustang's validator and veraPDF.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::process::{self, command};
use crate::{pdfa, programs, tools, workspace};

/// Where the judges are described.
const JUDGES: &str = "shared/xtask/einvoice";
/// Invoices that people see elsewhere, too.
const EXAMPLES: [&str; 2] = ["shared/render/gallery", "events/einvoices"];
const RANDOM: &str = "300";
/// The fewest broken documents that are worth the name of a test.
const FEWEST_BROKEN: usize = 40;
/// The most that is told of what went wrong.
const MOST_TOLD: usize = 20;

/// The rule sets that must have judged something.
const RULE_SETS: [&str; 18] = [
    "eu.cen.en16931:cii:1.3.16",
    "eu.cen.en16931:ubl-creditnote:1.3.16",
    "eu.cen.en16931:ubl:1.3.16",
    "de.xrechnung:cii:3.0.2",
    "de.xrechnung:ubl-creditnote:3.0.2",
    "de.xrechnung:ubl-invoice:3.0.2",
    "eu.peppol.bis3:creditnote:2026.5",
    "eu.peppol.bis3:creditnote-self-billing:2026.5",
    "eu.peppol.bis3:invoice:2026.5",
    "eu.peppol.bis3:invoice-self-billing:2026.5",
    "fr.factur-x:basic:1.0.8",
    "fr.factur-x:en16931:1.0.8",
    "Factur-X 1.09 basic",
    "Factur-X 1.09 en16931",
    "Factur-X 1.09 extended",
    "BR-FR",
    "mustang 2.25.0",
    "veraPDF",
];

/// What a rule set says of a document.
#[derive(Debug, PartialEq, Eq)]
struct Verdict {
    document: PathBuf,
    rules: String,
    is_sound: bool,
    /// What is wrong, with the ids of the rules.
    faults: String,
}

struct Judges {
    phive: PathBuf,
    mustang: PathBuf,
    python: PathBuf,
    verapdf: PathBuf,
}

/// Has the judges look at documents that our rules accept, of which they must refuse none, and at broken ones, each of which
/// they must refuse by the rule that it breaks. Says so where the judges cannot be had.
pub(crate) fn judge() -> anyhow::Result<()> {
    if !["java", "javac", "mvn"].into_iter().all(programs::is_there) {
        println!(
            "e-invoices are not judged: that needs a JDK, and Maven to get the judges (Debian: default-jdk-headless maven)"
        );
        return Ok(());
    }
    let judges = match Judges::get() {
        Ok(judges) => judges,
        Err(error) => {
            println!("e-invoices are not judged: the judges cannot be had from Maven Central and PyPI: {error:#}");
            return Ok(());
        }
    };
    let folder = workspace::tools()?.join("einvoices");
    write_documents(&folder)?;
    let (accepted, refused) = (documents(&folder.join("accepted"))?, documents(&folder.join("refused"))?);
    let verdicts = judges.judge(&folder, &[accepted.as_slice(), &refused].concat())?;
    require_sound(&accepted, &verdicts)?;
    require_refused(&refused, &verdicts)?;
    println!(
        "{} documents passed, {} broken ones were refused, by {} verdicts",
        accepted.len(),
        refused.len(),
        verdicts.len()
    );
    Ok(())
}

/// The features of the whole workspace, so that what its tests have built is used.
fn write_documents(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    process::cargo(&["build", "--quiet", "--workspace", "--example", "legal_corpus"])?;
    let program = workspace::target()?.join("debug/examples/legal_corpus");
    let examples = EXAMPLES.into_iter().map(|place| documents(&workspace::root().join(place)));
    let examples = examples.collect::<anyhow::Result<Vec<_>>>()?.concat();
    let mut write = command(program, &[&folder.to_string_lossy(), RANDOM]);
    write.args(examples.iter().filter(|path| has_extension(path, "json")));
    ensure!(process::status(&mut write)?.success(), "the documents could not be written");
    Ok(())
}

fn documents(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut documents: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<anyhow::Result<_>>()?;
    documents.sort();
    Ok(documents)
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

impl Judges {
    fn get() -> anyhow::Result<Self> {
        Ok(Self {
            phive: tools::jars(&format!("{JUDGES}/phive"))?,
            mustang: tools::jars(&format!("{JUDGES}/mustang"))?,
            python: tools::factur_x_python()?,
            verapdf: tools::verapdf()?,
        })
    }

    /// What all judges say of the documents that they can read: each is started once.
    fn judge(&self, folder: &Path, documents: &[PathBuf]) -> anyhow::Result<Vec<Verdict>> {
        let of = |wanted: &dyn Fn(&PathBuf) -> bool| -> Vec<PathBuf> {
            documents.iter().filter(|path| wanted(path)).cloned().collect()
        };
        let xml = of(&|path| has_extension(path, "xml"));
        let pdf = of(&|path| has_extension(path, "pdf"));
        let carried = of(&|path| has_extension(path, "xml") && path.to_string_lossy().contains(".factur-x"));
        let factur_x = command(&self.python, &[&format!("{JUDGES}/factur_x.py")]);
        let mut verdicts = answers(java(&self.phive, "phive/Phive.java"), folder, &xml)?;
        verdicts.extend(answers(java(&self.mustang, "mustang/Mustang.java"), folder, &pdf)?);
        verdicts.extend(answers(factur_x, folder, &carried)?);
        let verapdf = pdfa::verdicts(&self.verapdf, &pdf)?.into_iter();
        verdicts.extend(verapdf.map(|(document, is_sound)| {
            let faults = if is_sound { String::new() } else { "no PDF/A-3b".to_owned() };
            Verdict { document, rules: "veraPDF".to_owned(), is_sound, faults }
        }));
        Ok(verdicts)
    }
}

/// A Java program in one file, with the jars of a folder.
fn java(jars: &Path, program: &str) -> Command {
    let classes = format!("{}/*", jars.display());
    command("java", &["-Djava.awt.headless=true", "-cp", &classes, &format!("{JUDGES}/{program}")])
}

/// The verdicts of a judge that reads the names of documents from its standard input.
fn answers(mut judge: Command, folder: &Path, documents: &[PathBuf]) -> anyhow::Result<Vec<Verdict>> {
    let list = folder.join("list.txt");
    let lines: Vec<String> = documents.iter().map(|document| format!("{}\n", document.display())).collect();
    fs::write(&list, lines.concat())?;
    let output = judge.stdin(File::open(&list)?).output()?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{judge:?} failed: {told}");
    let verdicts: Vec<Verdict> = String::from_utf8_lossy(&output.stdout).lines().filter_map(verdict).collect();
    let judged: BTreeSet<&Path> = verdicts.iter().map(|verdict| verdict.document.as_path()).collect();
    let missing = documents.iter().find(|document| !judged.contains(document.as_path()));
    ensure!(missing.is_none(), "{judge:?} did not say a word about {missing:?}: {told}");
    Ok(verdicts)
}

/// Reads a line of verdict, document, rule set and faults, with tabs between.
fn verdict(line: &str) -> Option<Verdict> {
    let mut parts = line.splitn(4, '\t');
    let is_sound = match parts.next()? {
        "PASS" => true,
        "FAIL" => false,
        _ => return None,
    };
    let (document, rules) = (PathBuf::from(parts.next()?), parts.next()?.to_owned());
    Some(Verdict { document, rules, is_sound, faults: parts.next().unwrap_or_default().to_owned() })
}

fn require_sound(accepted: &[PathBuf], verdicts: &[Verdict]) -> anyhow::Result<()> {
    let accepted: BTreeSet<&PathBuf> = accepted.iter().collect();
    let of_accepted = || verdicts.iter().filter(|verdict| accepted.contains(&verdict.document));
    let refused: Vec<String> = of_accepted()
        .filter(|verdict| !verdict.is_sound)
        .map(|verdict| format!("{} by {}: {}", verdict.document.display(), verdict.rules, verdict.faults))
        .collect();
    let told: Vec<&str> = refused.iter().take(MOST_TOLD).map(String::as_str).collect();
    ensure!(refused.is_empty(), "{} verdicts refuse what we accept:\n  {}", refused.len(), told.join("\n  "));
    let used: BTreeSet<&str> = of_accepted().map(|verdict| verdict.rules.as_str()).collect();
    let unused: Vec<&str> = RULE_SETS.into_iter().filter(|rules| !used.contains(rules)).collect();
    ensure!(unused.is_empty(), "these rules judged nothing: {unused:?}");
    Ok(())
}

/// Each is named by the rule that it breaks: `RULE.FORMAT.xml`.
fn require_refused(refused: &[PathBuf], verdicts: &[Verdict]) -> anyhow::Result<()> {
    ensure!(refused.len() >= FEWEST_BROKEN, "only {} broken documents", refused.len());
    let mut faults: BTreeMap<&Path, String> = BTreeMap::new();
    for verdict in verdicts {
        faults.entry(&verdict.document).or_default().push_str(&verdict.faults);
    }
    for document in refused {
        let name = document.file_name().context("a document has a name")?.to_string_lossy();
        let rule = name.split('.').next().unwrap_or_default();
        let found = faults.get(document.as_path()).map_or("", String::as_str);
        ensure!(found.contains(rule), "no judge refuses {name} by its rule, but: {found}");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Verdict {
        verdict(line).expect("a verdict")
    }

    #[test]
    fn verdicts_are_read_line_by_line() {
        let failed = of("FAIL\t/a b/c.ubl.xml\tEN 16931\tBR-08 no address\twith a tab");
        assert_eq!((failed.document, failed.is_sound), (PathBuf::from("/a b/c.ubl.xml"), false));
        assert_eq!(failed.faults, "BR-08 no address\twith a tab");
        assert!(of("PASS\tc.xml\tPeppol\t").is_sound);
        assert_eq!(verdict("a log line"), None);
    }

    #[test]
    fn a_judge_that_refuses_what_we_accept_is_heard() {
        let document = PathBuf::from("c.ubl.xml");
        let mut verdicts: Vec<Verdict> =
            RULE_SETS.iter().map(|rules| of(&format!("PASS\tc.ubl.xml\t{rules}\t"))).collect();
        assert!(require_sound(std::slice::from_ref(&document), &verdicts).is_ok());
        let unused = verdicts.pop();
        assert!(require_sound(std::slice::from_ref(&document), &verdicts).is_err(), "without {unused:?}");
        verdicts.push(of("FAIL\tc.ubl.xml\tveraPDF\tno"));
        assert!(require_sound(&[document], &verdicts).is_err());
    }

    #[test]
    fn a_broken_document_must_be_refused_by_its_rule() {
        let documents: Vec<PathBuf> =
            (0..FEWEST_BROKEN).map(|number| format!("BR-{number:02}.ubl.xml").into()).collect();
        let line = |document: &PathBuf| {
            let name = document.display().to_string();
            of(&format!("FAIL\t{name}\tEN 16931\t[{}]", &name[..5]))
        };
        let mut verdicts: Vec<Verdict> = documents.iter().map(line).collect();
        assert!(require_refused(&documents, &verdicts).is_ok());
        assert!(require_refused(&documents[1..], &verdicts).is_err(), "too few");
        verdicts[7].faults = "[BR-99]".to_owned();
        assert!(require_refused(&documents, &verdicts).is_err());
    }
}
