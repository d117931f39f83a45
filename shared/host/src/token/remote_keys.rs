use std::time::Duration;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use pipeline::{ErrorKind, PortError};
use reqwest::redirect::Policy;
use reqwest::{Client, Response};

use super::KeySource;

const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// A key set of more bytes is none of ours.
const LARGEST_SET: usize = 64 * 1024;

/// The key set that auth publishes, over HTTP: 2 s to connect, 5 s in all, no redirects.
pub struct RemoteKeys {
    client: Client,
    url: String,
}

impl RemoteKeys {
    /// Fetches from auth at this URL, for example `http://auth:8080` (setting `AUTH_URL`).
    ///
    /// # Errors
    /// `Internal` where the HTTP client cannot be made.
    pub fn new(auth_url: &str) -> Result<Self, PortError> {
        let client = Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .redirect(Policy::none())
            .no_proxy() // Auth is a neighbour.
            .pool_max_idle_per_host(0) // Minutes later auth has closed it.
            .build()
            .map_err(failure(ErrorKind::Internal))?;
        Ok(Self { client, url: format!("{}/.well-known/jwks.json", auth_url.trim_end_matches('/')) })
    }
}

#[async_trait]
impl KeySource for RemoteKeys {
    async fn fetch(&self) -> Result<JwkSet, PortError> {
        let sent = self.client.get(&self.url).send().await;
        let response = sent.and_then(Response::error_for_status).map_err(failure(ErrorKind::Unreachable))?;
        let body = body(response).await?;
        serde_json::from_slice(&body).map_err(|error| rejected("the answer is no key set").with_source(error))
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>, PortError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failure(ErrorKind::Unreachable))? {
        if body.len() + chunk.len() > LARGEST_SET {
            return Err(rejected("the answer is too long for a key set"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn rejected(context: &str) -> PortError {
    PortError::new(ErrorKind::Rejected, format!("cannot fetch the token keys (setting AUTH_URL): {context}"))
}

fn failure(kind: ErrorKind) -> impl FnOnce(reqwest::Error) -> PortError {
    move |error| PortError::new(kind, "cannot fetch the token keys (setting AUTH_URL)").with_source(error.without_url())
}
