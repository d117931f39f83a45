use auth::AccountChange;
use pipeline::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::app::{App, ISSUER, TOKEN_TTL, header};

#[tokio::test]
async fn the_claims_of_a_token_are_told() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User, Role::Admin]).await;
    let (status, mut claims) = app.validate(&token).await;
    assert_eq!(status, StatusCode::OK);
    let jti = claims["jti"].take();
    assert_eq!(jti.as_str().unwrap().len(), 36);
    let expected = json!({
        "iss": ISSUER, "aud": "invoices", "sub": user.id, "email": "test@example.com", "roles": ["user", "admin"],
        "iat": 1_800_000_000, "nbf": 1_800_000_000, "exp": 1_800_000_000 + TOKEN_TTL, "jti": null,
        "scope": "invoices:read invoices:write",
    });
    assert_eq!(claims, expected);
    let (_, other) = app.validate(&app.token("test@example.com").await).await;
    assert_ne!(other["jti"], jti, "each token has its own id");
}

#[tokio::test]
async fn refusals_carry_a_challenge() {
    let app = App::start().await;
    let (_, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let invalid = "Bearer realm=\"invoices\", error=\"invalid_token\"";
    let cases = [
        (None, "Bearer realm=\"invoices\""),
        (Some(format!("Token {token}")), "Bearer realm=\"invoices\""),
        (Some(format!("Bearer {token}x")), invalid),
        (Some("Bearer inv_0123456789ab_x".to_owned()), invalid),
    ];
    for (authorization, challenge) in cases {
        let mut request = app.request(Method::POST, "/validate");
        if let Some(value) = &authorization {
            request = request.header("authorization", value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{authorization:?}");
        assert_eq!(header(&response, "www-authenticate"), challenge, "{authorization:?}");
        assert_eq!(header(&response, "content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn a_disabled_user_is_noticed() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User]).await;
    assert_eq!(app.validate(&token).await.0, StatusCode::OK);
    let change = AccountChange { enabled: Some(false), ..AccountChange::default() };
    app.state.accounts().change(user.id, change).await.unwrap();
    assert_eq!(app.validate(&token).await.0, StatusCode::UNAUTHORIZED);
}
