//! What a request asks for beside its body: formats, who is told, the repeat guard, the trace.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::body::{Body, HttpBody as _};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use host::problem::Problem;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, EXPECT};
use http::{HeaderMap, HeaderValue, StatusCode};
use invoice::Format;
use pipeline::{Email, TraceId};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Gateway;
use crate::caller::Caller;

/// A body may take this long.
pub(crate) const BODY_LIMIT: Duration = Duration::from_secs(60);
const LONGEST_KEY: usize = 255;
const LONGEST_TEXT: usize = 1000;

/// What an upload asks for.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// `pdf`, `excel` (or `xlsx`), `csv`, or a legal format: `ubl`, `cii`, `xrechnung`, `xrechnung-cii`, `peppol`,
    /// `factur-x` (or `zugferd`), `factur-x-fr`; or several with commas between, in any case.
    #[param(example = "pdf,excel", default = "pdf")]
    pub(crate) format: Option<String>,
    /// Who gets a mail once all documents are final: `owner`, `none`, or an address of the allowed list.
    #[param(example = "owner", default = "owner")]
    pub(crate) notify: Option<String>,
}

/// The formats that a `format` parameter names, without repeats.
pub(crate) fn formats(parameter: Option<&str>) -> Result<BTreeSet<Format>, Problem> {
    parameter
        .unwrap_or("pdf")
        .split(',')
        .map(|name| name.parse::<Format>().map_err(|error| Problem::new(StatusCode::BAD_REQUEST, error.to_string())))
        .collect()
}

/// Who gets the mail, by a `notify` parameter.
pub(crate) fn recipient(gateway: &Gateway, caller: &Caller, parameter: Option<&str>) -> Result<Option<Email>, Problem> {
    match parameter.unwrap_or("owner") {
        "owner" => Ok(Some(caller.0.email.clone())),
        "none" => Ok(None),
        address => {
            let address: Email =
                address.parse().map_err(|_| bad_request("notify: expected owner, none or an address"))?;
            let allowed = |entry: &String| {
                entry.strip_prefix('@').map_or(entry == address.as_str(), |domain| domain == address.domain())
            };
            if address == caller.0.email || gateway.notify_allowed.iter().any(allowed) {
                return Ok(Some(address));
            }
            Err(bad_request("notify: this address is not on the allowed list (setting NOTIFY_ALLOWED)"))
        }
    }
}

/// The `Idempotency-Key`, where there is one. Of several, none is surely the one that is meant.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad_request("Idempotency-Key: expected once"));
    }
    let key = value.to_str().unwrap_or_default().trim();
    if (1..=LONGEST_KEY).contains(&key.len()) {
        return Ok(Some(key.to_owned()));
    }
    Err(bad_request("Idempotency-Key: expected 1 to 255 printable ASCII characters"))
}

/// The trace that the request belongs to, or a new one.
pub(crate) fn trace(headers: &HeaderMap) -> TraceId {
    let header = headers.get("traceparent").and_then(|value| value.to_str().ok());
    header.and_then(TraceId::from_traceparent).unwrap_or_else(TraceId::new)
}

/// The whole body, as it is, within the limits of size and time.
pub(crate) async fn body(gateway: &Gateway, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    refuse_encoded(headers)?;
    let limit = gateway.limits.bytes;
    let announced = body.size_hint().lower();
    let waits_for_leave = headers.contains_key(EXPECT);
    if announced > most_read(limit) || (waits_for_leave && announced > limit as u64) {
        return Err(too_large(gateway));
    }
    let read = tokio::time::timeout(BODY_LIMIT, read(body, limit)).await.map_err(|_| too_slow())?;
    read?.ok_or_else(|| too_large(gateway))
}

/// Many clients read no answer before they have sent their body. So one that is too large is read to its end, up to this
/// number of bytes, though nothing of it is kept.
const fn most_read(limit: usize) -> u64 {
    limit as u64 * 4
}

/// The body; `None` where it is larger than the limit.
async fn read(body: Body, limit: usize) -> Result<Option<Bytes>, Problem> {
    let mut kept = BytesMut::with_capacity(usize::try_from(body.size_hint().lower()).unwrap_or(limit).min(limit));
    let mut chunks = body.into_data_stream();
    let mut total = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| broke_off())?;
        total += chunk.len() as u64;
        if total > most_read(limit) {
            return Ok(None);
        }
        if total <= limit as u64 {
            kept.extend_from_slice(&chunk);
        }
    }
    Ok((total <= limit as u64).then(|| kept.freeze()))
}

/// A JSON body, within the limit.
pub(crate) async fn json_body(gateway: &Gateway, headers: &HeaderMap, content: Body) -> Result<Bytes, Problem> {
    let content_type =
        headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "application/json" {
        let detail = "expected Content-Type: application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    body(gateway, headers, content).await
}

/// A body in a content coding is not unpacked, and what it is packed in is no invoice. The answer names what is
/// acceptable (RFC 9110 section 12.5.3).
pub(crate) fn refuse_encoded(headers: &HeaderMap) -> Result<(), Problem> {
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if headers.get_all(CONTENT_ENCODING).iter().all(is_plain) {
        return Ok(());
    }
    let detail = "a body is accepted as it is, without a Content-Encoding";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail)
        .with_header(ACCEPT_ENCODING, HeaderValue::from_static("identity")))
}

pub(crate) fn too_large(gateway: &Gateway) -> Problem {
    let detail = format!("at most {} bytes are accepted (setting MAX_UPLOAD_BYTES)", gateway.limits.bytes);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

pub(crate) fn too_slow() -> Problem {
    Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")
}

pub(crate) fn broke_off() -> Problem {
    bad_request("the body broke off")
}

/// Text that a client looks for. Nothing that is kept holds control characters, and not every database takes them.
pub(crate) fn plain_text(name: &str, text: String) -> Result<String, Problem> {
    if text.is_empty() || text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
        return Err(bad_request(format!("{name}: expected 1 to {LONGEST_TEXT} characters, no control characters")));
    }
    Ok(text)
}

pub(crate) fn bad_request(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, detail)
}

#[cfg(test)]
mod tests {
    use invoice::Format;

    use super::formats;

    #[test]
    fn formats_are_read_in_any_case_and_once() {
        let read = |text| formats(text).map(|formats| formats.into_iter().collect::<Vec<_>>()).ok();
        assert_eq!(read(None), Some(vec![Format::Pdf]));
        assert_eq!(read(Some("CSV, xlsx,Excel")), Some(vec![Format::Excel, Format::Csv]));
        assert_eq!(read(Some("zugferd,Factur-X,PDF")), Some(vec![Format::Pdf, Format::FacturX]));
        assert_eq!(read(Some("")), None);
        assert_eq!(read(Some("pdf,")), None);
        assert_eq!(read(Some("docx")), None);
    }
}
