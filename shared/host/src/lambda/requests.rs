//! The requests of an HTTP API (API Gateway, payload format 2.0).

use std::convert::Infallible;
use std::future::ready;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::ConnectInfo;
use axum::response::{IntoResponse as _, Response};
use http::header::CONTENT_LENGTH;
use http::{StatusCode, request, response};
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt as _, service_fn};
use tower::ServiceExt as _;

use super::Error;
use super::deadline::deadline;
use crate::problem::Problem;
use crate::requests::observed;

/// The largest body that is taken. An event is at most 6 MB, with the body in base64.
const MOST_RECEIVED: usize = 4 << 20;
/// The largest body that is sent: an answer is at most 6 MB (6,291,556 bytes), with the body in base64 and the headers.
const MOST_SENT: usize = 4_600_000;

/// Answers requests by a router until Lambda ends the process.
///
/// Each request carries what [`crate::serve`] gives it; the client's address is the one that the API tells. A body of
/// more than 4 MiB is refused; `larger` says in that answer what to do with one, where there is a way. What is not
/// answered in the invocation's time is answered with 503.
///
/// # Errors
/// The Runtime API does not answer.
pub async fn serve(router: Router, larger: Option<&'static str>) -> Result<(), Error> {
    let router = observed(router);
    lambda_http::run(service_fn(move |request| answer(router.clone(), larger, request))).await
}

async fn answer(router: Router, larger: Option<&'static str>, request: Request) -> Result<Answer, Infallible> {
    let until = deadline(&request.lambda_context());
    let answered = async {
        let response = match accepted(request, larger) {
            Ok(request) => router.oneshot(request).await.unwrap_or_else(|never| match never {}),
            Err(problem) => problem.into_response(),
        };
        in_memory(response).await
    };
    Ok(tokio::time::timeout_at(until, answered).await.unwrap_or_else(|_| {
        tracing::warn!("a request is given up at the deadline");
        problem(StatusCode::SERVICE_UNAVAILABLE, "this took too long, try again")
    }))
}

/// The request as a router takes it.
fn accepted(request: Request, larger: Option<&str>) -> Result<http::Request<Body>, Problem> {
    let (mut parts, body) = request.into_parts();
    if body.len() > MOST_RECEIVED {
        return Err(too_large(larger));
    }
    if let Some(address) = client(&parts) {
        // The API tells no port.
        parts.extensions.insert(ConnectInfo(SocketAddr::from((address, 0))));
    }
    let bytes = match body {
        lambda_http::Body::Text(text) => text.into_bytes(),
        lambda_http::Body::Binary(bytes) => bytes,
        _ => Vec::new(),
    };
    Ok(http::Request::from_parts(parts, Body::from(bytes)))
}

fn too_large(larger: Option<&str>) -> Problem {
    let mut detail = format!("at most {MOST_RECEIVED} bytes are accepted here");
    if let Some(larger) = larger {
        detail.push_str(": ");
        detail.push_str(larger);
    }
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}

fn client(parts: &request::Parts) -> Option<IpAddr> {
    match parts.extensions.get::<RequestContext>()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

/// An answer whose body is text where its bytes are text, and base64 elsewhere, whatever its media type says: so every
/// body arrives as it is.
struct Answer(http::Response<lambda_http::Body>);

impl lambda_http::IntoResponse for Answer {
    fn into_response(self) -> Pin<Box<dyn Future<Output = http::Response<lambda_http::Body>> + Send>> {
        Box::pin(ready(self.0))
    }
}

async fn in_memory(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    match to_bytes(body, MOST_SENT).await {
        Ok(bytes) => encoded(parts, bytes.into()),
        Err(error) => {
            tracing::error!(%error, "an answer breaks off, or is larger than {MOST_SENT} bytes");
            problem(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
        }
    }
}

fn encoded(mut parts: response::Parts, bytes: Vec<u8>) -> Answer {
    // The API counts what it sends.
    parts.headers.remove(CONTENT_LENGTH);
    let body = match String::from_utf8(bytes) {
        Ok(text) if text.is_empty() => lambda_http::Body::Empty,
        Ok(text) => lambda_http::Body::Text(text),
        Err(error) => lambda_http::Body::Binary(error.into_bytes()),
    };
    Answer(http::Response::from_parts(parts, body))
}

fn problem(status: StatusCode, detail: &str) -> Answer {
    let problem = Problem::new(status, detail);
    let bytes = serde_json::to_vec(&problem).unwrap_or_default();
    encoded(problem.into_response().into_parts().0, bytes)
}

#[cfg(test)]
mod tests;
