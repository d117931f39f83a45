//! Runs other programs from the project's root.

use std::ffi::{OsStr, OsString};
use std::process::{Command, ExitStatus};

use anyhow::{Context as _, bail, ensure};

use crate::programs;
use crate::workspace::root;

/// A program, to be started in the project's root.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Starts a program and waits; one that cannot start is named, with the way to get it.
pub(crate) fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    command.status().with_context(|| programs::cannot_start(&name))
}

/// Runs a program and fails where it fails.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<()> {
    let line = format!("{} {}", program.as_ref().to_string_lossy(), arguments.join(" "));
    println!("> {line}");
    let status = status(&mut command(program, arguments))?;
    ensure!(status.success(), "{line} failed: {status}");
    Ok(())
}

/// What a program prints.
pub(crate) fn output(program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<String> {
    let name = program.as_ref().to_string_lossy().into_owned();
    let output = command(program, arguments).output().with_context(|| programs::cannot_start(&name))?;
    if !output.status.success() {
        bail!("{name} {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// Runs cargo as this chore was run.
pub(crate) fn cargo(arguments: &[&str]) -> anyhow::Result<()> {
    run(this_cargo(), arguments)
}

/// What cargo prints.
pub(crate) fn cargo_output(arguments: &[&str]) -> anyhow::Result<String> {
    output(this_cargo(), arguments)
}

/// Runs a subcommand of cargo that an optional component of the Rust toolchain brings.
pub(crate) fn cargo_component(component: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let subcommand = arguments.first().copied().unwrap_or_default();
    cargo_output(&[subcommand, "--version"])
        .with_context(|| format!("needs {component}: run `rustup component add {component}`"))?;
    cargo(arguments)
}

fn this_cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}
