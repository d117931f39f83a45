//! `GET /healthz` and `GET /readyz`.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use http::StatusCode;
use pipeline::PortError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Gateway;

const CHECK_LIMIT: Duration = Duration::from_secs(3);

/// Whether the servers behind the gateway answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Readiness {
    /// Users and ledger, with the schema that this program needs.
    database: bool,
    /// The document store.
    documents: bool,
    /// The queues.
    broker: bool,
}

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It lives", body = String, content_type = "text/plain", example = "ok")))]
pub(crate) async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether the process can do its work.
#[utoipa::path(get, path = "/readyz", tag = "health", responses(
    (status = 200, description = "It can", body = Readiness),
    (status = 503, description = "A server is out of reach", body = Readiness),
))]
pub(crate) async fn readyz(State(gateway): State<Arc<Gateway>>) -> (StatusCode, Json<Readiness>) {
    let (ledger, documents, broker) = (gateway.ledger.check(), gateway.documents.check(), gateway.broker.check());
    let (database, documents, broker) =
        tokio::join!(answers("database", ledger), answers("documents", documents), answers("broker", broker));
    let status = if database && documents && broker { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { database, documents, broker }))
}

async fn answers(server: &str, check: impl Future<Output = Result<(), PortError>>) -> bool {
    match tokio::time::timeout(CHECK_LIMIT, check).await {
        Ok(Ok(())) => true,
        Ok(Err(error)) => {
            tracing::warn!(server, %error, "not ready");
            false
        }
        Err(_) => {
            tracing::warn!(server, "not ready: no answer within {CHECK_LIMIT:?}");
            false
        }
    }
}
