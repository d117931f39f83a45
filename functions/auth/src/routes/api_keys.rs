use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use host::problem::Problem;
use http::StatusCode;
use http::header::CACHE_CONTROL;
use jiff::Timestamp;
use pipeline::{ApiKey, ApiKeyId, NewApiKey, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::caller::Caller;
use super::json_body::JsonBody;
use super::path_ids::PathIds;
use crate::state::AuthState;

/// An API key without its secret part.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(super) struct ApiKeyView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: ApiKeyId,
    /// What its owner calls it.
    name: String,
    /// The visible part of the key, between the two underscores.
    prefix: String,
    /// What it may do: `invoices:read`, `invoices:write`.
    #[schema(value_type = Vec<String>)]
    scopes: BTreeSet<Scope>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it was last used, to the minute.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<Timestamp>,
    /// When it was revoked.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Timestamp>,
}

/// A fresh API key.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedApiKey {
    /// The key itself. It is shown this once.
    #[schema(example = "inv_0123456789ab_…")]
    key: String,
    #[serde(flatten)]
    view: ApiKeyView,
}

/// The API keys of a user.
#[derive(Serialize, ToSchema)]
pub(super) struct ApiKeyList {
    /// The keys, newest first, revoked ones too.
    keys: Vec<ApiKeyView>,
}

/// An API key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewApiKeyRequest {
    /// What its owner calls it: at most 100 characters.
    #[schema(example = "nightly upload", max_length = 100)]
    name: String,
    /// What it may do: everything where not given.
    #[serde(default = "every_scope")]
    #[schema(value_type = Vec<String>, example = json!(["invoices:read", "invoices:write"]))]
    scopes: BTreeSet<Scope>,
}

fn every_scope() -> BTreeSet<Scope> {
    Scope::ALL.into()
}

impl ApiKeyView {
    fn fresh(key: NewApiKey) -> Self {
        Self::from(ApiKey { key, last_used_at: None, revoked_at: None })
    }
}

impl From<ApiKey> for ApiKeyView {
    fn from(stored: ApiKey) -> Self {
        let ApiKey { key, last_used_at, revoked_at } = stored;
        Self {
            id: key.id,
            name: key.name,
            prefix: key.prefix,
            scopes: key.scopes,
            created_at: key.created_at,
            last_used_at,
            revoked_at,
        }
    }
}

/// List a user's API keys. Their own for users, any for administrators.
#[utoipa::path(
    get,
    path = "/users/{id}/keys",
    operation_id = "list_api_keys",
    tag = "users",
    params(("id" = String, Path, description = "The user's id, or `me`.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The keys.", body = ApiKeyList),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another's keys, or asked with an API key.", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such user.", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<AuthState>,
    caller: Caller,
    PathIds(id): PathIds<String>,
) -> Result<Json<ApiKeyList>, Problem> {
    let keys = state.accounts().keys(caller.managed_account(&id)?).await?;
    Ok(Json(ApiKeyList { keys: keys.into_iter().map(ApiKeyView::from).collect() }))
}

/// Make an API key for a machine that works for a user. The answer shows it once.
#[utoipa::path(
    post,
    path = "/users/{id}/keys",
    operation_id = "create_api_key",
    tag = "users",
    params(("id" = String, Path, description = "The user's id, or `me`.")),
    request_body = NewApiKeyRequest,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The key.", body = CreatedApiKey),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "For another user, or asked with an API key.", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such user.", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "A value is wrong.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(state): State<AuthState>,
    caller: Caller,
    PathIds(id): PathIds<String>,
    JsonBody(new): JsonBody<NewApiKeyRequest>,
) -> Result<impl axum::response::IntoResponse, Problem> {
    let owner = caller.managed_account(&id)?;
    let (key, plain) = state.accounts().add_key(owner, &new.name, new.scopes).await?;
    tracing::info!(by = %caller.account.id, user = %owner, key = %key.id, "API key made");
    let created = CreatedApiKey { key: plain.expose().to_owned(), view: ApiKeyView::fresh(key) };
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(created)))
}

/// Revoke an API key, at once and for good.
#[utoipa::path(
    delete,
    path = "/users/{id}/keys/{key_id}",
    operation_id = "revoke_api_key",
    tag = "users",
    params(
        ("id" = String, Path, description = "The user's id, or `me`."),
        ("key_id" = String, Path, description = "The key's id."),
    ),
    security(("bearer" = [])),
    responses(
        (status = 204, description = "It is revoked."),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Another's key, or asked with an API key.", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is no such key.", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn revoke(
    State(state): State<AuthState>,
    caller: Caller,
    PathIds((id, key)): PathIds<(String, String)>,
) -> Result<StatusCode, Problem> {
    let owner = caller.managed_account(&id)?;
    let key: ApiKeyId = key.parse().map_err(|_| Problem::not_found())?;
    state.accounts().revoke_key(owner, key).await?;
    tracing::info!(by = %caller.account.id, user = %owner, %key, "API key revoked");
    Ok(StatusCode::NO_CONTENT)
}
