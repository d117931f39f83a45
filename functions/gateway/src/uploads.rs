//! `POST /uploads` and `PUT /uploads/{id}`: bytes that are too many for a request go to the store first, and the invoice
//! is then accepted by their name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::body::{Body, BodyDataStream};
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use host::problem::Problem;
use http::{HeaderMap, StatusCode};
use pipeline::{Bucket, ByteStream, DocumentsExt as _, ErrorKind, PRESIGNED_LIFE, PortError};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use crate::Gateway;
use crate::caller::Caller;
use crate::request::{BODY_LIMIT, bad_request, broke_off, json_body, refuse_encoded, too_large, too_slow};
use crate::upload_ticket::UploadTicket;

/// No body that names an upload is longer.
const LONGEST_NAMING: usize = 1024;

/// What is to be uploaded.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadRequest {
    /// The size of the invoice's JSON in bytes.
    #[schema(example = 4_500_000, minimum = 1)]
    bytes: u64,
}

/// Where to hand it in.
#[derive(Serialize, ToSchema)]
pub(crate) struct UploadAddress {
    /// Its name for `POST /invoices`.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b14.4500000.1773057600.2026a.c2lnbmF0dXJl")]
    upload: String,
    /// How the bytes are sent.
    #[schema(example = "PUT")]
    method: &'static str,
    /// Where to: the store's own address, which wants no credential, or one of this service, which wants the same
    /// credential as every route.
    #[schema(
        example = "https://invoices.s3.eu-central-1.amazonaws.com/raw/0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b14?X-Amz-Signature=…"
    )]
    url: String,
    /// Headers that the PUT must carry as they are.
    #[schema(example = json!({"content-length": "4500000", "if-none-match": "*"}))]
    headers: BTreeMap<String, String>,
    /// Until when it can be uploaded (RFC 3339).
    #[schema(example = "2026-03-09T12:05:00Z")]
    put_before: String,
    /// Until when `POST /invoices` takes its name (RFC 3339).
    #[schema(example = "2026-03-09T13:00:00Z")]
    use_before: String,
}

/// A body of `POST /invoices` that names a staged upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadReference {
    /// `upload` of the answer to `POST /uploads`.
    #[schema(example = "0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b14.4500000.1773057600.2026a.c2lnbmF0dXJl")]
    upload: String,
}

/// Get an address to upload an invoice that is too large for a request.
///
/// PUT the invoice's JSON there, then name it: `POST /invoices {"upload": "…"}`.
#[utoipa::path(post, path = "/uploads", operation_id = "announce_upload", tag = "invoices", security(("bearer" = [])), request_body = UploadRequest, responses(
    (status = 201, description = "The address", body = UploadAddress),
    (status = 400, description = "The size is missing or no number", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The store is out of reach", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    headers: HeaderMap,
    content: Body,
) -> Result<(StatusCode, Json<UploadAddress>), Problem> {
    caller.may_write()?;
    let json = json_body(&gateway, &headers, content).await?;
    let wish: UploadRequest =
        serde_json::from_slice(&json).map_err(|error| bad_request(format!("expected {{\"bytes\": SIZE}}: {error}")))?;
    if wish.bytes == 0 {
        return Err(bad_request("bytes: expected at least 1"));
    }
    if wish.bytes > gateway.limits.bytes as u64 {
        return Err(too_large(&gateway));
    }
    let ticket = UploadTicket::issue(wish.bytes, gateway.clock.now());
    Ok((StatusCode::CREATED, Json(address(&gateway, &caller, ticket).await?)))
}

/// The store's address where it has some, else one of ours.
async fn address(gateway: &Gateway, caller: &Caller, ticket: UploadTicket) -> Result<UploadAddress, Problem> {
    let upload = ticket.signed(&gateway.links, caller.0.user);
    let presigned = gateway.documents.presigned_put(Bucket::Raw, ticket.blob, PRESIGNED_LIFE, ticket.bytes).await?;
    let (url, headers) = match presigned {
        Some(presigned) => (presigned.url, presigned.headers.into_iter().collect()),
        None => {
            let headers = BTreeMap::from([("content-length".to_owned(), ticket.bytes.to_string())]);
            (format!("{}/uploads/{upload}", gateway.public_url), headers)
        }
    };
    let (put_before, use_before) = (ticket.put_before().to_string(), ticket.use_before().to_string());
    Ok(UploadAddress { upload, method: "PUT", url, headers, put_before, use_before })
}

