//! The promise under fire: see `shared/xtask/tests/chaos`.

use clap::Args;

use crate::process;

const UPLOADS: usize = 1000;

/// Which run to make.
#[derive(Args)]
// Its command has the same name, which would be two groups of one name.
#[group(skip)]
pub(crate) struct Chaos {
    /// What the faults are drawn from: the same seed draws the same ones.
    #[arg(long)]
    seed: u64,
    /// How many invoices are uploaded.
    #[arg(long, default_value_t = UPLOADS)]
    uploads: usize,
    /// Commit this breach of the protocol, which the run must notice: unconfirmed-publish, answer-before-commit,
    /// double-document, no-fence or outbox-gone-at-publish.
    #[arg(long)]
    mutation: Option<String>,
}

impl Chaos {
    /// The run that the promise is measured by.
    pub(crate) const fn full(seed: u64) -> Self {
        Self { seed, uploads: UPLOADS, mutation: None }
    }

    /// Builds the functions as all tests do, and makes the run.
    pub(crate) fn run(&self) -> anyhow::Result<()> {
        process::cargo(&["test", "--workspace", "--no-run"])?;
        let (seed, uploads) = (self.seed.to_string(), self.uploads.to_string());
        let mut run = vec!["test", "--workspace", "--test", "chaos", "--", "--seed", &seed, "--uploads", &uploads];
        run.extend(self.mutation.iter().flat_map(|mutation| ["--mutation", mutation]));
        process::cargo(&run)
    }
}
