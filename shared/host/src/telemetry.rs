//! Logs: one human line per step on a terminal, JSON elsewhere.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// Our crates at `info`, everything else at `warn`; `RUST_LOG` overrides.
const DEFAULT_FILTER: &str =
    "warn,auth=info,gateway=info,worker=info,notifier=info,sweeper=info,local=info,host=info,adapters=info";

struct TimeOfDay;

impl FormatTime for TimeOfDay {
    #[allow(clippy::disallowed_methods)] // A log line's time is no data.
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{}", jiff::Timestamp::now().strftime("%H:%M:%S"))
    }
}

/// Starts logging to standard error, for the whole process.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A log that nobody reads any more must not end the task that writes it.
        .log_internal_errors(false);
    if std::io::stderr().is_terminal() {
        builder.with_target(false).with_timer(TimeOfDay).compact().init();
    } else {
        builder.json().flatten_event(true).with_current_span(false).init();
    }
}
