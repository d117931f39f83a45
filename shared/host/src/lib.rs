//! Runs a handler wherever it is asked to: an HTTP router, a queue's consumer, a periodic job. The only place that
//! knows the environment: settings, telemetry, signals, and how an error is told to a client.

mod base_path;
mod claim;
mod clock;
mod connection;
mod consume;
mod entry;
mod every;
mod health;
pub mod key_list;
#[cfg(feature = "lambda")]
pub mod lambda;
pub mod links;
pub mod metrics;
pub mod operations;
mod outage;
pub mod problem;
pub mod readiness;
mod requests;
pub mod secret_file;
mod serve;
pub mod settings;
mod shutdown;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod token;

pub use claim::claim;
pub use clock::SystemClock;
pub use consume::{Handler, consume};
pub use entry::{Command, run_function, run_to_end};
pub use every::every;
pub use health::{Unhealthy, ask_health};
pub use outage::Outage;
pub use requests::observed;
pub use serve::{BindError, KEEP_ALIVE, bind, serve};
pub use shutdown::{Shutdown, shutdown_on_signal};
