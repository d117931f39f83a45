use auth::{AccountChange, AccountError, DEMO_EMAIL, DEMO_PASSWORD};
use pipeline::Role;
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::app::{App, PASSWORD, TOKEN_TTL, header};

const EMAIL: &str = "test@example.com";

#[tokio::test]
async fn a_login_gives_a_bare_token() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    let response = app.login("Test@Example.com", PASSWORD).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(header(&response, "content-type").starts_with("text/plain"));
    assert_eq!(header(&response, "cache-control"), "no-store");
    let token = response.text().await.unwrap();
    assert_eq!((token.split('.').count(), token.trim()), (3, token.as_str()));

    assert_eq!(app.validate(&token).await.0, StatusCode::OK);
    app.clock.advance(TOKEN_TTL + 30);
    assert_eq!(app.validate(&token).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    let disabled = app.add("disabled@example.com", &[Role::User]).await;
    let change = AccountChange { enabled: Some(false), ..AccountChange::default() };
    app.state.accounts().change(disabled.id, change).await.unwrap();

    let mut bodies: Vec<Value> = Vec::new();
    let long = "x".repeat(2000);
    let logins = [
        (EMAIL, "wrong password"),
        (EMAIL, ""),
        (EMAIL, long.as_str()),
        ("nobody@example.com", PASSWORD),
        ("disabled@example.com", PASSWORD),
        ("not an address", PASSWORD),
        ("", ""),
    ];
    for (email, password) in logins {
        let response = app.login(email, password).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{email}");
        assert!(header(&response, "www-authenticate").starts_with("Basic realm="));
        assert_eq!(header(&response, "content-type"), "application/problem+json");
        bodies.push(response.json().await.unwrap());
    }
    let without = app.request(Method::POST, "/login").header("accept", "application/json").send().await.unwrap();
    assert_eq!(without.status(), StatusCode::UNAUTHORIZED);
    bodies.push(without.json().await.unwrap());
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn a_client_that_does_not_ask_for_json_gets_one_line() {
    let app = App::start().await;
    let request = app.request(Method::POST, "/login").basic_auth(EMAIL, Some(PASSWORD)).header("accept", "*/*");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&response, "content-type"), "text/plain; charset=utf-8");
    assert!(header(&response, "www-authenticate").starts_with("Basic "));
    assert_eq!(response.text().await.unwrap().lines().count(), 1);
}

#[tokio::test]
async fn only_the_scheme_basic_logs_in() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    let encoded = "dGVzdEBleGFtcGxlLmNvbTpjb3JyZWN0IGhvcnNl";
    for (value, status) in [("basic", StatusCode::OK), ("Bearer", StatusCode::UNAUTHORIZED)] {
        let request = app.request(Method::POST, "/login").header("authorization", format!("{value} {encoded}"));
        assert_eq!(request.send().await.unwrap().status(), status, "{value}");
    }
}

#[tokio::test]
async fn repeated_failures_of_an_account_must_wait_whether_it_exists_or_not() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    app.add("other@example.com", &[Role::User]).await;
    for email in [EMAIL, "nobody@example.com"] {
        for _ in 0..5 {
            assert_eq!(app.login(email, "wrong password").await.status(), StatusCode::UNAUTHORIZED);
        }
        let response = app.login(email, PASSWORD).await;
        assert_eq!((response.status(), header(&response, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "15".into()));
        assert_eq!(header(&response, "content-type"), "application/problem+json");
    }
    assert_eq!(app.login("other@example.com", PASSWORD).await.status(), StatusCode::OK, "others need not wait");

    app.clock.advance(14);
    assert_eq!(header(&app.login(EMAIL, PASSWORD).await, "retry-after"), "1");
    app.clock.advance(1);
    assert_eq!(app.login(EMAIL, "wrong password").await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(header(&app.login(EMAIL, PASSWORD).await, "retry-after"), "30", "the next wait is longer");
    app.clock.advance(30);
    assert_eq!(app.login(EMAIL, PASSWORD).await.status(), StatusCode::OK);
    assert_eq!(app.login(EMAIL, "wrong password").await.status(), StatusCode::UNAUTHORIZED, "the count starts over");
}

#[tokio::test]
async fn guesses_at_the_same_time_gain_little() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    let guesses = (0..40).map(|_| app.login(EMAIL, "wrong password"));
    let mut looked_at = 0;
    for response in futures_util::future::join_all(guesses).await {
        looked_at += usize::from(response.status() == StatusCode::UNAUTHORIZED);
    }
    let slots = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    assert!((5..=5 + slots).contains(&looked_at), "{looked_at} of 40 were looked at");
}

#[tokio::test]
async fn failures_of_an_address_must_wait_across_accounts() {
    let app = App::start().await;
    app.add(EMAIL, &[Role::User]).await;
    for number in 0..20 {
        let email = format!("user-{number}@example.com");
        assert_eq!(app.login(&email, PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
        if number == 10 {
            assert_eq!(app.login(EMAIL, PASSWORD).await.status(), StatusCode::OK);
        }
    }
    let response = app.login(EMAIL, PASSWORD).await;
    assert_eq!((response.status(), header(&response, "retry-after")), (StatusCode::TOO_MANY_REQUESTS, "15".into()));
    app.clock.advance(15 * 60 + 1);
    assert_eq!(app.login(EMAIL, PASSWORD).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn forwarded_addresses_count_only_behind_a_trusted_proxy() {
    for (trusted, expected) in [(&["127.0.0.0/8"][..], StatusCode::OK), (&[], StatusCode::TOO_MANY_REQUESTS)] {
        let app = App::start_behind(trusted).await;
        app.add(EMAIL, &[Role::User]).await;
        let login = async |email: &str, address: &str| {
            let request = app.request(Method::POST, "/login").basic_auth(email, Some(PASSWORD));
            request.header("x-forwarded-for", address).send().await.unwrap().status()
        };
        for number in 0..20 {
            let status = login(&format!("user-{number}@example.com"), "203.0.113.9").await;
            assert_eq!(status, StatusCode::UNAUTHORIZED);
        }
        assert_eq!(login(EMAIL, "203.0.113.9").await, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(login(EMAIL, "203.0.113.10").await, expected, "{trusted:?}");
    }
}

#[tokio::test]
async fn the_demo_user_is_made_once_and_noticed() {
    let app = App::start().await;
    let accounts = app.state.accounts();
    assert!(!accounts.demo_user_can_log_in().await.unwrap());
    assert!(accounts.ensure_demo_user().await.unwrap());
    assert!(!accounts.ensure_demo_user().await.unwrap());
    assert!(accounts.demo_user_can_log_in().await.unwrap());
    assert_eq!(app.login(DEMO_EMAIL, DEMO_PASSWORD).await.status(), StatusCode::OK);

    let email = DEMO_EMAIL.parse().unwrap();
    let weak = accounts.set_password(&email, DEMO_PASSWORD.to_owned()).await;
    assert!(matches!(weak, Err(AccountError::WeakPassword(_))));
    accounts.set_password(&email, PASSWORD.to_owned()).await.unwrap();
    assert!(!accounts.demo_user_can_log_in().await.unwrap());
    assert_eq!(app.login(DEMO_EMAIL, DEMO_PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.login(DEMO_EMAIL, PASSWORD).await.status(), StatusCode::OK);
}
