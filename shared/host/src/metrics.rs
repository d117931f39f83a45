//! What the process counts, for `GET /metrics` in the text format of OpenMetrics, which Prometheus reads.
//!
//! A metric is a static beside the code whose doings it counts; it is told from its first use on. Values of labels come
//! from small sets only: formats, outcomes, templates of routes; never ids, paths or addresses.

mod process;

use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric as Registrable, Registry};

/// Media type of the text.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// Upper bounds of durations, in seconds: from a small document to the longest request.
const SECONDS: [f64; 12] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 30.0];

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(|| {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(process::Process::default()));
    Mutex::new(registry)
});

type Labels<const N: usize> = [(&'static str, String); N];
type Members<M, const N: usize> = Family<Labels<N>, M, fn() -> M>;

/// One metric with `N` labels.
pub struct Metric<M: 'static, const N: usize> {
    name: &'static str,
    help: &'static str,
    labels: [&'static str; N],
    members: OnceLock<Members<M, N>>,
}

/// Counts events. Its name in the text ends with `_total`.
pub type Counters<const N: usize> = Metric<Counter, N>;
/// A number that rises and falls.
pub type Gauges<const N: usize> = Metric<Gauge, N>;
/// A histogram of durations in seconds.
pub type Durations<const N: usize> = Metric<Histogram, N>;

impl<M, const N: usize> Metric<M, N> {
    /// A metric by its name (with the unit, without `_total`), what it means (without a full stop), and its labels' names.
    #[must_use]
    pub const fn new(name: &'static str, help: &'static str, labels: [&'static str; N]) -> Self {
        Self { name, help, labels, members: OnceLock::new() }
    }

    fn named(&self, values: [&str; N]) -> Labels<N> {
        let mut values = values.into_iter();
        self.labels.map(|label| (label, values.next().unwrap_or_default().to_owned()))
    }

    fn members(&self, make: fn() -> M) -> &Members<M, N>
    where
        Members<M, N>: Registrable + Clone,
    {
        self.members.get_or_init(|| {
            let members = Members::new_with_constructor(make);
            let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
            registry.register(self.name, self.help, members.clone());
            members
        })
    }
}

impl<const N: usize> Counters<N> {
    /// Counts `events` more. None makes the counter known: a rise from nothing at all is no rise to Prometheus.
    pub fn add(&self, events: usize, values: [&str; N]) {
        self.members(Counter::default).get_or_create(&self.named(values)).inc_by(events as u64);
    }

    /// Counts one event.
    pub fn count(&self, values: [&str; N]) {
        self.add(1, values);
    }
}

impl<const N: usize> Gauges<N> {
    /// Sets the number.
    pub fn set(&self, number: i64, values: [&str; N]) {
        self.members(Gauge::default).get_or_create(&self.named(values)).set(number);
    }

    /// Counts something that is going on, until the answer is dropped.
    #[must_use]
    pub fn enter(&self, values: [&str; N]) -> Entered {
        let gauge = self.members(Gauge::default).get_or_create_owned(&self.named(values));
        gauge.inc();
        Entered(gauge)
    }
}

/// Something that is going on.
pub struct Entered(Gauge);

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.dec();
    }
}

impl<const N: usize> Durations<N> {
    /// Notes how long something took.
    pub fn note(&self, duration: Duration, values: [&str; N]) {
        let members = self.members(|| Histogram::new(SECONDS));
        members.get_or_create(&self.named(values)).observe(duration.as_secs_f64());
    }
}

/// Everything that the process has counted.
#[must_use]
pub fn text() -> String {
    let mut text = String::new();
    let registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    // A string takes every write.
    let _ = encode(&mut text, &registry);
    text
}

/// [`text`] as the answer of a route.
#[must_use]
pub fn answer() -> Response {
    ([(CONTENT_TYPE, OPEN_METRICS)], text()).into_response()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Counters, Durations, Gauges, text};

    static TRIED: Counters<2> = Counters::new("test_tried", "Tries, by thing and outcome", ["thing", "outcome"]);
    static RUNNING: Gauges<0> = Gauges::new("test_running", "What runs", []);
    static TOOK: Durations<1> = Durations::new("test_took_seconds", "How long it took", ["thing"]);

    #[test]
    fn what_was_done_is_told() {
        TRIED.add(0, ["pdf", "failed"]);
        TRIED.count(["pdf", "stored"]);
        TRIED.add(2, ["pdf", "stored"]);
        let first = RUNNING.enter([]);
        let second = RUNNING.enter([]);
        drop(first);
        TOOK.note(Duration::from_millis(30), ["pdf"]);
        let told = text();
        for line in [
            "# TYPE test_tried counter",
            "test_tried_total{thing=\"pdf\",outcome=\"failed\"} 0",
            "test_tried_total{thing=\"pdf\",outcome=\"stored\"} 3",
            "test_running{} 1",
            "test_took_seconds_bucket{le=\"0.025\",thing=\"pdf\"} 0",
            "test_took_seconds_bucket{le=\"0.05\",thing=\"pdf\"} 1",
            "test_took_seconds_count{thing=\"pdf\"} 1",
        ] {
            assert!(told.lines().any(|told| told == line), "{line} is missing: {told}");
        }
        assert!(told.ends_with("# EOF\n"));
        drop(second);
    }
}
