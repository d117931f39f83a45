use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use host::problem::Problem;
use host::token::{AUDIENCE, Claims, Credential, Principal};
use http::header::CACHE_CONTROL;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::Caller;
use crate::state::AuthState;

/// How long the answer for an API key may be relied on, in seconds: it can be revoked at any time.
const API_KEY_LIFE: i64 = 60;

/// What a credential is worth.
#[derive(Serialize, ToSchema)]
pub(super) struct Validated {
    /// The token's claims; for an API key, the claims of a token that would do the same for a minute.
    #[serde(flatten)]
    claims: Claims,
    /// What it may do, separated by spaces (RFC 8693 section 4.2).
    #[schema(example = "invoices:read invoices:write")]
    scope: String,
}

/// Tell another service what a token or API key is worth.
///
/// Unlike the check of a token's signature, this also sees that its user was disabled meanwhile.
#[utoipa::path(
    post,
    path = "/validate",
    tag = "users",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "It is valid.", body = Validated),
        (status = 401, description = "It is not valid.", body = Problem, content_type = "application/problem+json",
         headers(("WWW-Authenticate" = String))),
    )
)]
pub(super) async fn validate(State(state): State<AuthState>, caller: Caller) -> Response {
    let scopes: Vec<&str> = caller.principal.scopes.iter().map(|scope| scope.name()).collect();
    let validated = Validated { scope: scopes.join(" "), claims: claims(&state, caller.principal) };
    ([(CACHE_CONTROL, "no-store")], Json(validated)).into_response()
}

fn claims(state: &AuthState, principal: Principal) -> Claims {
    let key = match principal.credential {
        Credential::Token(claims) => return *claims,
        Credential::ApiKey(key) => key,
    };
    let now = state.issuer().clock.now().as_second();
    Claims {
        iss: state.issuer().issuer.clone(),
        aud: AUDIENCE.to_owned(),
        sub: principal.user,
        email: principal.email,
        roles: principal.roles,
        iat: now,
        nbf: now,
        exp: now.saturating_add(API_KEY_LIFE),
        jti: key.to_string(),
    }
}
