//! The OpenAPI document and its pages.

use std::future::ready;
use std::sync::Arc;

use axum::extract::State;
use axum::middleware::map_response;
use axum::response::{IntoResponse as _, Response};
use axum::{Json, Router};
use host::problem::{PROBLEM_JSON, Problem};
use http::header::{CONTENT_SECURITY_POLICY, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::openapi::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi as _};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::Gateway;

/// Auth's part of the document, which auth's tests keep true.
const AUTH: &str = include_str!("../../auth/openapi.json");
/// An invoice in the flat form.
const FLAT_EXAMPLE: &str = include_str!("../../../events/sample_invoice.json");
/// The routes whose body is an invoice.
const INVOICE_BODIES: [&str; 3] = ["/invoices", "/invoices/preview", "/invoices/validate"];
/// The forms of the one that may also name an upload.
const ACCEPTING_BODIES: &str = "/paths/~1invoices/post/requestBody/content/application~1json/schema/anyOf";

/// The routes on which a client that does not ask for JSON gets an error as one line of text.
const ONE_LINE_ERRORS: [&str; 3] = ["/login", "/upload", "/download"];

/// Swagger UI sets styles of its own making; everything else comes from here.
const CONTENT_POLICY: &str =
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Invoice document service",
        description = "Upload invoice data as JSON, get correct PDF, Excel and CSV documents and legal e-invoices.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    modifiers(&Credentials),
    tags(
        (name = "invoices", description = "Upload invoices and follow them"),
        (name = "documents", description = "Download documents"),
        (name = "account", description = "Who one is, and what one's documents look like"),
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

/// The whole document (OpenAPI 3.1): the gateway's routes, auth's, and the schema of an invoice.
fn document() -> Value {
    let mut document = Document::openapi();
    document.merge(crate::routes().split_for_parts().1);
    document.info.contact = None;
    let mut document = serde_json::to_value(document).expect("a document serialises");
    let auth: Value = serde_json::from_str(AUTH).expect("auth's tests keep it right");
    for part in ["/paths", "/components/schemas", "/components/securitySchemes"] {
        extend(&mut document, part, auth.pointer(part));
    }
    add_invoice_schema(&mut document);
    add_branding_schema(&mut document);
    for (path, item) in document["paths"].as_object_mut().into_iter().flatten() {
        for operation in item.as_object_mut().into_iter().flat_map(|item| item.values_mut()) {
            add_common_answers(operation);
            if ONE_LINE_ERRORS.contains(&path.as_str()) {
                add_one_line_errors(operation);
            }
        }
    }
    document
}

/// The document with the place of its paths, which is relative to the document's own (OpenAPI 3.1, section 4.8.5).
fn served_document(base_path: &str) -> Value {
    let mut document = document();
    if !base_path.is_empty() {
        document["servers"] = json!([{ "url": base_path }]);
    }
    document
}

/// What an operation may answer because of what it takes, where it does not tell so itself.
fn add_common_answers(operation: &mut Value) {
    let has_query = operation["parameters"].as_array().is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    let body = operation.get("requestBody").map(|body| &body["content"]);
    let has_json = body.is_some_and(|content| content.get("application/json").is_some());
    let answers = [
        (has_query, "400", "A parameter is wrong"),
        (body.is_some(), "400", "The body is broken"),
        (body.is_some(), "408", "The body took too long"),
        (body.is_some(), "413", "Larger than the limits"),
        (has_json, "415", "Not JSON by its Content-Type"),
        (body.is_some(), "415", "The body has a Content-Encoding"),
        (
            operation.get("security").is_some(),
            "503",
            "A server behind this one is out of reach, or it has too much to do",
        ),
    ];
    let Some(responses) = operation["responses"].as_object_mut() else { return };
    for (_, status, description) in answers.into_iter().filter(|(may_be, ..)| *may_be) {
        responses.entry(status).or_insert_with(|| problem(description));
    }
}

fn problem(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Problem" });
    json!({ "description": description, "content": { PROBLEM_JSON: { "schema": schema } } })
}

fn add_one_line_errors(operation: &mut Value) {
    for response in operation["responses"].as_object_mut().into_iter().flat_map(|responses| responses.values_mut()) {
        let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
        if content.contains_key(PROBLEM_JSON) {
            content.insert("text/plain".to_owned(), json!({ "schema": { "type": "string" } }));
        }
    }
}

fn extend(document: &mut Value, pointer: &str, more: Option<&Value>) {
    let (Some(Value::Object(target)), Some(Value::Object(more))) = (document.pointer_mut(pointer), more) else {
        return;
    };
    for (name, value) in more {
        target.entry(name).or_insert_with(|| value.clone());
    }
}

/// Puts the invoice's schema and its definitions among the components, and refers to it from the bodies.
fn add_invoice_schema(document: &mut Value) {
    add_schema(document, "InvoiceData", invoice::json_schema());
    let flat: Value = serde_json::from_str(FLAT_EXAMPLE).expect("the sample is JSON");
    let body = json!({
        "schema": { "anyOf": [
            { "$ref": "#/components/schemas/InvoiceData" },
            { "type": "object", "description": "The flat form", "required": ["company_name", "invoice_no", "date", "items"] }
        ] },
        "example": flat
    });
    for path in INVOICE_BODIES {
        document["paths"][path]["post"]["requestBody"]["content"]["application/json"] = body.clone();
    }
    if let Some(bodies) = document.pointer_mut(ACCEPTING_BODIES).and_then(Value::as_array_mut) {
        bodies.push(json!({ "$ref": "#/components/schemas/UploadReference" }));
    }
}

/// Puts the branding's schema among the components, and refers to it from the bodies.
fn add_branding_schema(document: &mut Value) {
    add_schema(document, "BrandingData", invoice::branding_json_schema());
    let body = json!({
        "schema": { "$ref": "#/components/schemas/BrandingData" },
        "example": { "accent_color": "#1a73e8", "style": "modern", "mail": { "subject": "Your invoice {number}" } }
    });
    let route = &mut document["paths"]["/branding"];
    route["put"]["requestBody"]["content"]["application/json"] = body.clone();
    route["get"]["responses"]["200"]["content"]["application/json"] = body;
}

/// Puts a schema and its definitions among the components.
fn add_schema(document: &mut Value, name: &str, schema: Value) {
    let mut schema = relocated(schema, name);
    let definitions = schema.as_object_mut().and_then(|schema| schema.remove("$defs")).unwrap_or_default();
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.insert(name.to_owned(), schema);
        for (part, definition) in definitions.as_object().into_iter().flatten() {
            schemas.insert(format!("{name}.{part}"), definition.clone());
        }
    }
}

