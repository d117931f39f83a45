//! Runs a function as a Lambda: the only place that knows it.
//!
//! Lambda starts the program, hands it one event at a time, and freezes the process between two: whatever an event
//! brings is done, recorded and published before its answer.

mod batch;
mod deadline;
mod requests;
mod schedule;

pub use batch::consume;
pub use requests::serve;
pub use schedule::every;

/// What ends a function, or fails one invocation.
pub type Error = lambda_runtime::Error;

/// Whether the process was started as a Lambda.
#[must_use]
pub fn is_here() -> bool {
    std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_some()
}
