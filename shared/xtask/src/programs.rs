//! The programs of the system that tests start: which are missing, and how to get them.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, ensure};

use crate::process::{self, command};

/// A program and the Debian package that brings it.
const PACKAGES: [(&str, &str); 10] = [
    ("pdftotext", "poppler-utils"),
    ("pdfinfo", "poppler-utils"),
    ("pdffonts", "poppler-utils"),
    ("pdftoppm", "poppler-utils"),
    ("qpdf", "qpdf"),
    ("curl", "curl"),
    ("kill", "procps"),
    ("ps", "procps"),
    ("openssl", "openssl"),
    ("python3", "python3"),
];

/// The names under which systems install the browser of the page's test.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

const LEAST_NODE: u32 = 20;

const HOW_TO_GET_NODE: &str = "Node.js 20 or newer with npm is needed: take it from https://nodejs.org/en/download \
     (or `nvm install 22`, or the packages nodejs and npm where they are new enough)";

/// Why a program did not start, and the way to get it.
pub(crate) fn cannot_start(program: &str) -> String {
    let package = PACKAGES.iter().find(|(name, _)| *name == program).map(|(_, package)| *package);
    match (program, package) {
        ("node" | "npm", _) => format!("cannot start {program}: {HOW_TO_GET_NODE}"),
        ("cargo", _) => "cannot start cargo: take Rust from https://rustup.rs".to_owned(),
        (_, Some(package)) => format!("cannot start {program}: it comes with the package {package}"),
        (_, None) => format!("cannot start {program}"),
    }
}

/// The browser of the page's test: what CHROMIUM names, or the first one on the path.
pub(crate) fn browser() -> anyhow::Result<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named
        .or_else(|| BROWSERS.iter().find_map(|name| find(name)))
        .context("the page's test needs Chromium: install it, or name a browser's binary in CHROMIUM")
}

/// Fails where Node.js is missing or too old.
pub(crate) fn require_node() -> anyhow::Result<()> {
    let version = process::output("node", &["--version"])?;
    let version = version.trim();
    let new_enough = major(version).is_some_and(|major| major >= LEAST_NODE);
    ensure!(new_enough, "node {version} is too old. {HOW_TO_GET_NODE}");
    ensure!(is_there("npm"), "npm is missing. {HOW_TO_GET_NODE}");
    Ok(())
}

/// The first number of a version such as `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.strip_prefix('v')?.split('.').next()?.parse().ok()
}

/// The packages that the tests lack, apart from those of servers.
pub(crate) fn missing_for_tests() -> Vec<&'static str> {
    let mut missing = missing_tools();
    if browser().is_err() {
        missing.push("chromium");
    }
    // Debian keeps it off the path of others than root.
    if !is_there("pgbouncer") && !Path::new("/usr/sbin/pgbouncer").is_file() {
        missing.push("pgbouncer");
    }
    missing
}

/// The packages that bring the missing programs.
pub(crate) fn missing_tools() -> Vec<&'static str> {
    let mut missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
    if !can_make_environments() {
        missing.push("python3-venv");
    }
    missing.sort_unstable();
    missing.dedup();
    missing
}

/// Debian packs these two modules apart from Python itself.
fn can_make_environments() -> bool {
    let mut import = command("python3", &["-c", "import venv, ensurepip"]);
    import.stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Whether this process may do everything.
pub(crate) fn is_root() -> bool {
    process::output("id", &["-u"]).is_ok_and(|user| user.trim() == "0")
}

/// Whether a program lies on the path.
pub(crate) fn is_there(program: &str) -> bool {
    find(program).is_some()
}

/// Where on the path a program lies.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_versions_that_node_prints() {
        assert_eq!(major("v20.11.1"), Some(20));
        assert_eq!(major("v9.0.0"), Some(9));
        assert_eq!(major("nonsense"), None);
    }

    #[test]
    fn says_how_to_get_a_missing_program() {
        let error = process::output("no-such-program", &[]).expect_err("there is none");
        assert!(format!("{error:#}").starts_with("cannot start no-such-program"));
        assert!(cannot_start("pdffonts").contains("poppler-utils"));
        assert!(cannot_start("npm").contains("https://nodejs.org"));
    }
}
