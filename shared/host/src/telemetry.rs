//! Logs: one human line per step on a terminal, JSON elsewhere.

use std::io::IsTerminal as _;

use pipeline::TraceId;
use tracing::Span;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

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

/// Starts logging to standard error, for the whole process. A line carries its spans' fields as its own.
pub fn start() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let logs = tracing_subscriber::registry().with(filter);
    // A log that nobody reads any more must not end the task that writes it: no internal errors.
    if std::io::stderr().is_terminal() {
        let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
        logs.with(lines.with_target(false).with_timer(TimeOfDay).compact()).init();
    } else {
        let lines = json_subscriber::fmt::layer().with_writer(std::io::stderr).log_internal_errors(false);
        let lines = lines.flatten_event(true).flatten_span_list_on_top_level(true);
        logs.with(lines.with_current_span(false).with_span_list(false)).init();
    }
}

/// A span for all that is done for a message of this trace: each line in it carries `trace_id`.
#[must_use]
pub fn message_span(trace: TraceId) -> Span {
    // Of the highest level: a filter that leaves warnings leaves them their trace.
    tracing::error_span!("message", trace_id = %trace)
}
