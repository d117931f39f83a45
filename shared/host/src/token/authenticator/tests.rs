#![allow(clippy::unwrap_used)]

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue, StatusCode};
use pipeline::{ErrorKind, PortError};

use axum::response::IntoResponse as _;

use super::{AuthenticationError, Problem, TokenError, bearer};

fn headers(values: &[&str]) -> HeaderMap {
    values.iter().map(|value| (AUTHORIZATION, HeaderValue::from_str(value).unwrap())).collect()
}

#[test]
fn only_the_scheme_bearer_counts_in_any_case() {
    for value in ["Bearer abc", "bearer abc", "BEARER  abc "] {
        assert_eq!(bearer(&headers(&[value])), Some("abc"), "{value}");
    }
    for values in [&[][..], &["Bearer"], &["Bearer "], &["Basic abc"], &["Bearerabc"], &["Bearer a", "Bearer b"]] {
        assert_eq!(bearer(&headers(values)), None, "{values:?}");
    }
}

#[test]
fn a_refusal_carries_a_challenge() {
    let challenge = |error: AuthenticationError| {
        let response = Problem::from(error).into_response();
        let challenge = response.headers().get(WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        (response.status(), challenge)
    };
    let plain = "Bearer realm=\"invoices\"".to_owned();
    let invalid = format!("{plain}, error=\"invalid_token\"");
    assert_eq!(challenge(AuthenticationError::Missing), (StatusCode::UNAUTHORIZED, Some(plain)));
    for error in [AuthenticationError::Token(TokenError::Expired), AuthenticationError::ApiKey] {
        assert_eq!(challenge(error), (StatusCode::UNAUTHORIZED, Some(invalid.clone())));
    }
    let unreachable = PortError::new(ErrorKind::Unreachable, "inside");
    let (status, challenge) = challenge(AuthenticationError::Unavailable(unreachable));
    assert_eq!((status, challenge), (StatusCode::SERVICE_UNAVAILABLE, None));
}
