//! Runs other programs from the project's root.

use std::ffi::{OsStr, OsString};
use std::process::{Child, Command, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::workspace::root;
use crate::{interruption, process_tree, programs};

/// How often a running program is looked after.
const PAUSE: Duration = Duration::from_millis(10);

/// A program, to be started in the project's root.
pub(crate) fn command(program: impl AsRef<OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Starts a program and waits; one that cannot start is named, with the way to get it.
pub(crate) fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    status_within(command, Duration::MAX)
}

/// The same, for a program that must not take longer than the limit.
pub(crate) fn status_within(command: &mut Command, limit: Duration) -> anyhow::Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child = command.spawn().with_context(|| programs::cannot_start(&name))?;
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if interruption::requested() {
            end(&mut child, "TERM")?;
            bail!("{name} was interrupted");
        }
        if begun.elapsed() > limit {
            end(&mut child, "KILL")?;
            bail!("{name} took longer than {limit:?}");
        }
        sleep(PAUSE);
    }
}

/// Ends a program with all that it started.
fn end(child: &mut Child, signal: &str) -> anyhow::Result<()> {
    process_tree::signal_tree(child.id(), signal)?;
    child.wait()?;
    Ok(())
}

/// Runs a program and fails where it fails.
pub(crate) fn run(program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<()> {
    run_with(&[], program, arguments)
}

/// The same, with these environment variables.
fn run_with(environment: &[(String, String)], program: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<()> {
    let line = format!("{} {}", program.as_ref().to_string_lossy(), arguments.join(" "));
    println!("> {line}");
    let variables = environment.iter().map(|(name, value)| (name, value));
    let status = status(command(program, arguments).envs(variables))?;
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
    cargo_with(&[], arguments)
}

/// The same, with these environment variables.
pub(crate) fn cargo_with(environment: &[(String, String)], arguments: &[&str]) -> anyhow::Result<()> {
    run_with(environment, this_cargo(), arguments)
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
