//! The walk with curl, as a page of the documentation prints it.

use std::process::Command;

use crate::deployment::{root, sample};

/// What it leaves.
pub(crate) struct Walked {
    /// The place of the invoice, `/invoices/{id}`.
    pub(crate) invoice: String,
    /// The id of its document.
    pub(crate) fid: String,
}

/// Runs the lines of the page's walk, each as `change` makes it: only what names a place may differ, and the longest wait,
/// as a slow machine needs more.
pub(crate) fn walk(page: &str, change: impl Fn(&str) -> String) -> Walked {
    let page = std::fs::read_to_string(root().join(page)).unwrap();
    let block = page.split("<!-- walk -->").nth(1).unwrap().split("```").nth(1).unwrap();
    let lines = block.lines().filter_map(|line| line.strip_prefix("$ ")).map(change);
    let lines = lines.map(|line| line.replace("wait=10", "wait=30"));
    let commands = lines.chain(["printf '\\n%s %s' \"$INVOICE\" \"$FID\"".to_owned()]).collect::<Vec<_>>().join("\n");
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("events")).unwrap();
    std::fs::write(folder.path().join("events/sample_invoice.json"), sample()).unwrap();
    let run = Command::new("bash").args(["-euc", &commands]).current_dir(folder.path()).output().unwrap();
    assert!(run.status.success(), "{commands}\n{}", String::from_utf8_lossy(&run.stderr));
    let printed = String::from_utf8(run.stdout).unwrap();
    assert!(printed.contains("success!"), "{printed}");
    assert!(std::fs::read(folder.path().join("invoice.pdf")).unwrap().starts_with(b"%PDF-"), "{printed}");
    let (invoice, fid) = printed.lines().last().unwrap().split_once(' ').unwrap();
    Walked { invoice: invoice.to_owned(), fid: fid.to_owned() }
}
