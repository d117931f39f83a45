//! Measurements, in release builds.

mod render;

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::Value;

use crate::pack::Function;
use crate::servers::{Kind, Plan, Servers};
use crate::{process, template, workspace};

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The whole way of an invoice on real servers, beside the servers' bare operations.
    Pipeline(Load),
    /// What the sweeper looks through and removes on a large install, on PostgreSQL and each document store.
    Housekeeping(Install),
    /// What the functions cost as Lambdas: size, start, invocations, memory. It needs no server.
    Lambda(Alone),
    /// Documents of 2 to 10,000 lines, beside other libraries and a floor. It needs no server.
    Render,
}

#[derive(Args)]
pub(crate) struct Load {
    /// How many invoices are uploaded.
    #[arg(long, default_value_t = 2000)]
    uploads: usize,
    /// How many uploads are in flight at a time.
    #[arg(long, default_value_t = 16)]
    in_flight: usize,
}

#[derive(Args)]
pub(crate) struct Install {
    /// How many uploads the install has, of one document and so two blobs each.
    #[arg(long, default_value_t = 50_000)]
    uploads: usize,
    /// The document stores, in a list with commas.
    #[arg(long, default_value = "folder,gridfs,s3")]
    stores: String,
}

#[derive(Args)]
pub(crate) struct Alone {
    /// Only this function.
    #[arg(long)]
    function: Option<String>,
}

impl Bench {
    /// Whether it stands on the servers of the tests.
    pub(crate) const fn needs_servers(&self) -> bool {
        matches!(self, Self::Pipeline(_) | Self::Housekeeping(_))
    }

    /// Builds what is measured and measures it.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Pipeline(load) => load.run(),
            Self::Housekeeping(install) => install.run(),
            Self::Lambda(alone) => alone.run(),
            Self::Render => render::run(),
        }
    }
}

impl Load {
    fn run(&self) -> anyhow::Result<()> {
        let binaries = release_functions()?;
        let (uploads, in_flight) = (self.uploads.to_string(), self.in_flight.to_string());
        let bench = ["bench", "--package", "xtask", "--bench", "pipeline", "--"];
        let how = ["--binaries", &binaries.to_string_lossy(), "--uploads", &uploads, "--in-flight", &in_flight];
        process::cargo(&[bench.as_slice(), &how].concat())
    }
}

impl Install {
    fn run(&self) -> anyhow::Result<()> {
        let servers = Servers::start(&Plan::of_its_own(&[Kind::Postgres, Kind::Mongodb, Kind::S3]))?;
        let (uploads, bench) = (self.uploads.to_string(), ["bench", "--package", "sweeper", "--bench", "housekeeping"]);
        let how = ["--", "--uploads", &uploads, "--stores", &self.stores];
        let measured = process::cargo_with(&servers.environment(), &[bench.as_slice(), &how].concat());
        servers.finish(measured.is_err());
        measured
    }
}

/// Builds the five functions, and answers the folder of their programs.
pub(crate) fn release_functions() -> anyhow::Result<PathBuf> {
    let mut build = vec!["build", "--release"];
    for function in Function::ALL {
        build.extend(["--package", function.name()]);
    }
    process::cargo(&build)?;
    Ok(workspace::target()?.join("release"))
}

/// Builds a function for this machine's processor, and else as `sam build` does: by what its manifest tells cargo-lambda,
/// and alone, as together they would share the features of all.
fn build_for_lambda(function: &str) -> anyhow::Result<()> {
    let metadata = process::cargo_output(&["metadata", "--locked", "--no-deps", "--format-version", "1"])?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let package = items(&metadata["packages"]).find(|package| package["name"] == function);
    let how = &package.with_context(|| format!("there is no package {function}"))?["metadata"]["lambda"]["build"];
    let texts = |key: &str| items(&how[key]).filter_map(Value::as_str);
    let mut build = vec!["build", "--release", "--package", function, "--no-default-features"];
    build.extend(texts("features").flat_map(|feature| ["--features", feature]));
    let folder = workspace::root().join("functions").join(function);
    let files: Vec<String> = texts("config").map(|file| folder.join(file).to_string_lossy().into_owned()).collect();
    build.extend(files.iter().flat_map(|file| ["--config", file]));
    process::cargo(&build)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

impl Alone {
    fn run(&self) -> anyhow::Result<()> {
        let measured = |function: &Function| self.function.as_deref().is_none_or(|only| only == function.name());
        for function in Function::ALL.into_iter().filter(measured) {
            template::build_function(function)?;
            build_for_lambda(function.name())?;
        }
        let target = workspace::target()?;
        let bench = ["bench", "--package", "host", "--features", "testing", "--bench", "lambda", "--"];
        let mut how = vec!["--binaries".to_owned(), target.join("release").to_string_lossy().into_owned()];
        how.extend(["--deployed".to_owned(), target.join("lambda").to_string_lossy().into_owned()]);
        how.extend(self.function.iter().flat_map(|only| ["--function".to_owned(), only.clone()]));
        let how: Vec<&str> = how.iter().map(String::as_str).collect();
        process::cargo(&[bench.as_slice(), &how].concat())
    }
}
