//! The routes, one file for each resource.

mod api_keys;
mod caller;
mod json_body;
mod jwks;
mod login;
mod path_ids;
mod users;
mod validate;

use axum::middleware::from_fn;
use host::problem::one_line_errors;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, OpenApi, OpenApiBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use crate::state::AuthState;

/// The routes of auth with their part of the OpenAPI document. What no route answers is left to who serves it.
pub fn router(state: AuthState) -> OpenApiRouter {
    routes().with_state(state)
}

/// The OpenAPI document of [`router`]. Its security schemes are `basic` and `bearer`.
#[must_use]
pub fn openapi() -> OpenApi {
    routes().into_openapi()
}

fn routes() -> OpenApiRouter<AuthState> {
    let document = OpenApiBuilder::new().components(Some(security_schemes())).build();
    OpenApiRouter::with_openapi(document)
        .routes(routes!(login::login).layer(from_fn(one_line_errors)))
        .routes(routes!(validate::validate))
        .routes(routes!(jwks::jwks))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
}

fn security_schemes() -> Components {
    let scheme = |scheme| SecurityScheme::Http(Http::new(scheme));
    ComponentsBuilder::new()
        .security_scheme("basic", scheme(HttpAuthScheme::Basic))
        .security_scheme("bearer", scheme(HttpAuthScheme::Bearer))
        .build()
}
