//! Forwards auth's routes, where auth is a process of its own and nothing before the gateway routes to it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use host::problem::Problem;
use http::header::{ACCEPT, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ipnet::IpNet;

/// Auth's bodies are small.
const MOST_BYTES: usize = 64 * 1024;
const TIME_LIMIT: Duration = Duration::from_secs(15);
/// Connections to auth that lay idle for longer are not used again: auth closes its own after `KEEP_ALIVE`, and a request that
/// meets that is lost.
const MOST_IDLE: Duration = Duration::from_secs(30);
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// What goes to auth, and what comes back.
const REQUEST_HEADERS: [HeaderName; 5] = [ACCEPT, AUTHORIZATION, CONTENT_TYPE, FORWARDED_FOR, TRACEPARENT];
const ANSWER_HEADERS: [HeaderName; 5] = [CACHE_CONTROL, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE];

struct Auth {
    url: String,
    client: reqwest::Client,
    trusted_proxies: Vec<IpNet>,
}

/// Auth's routes, forwarded to this URL. Only these proxies are believed whom they forward for. `keep_alive` is how long
/// auth keeps a connection.
///
/// # Errors
/// The HTTP client cannot be built.
pub(crate) fn router(
    auth_url: &str,
    trusted_proxies: Vec<IpNet>,
    keep_alive: Duration,
) -> Result<Router, reqwest::Error> {
    let client = reqwest::Client::builder()
        .no_proxy()
        .timeout(TIME_LIMIT)
        .pool_idle_timeout(MOST_IDLE.min(keep_alive / 2))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let auth = Arc::new(Auth { url: auth_url.to_owned(), client, trusted_proxies });
    let paths = ["/login", "/validate", "/.well-known/jwks.json", "/users", "/users/{*rest}"];
    let router = paths.iter().fold(Router::new(), |router, path| router.route(path, any(forward)));
    Ok(router.with_state(auth))
}

async fn forward(
    State(auth): State<Arc<Auth>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let body = tokio::time::timeout(TIME_LIMIT, to_bytes(body, MOST_BYTES)).await;
    let body = body.map_err(|_| Problem::new(StatusCode::REQUEST_TIMEOUT, "the body took too long"))?;
    let body = body
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {MOST_BYTES} bytes are accepted")))?;
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let mut headers = picked(&parts.headers, &REQUEST_HEADERS);
    note_peer(&mut headers, peer.ip().to_canonical(), &auth.trusted_proxies);
    let sent = auth.client.request(parts.method, format!("{}{path}", auth.url)).headers(headers).body(body).send();
    let answer = sent.await.map_err(|error| unreachable(&error))?;
    let (status, headers) = (answer.status(), picked(answer.headers(), &ANSWER_HEADERS));
    let content = answer.bytes().await.map_err(|error| unreachable(&error))?;
    Ok((status, headers, Body::from(content)).into_response())
}

fn picked(headers: &HeaderMap, names: &[HeaderName]) -> HeaderMap {
    let mut picked = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| names.contains(name)) {
        picked.append(name.clone(), value.clone());
    }
    picked
}

/// Auth counts failed logins per client, and believes the gateway: its own address would be everybody's, and what a
/// client claims of itself would be a new one each time.
fn note_peer(headers: &mut HeaderMap, peer: IpAddr, trusted_proxies: &[IpNet]) {
    if !trusted_proxies.iter().any(|network| network.contains(&peer)) {
        headers.remove(FORWARDED_FOR);
    }
    let before = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok().map(str::to_owned));
    let path: Vec<String> = before.chain([peer.to_string()]).collect();
    if let Ok(value) = HeaderValue::from_str(&path.join(", ")) {
        headers.insert(FORWARDED_FOR, value);
    }
}

fn unreachable(error: &reqwest::Error) -> Problem {
    tracing::warn!(%error, "auth is out of reach");
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "auth is out of reach, try again")
        .with_header(RETRY_AFTER, HeaderValue::from_static("5"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{FORWARDED_FOR, HeaderMap, HeaderValue, note_peer};

    fn forwarded(peer: &str, claimed: &[&'static str]) -> HeaderValue {
        let mut headers: HeaderMap =
            claimed.iter().map(|value| (FORWARDED_FOR, HeaderValue::from_static(value))).collect();
        note_peer(&mut headers, peer.parse().unwrap(), &["10.0.0.0/8".parse().unwrap()]);
        assert_eq!(headers.get_all(FORWARDED_FOR).iter().count(), 1);
        headers[FORWARDED_FOR].clone()
    }

    #[test]
    fn what_a_client_claims_of_itself_does_not_reach_auth() {
        assert_eq!(forwarded("203.0.113.9", &["198.51.100.1", "10.0.0.5"]), "203.0.113.9");
    }

    #[test]
    fn what_a_proxy_says_goes_on_to_auth() {
        assert_eq!(forwarded("10.0.0.1", &["192.0.2.66", "203.0.113.9"]), "192.0.2.66, 203.0.113.9, 10.0.0.1");
        assert_eq!(forwarded("10.0.0.1", &[]), "10.0.0.1");
    }
}