/// The same schema with its references where the definitions go.
fn relocated(schema: Value, whole: &str) -> Value {
    match schema {
        Value::Object(members) => members.into_iter().map(|(name, value)| (name, relocated(value, whole))).collect(),
        Value::Array(items) => items.into_iter().map(|item| relocated(item, whole)).collect(),
        Value::String(text) => match text.strip_prefix("#/$defs/") {
            Some(name) => Value::String(format!("#/components/schemas/{whole}.{name}")),
            None => Value::String(text),
        },
        other => other,
    }
}

/// The OpenAPI 3.1 document.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation", responses(
    (status = 200, description = "This document", body = Object),
))]
pub(crate) async fn openapi_json(State(gateway): State<Arc<Gateway>>) -> Json<Arc<Value>> {
    let openapi = gateway.openapi.get_or_init(|| Arc::new(served_document(gateway.base_path())));
    Json(Arc::clone(openapi))
}

/// The JSON Schema (draft 2020-12) of an invoice in the full form.
#[utoipa::path(get, path = "/schema/invoice.json", tag = "documentation", responses(
    (status = 200, description = "The schema", body = Object),
))]
pub(crate) async fn invoice_schema() -> Json<Value> {
    Json(invoice::json_schema())
}

/// `/docs`: the document for people, with everything compiled in.
pub(crate) fn pages(base_path: &str) -> Router {
    let policy = HeaderValue::from_static(CONTENT_POLICY);
    let (document, base_path) = (format!("{base_path}/openapi.json"), base_path.to_owned());
    Router::from(SwaggerUi::new("/docs").config(Config::from(document)))
        .layer(map_response(move |response| ready(below(&base_path, response))))
        .layer(map_response(missing_page))
        .layer(SetResponseHeaderLayer::overriding(CONTENT_SECURITY_POLICY, policy))
}

/// Swagger UI redirects within its own paths.
fn below(base_path: &str, mut response: Response) -> Response {
    let location = response.headers().get(LOCATION).and_then(|location| location.to_str().ok());
    let location = location.map(|location| HeaderValue::from_str(&format!("{base_path}{location}")));
    if let Some(Ok(location)) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    response
}

/// A page that is not there answers like everything that is not there.
async fn missing_page(response: Response) -> Response {
    if response.status() == StatusCode::NOT_FOUND { Problem::not_found().into_response() } else { response }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::document;

    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let mut found = Vec::new();
        references(&document, &mut found);
        assert!(found.contains(&"#/components/schemas/InvoiceData"), "the bodies name the invoice's schema");
        assert!(found.contains(&"#/components/schemas/UploadReference"), "or an upload");
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap_or_default();
            assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
        }
    }

    #[test]
    fn what_an_operation_takes_tells_what_it_may_refuse() {
        let document = document();
        let told = |path: &str, method: &str, status: &str| {
            document["paths"][path][method]["responses"][status]["content"].clone()
        };
        assert!(told("/upload", "post", "415").is_object());
        for status in ["400", "408", "413", "415", "422", "503"] {
            for (path, method) in [("/users", "post"), ("/users/{id}", "patch"), ("/invoices", "post")] {
                assert!(told(path, method, status)["application/problem+json"].is_object(), "{method} {path} {status}");
            }
        }
        assert!(told("/users", "get", "400").is_object());
        assert!(told("/invoices/{id}", "get", "400").is_null(), "it takes neither a query nor a body");
        for (path, method, status) in
            [("/login", "post", "401"), ("/upload", "post", "408"), ("/download", "get", "416")]
        {
            assert!(told(path, method, status)["text/plain"].is_object(), "{method} {path} {status}");
        }
    }

    #[test]
    fn auth_is_part_of_it() {
        assert!(document().pointer("/paths/~1login/post").is_some());
        assert!(document().pointer("/components/securitySchemes/basic").is_some());
    }
}
