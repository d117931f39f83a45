//! The project's own chores: `cargo xtask check`, `test`, `gallery`.
#![allow(clippy::print_stdout)] // A chore talks to people.

mod arrows;
mod gallery;
mod openapi;
mod page;
mod process;
mod tools;

use clap::{Parser, Subcommand};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Formatting, lints, unused dependencies, and the arrows between the crates.
    Check,
    /// Every test: of the crates, of the OpenAPI document, and of the page in a browser.
    Test {
        /// Install missing system packages without asking (also where CI is set).
        #[arg(long)]
        yes: bool,
    },
    /// Make the pictures in shared/render/gallery anew.
    Gallery,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().chore {
        Chore::Check => check(),
        Chore::Test { yes } => test(yes),
        Chore::Gallery => gallery::make(),
    }
}

fn check() -> anyhow::Result<()> {
    process::cargo(&["fmt", "--all", "--check"])?;
    process::cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])?;
    arrows::check()?;
    let machete = tools::cargo_machete()?;
    process::run(&machete, &["--skip-target-dir"])
}

fn test(yes: bool) -> anyhow::Result<()> {
    tools::install_packages(yes || std::env::var_os("CI").is_some())?;
    process::cargo(&["test", "--workspace", "--no-fail-fast"])?;
    process::cargo(&["build", "--package", "local"])?;
    openapi::validate()?;
    page::test()?;
    println!("cargo xtask test: everything passed");
    Ok(())
}
