//! The routes, one file for each resource.

mod api_keys;
mod caller;
mod json_body;
mod jwks;
mod login;
mod users;
mod validate;

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ComponentsBuilder, OpenApiBuilder};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::AuthState;

/// The routes of auth with their part of the OpenAPI document. Its security schemes are `basic` and `bearer`.
pub fn router(state: AuthState) -> OpenApiRouter {
    let document = OpenApiBuilder::new().components(Some(security_schemes())).build();
    OpenApiRouter::with_openapi(document)
        .routes(routes!(login::login))
        .routes(routes!(validate::validate))
        .routes(routes!(jwks::jwks))
        .routes(routes!(users::list, users::create))
        .routes(routes!(users::get, users::change))
        .routes(routes!(api_keys::list, api_keys::create))
        .routes(routes!(api_keys::revoke))
        .with_state(state)
}

fn security_schemes() -> Components {
    let scheme = |scheme| SecurityScheme::Http(Http::new(scheme));
    ComponentsBuilder::new()
        .security_scheme("basic", scheme(HttpAuthScheme::Basic))
        .security_scheme("bearer", scheme(HttpAuthScheme::Bearer))
        .build()
}
