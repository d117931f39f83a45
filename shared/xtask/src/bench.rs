//! Measurements, in release builds.

use clap::{Args, Subcommand};

use crate::pack::Function;
use crate::{process, workspace};

/// What to measure.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// The whole way of an invoice on real servers, beside the servers' bare operations.
    Pipeline(Load),
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

impl Bench {
    /// Builds what is measured and measures it.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let Self::Pipeline(load) = self;
        let mut build = vec!["build", "--release"];
        for function in Function::ALL {
            build.extend(["--package", function.name()]);
        }
        process::cargo(&build)?;
        let binaries = workspace::target()?.join("release");
        let (uploads, in_flight) = (load.uploads.to_string(), load.in_flight.to_string());
        let bench = ["bench", "--package", "xtask", "--bench", "pipeline", "--"];
        let how = ["--binaries", &binaries.to_string_lossy(), "--uploads", &uploads, "--in-flight", &in_flight];
        process::cargo(&[bench.as_slice(), &how].concat())
    }
}
