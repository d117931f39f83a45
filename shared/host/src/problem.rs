//! Errors as clients see them: `application/problem+json` (RFC 9457).

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::header::{
    ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use pipeline::{ErrorKind, PortError};
use serde::Serialize;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use utoipa::ToSchema;

use crate::base_path::below;

/// Media type of every error.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// One thing that is wrong with, or remarkable about, the uploaded data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Fault {
    /// Where: a JSON pointer (RFC 6901) into the uploaded document.
    #[schema(example = "/items/0/total")]
    pub pointer: String,
    /// What is wrong, for people.
    #[schema(example = "the line total must equal quantity times unit price")]
    pub message: String,
    /// The rule that says so.
    #[schema(example = "line-total")]
    pub rule: String,
    /// The business term of EN 16931, where there is one.
    #[schema(example = "BT-131")]
    pub term: Option<String>,
    /// What the rule asks for.
    #[schema(example = "1255.50")]
    pub expected: Option<String>,
    /// What was found.
    #[schema(example = "1255.49")]
    pub found: Option<String>,
    /// The legal formats whose rules say so; none where it is about the invoice in every format.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["xrechnung"]))]
    pub formats: Vec<String>,
}

/// An error answer (RFC 9457).
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the status says what kind of problem it is.
    #[serde(rename = "type")]
    #[schema(rename = "type", example = "about:blank")]
    kind: &'static str,
    /// The status in words.
    #[schema(example = "Unprocessable Content")]
    title: &'static str,
    /// The HTTP status code.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 422)]
    status: StatusCode,
    /// What is wrong and what to do, for people.
    #[schema(example = "the invoice has 1 fault")]
    detail: String,
    /// Everything that is wrong with the uploaded data.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    /// What is remarkable but not wrong.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
    #[serde(skip)]
    #[schema(ignore)]
    headers: Box<HeaderMap>, // Boxed: an error is moved through many results.
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for a reference.
fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// An error of this status; `detail` is for people and reveals nothing of the inside.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = match status {
            StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
            StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
            other => other.canonical_reason().unwrap_or("Error"),
        };
        Self {
            kind: "about:blank",
            title,
            status,
            detail: detail.into(),
            faults: Vec::new(),
            warnings: Vec::new(),
            headers: Box::default(),
        }
    }

    /// Nothing is there, or nothing that the client may know of.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such thing here")
    }

    /// No or no valid credentials (RFC 6750 section 3).
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
            .with_header(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"invoices\""))
    }

    /// The same error with faults and warnings.
    #[must_use]
    pub fn with_faults(mut self, faults: Vec<Fault>, warnings: Vec<Fault>) -> Self {
        self.faults = faults;
        self.warnings = warnings;
        self
    }

    /// The same error with a header.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.status
    }

    /// The text for people.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, headers) = (self.status, *self.headers.clone());
        let line = self.faults.is_empty().then(|| OneLine(self.detail.clone()));
        let mut response = (status, headers, Json(self)).into_response();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some(line) = line {
            response.extensions_mut().insert(line);
        }
        response
    }
}

impl From<PortError> for Problem {
    /// Logs the error, here and only here, and tells the client nothing of the inside.
    fn from(error: PortError) -> Self {
        if error.kind() == ErrorKind::Unreachable {
            tracing::warn!(%error, "a server is out of reach");
            return Self::new(StatusCode::SERVICE_UNAVAILABLE, "a server behind this one is out of reach, try again")
                .with_header(RETRY_AFTER, HeaderValue::from_static("5"));
        }
        tracing::error!(%error, "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    }
}

/// A problem without faults in one line, carried along for [`one_line_errors`].
#[derive(Clone)]
struct OneLine(String);

/// Middleware for the routes that plain curl scripts use: a client that does not ask for JSON gets an error as one
/// line of text. Faults of an invoice stay JSON: they are more than a line.
pub async fn one_line_errors(request: Request, next: Next) -> Response {
    if accepts_json(request.headers()) {
        return next.run(request).await;
    }
    let mut response = next.run(request).await;
    let Some(OneLine(line)) = response.extensions_mut().remove() else { return response };
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_LENGTH);
    parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    Response::from_parts(parts, Body::from(format!("{line}\n")))
}

/// Whether a client names a JSON media type in `Accept`; `*/*` does not.
#[must_use]
pub fn accepts_json(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().any(|value| value.to_str().is_ok_and(|value| value.contains("json")))
}

/// What no route answers is a problem too, a handler that panics is an internal error, and no answer is taken for
/// something that it is not. Routes are found below the base path too, see [`base_path`](crate::settings::base_path).
pub fn with_fallbacks(router: Router, base_path: &str) -> Router {
    let router = router.method_not_allowed_fallback(|| async {
        Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this method is not known here")
    });
    below(base_path, router)
        .layer(CatchPanicLayer::custom(|_| {
            tracing::error!("a handler panicked");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error").into_response()
        }))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}
