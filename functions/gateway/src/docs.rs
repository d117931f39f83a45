//! The OpenAPI document and its pages.

use std::sync::{Arc, LazyLock};

use axum::{Json, Router};
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::Value;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{ContactBuilder, OpenApi};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

/// Auth's part of the document, which auth's tests keep true.
const AUTH: &str = include_str!("../../auth/openapi.json");

/// Swagger UI sets styles of its own making; everything else comes from here.
const CONTENT_POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Invoice document service",
        description = "Upload invoice data as JSON, get correct PDF, Excel and CSV documents.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Credentials),
    tags(
        (name = "invoices", description = "Upload invoices and follow them"),
        (name = "documents", description = "Download documents"),
        (name = "account", description = "Who one is"),
        (name = "health", description = "For operators"),
        (name = "documentation", description = "This document and the page for people")
    )
)]
struct Document;

struct Credentials;

impl Modify for Credentials {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("bearer", bearer);
    }
}

static OPENAPI: LazyLock<Arc<Value>> = LazyLock::new(|| {
    let mut document = serde_json::to_value(openapi()).unwrap_or_default();
    document["components"]["schemas"]["InvoiceData"] = invoice::json_schema();
    Arc::new(document)
});

/// The whole document (OpenAPI 3.1): the gateway's routes and auth's.
#[must_use]
pub fn openapi() -> OpenApi {
    let mut document = Document::openapi();
    document.merge(crate::routes().split_for_parts().1);
    if let Ok(auth) = serde_json::from_str(AUTH) {
        document.merge(auth);
    }
    document.info.contact = None::<ContactBuilder>.map(ContactBuilder::build);
    document
}

/// The OpenAPI 3.1 document.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", responses((status = 200, description = "This document", body = Object)))]
pub(crate) async fn openapi_json() -> Json<Arc<Value>> {
    Json(Arc::clone(&OPENAPI))
}

/// The JSON Schema (draft 2020-12) of an invoice in the full form.
#[utoipa::path(get, path = "/schema/invoice.json", tag = "documentation", responses((status = 200, description = "The schema", body = Object)))]
pub(crate) async fn invoice_schema() -> Json<Value> {
    Json(invoice::json_schema())
}

/// `/docs`: the document for people, with everything compiled in.
pub(crate) fn pages() -> Router {
    let policy = HeaderValue::from_static(CONTENT_POLICY);
    Router::from(SwaggerUi::new("/docs").config(Config::from("/openapi.json")))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy))
}