/// Upload an invoice where the store has no addresses of its own.
#[utoipa::path(put, path = "/uploads/{id}", tag = "invoices", security(("bearer" = [])),
params(("id" = String, Path, description = "`upload` of the answer to `POST /uploads`")),
request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The invoice's JSON, of the size that was told"), responses(
    (status = 204, description = "Stored"),
    (status = 400, description = "Fewer bytes than were told", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "None of one's own, or it has expired", body = Problem, content_type = "application/problem+json"),
    (status = 408, description = "The bytes took too long", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Uploaded before", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "More bytes than were told", body = Problem, content_type = "application/problem+json"),
    (status = 503, description = "The store is out of reach", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn hand_in(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Problem> {
    caller.may_write()?;
    let Path(id) = id.map_err(|_| Problem::not_found())?;
    refuse_encoded(&headers)?;
    let ticket = UploadTicket::read(&id, &gateway.links, caller.0.user).ok_or_else(Problem::not_found)?;
    if ticket.put_before() <= gateway.clock.now() {
        return Err(expired());
    }
    let refusal = Arc::new(Mutex::new(None));
    let content = content(body, ticket.bytes, Arc::clone(&refusal));
    let stored = gateway.documents.put(Bucket::Raw, ticket.blob, content).await;
    if let Some(problem) = refusal.lock().unwrap_or_else(PoisonError::into_inner).take() {
        return Err(problem);
    }
    match stored {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Problem::new(
            StatusCode::CONFLICT,
            "this upload has its bytes already: get a new address by POST /uploads",
        )),
        Err(error) => Err(error.into()),
    }
}

/// The body as the store reads it: exactly the announced size. What is wrong with it is told through `refusal`; the store
/// only learns that it is not to be kept.
fn content(body: Body, bytes: u64, refusal: Arc<Mutex<Option<Problem>>>) -> ByteStream {
    let until = Instant::now() + BODY_LIMIT;
    let chunks = stream::try_unfold((body.into_data_stream(), bytes), move |(chunks, left)| next(chunks, left, until));
    Box::pin(chunks.map_err(move |problem| {
        *refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
        PortError::new(ErrorKind::Rejected, "the body is not what was told")
    }))
}

async fn next(
    mut chunks: BodyDataStream,
    left: u64,
    until: Instant,
) -> Result<Option<(Bytes, (BodyDataStream, u64))>, Problem> {
    let Some(chunk) = timeout_at(until, chunks.next()).await.map_err(|_| too_slow())? else {
        return if left == 0 { Ok(None) } else { Err(bad_request(format!("{left} bytes are missing"))) };
    };
    let chunk = chunk.map_err(|_| broke_off())?;
    let left = left.checked_sub(chunk.len() as u64).ok_or_else(|| {
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "these are more bytes than POST /uploads was told")
    })?;
    Ok(Some((chunk, (chunks, left))))
}

/// The invoice's data that a body of `POST /invoices` means: what it names, or itself.
pub(crate) async fn resolved(gateway: &Gateway, caller: &Caller, body: Bytes) -> Result<Bytes, Problem> {
    if body.len() > LONGEST_NAMING {
        return Ok(body);
    }
    match serde_json::from_slice::<UploadReference>(&body) {
        Ok(reference) => handed_in(gateway, caller, &reference.upload).await,
        Err(_) => Ok(body),
    }
}

/// It stays in the store under its name, for a request that is repeated: the upload that is accepted gets a blob of its
/// own, and this one goes with those that no row names.
async fn handed_in(gateway: &Gateway, caller: &Caller, id: &str) -> Result<Bytes, Problem> {
    let ticket = UploadTicket::read(id, &gateway.links, caller.0.user).ok_or_else(Problem::not_found)?;
    if ticket.use_before() <= gateway.clock.now() {
        return Err(expired());
    }
    match gateway.documents.get_bytes(Bucket::Raw, ticket.blob, ticket.bytes).await {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Problem::new(StatusCode::CONFLICT, "nothing was uploaded under this name so far: PUT the bytes first"))
        }
        read => Ok(read?),
    }
}

fn expired() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "this upload has expired: POST /uploads gives another one")
}
