//! The pack under pressure: see `shared/xtask/benches/pressure`.

use clap::Args;

use crate::bench::release_functions;
use crate::process;

/// How long to press.
#[derive(Args)]
// Its command has the same name, which would be two groups of one name.
#[group(skip)]
pub(crate) struct Pressure {
    /// How long the steady load lasts, in minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
}

impl Default for Pressure {
    fn default() -> Self {
        Self { minutes: 10 }
    }
}

impl Pressure {
    /// Builds the functions as they are released, and makes the run on servers of its own.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        let (binaries, minutes) = (release_functions()?, self.minutes.to_string());
        let bench = ["bench", "--package", "xtask", "--bench", "pressure", "--"];
        let how = ["--binaries", &binaries.to_string_lossy(), "--minutes", &minutes];
        process::cargo(&[bench.as_slice(), &how].concat())
    }
}
