//! Runs other programs from the project's root.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail, ensure};

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// A program, to be started in the project's root.
pub(crate) fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a program and fails where it fails.
pub(crate) fn run(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> anyhow::Result<()> {
    let name = program.as_ref().to_string_lossy().into_owned();
    println!("> {name} {}", arguments.join(" "));
    let status = command(&program, arguments).status().with_context(|| format!("cannot start {name}"))?;
    ensure!(status.success(), "{name} {} failed: {status}", arguments.join(" "));
    Ok(())
}

/// Runs cargo as this chore was run.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), arguments)
}

/// What a program prints.
pub(crate) fn output(program: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let output = command(program, arguments).output().with_context(|| format!("cannot start {program}"))?;
    if !output.status.success() {
        bail!("{program} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}
