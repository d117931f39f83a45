//! The project's own chores: `cargo xtask check`, `test`, `gallery`.
#![allow(clippy::print_stdout)] // A chore talks to people.

mod arrows;
mod gallery;
mod openapi;
mod page;
mod process;
mod programs;
mod service;
mod steps;
mod tools;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use steps::Steps;

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// The quick part of `test`: formatting, lints, unused dependencies, and the arrows between the crates.
    Check,
    /// Everything: `check`, then every test of the crates, of the OpenAPI document, and of the page in a browser.
    Test {
        /// Install missing system packages without asking (also where CI is set).
        #[arg(long)]
        yes: bool,
    },
    /// Make the pictures in shared/render/gallery anew.
    Gallery,
}

fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Check => Ok(check(Steps::default()).finish()),
        Chore::Test { yes } => test(yes),
        Chore::Gallery => gallery::make().map(|()| ExitCode::SUCCESS),
    }
}

fn check(steps: Steps) -> Steps {
    steps
        .run("formatting", || process::cargo_component("rustfmt", &["fmt", "--all", "--check"]))
        .run("lints", || {
            process::cargo_component("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        })
        .run("unused dependencies", || process::run(tools::cargo_machete()?, &["--with-metadata", "--skip-target-dir"]))
        .run("arrows between the crates", arrows::check)
}

fn test(yes: bool) -> anyhow::Result<ExitCode> {
    // Before the long part: whoever lacks a program learns it at once.
    programs::require(yes || std::env::var_os("CI").is_some())?;
    let steps = check(Steps::default())
        .run("tests of the crates", || process::cargo(&["test", "--workspace", "--no-fail-fast"]))
        .run("OpenAPI document", openapi::validate)
        .run("page in a browser", page::test);
    Ok(steps.finish())
}
