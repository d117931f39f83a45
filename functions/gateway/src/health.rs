//! `GET /healthz`, `GET /readyz` and `GET /metrics`, with their part of the OpenAPI document.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use host::operations;
use host::readiness::Report;

use crate::Gateway;

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It lives", body = String, content_type = "text/plain", example = "ok")))]
pub(crate) async fn healthz() -> &'static str {
    operations::ALIVE
}

/// Whether the process can do its work.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "It can", body = Report),
    (status = 503, description = "A server is out of reach, or the process is about to end", body = Report),
))]
pub(crate) async fn readyz(State(gateway): State<Arc<Gateway>>) -> Report {
    gateway.readiness.report().await
}

/// What the process has counted, in the text format of OpenMetrics.
#[utoipa::path(get, path = "/metrics", tag = "health", responses(
    (status = 200, description = "The metrics", body = String, content_type = "application/openmetrics-text"),
))]
pub(crate) async fn metrics() -> Response {
    host::metrics::answer()
}
