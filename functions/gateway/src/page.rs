//! `GET /`: the page for people.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{Html, IntoResponse};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use http::header::CONTENT_SECURITY_POLICY;
use sha2::{Digest, Sha256};

use crate::Gateway;

const TEMPLATE: &str = include_str!("page.html");

/// The page as clients get it.
pub(crate) struct Page {
    html: String,
    policy: HeaderValue,
}

impl Page {
    /// Its links and its script lead below the base path, whose signs mean nothing in HTML.
    pub(crate) fn new(base_path: &str) -> Self {
        let html = TEMPLATE
            .replace("data-base=\"\"", &format!("data-base=\"{base_path}\""))
            .replace("href=\"/", &format!("href=\"{base_path}/"));
        let policy = HeaderValue::from_str(&policy(&html));
        Self { policy: policy.unwrap_or_else(|_| HeaderValue::from_static("default-src 'none'")), html }
    }
}

/// Only the page's own script and style run, and it talks to this service only.
fn policy(html: &str) -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src 'self' data: blob:; \
         frame-src blob:; object-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(html, "script"),
        hash(html, "style")
    )
}

/// The hash source (CSP level 3, section 2.3.1) of the page's one element of this name.
fn hash(html: &str, element: &str) -> String {
    let content = html.split_once(&format!("<{element}>")).map_or("", |(_, rest)| rest);
    let content = content.split_once(&format!("</{element}>")).map_or("", |(content, _)| content);
    format!("sha256-{}", BASE64_STANDARD.encode(Sha256::digest(content)))
}

/// The page for people: log in, upload, watch, download.
#[utoipa::path(get, path = "/", tag = "documentation", responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub(crate) async fn page(State(gateway): State<Arc<Gateway>>) -> impl IntoResponse {
    let Page { html, policy } = &gateway.page;
    ([(CONTENT_SECURITY_POLICY, policy.clone())], Html(html.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every address in the page begins with a slash, where the base path goes.
    #[test]
    fn the_page_leads_below_the_base_path() {
        let html = Page::new("/billing").html;
        assert!(html.contains("<html lang=\"en\" data-base=\"/billing\">"));
        assert!(html.contains("href=\"/billing/docs\"") && html.contains("href=\"/billing/openapi.json\""));
        for address in ["href=\"/docs", "src=\"/", "action=\"/", "fetch('/", "fetch(`/", "src: `/", "src: '/", "url(/"]
        {
            assert!(!html.contains(address), "{address}");
        }
        assert_eq!(Page::new("").html, TEMPLATE);
    }
}
