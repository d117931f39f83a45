//! Who asks.

use std::sync::Arc;

use axum::Json;
use axum::extract::FromRequestParts;
use host::problem::Problem;
use host::token::Principal;
use http::request::Parts;
use pipeline::{Actor, Scope, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Gateway;

/// The principal of a request: a handler that takes it answers 401 to everybody else.
pub(crate) struct Caller(pub(crate) Principal);

impl FromRequestParts<Arc<Gateway>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, gateway: &Arc<Gateway>) -> Result<Self, Problem> {
        Ok(Self(gateway.authenticator.authenticate(&parts.headers).await?))
    }
}

impl Caller {
    pub(crate) fn may_read(&self) -> Result<(), Problem> {
        self.0.require_scope(Scope::InvoicesRead)
    }

    pub(crate) fn may_write(&self) -> Result<(), Problem> {
        self.0.require_scope(Scope::InvoicesWrite)
    }

    /// Whether what this owner has may be seen. What may not answers like what is not there.
    pub(crate) fn sees(&self, owner: UserId) -> bool {
        self.0.user == owner || self.0.is_admin()
    }

    pub(crate) const fn actor(&self) -> Actor {
        Actor::User(self.0.user)
    }
}

/// Who one is.
#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// The user's id.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11")]
    id: String,
    /// The user's mail address.
    #[schema(example = "test@example.com")]
    email: String,
    /// `user`, `admin`.
    #[schema(example = json!(["user"]))]
    roles: Vec<&'static str>,
    /// `invoices:read`, `invoices:write`.
    #[schema(example = json!(["invoices:read", "invoices:write"]))]
    scopes: Vec<&'static str>,
}

/// Who the credential belongs to.
#[utoipa::path(get, path = "/me", tag = "account", security(("bearer" = [])), responses(
    (status = 200, description = "The user", body = Me),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn me(Caller(principal): Caller) -> Json<Me> {
    Json(Me {
        id: principal.user.to_string(),
        email: principal.email.to_string(),
        roles: principal.roles.iter().map(|role| role.name()).collect(),
        scopes: principal.scopes.iter().map(|scope| scope.name()).collect(),
    })
}
