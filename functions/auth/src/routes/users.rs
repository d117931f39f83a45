use std::collections::BTreeSet;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use host::problem::Problem;
use http::header::LOCATION;
use http::{HeaderName, StatusCode};
use jiff::Timestamp;
use pipeline::{Email, Role, User, UserId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::caller::Admin;
use super::json_body::JsonBody;
use super::path_ids::PathIds;
use crate::accounts::AccountChange;
use crate::state::AuthState;

const DEFAULT_LIMIT: u32 = 20;
const HIGHEST_LIMIT: u32 = 100;

/// An account, as administrators see it.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(super) struct UserView {
    /// Its id.
    #[schema(value_type = String, format = "uuid")]
    id: UserId,
    /// Its mail address.
    #[schema(value_type = String, format = Email)]
    email: Email,
    /// Its roles: `user`, `admin`.
    #[schema(value_type = Vec<String>, example = json!(["user"]))]
    roles: BTreeSet<Role>,
    /// Whether it may log in.
    enabled: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self { id: user.id, email: user.email, roles: user.roles, enabled: user.enabled, created_at: user.created_at }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub(super) struct UserPage {
    /// The accounts, oldest first.
    users: Vec<UserView>,
    /// `after` of the next page; null on the last one.
    #[schema(value_type = Option<String>)]
    next: Option<UserId>,
}

/// Which page of accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct PageQuery {
    /// The accounts after this id.
    #[param(value_type = Option<String>)]
    after: Option<UserId>,
    /// How many, at most 100.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
}

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewUser {
    /// Its mail address.
    #[schema(value_type = String, format = Email, example = "test@example.com")]
    email: Email,
    /// Its password: 8 characters to 1024 bytes.
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: String,
    /// Its roles: `user` where not given.
    #[serde(default = "default_roles")]
    #[schema(value_type = Vec<String>, example = json!(["user"]))]
    roles: BTreeSet<Role>,
}

fn default_roles() -> BTreeSet<Role> {
    BTreeSet::from([Role::User])
}

/// What is to be changed about an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChange {
    /// A new password: 8 characters to 1024 bytes.
    #[schema(format = Password, min_length = 8, max_length = 1024)]
    password: Option<String>,
    /// The roles from now on.
    #[schema(value_type = Option<Vec<String>>)]
    roles: Option<BTreeSet<Role>>,
    /// Whether it may log in from now on.
    enabled: Option<bool>,
}

/// List the users, oldest first. Administrators only.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "list_users",
    tag = "users",
    params(PageQuery),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "A page of users.", body = UserPage),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn list(
    State(state): State<AuthState>,
    _admin: Admin,
    page: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Json<UserPage>, Problem> {
    let Query(page) = page.map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.body_text()))?;
    let limit = page.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=HIGHEST_LIMIT).contains(&limit) {
        return Err(Problem::new(StatusCode::BAD_REQUEST, format!("limit: expected 1 to {HIGHEST_LIMIT}")));
    }
    let mut users = state.accounts().list(page.after, limit + 1).await?;
    let more = users.len() > limit as usize;
    users.truncate(limit as usize);
    let next = users.last().map(|user| user.id).filter(|_| more);
    Ok(Json(UserPage { users: users.into_iter().map(UserView::from).collect(), next }))
}

/// Make a user. Administrators only.
#[utoipa::path(
    post,
    path = "/users",
    operation_id = "create_user",
    tag = "users",
    request_body = NewUser,
    security(("bearer" = [])),
    responses(
        (status = 201, description = "The user.", body = UserView, headers(("Location" = String))),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = Problem,
         content_type = "application/problem+json"),
        (status = 409, description = "The address is taken.", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "A value is wrong or the password too weak.", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    State(state): State<AuthState>,
    admin: Admin,
    JsonBody(new): JsonBody<NewUser>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<UserView>), Problem> {
    let user = state.accounts().create(new.email, new.password, new.roles).await?;
    tracing::info!(admin = %admin.0.id, user = %user.id, "user made");
    Ok((StatusCode::CREATED, [(LOCATION, format!("{}/users/{}", state.base_path(), user.id))], Json(user.into())))
}

/// Show a user. Administrators only.
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "get_user",
    tag = "users",
    params(("id" = String, Path, description = "The user's id.")),
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The user.", body = UserView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn get(
    State(state): State<AuthState>,
    _admin: Admin,
    PathIds(id): PathIds<String>,
) -> Result<Json<UserView>, Problem> {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    Ok(Json(state.accounts().get(id).await?.into()))
}

/// Change a user's password or roles, disable or enable them. Administrators only.
///
/// Tokens of a disabled user that were issued before are accepted until they expire, API keys no longer.
#[utoipa::path(
    patch,
    path = "/users/{id}",
    operation_id = "change_user",
    tag = "users",
    params(("id" = String, Path, description = "The user's id.")),
    request_body = UserChange,
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The user.", body = UserView),
        (status = 401, description = "No valid token.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "Not an administrator.", body = Problem,
         content_type = "application/problem+json"),
        (status = 404, description = "There is none.", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "An administrator cannot lock themselves out.", body = Problem,
         content_type = "application/problem+json"),
        (status = 422, description = "A value is wrong or the password too weak.", body = Problem,
         content_type = "application/problem+json"),
    )
)]
pub(super) async fn change(
    State(state): State<AuthState>,
    admin: Admin,
    PathIds(id): PathIds<String>,
    JsonBody(change): JsonBody<UserChange>,
) -> Result<Json<UserView>, Problem> {
    let id: UserId = id.parse().map_err(|_| Problem::not_found())?;
    let keeps_admin = change.roles.as_ref().is_none_or(|roles| roles.contains(&Role::Admin));
    if id == admin.0.id && !(keeps_admin && change.enabled.unwrap_or(true)) {
        return Err(Problem::new(StatusCode::CONFLICT, "administrators cannot lock themselves out"));
    }
    let UserChange { password, roles, enabled } = change;
    let user = state.accounts().change(id, AccountChange { password, roles, enabled }).await?;
    tracing::info!(admin = %admin.0.id, user = %user.id, "user changed");
    Ok(Json(user.into()))
}
