//! `POST /upload` and `POST /invoices`.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, FromRequest, Multipart, Query, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use host::problem::{Problem, accepts_json};
use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use pipeline::UploadState;
use utoipa::ToSchema;

use crate::Gateway;
use crate::acceptance::{Accepted, Submission, accept};
use crate::caller::Caller;
use crate::request::{UploadQuery, bad_request, body, formats, idempotency_key, json_body, recipient, trace};
use crate::resource::Invoice;
use crate::uploads::{self, UploadReference};
use crate::{multipart, waiting};

const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A form with one file.
#[derive(ToSchema)]
#[allow(dead_code)] // It only describes the body.
pub(crate) struct UploadForm {
    /// The invoice's data as JSON, in a file part of any name.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// Upload an invoice as a form with one file.
///
/// A client that does not ask for JSON gets one line of text.
#[utoipa::path(post, path = "/upload", tag = "invoices", security(("bearer" = [])), params(UploadQuery,
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request answer the first one's upload, for 7 days"),
    ("Prefer" = Option<String>, Header, description = "`wait=10` answers once all documents are final, or after 10 s"),
), request_body(content = UploadForm, content_type = "multipart/form-data"), responses(
    (status = 200, description = "Accepted (as text), or all documents are final (as JSON)", content(
        (String = "text/plain", example = "success!"), (Invoice = "application/json")), headers(("Location" = String))),
    (status = 202, description = "Accepted", body = Invoice, headers(("Location" = String))),
    (status = 400, description = "Not exactly one file, or an unknown format", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The invoice has faults, or the rules of a legal format refuse it: all reasons", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Not accepted: too many uploads at the moment", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u32))),
    (status = 503, description = "Not accepted: a server is out of reach", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn upload(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    query: Result<Query<UploadQuery>, QueryRejection>,
    request: Request,
) -> Result<Response, Problem> {
    let headers = request.headers().clone();
    let wish = Wish::read(&gateway, &caller, query, &headers)?;
    let content = body(&gateway, &headers, request.into_body()).await?;
    let json = file(&gateway, &headers, content).await?;
    submit(&gateway, wish.with(json), &headers, accepts_json(&headers)).await
}

/// Upload an invoice as JSON, or name a staged upload.
#[utoipa::path(post, path = "/invoices", tag = "invoices", security(("bearer" = [])), params(UploadQuery,
    ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request answer the first one's upload, for 7 days"),
    ("Prefer" = Option<String>, Header, description = "`wait=10` answers once all documents are final, or after 10 s"),
), request_body(content = UploadReference, content_type = "application/json", description = "The invoice's data, flat or full, or the name of an upload"), responses(
    (status = 200, description = "Accepted, and all documents are final", body = Invoice, headers(("Location" = String))),
    (status = 202, description = "Accepted", body = Invoice, headers(("Location" = String))),
    (status = 400, description = "An unknown format or parameter", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "The upload is none of one's own, or it has expired", body = Problem, content_type = "application/problem+json"),
    (status = 409, description = "Nothing was uploaded under this name", body = Problem, content_type = "application/problem+json"),
    (status = 413, description = "Larger than the limits", body = Problem, content_type = "application/problem+json"),
    (status = 415, description = "Not JSON by its Content-Type", body = Problem, content_type = "application/problem+json"),
    (status = 422, description = "The invoice has faults, or the rules of a legal format refuse it: all reasons", body = Problem, content_type = "application/problem+json"),
    (status = 429, description = "Not accepted: too many uploads at the moment", body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u32))),
    (status = 503, description = "Not accepted: a server is out of reach", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn create(
    State(gateway): State<Arc<Gateway>>,
    caller: Caller,
    query: Result<Query<UploadQuery>, QueryRejection>,
    headers: HeaderMap,
    content: Body,
) -> Result<Response, Problem> {
    let wish = Wish::read(&gateway, &caller, query, &headers)?;
    let json = uploads::resolved(&gateway, &caller, json_body(&gateway, &headers, content).await?).await?;
    submit(&gateway, wish.with(json), &headers, true).await
}

/// The body was limited before: the form is read from memory.
async fn file(gateway: &Gateway, headers: &HeaderMap, content: Bytes) -> Result<Bytes, Problem> {
    let mut request = Request::new(Body::from(content));
    request.headers_mut().clone_from(headers);
    // The body was limited before, by our own setting.
    DefaultBodyLimit::disable().apply(&mut request);
    let form = Multipart::from_request(request, &()).await;
    let form = form.map_err(|rejection| bad_request(format!("exactly 1 file required: {}", rejection.body_text())))?;
    multipart::one_file(gateway, form).await
}

/// All that an upload asks for before its body is read.
struct Wish(Submission);

impl Wish {
    fn read(
        gateway: &Gateway,
        caller: &Caller,
        query: Result<Query<UploadQuery>, QueryRejection>,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        caller.may_write()?;
        let Query(query) = query.map_err(|rejection| bad_request(rejection.body_text()))?;
        Ok(Self(Submission {
            owner: caller.0.user,
            json: Bytes::new(),
            formats: formats(query.format.as_deref())?,
            notify: recipient(gateway, caller, query.notify.as_deref())?,
            idempotency_key: idempotency_key(headers)?,
            trace: trace(headers),
        }))
    }

    fn with(self, json: Bytes) -> Submission {
        Submission { json, ..self.0 }
    }
}

async fn submit(
    gateway: &Arc<Gateway>,
    submission: Submission,
    headers: &HeaderMap,
    as_json: bool,
) -> Result<Response, Problem> {
    let accepted = accept(gateway, submission).await?;
    answer(gateway, accepted, headers, as_json).await
}

async fn answer(
    gateway: &Gateway,
    accepted: Accepted,
    headers: &HeaderMap,
    as_json: bool,
) -> Result<Response, Problem> {
    let location = format!("{}/invoices/{}", gateway.base_path(), accepted.upload);
    let preferred = waiting::preferred(headers);
    let mut response = if as_json || preferred.is_some() {
        let upload = match accepted.fresh {
            Some(fresh) if preferred.is_none() => fresh,
            _ => waiting::upload(gateway, accepted.upload, preferred).await?.ok_or_else(Problem::not_found)?,
        };
        let state = if upload.state() == UploadState::Processing { StatusCode::ACCEPTED } else { StatusCode::OK };
        // Without a wait the answer is 202 whatever has happened meanwhile.
        let status = if preferred.is_some() { state } else { StatusCode::ACCEPTED };
        if as_json {
            (status, Json(Invoice::new(upload, accepted.warnings))).into_response()
        } else {
            "success!\n".into_response()
        }
    } else {
        "success!\n".into_response()
    };
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(LOCATION, location);
    }
    if accepted.repeated {
        response.headers_mut().insert(IDEMPOTENCY_REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
