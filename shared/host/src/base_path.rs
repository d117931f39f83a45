//! The path of the public URL, which a proxy takes off a request's path, or leaves.

use axum::Router;
use axum::extract::{MatchedPath, Request};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use http::Uri;
use http::uri::PathAndQuery;
use tower::ServiceExt as _;

use crate::problem::Problem;

/// The same router, where a path that is no route's is looked for without the base path. A route comes first: a base path
/// may be called as one is.
pub(crate) fn below(base_path: &str, router: Router) -> Router {
    let routes = router.clone().fallback(|| async { Problem::not_found() }).layer(from_fn(tell_route));
    let base_path = base_path.to_owned();
    router.fallback(move |mut request: Request| async move {
        let Some(uri) = without(&base_path, request.uri()) else { return Problem::not_found().into_response() };
        *request.uri_mut() = uri;
        routes.oneshot(request).await.unwrap_or_else(|never| match never {})
    })
}

/// The route that was found, for the metrics: the outer router knows of none.
async fn tell_route(request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let mut response = next.run(request).await;
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

fn without(base_path: &str, uri: &Uri) -> Option<Uri> {
    let path = uri.path_and_query()?.as_str();
    let rest = path.strip_prefix(base_path).filter(|_| !base_path.is_empty())?;
    let rest = match rest.chars().next() {
        Some('/') => rest.to_owned(),
        None | Some('?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::body::{Body, to_bytes};
    use axum::extract::Query;
    use axum::routing::get;
    use http::StatusCode;

    use super::*;
    use crate::{metrics, observed};

    async fn ask(base_path: &str, path: &str) -> (StatusCode, String) {
        let told = |Query(query): Query<Vec<(String, String)>>| async move { format!("list {query:?}") };
        let router = Router::new().route("/", get(|| async { "page" })).route("/based", get(told));
        let router = below(base_path, router);
        // Only here: metrics are shared with other tests.
        let router = if path.contains("based?") { observed(router) } else { router };
        let answer = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        let status = answer.status();
        (status, String::from_utf8(to_bytes(answer.into_body(), 1000).await.unwrap().into()).unwrap())
    }

    #[tokio::test]
    async fn routes_are_found_with_and_without_the_base_path() {
        for base_path in ["/billing", "/a/b", "/based"] {
            for (path, expected) in [
                ("/", "page"),
                ("/based?a=1", "list [(\"a\", \"1\")]"),
                (&format!("{base_path}/based?a=1"), "list [(\"a\", \"1\")]"),
                (&format!("{base_path}/"), "page"),
            ] {
                assert_eq!(ask(base_path, path).await, (StatusCode::OK, expected.to_owned()), "{base_path} {path}");
            }
        }
        assert_eq!(ask("/billing", "/billing").await.1, "page");
        assert_eq!(ask("/billing", "/billing?x=/").await.1, "page");
        for path in ["/billings/based", "/billing/x", "/x/billing/based", "/billing/billing/based", "//based"] {
            assert_eq!(ask("/billing", path).await.0, StatusCode::NOT_FOUND, "{path}");
        }
        assert_eq!(ask("", "/x").await.0, StatusCode::NOT_FOUND);
        let told = metrics::text();
        let line = "http_requests_total{method=\"GET\",route=\"/based\",status=\"200\"}";
        let counted = told.lines().find_map(|told| told.strip_prefix(line));
        assert_eq!(counted.map(str::trim), Some("6"), "each of them: {told}");
    }
}
