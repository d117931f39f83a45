//! The fuzz targets, each for a while.

use std::fs;
use std::process::Stdio;

use anyhow::ensure;
use clap::Args;

use crate::process::{self, command};
use crate::{tools, workspace};

/// The folders of `cargo fuzz` with their targets, and where examples of the targets' input lie.
const TARGETS: [(&str, &str, Option<&str>); 4] = [
    ("shared/invoice/fuzz", "parse", Some("shared/invoice/tests/golden")),
    ("shared/render/fuzz", "pdf", None),
    ("shared/render/fuzz", "excel", None),
    ("shared/render/fuzz", "csv", None),
];

/// How long to fuzz.
#[derive(Args)]
pub(crate) struct Fuzz {
    /// Seconds for each target.
    #[arg(long, default_value_t = 30)]
    seconds: u32,
}

impl Default for Fuzz {
    fn default() -> Self {
        Self { seconds: 30 }
    }
}

impl Fuzz {
    /// Builds every target and runs it. What it finds lies in the folder `artifacts` beside it; what it learned stays for
    /// the next time.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        if !has_nightly() {
            println!("passed over: fuzzing needs a nightly toolchain, `rustup toolchain install nightly`");
            return Ok(());
        }
        for (folder, target, examples) in TARGETS {
            self.run_target(folder, target, examples)?;
        }
        Ok(())
    }

    fn run_target(&self, folder: &str, target: &str, examples: Option<&str>) -> anyhow::Result<()> {
        println!("> cargo +nightly fuzz run --fuzz-dir {folder} {target}");
        let build = workspace::target()?.join("fuzz");
        let corpus = build.join("corpus").join(target);
        fs::create_dir_all(&corpus)?;
        let (build, corpus) = (build.to_string_lossy(), corpus.to_string_lossy());
        let place = ["fuzz", "run", "--fuzz-dir", folder, "--target-dir", &build, target, &corpus];
        let time = format!("-max_total_time={}", self.seconds);
        let limits = ["--", &time, "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1"];
        let mut fuzz = command(tools::cargo_fuzz()?, &[place.as_slice(), examples.as_slice(), &limits].concat());
        // cargo-fuzz starts the cargo of the path, and rustup's knows toolchains; the one of this chore is another.
        let status = process::status(fuzz.env_remove("CARGO").env("RUSTUP_TOOLCHAIN", "nightly"))?;
        ensure!(status.success(), "the target {target} of {folder} failed: {status}");
        Ok(())
    }
}

fn has_nightly() -> bool {
    let mut ask = command("rustup", &["run", "nightly", "rustc", "--version"]);
    ask.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
