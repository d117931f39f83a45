use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::state::AuthState;

/// The public keys that verify tokens (RFC 7517).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "users",
    responses((status = 200, description = "The JWK set.", body = serde_json::Value,
               content_type = "application/jwk-set+json"))
)]
pub(super) async fn jwks(State(state): State<AuthState>) -> Response {
    let headers = [(CONTENT_TYPE, "application/jwk-set+json"), (CACHE_CONTROL, "public, max-age=300")];
    (headers, Json(state.issuer().keys.public())).into_response()
}
