//! `/branding`: what one's documents and mails look like where an upload does not say otherwise.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use host::problem::{Fault, Problem};
use http::header::ETAG;
use http::{HeaderMap, HeaderName, StatusCode};
use invoice::{Branding, Logo};
use pipeline::{BlobId, BrandingId, Bucket, DocumentsExt as _, StoredBranding, UserId, read_branding};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::Gateway;
use crate::acceptance::{faults, uncovered};
use crate::caller::Caller;
use crate::request::json_body;

/// What became of a branding that was put.
#[derive(Serialize, ToSchema)]
pub(crate) struct BrandingPut {
    /// The version that it is; invoices that show it name it.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b15")]
    version: String,
    /// What is remarkable but not wrong.
    warnings: Vec<Fault>,
}

/// Set one's branding.
///
/// Invoices that are uploaded from then on show it; what an invoice says itself goes before it. Invoices that were
/// accepted before keep the version of their time.
#[utoipa::path(put, path = "/branding", operation_id = "put_branding", tag = "account", security(("bearer" = [])),
request_body(content = Object, content_type = "application/json", description = "The whole branding"), responses(
    (status = 200, description = "Set", body = BrandingPut, headers(("ETag" = String))),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The branding has faults: all of them", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "Not set: a server is out of reach", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn put(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    content: Body,
) -> Result<([(HeaderName, String); 1], Json<BrandingPut>), Problem> {
    caller.may_write()?;
    let json = json_body(&gateway, &headers, content).await?;
    let branding = parse(&gateway, json).await?;
    let stored = StoredBranding {
        id: BrandingId::new(),
        owner: caller.0.user,
        content: branding.to_json_without_logo(),
        logo: store_logo(&gateway, branding.logo).await?,
        created_at: gateway.clock.now(),
    };
    gateway.ledger.put_branding(&stored).await?;
    tracing::info!(branding_id = %stored.id, "branding set");
    let footer = branding.footer.as_ref().map_or("", |footer| footer.text());
    let warnings = uncovered("/footer", render::uncovered_characters_of(footer)).into_iter().collect();
    Ok(([etag(&stored)], Json(BrandingPut { version: stored.id.to_string(), warnings })))
}

/// Read one's branding.
#[utoipa::path(get, path = "/branding", operation_id = "read_branding", tag = "account", security(("bearer" = [])), responses(
    (status = 200, description = "The branding as it was set; empty, and without an ETag, where none is", body = Object, headers(("ETag" = String))),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn read(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Result<Response, Problem> {
    caller.may_read()?;
    let Some(stored) = gateway.ledger.branding_of(caller.0.user).await? else {
        return Ok(Json(Map::new()).into_response());
    };
    let mut branding: Map<String, Value> = serde_json::from_str(&stored.content).map_err(|error| {
        tracing::error!(%error, branding_id = %stored.id, "the kept branding is no JSON");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    })?;
    if let Some(logo) = stored.logo {
        let limit = gateway.parse.limits.file_bytes as u64;
        let file = gateway.documents.get_bytes(Bucket::Raw, logo, limit).await?;
        branding.insert("logo".to_owned(), Value::String(data_url(&file)));
    }
    Ok(([etag(&stored)], Json(branding)).into_response())
}

/// Go back to the usual looks.
#[utoipa::path(delete, path = "/branding", operation_id = "delete_branding", tag = "account", security(("bearer" = [])), responses(
    (status = 204, description = "None is set from now on; invoices that were accepted before keep theirs"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn delete(State(gateway): State<Arc<Gateway>>, caller: Caller) -> Result<StatusCode, Problem> {
    caller.may_write()?;
    gateway.ledger.end_branding(caller.0.user).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The branding that a user has now, with its logo.
pub(crate) async fn current(gateway: &Gateway, owner: UserId) -> Result<Option<Branding>, Problem> {
    let Some(stored) = gateway.ledger.branding_of(owner).await? else { return Ok(None) };
    Ok(Some(read_branding(&stored, gateway.documents.as_ref(), &gateway.parse.limits).await?))
}

async fn parse(gateway: &Gateway, json: Bytes) -> Result<Branding, Problem> {
    let limits = gateway.parse.limits;
    let parsed = gateway.processors.run(move || Branding::parse(&json, &limits)).await?;
    parsed.map_err(|rejected| {
        let count = rejected.faults.len();
        let detail = format!("the branding has {count} fault{}", if count == 1 { "" } else { "s" });
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_faults(faults(rejected.faults), Vec::new())
    })
}

/// Where its row is not committed, the sweeper removes it.
async fn store_logo(gateway: &Gateway, logo: Option<Logo>) -> Result<Option<BlobId>, Problem> {
    let Some(logo) = logo else { return Ok(None) };
    let blob = BlobId::new();
    gateway.documents.put_bytes(Bucket::Raw, blob, logo.bytes.into()).await?;
    Ok(Some(blob))
}

fn data_url(file: &[u8]) -> String {
    let media_type = match file {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        // Shown as a picture alone: such a file has no script that a page could run.
        _ => "image/svg+xml",
    };
    format!("data:{media_type};base64,{}", STANDARD.encode(file))
}

fn etag(stored: &StoredBranding) -> (HeaderName, String) {
    (ETAG, format!("\"{}\"", stored.id))
}
