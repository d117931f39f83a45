//! `GET /download`: the one way to a document's content.

use std::ops::Range;
use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use host::links::SignedLink;
use host::problem::Problem;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, IF_RANGE, LOCATION, RANGE,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use pipeline::{BlobId, Bucket, PRESIGNED_LIFE, StoredDocument};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Gateway;
use crate::byte_range::{self, ByteRange};
use crate::caller::Caller;
use crate::content;
use crate::request::bad_request;

/// What RFC 8187 section 3.2.1 lets stand (`attr-char`).
const NOT_ATTR_CHAR: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'!');

/// What Lambda sends in one answer, in bytes.
const MOST_IF_FROZEN: u64 = 4_000_000;

/// What to download, and for a mail's link its signature.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DownloadQuery {
    /// The document's `fid`.
    #[param(required = true, min_length = 1)]
    fid: Option<String>,
    /// `1` shows it in the browser instead of saving it.
    inline: Option<String>,
    /// Of a signed link: when it ends, in seconds since 1970.
    expires: Option<String>,
    /// Of a signed link: which key signed it.
    kid: Option<String>,
    /// Of a signed link: its signature.
    sig: Option<String>,
}

/// Download a document.
///
/// With a credential of its owner or of an admin, or by a mail's signed link until it expires.
#[utoipa::path(get, path = "/download", tag = "documents", security(("bearer" = []), ()), params(DownloadQuery,
    ("Range" = Option<String>, Header, description = "One range of bytes (RFC 9110 section 14.2)"),
), responses(
    (status = 200, description = "The document", content(
        (Vec<u8> = "application/pdf"), (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), (String = "text/csv"), (String = "application/xml"))),
    (status = 206, description = "The part that was asked for"),
    (status = 307, description = "A large document on Lambda: `Location` has it, for 5 minutes"),
    (status = 304, description = "The client has it already"),
    (status = 400, description = "`fid is required`", body = Problem, content_type = "application/problem+json"),
    (status = 401, description = "No valid credential", body = Problem, content_type = "application/problem+json"),
    (status = 403, description = "The API key lacks a scope", body = Problem, content_type = "application/problem+json"),
    (status = 404, description = "None of one's own, or the link has expired", body = Problem, content_type = "application/problem+json"),
    (status = 500, description = "The document's file is lost or damaged", body = Problem, content_type = "application/problem+json"),
    (status = 416, description = "No such range", body = Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn download(
    State(gateway): State<Arc<Gateway>>,
    query: Result<Query<DownloadQuery>, QueryRejection>,
    caller: Result<Caller, Problem>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Query(query) = query.map_err(|rejection| bad_request(rejection.body_text()))?;
    let fid = query.fid.as_deref().filter(|fid| !fid.is_empty()).ok_or_else(|| bad_request("fid is required"))?;
    let document =
        if query.sig.is_some() { linked(&gateway, fid, &query).await? } else { owned(&gateway, fid, &caller?).await? };
    send(&gateway, &document, query.inline.as_deref() == Some("1"), &headers).await
}

/// The document of a mail's link.
async fn linked(gateway: &Gateway, fid: &str, query: &DownloadQuery) -> Result<StoredDocument, Problem> {
    let fid: BlobId = fid.parse().map_err(|_| Problem::not_found())?;
    let expires = query.expires.as_deref().and_then(|expires| expires.parse().ok());
    let (Some(expires), Some(kid), Some(sig)) = (expires, query.kid.as_deref(), query.sig.as_deref()) else {
        return Err(Problem::not_found());
    };
    let link = SignedLink { fid, expires, kid, sig };
    gateway.links.verify(&link, gateway.clock.now()).map_err(|_| Problem::not_found())?;
    gateway.ledger.stored(fid).await?.ok_or_else(Problem::not_found)
}

/// The document, if there is one that the caller may see.
async fn owned(gateway: &Gateway, fid: &str, caller: &Caller) -> Result<StoredDocument, Problem> {
    caller.may_read()?;
    let fid: BlobId = fid.parse().map_err(|_| Problem::not_found())?;
    let document = gateway.ledger.stored(fid).await?.filter(|document| caller.sees(document.owner));
    document.ok_or_else(Problem::not_found)
}

async fn send(
    gateway: &Gateway,
    document: &StoredDocument,
    inline: bool,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", hex::encode(document.sha256));
    if matches(headers.get(IF_NONE_MATCH), &etag) {
        return Ok((StatusCode::NOT_MODIFIED, [(ETAG, etag)]).into_response());
    }
    let whole = 0..document.bytes;
    let range = requested_range(headers, &etag, document.bytes)?;
    let status = if range.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let part = range.clone().unwrap_or(whole);
    let disposition = content_disposition(if inline { "inline" } else { "attachment" }, &document.file_name);
    if gateway.is_frozen_between && part.end - part.start > MOST_IF_FROZEN {
        return redirect(gateway, document, &disposition).await;
    }
    let body = match range.clone() {
        Some(range) => content::part(gateway, document, range).await?,
        None => content::whole(gateway, document).await?,
    };
    let mut response = (
        status,
        [
            (CONTENT_TYPE, HeaderValue::from_static(document.format.media_type())),
            (CONTENT_LENGTH, HeaderValue::from(part.end - part.start)),
            (CONTENT_DISPOSITION, disposition),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        ],
        [(ETAG, etag)],
        body,
    )
        .into_response();
    if let Some(range) = range {
        let value = format!("bytes {}-{}/{}", range.start, range.end.saturating_sub(1), document.bytes);
        response.headers_mut().insert(CONTENT_RANGE, HeaderValue::from_str(&value).map_err(|_| Problem::not_found())?);
    }
    Ok(response)
}

/// To the store itself, where it has addresses.
async fn redirect(
    gateway: &Gateway,
    document: &StoredDocument,
    disposition: &HeaderValue,
) -> Result<Response, Problem> {
    let (blob, media_type) = (document.blob, document.format.media_type());
    let disposition = disposition.to_str().unwrap_or("attachment");
    let address = gateway.documents.presigned_get(Bucket::Processed, blob, PRESIGNED_LIFE, disposition, media_type);
    let location = address.await?.and_then(|address| HeaderValue::from_str(&address).ok()).ok_or_else(|| {
        bad_request(format!("this document is too large here for one answer: ask for ranges of {MOST_IF_FROZEN} bytes"))
    })?;
    let headers = [(LOCATION, location), (CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}

fn matches(header: Option<&HeaderValue>, etag: &str) -> bool {
    let value = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == etag)
}

/// The one range that is asked for. Several, or one of another version of the document, give the whole (RFC 9110
/// sections 13.1.5 and 14.2).
fn requested_range(headers: &HeaderMap, etag: &str, bytes: u64) -> Result<Option<Range<u64>>, Problem> {
    let Some(range) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Ok(None) };
    if headers.get(IF_RANGE).is_some_and(|value| value.as_bytes() != etag.as_bytes()) {
        return Ok(None);
    }
    match byte_range::read(range, bytes) {
        ByteRange::Whole => Ok(None),
        ByteRange::Part(part) => Ok(Some(part)),
        ByteRange::Unsatisfiable => Err(unsatisfiable(bytes)),
    }
}

fn unsatisfiable(bytes: u64) -> Problem {
    let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, format!("the document has {bytes} bytes"));
    match HeaderValue::from_str(&format!("bytes */{bytes}")) {
        Ok(value) => problem.with_header(CONTENT_RANGE, value),
        Err(_) => problem,
    }
}

/// `Content-Disposition` (RFC 6266): a name beyond ASCII stands a second time in the form of RFC 8187.
pub(crate) fn content_disposition(kind: &str, file_name: &str) -> HeaderValue {
    let plain: String = file_name
        .chars()
        .map(|character| if character.is_ascii_graphic() && !"\"\\%".contains(character) { character } else { '_' })
        .collect();
    let mut value = format!("{kind}; filename=\"{plain}\"");
    if plain != file_name {
        value.push_str("; filename*=UTF-8''");
        value.extend(utf8_percent_encode(file_name, NOT_ATTR_CHAR));
    }
    HeaderValue::from_str(&value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::content_disposition;

    #[test]
    fn file_names_cannot_break_out_of_the_header() {
        assert_eq!(content_disposition("attachment", "HP-1.pdf"), "attachment; filename=\"HP-1.pdf\"");
        let value = content_disposition("inline", "Łódź \"1\"\r\n.pdf");
        assert_eq!(
            value,
            "inline; filename=\"__d___1___.pdf\"; filename*=UTF-8''%C5%81%C3%B3d%C5%BA%20%221%22%0D%0A.pdf"
        );
    }
}
