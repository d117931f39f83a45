//! Invoking a function by Lambda's API, as `cargo lambda watch` serves it.

use std::time::Duration;

use anyhow::ensure;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::Instant;

use super::say;

/// No invocation takes longer on Lambda. Here it covers building the function, too.
pub(super) const INVOCATION_LIMIT: Duration = Duration::from_secs(15 * 60);
/// Lambda's limit of an answer, in bytes.
const LARGEST_ANSWER: usize = 6 << 20;
/// After this somebody who waits is told why.
const PATIENCE: Duration = Duration::from_secs(10);
/// Lambda's mark of an answer that is a function's error.
const FUNCTION_ERROR: HeaderName = HeaderName::from_static("x-amz-function-error");
/// As much of an error as a line of the terminal may show.
const LONGEST_REASON: usize = 300;

/// The functions behind one address.
pub(super) struct Functions {
    client: Client<HttpConnector, Full<Bytes>>,
    address: String,
}

/// Why an invocation did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum InvocationError {
    /// Nothing answers there.
    #[error("{address} does not answer ({source}); `cargo lambda watch -A 127.0.0.1 -P 9000` runs the functions")]
    Unreachable { address: String, source: hyper_util::client::legacy::Error },
    /// The answer broke off or is too large.
    #[error("its answer cannot be read: {0}")]
    Answer(String),
    /// Longer than Lambda allows.
    #[error("no answer within 15 minutes")]
    TooLong,
    /// The function's own error, or that of who runs it. Lambda tells the former with the status 200.
    #[error("{status}: {reason}")]
    Failed { status: StatusCode, reason: String },
}

impl Functions {
    /// The functions at `http://HOST:PORT`.
    ///
    /// # Errors
    /// The address is none.
    pub(super) fn new(address: &Uri) -> anyhow::Result<Self> {
        let is_http = address.scheme_str() == Some("http") && address.authority().is_some();
        ensure!(is_http, "--address: expected http://HOST:PORT, found {address}");
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Self { client, address: address.to_string().trim_end_matches('/').to_owned() })
    }

    /// Where they are.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Hands an event to a function and waits until it is done. Tells how long that took, too.
    pub(super) async fn invoke(&self, function: &str, event: &Value) -> (Duration, Result<(), InvocationError>) {
        let begun = Instant::now();
        let answered = tokio::time::timeout(INVOCATION_LIMIT, self.ask(function, event));
        tokio::pin!(answered);
        let answer = tokio::select! {
            answer = &mut answered => answer,
            () = tokio::time::sleep(PATIENCE) => {
                say(&format!("{function}: no answer yet; its first invocation builds it, which takes minutes"));
                answered.await
            }
        };
        (begun.elapsed(), answer.unwrap_or(Err(InvocationError::TooLong)))
    }

    async fn ask(&self, function: &str, event: &Value) -> Result<(), InvocationError> {
        let request = Request::post(format!("{}/2015-03-31/functions/{function}/invocations", self.address))
            .header(CONTENT_TYPE, "application/json")
            .body(Full::from(event.to_string()))
            .map_err(|error| InvocationError::Answer(error.to_string()))?;
        let response = self.client.request(request).await;
        let response =
            response.map_err(|source| InvocationError::Unreachable { address: self.address.clone(), source })?;
        outcome(response).await
    }
}

async fn outcome(response: Response<hyper::body::Incoming>) -> Result<(), InvocationError> {
    let (parts, body) = response.into_parts();
    let body = Limited::new(body, LARGEST_ANSWER).collect().await;
    let body = body.map_err(|error| InvocationError::Answer(error.to_string()))?.to_bytes();
    if parts.status.is_success() && !parts.headers.contains_key(FUNCTION_ERROR) {
        return Ok(());
    }
    let reason = String::from_utf8_lossy(&body).chars().take(LONGEST_REASON).collect();
    Err(InvocationError::Failed { status: parts.status, reason })
}
