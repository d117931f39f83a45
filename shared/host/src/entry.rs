use std::error::Error;
use std::fmt::Display;
use std::process::ExitCode;
use std::time::Duration;

use crate::{ask_health, settings};

/// What cannot be interrupted, such as a document that is being rendered, holds up the end of the process no longer.
const LAST_MOMENT: Duration = Duration::from_millis(500);

/// What a function's program does instead of its work.
#[derive(clap::Subcommand)]
pub enum Command {
    /// Ask the process that listens on LISTEN whether it lives; exits with 0 where it does.
    Health,
}

/// Runs a function's program: its work, or what it was told to do instead.
pub fn run_function<E: Display>(command: Option<Command>, work: impl Future<Output = Result<(), E>>) -> ExitCode {
    match command {
        None => run_to_end(work),
        Some(Command::Health) => run_to_end(Command::health()),
    }
}

impl Command {
    /// Does what [`Command::Health`] says.
    ///
    /// # Errors
    /// The process does not answer well, or LISTEN is wrong.
    #[allow(clippy::print_stdout)] // The answer of a command.
    pub async fn health() -> Result<(), Box<dyn Error + Send + Sync>> {
        ask_health(settings::listen_from_env()?).await?;
        println!("ok");
        Ok(())
    }
}

/// Runs a program's whole work on a runtime of its own. An error is told to the person who started it, in one piece.
pub fn run_to_end<E: Display>(work: impl Future<Output = Result<(), E>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(work).map_err(|error| format!("{error:#}"));
            runtime.shutdown_timeout(LAST_MOMENT);
            ended
        }
        Err(error) => Err(format!("cannot start the runtime: {error}")),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error);
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stderr)] // It is for a person, also where logging has not begun.
fn tell(error: &str) {
    eprintln!("error: {error}");
}
