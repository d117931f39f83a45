//! What every request gets, whatever answers it: its trace and its place in the metrics.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use pipeline::TraceId;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::metrics::{Counters, Durations, Gauges};

/// Names a request's trace (W3C Trace Context), and the answer's.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// The route of what no route answers.
const NO_ROUTE: &str = "none";

static REQUESTS: Counters<3> =
    Counters::new("http_requests", "Requests answered, by method, route and status", ["method", "route", "status"]);
static DURATIONS: Durations<2> = Durations::new(
    "http_request_duration_seconds",
    "Time from a request's headers to its answer's",
    ["method", "route"],
);
static IN_FLIGHT: Gauges<0> = Gauges::new("http_requests_in_flight", "Requests that are being answered", []);

/// The same router, where each request is counted and has a trace: its own, or a new one where its `traceparent` names
/// none. Handlers find it in `traceparent`, log lines carry it as `trace_id`, and the answer names it.
pub fn observed(router: Router) -> Router {
    router.layer(from_fn(observe))
}

async fn observe(mut request: Request, next: Next) -> Response {
    let trace = trace(request.headers_mut());
    let method = method(request.method());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let (begun, in_flight) = (Instant::now(), IN_FLIGHT.enter([]));
    // Of the highest level: a filter that leaves warnings leaves them their trace.
    let span = tracing::error_span!("request", trace_id = %trace);
    let mut response = next.run(request).instrument(span).await;
    drop(in_flight);
    let route = route.or_else(|| response.extensions().get().cloned());
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    DURATIONS.note(begun.elapsed(), [method, route]);
    REQUESTS.count([method, route, response.status().as_str()]);
    if let Ok(value) = HeaderValue::from_str(&trace.traceparent()) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
    response
}

/// The request's trace. Where it has none, a new one is put there.
fn trace(headers: &mut HeaderMap) -> TraceId {
    let named = headers.get(TRACEPARENT).and_then(|value| TraceId::from_traceparent(value.to_str().ok()?));
    named.unwrap_or_else(|| {
        let trace = TraceId::new();
        if let Ok(value) = HeaderValue::from_str(&trace.traceparent()) {
            headers.insert(TRACEPARENT, value);
        }
        trace
    })
}

/// Clients make methods up; the metrics do not grow by them.
fn method(method: &Method) -> &'static str {
    let known = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    let names = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.iter().position(|known| known == method).map_or("other", |place| names[place])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::Body;
    use axum::extract::Path;
    use axum::routing::get;
    use http::StatusCode;
    use tower::ServiceExt as _;

    use super::{HeaderMap, Request, Response, Router, TRACEPARENT, TraceId, observed};
    use crate::metrics;

    async fn ask(method: &str, path: &str, traceparent: Option<&str>) -> Response {
        let found = |headers: HeaderMap| async move { headers[TRACEPARENT].to_str().unwrap().to_owned() };
        let router: Router = Router::new()
            .route("/tested", get(found))
            .route("/tested/{id}", get(|Path(id): Path<String>| async { id }));
        let mut request = Request::builder().method(method).uri(path);
        if let Some(traceparent) = traceparent {
            request = request.header(TRACEPARENT, traceparent);
        }
        observed(router).oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    fn trace(response: &Response) -> TraceId {
        TraceId::from_traceparent(response.headers()[TRACEPARENT].to_str().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_trace_is_kept_or_made_and_told() {
        let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let answer = ask("GET", "/tested", Some(given)).await;
        assert_eq!(trace(&answer).to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for wrong in [None, Some("00-0-0-00")] {
            let answer = ask("GET", "/tested", wrong).await;
            let told = trace(&answer);
            let found = axum::body::to_bytes(answer.into_body(), 100).await.unwrap();
            assert_eq!(found, told.traceparent(), "the handler has the trace that the answer tells");
        }
    }

    #[tokio::test]
    async fn requests_are_counted_by_the_template_of_their_route() {
        for id in ["1", "2"] {
            assert_eq!(ask("GET", &format!("/tested/{id}"), None).await.status(), StatusCode::OK);
        }
        ask("GET", "/tested-by-nobody", None).await;
        ask("BREW", "/tested/3", None).await;
        let told = metrics::text();
        for line in [
            "http_requests_total{method=\"GET\",route=\"/tested/{id}\",status=\"200\"} 2",
            "http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1",
            "http_requests_total{method=\"other\",route=\"/tested/{id}\",status=\"405\"} 1",
            "http_request_duration_seconds_count{method=\"GET\",route=\"/tested/{id}\"} 2",
        ] {
            assert!(told.lines().any(|told| told == line), "{line} is missing: {told}");
        }
    }
}
