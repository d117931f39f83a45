use std::fmt::Display;
use std::process::ExitCode;

/// Runs a program's whole work on a runtime of its own. An error is told to the person who started it, in one piece.
pub fn run_to_end<E: Display>(work: impl Future<Output = Result<(), E>>) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let ended = match runtime {
        Ok(runtime) => runtime.block_on(work).map_err(|error| format!("{error:#}")),
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
