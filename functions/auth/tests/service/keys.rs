use std::sync::Arc;

use host::token::{RemoteKeys, TokenError, Verifier};
use pipeline::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::app::{App, ISSUER, header};

#[tokio::test]
async fn the_public_keys_are_published_and_nothing_more() {
    let app = App::start().await;
    let response = app.request(Method::GET, "/.well-known/jwks.json").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(header(&response, "content-type"), "application/jwk-set+json");
    assert_eq!(header(&response, "cache-control"), "public, max-age=300");
    let set: Value = response.json().await.unwrap();
    let key = set["keys"][0].as_object().unwrap();
    let mut members: Vec<&str> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"], "no private member");
}

#[tokio::test]
async fn another_process_verifies_tokens_with_the_published_keys() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let remote = Arc::new(RemoteKeys::new(&format!("http://{}/", app.address)).unwrap());
    let verifier = Verifier::new(ISSUER, remote, app.clock.clone());
    assert_eq!(verifier.verify(&token).await.unwrap().sub, user.id);

    let (address, clock) = (app.address, app.clock.clone());
    drop(app);
    assert!(verifier.verify(&token).await.is_ok(), "auth is not asked again");
    let late = Verifier::new(ISSUER, Arc::new(RemoteKeys::new(&format!("http://{address}/no")).unwrap()), clock);
    assert!(matches!(late.verify(&token).await, Err(TokenError::KeysUnavailable(_))));
}
