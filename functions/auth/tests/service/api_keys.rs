use auth::AccountChange;
use http::{HeaderMap, HeaderValue};
use pipeline::{ApiKeyId, Role, Scope};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::app::App;

async fn made(app: &App, token: &str, body: Value) -> Value {
    let (status, key) = app.post("/users/me/keys", token, body).await;
    assert_eq!(status, StatusCode::CREATED, "{key}");
    key
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[tokio::test]
async fn a_key_is_shown_once_used_and_revoked() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let created = made(&app, &token, json!({"name": " nightly upload ", "scopes": ["invoices:write"]})).await;
    let key = text(&created, "key");
    assert!(key.starts_with(&format!("inv_{}_", text(&created, "prefix"))), "{key}");

    let (_, claims) = app.validate(key).await;
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!(user.id), &json!("invoices:write")));
    assert_eq!(claims["exp"], json!(1_800_000_060), "the answer is good for a minute");

    let (_, list) = app.get("/users/me/keys", &token).await;
    let listed = &list["keys"][0];
    assert_eq!((&listed["name"], &listed["scopes"]), (&json!("nightly upload"), &json!(["invoices:write"])));
    assert_eq!((&listed["id"], &listed["revoked_at"]), (&created["id"], &Value::Null));
    assert!(!list.to_string().contains(key.rsplit('_').next().unwrap()), "the secret is not shown again");

    let path = format!("/users/me/keys/{}", text(&created, "id"));
    assert_eq!(app.delete(&path, &token).await, StatusCode::NO_CONTENT);
    assert_eq!(app.delete(&path, &token).await, StatusCode::NO_CONTENT);
    assert_eq!(app.validate(key).await.0, StatusCode::UNAUTHORIZED);
    let (_, list) = app.get("/users/me/keys", &token).await;
    assert_eq!(list["keys"][0]["revoked_at"], json!("2027-01-15T08:00:00Z"));
}

#[tokio::test]
async fn the_last_use_is_noted_to_the_minute() {
    let app = App::start().await;
    let (_, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let created = made(&app, &token, json!({"name": "machine"})).await;
    let last_used_at = async || {
        let (_, list) = app.get("/users/me/keys", &token).await;
        list["keys"][0]["last_used_at"].clone()
    };
    assert_eq!(last_used_at().await, Value::Null);
    for (advance, expected) in [(0, "2027-01-15T08:00:00Z"), (59, "2027-01-15T08:00:00Z"), (1, "2027-01-15T08:01:00Z")]
    {
        app.clock.advance(advance);
        assert_eq!(app.validate(text(&created, "key")).await.0, StatusCode::OK);
        assert_eq!(last_used_at().await, json!(expected));
    }
}

#[tokio::test]
async fn a_wrong_secret_or_a_disabled_owner_is_refused() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let created = made(&app, &token, json!({"name": "machine"})).await;
    let key = text(&created, "key");
    let last = if key.ends_with('0') { '1' } else { '0' };
    let wrong = format!("{}{last}", &key[..key.len() - 1]);
    let other_prefix = key.replace(text(&created, "prefix"), "000000000000");
    for bearer in [wrong.as_str(), &other_prefix, &key[..key.len() - 1], "inv_", "inv_x_y"] {
        assert_eq!(app.validate(bearer).await.0, StatusCode::UNAUTHORIZED, "{bearer}");
    }
    assert_eq!(app.validate(key).await.0, StatusCode::OK);
    let change = AccountChange { enabled: Some(false), ..AccountChange::default() };
    app.state.accounts().change(user.id, change).await.unwrap();
    assert_eq!(app.validate(key).await.0, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_makes_a_principal_of_its_scopes() {
    let app = App::start().await;
    let (user, token) = app.logged_in("admin@example.com", &[Role::Admin, Role::User]).await;
    let created = made(&app, &token, json!({"name": "reader", "scopes": ["invoices:read"]})).await;
    let authenticate = async |bearer: &str| {
        let value = HeaderValue::from_str(&format!("Bearer {bearer}")).unwrap();
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, value)]);
        app.state.authenticator().authenticate(&headers).await.unwrap()
    };
    let machine = authenticate(text(&created, "key")).await;
    assert_eq!((machine.user, machine.is_machine(), machine.is_admin()), (user.id, true, false));
    assert!(machine.require_scope(Scope::InvoicesRead).is_ok());
    let refused = machine.require_scope(Scope::InvoicesWrite).unwrap_err();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    let person = authenticate(&token).await;
    assert_eq!((person.user, person.is_machine(), person.is_admin()), (user.id, false, true));
    assert!(person.require_scope(Scope::InvoicesWrite).is_ok());
}

#[tokio::test]
async fn keys_are_managed_by_their_owner_and_by_administrators() {
    let app = App::start().await;
    let (owner, owners) = app.logged_in("test@example.com", &[Role::User]).await;
    let (_, strangers) = app.logged_in("other@example.com", &[Role::User]).await;
    let (_, admins) = app.logged_in("admin@example.com", &[Role::Admin]).await;
    let created = made(&app, &owners, json!({"name": "machine"})).await;
    let keys = format!("/users/{}/keys", owner.id);
    let key = format!("{keys}/{}", text(&created, "id"));

    for bearer in [strangers.as_str(), text(&created, "key")] {
        assert_eq!(app.get(&keys, bearer).await.0, StatusCode::FORBIDDEN);
        assert_eq!(app.post(&keys, bearer, json!({"name": "x"})).await.0, StatusCode::FORBIDDEN);
        assert_eq!(app.delete(&key, bearer).await, StatusCode::FORBIDDEN);
    }
    let mine = format!("/users/me/keys/{}", text(&created, "id"));
    assert_eq!(app.delete(&mine, &strangers).await, StatusCode::NOT_FOUND, "another's key is none of theirs");

    assert_eq!(app.get(&keys, &owners).await.0, StatusCode::OK);
    assert_eq!(app.get(&keys, &admins).await.0, StatusCode::OK);
    assert_eq!(app.post(&keys, &admins, json!({"name": "made by an administrator"})).await.0, StatusCode::CREATED);
    assert_eq!(app.delete(&key, &admins).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn wrong_input_is_told_clearly() {
    let app = App::start().await;
    let (_, token) = app.logged_in("admin@example.com", &[Role::Admin]).await;
    let cases = [
        (json!({"name": " "}), Some("/name")),
        (json!({"name": "x".repeat(101)}), Some("/name")),
        (json!({"name": "a\nb"}), Some("/name")),
        (json!({"name": "a", "scopes": []}), Some("/scopes")),
        (json!({"name": "a", "scopes": ["everything"]}), None),
        (json!({}), None),
    ];
    for (body, pointer) in cases {
        let (status, problem) = app.post("/users/me/keys", &token, body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem["faults"][0]["pointer"].as_str(), pointer, "{problem}");
    }
    for path in ["/users/no-id/keys".to_owned(), format!("/users/{}/keys", pipeline::UserId::new())] {
        assert_eq!(app.get(&path, &token).await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.post(&path, &token, json!({"name": "a"})).await.0, StatusCode::NOT_FOUND);
    }
    for key in ["no-id".to_owned(), ApiKeyId::new().to_string()] {
        assert_eq!(app.delete(&format!("/users/me/keys/{key}"), &token).await, StatusCode::NOT_FOUND);
    }
}
