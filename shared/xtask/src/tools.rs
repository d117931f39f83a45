//! The tools that tests need, installed where they are missing.

use std::io::{IsTerminal as _, stdin};
use std::path::PathBuf;

use anyhow::{bail, ensure};

use crate::process::{self, command, root};

/// A program that tests start, and the Debian package that brings it.
const PACKAGES: [(&str, &str); 4] =
    [("pdftotext", "poppler-utils"), ("qpdf", "qpdf"), ("chromium", "chromium"), ("python3", "python3-venv")];

/// The version that the project is checked with.
const MACHETE_VERSION: &str = "0.9.2";

/// Installs what is missing; asks on a terminal unless `go_ahead`.
pub(crate) fn install_packages(go_ahead: bool) -> anyhow::Result<()> {
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| !is_there(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let install = format!("apt-get install --no-install-recommends {}", missing.join(" "));
    ensure!(is_there("apt-get"), "missing: {}. Install them with your system's package manager", missing.join(", "));
    if !go_ahead && !agreed(&install)? {
        bail!("these tests need {}: run `{install}`, or `cargo xtask test --yes`", missing.join(", "));
    }
    process::run("apt-get", &["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(missing);
    process::run("apt-get", &arguments)
}

fn agreed(install: &str) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    println!("Tests need missing packages. Run `{install}`? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

/// Whether a program is on the path.
pub(crate) fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// cargo-machete of the pinned version, built once into target/tools.
pub(crate) fn cargo_machete() -> anyhow::Result<PathBuf> {
    let tools = root().join("target/tools");
    let binary = tools.join("bin/cargo-machete");
    if !binary.is_file() {
        let folder = tools.to_string_lossy().into_owned();
        let arguments =
            ["install", "--quiet", "--locked", "cargo-machete", "--version", MACHETE_VERSION, "--root", &folder];
        process::cargo(&arguments)?;
    }
    Ok(binary)
}

/// A Python with these packages, in a virtual environment of its own under target/tools.
pub(crate) fn python(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let environment = root().join("target/tools").join(name);
    let python = environment.join("bin/python");
    let done = environment.join("installed");
    if !done.is_file() {
        process::run("python3", &["-m", "venv", "--clear", &environment.to_string_lossy()])?;
        let mut arguments = vec!["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        arguments.extend(packages);
        process::run(&python, &arguments)?;
        std::fs::write(done, packages.join("\n"))?;
    }
    Ok(python)
}

/// npm packages as pinned in a folder's package.json, installed under target/tools. Answers where.
pub(crate) fn node_modules(folder: &str) -> anyhow::Result<PathBuf> {
    ensure!(is_there("npm"), "the page's test needs Node.js with npm 20 or newer: install it");
    let target = root().join("target/tools").join(folder.replace('/', "-"));
    std::fs::create_dir_all(&target)?;
    std::fs::copy(root().join(folder).join("package.json"), target.join("package.json"))?;
    if !target.join("node_modules").is_dir() {
        let mut npm = command("npm", &["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
        ensure!(npm.current_dir(&target).status()?.success(), "npm install failed in {}", target.display());
    }
    Ok(target)
}
