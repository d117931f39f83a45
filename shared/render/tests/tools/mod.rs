//! External programs that judge documents. They are part of the test run: a missing one fails it.

use std::io::Write as _;
use std::process::{Command, Stdio};

/// Runs a program on a document that it reads from a file, and gives what it prints.
///
/// `{}` among the arguments stands for the file.
pub(crate) fn run(program: &str, arguments: &[&str], document: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(document).unwrap();
    let path = file.path().to_str().unwrap();
    let output = Command::new(program)
        .args(arguments.iter().map(|argument| if *argument == "{}" { path } else { argument }))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{program} is needed (packages poppler-utils and qpdf): {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The text of a PDF document as it stands on the pages.
#[allow(dead_code, reason = "not each test needs it")]
pub(crate) fn text_of(pdf: &[u8]) -> String {
    run("pdftotext", &["-layout", "{}", "-"], pdf)
}
