//! The project's own chores: `cargo xtask check`, `test`, `servers`, `gallery`.

use std::process::ExitCode;

fn main() -> anyhow::Result<ExitCode> {
    xtask::chores::run()
}
