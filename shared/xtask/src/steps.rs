//! The steps of a chore: each one runs, whatever became of those before it, and the last line counts them.

use std::process::ExitCode;

use crate::interruption;

/// What became of the steps so far.
#[derive(Default)]
pub(crate) struct Steps {
    passed: usize,
    failed: Vec<&'static str>,
}

impl Steps {
    /// Runs one more step and says how it ended.
    pub(crate) fn run(mut self, name: &'static str, step: impl FnOnce() -> anyhow::Result<()>) -> Self {
        println!("\n== {name}");
        match interruption::check().and_then(|()| step()) {
            Ok(()) => self.passed += 1,
            Err(error) => {
                println!("FAILED {name}: {error:#}");
                self.failed.push(name);
            }
        }
        self
    }

    /// Names the failed steps and prints the last line: `N passed, N failed`.
    pub(crate) fn finish(self) -> ExitCode {
        println!();
        self.finish_with("")
    }

    fn finish_with(self, prefix: &str) -> ExitCode {
        for name in &self.failed {
            println!("failed: {name}");
        }
        println!("{prefix}{}", self.summary());
        if self.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// The same where the servers' tests were left out, which the last line says.
    pub(crate) fn finish_embedded_only(self) -> ExitCode {
        println!("\nonly the embedded parts were tested: nothing ran against a server");
        self.finish_with("embedded-only: ")
    }

    /// Whether any step failed.
    pub(crate) fn any_failed(&self) -> bool {
        !self.failed.is_empty()
    }

    fn summary(&self) -> String {
        format!("{} passed, {} failed", self.passed, self.failed.len())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn a_failed_step_does_not_stop_the_next() {
        let steps = Steps::default().run("first", || bail!("no")).run("second", || Ok(()));
        assert_eq!(steps.summary(), "1 passed, 1 failed");
        assert_eq!(steps.finish(), ExitCode::FAILURE);
    }

    #[test]
    fn all_passed_is_success() {
        assert_eq!(Steps::default().run("only", || Ok(())).finish(), ExitCode::SUCCESS);
    }
}
