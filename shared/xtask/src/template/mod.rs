//! `template.yaml`, judged by the linters of CloudFormation and of SAM, and by the rules that this project sets itself.

mod policies;
mod resources;

use std::fs;
use std::path::PathBuf;

use anyhow::ensure;
use serde_json::Value;

use crate::pack::Function;
use crate::process::{self, command};
use crate::workspace::root;
use crate::{tools, workspace};

const TEMPLATE: &str = "template.yaml";
const FOLDER: &str = "shared/xtask/template";
/// The region whose resource types it is checked against, where it matters.
const REGION: &str = "eu-central-1";

/// Runs cfn-lint.
pub(crate) fn lint() -> anyhow::Result<()> {
    process::run(cfn_lint()?.with_file_name("cfn-lint"), &[TEMPLATE])
}

/// Checks the rules that no linter knows.
pub(crate) fn policies() -> anyhow::Result<()> {
    let template: Value = serde_json::from_str(&fs::read_to_string(as_json()?)?)?;
    let facts = policies::Facts::read(&root())?;
    let faults = policies::faults(&template, &facts);
    ensure!(faults.is_empty(), "{TEMPLATE}:\n  {}", faults.join("\n  "));
    println!("{TEMPLATE} keeps the rules");
    Ok(())
}

/// Runs the function that makes the keys and has the schema brought up.
pub(crate) fn deploy_function() -> anyhow::Result<()> {
    let template = as_json()?;
    process::run("node", &[&format!("{FOLDER}/deploy.test.mjs"), &template.to_string_lossy()])
}

/// Runs `sam validate --lint`.
pub(crate) fn validate() -> anyhow::Result<()> {
    sam(&["validate", "--lint", "--template", TEMPLATE, "--region", REGION])
}

/// Runs `sam build`: every function, for the processors of Lambda.
pub(crate) fn build() -> anyhow::Result<()> {
    let folder = workspace::tools()?.join("sam-build");
    sam(&["build", "--template", TEMPLATE, "--region", REGION, "--build-dir", &folder.to_string_lossy()])
}

/// Builds one function as `sam build` does. Answers the program that a deploy packs.
pub(crate) fn build_function(function: Function) -> anyhow::Result<PathBuf> {
    let arguments = ["lambda", "build", "--release", "--arm64", "--bin", function.name()];
    let mut build = command(cargo_lambda()?, &arguments);
    build.env("PATH", lambda_path()?).current_dir(root().join("functions").join(function.name()));
    println!("> cargo {} (functions/{function})", arguments.join(" "));
    let status = process::status(&mut build)?;
    ensure!(status.success(), "cargo lambda build failed: {status}");
    Ok(workspace::target()?.join("lambda").join(function.name()).join("bootstrap"))
}

/// A Python that has cfn-lint.
fn cfn_lint() -> anyhow::Result<PathBuf> {
    tools::python("cfn-lint", &["cfn-lint==1.58.0"])
}

/// The template as JSON, with its short functions written out.
fn as_json() -> anyhow::Result<PathBuf> {
    let json = process::output(cfn_lint()?, &[&format!("{FOLDER}/as_json.py"), TEMPLATE])?;
    let file = workspace::tools()?.join("template.json");
    fs::write(&file, json)?;
    Ok(file)
}

fn sam(arguments: &[&str]) -> anyhow::Result<()> {
    let mut sam = command(python()?.with_file_name("sam"), arguments);
    sam.env("PATH", lambda_path()?).env("SAM_CLI_TELEMETRY", "0");
    println!("> sam {}", arguments.join(" "));
    let status = process::status(&mut sam)?;
    ensure!(status.success(), "sam {} failed: {status}", arguments.join(" "));
    Ok(())
}

/// A Python that has SAM, cargo-lambda and zig.
fn python() -> anyhow::Result<PathBuf> {
    tools::python("sam", &["aws-sam-cli==1.170.0", "cargo-lambda==1.9.2", "ziglang==0.17.1"])
}

/// The program behind `cargo lambda`.
pub(crate) fn cargo_lambda() -> anyhow::Result<PathBuf> {
    Ok(python()?.with_file_name("cargo-lambda"))
}

/// A search path on which `cargo lambda` is found, which itself finds zig by the python there.
pub(crate) fn lambda_path() -> anyhow::Result<std::ffi::OsString> {
    programs_with(&python()?)
}

/// The search path with the folder of this program before all others.
fn programs_with(program: &std::path::Path) -> anyhow::Result<std::ffi::OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = program.parent().map(PathBuf::from).into_iter().chain(std::env::split_paths(&path));
    Ok(std::env::join_paths(folders)?)
}
