use pipeline::{Role, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::app::{App, PASSWORD};

const ADMIN: &[Role] = &[Role::Admin];

#[tokio::test]
async fn only_administrators_manage_users() {
    let app = App::start().await;
    let (user, token) = app.logged_in("test@example.com", &[Role::User]).await;
    let (_, key) = app.post("/users/me/keys", &token, json!({"name": "machine"})).await;
    let path = format!("/users/{}", user.id);
    let new = json!({"email": "new@example.com", "password": PASSWORD, "roles": ["admin"]});
    let requests = [
        (Method::GET, "/users", None),
        (Method::POST, "/users", Some(new)),
        (Method::GET, path.as_str(), None),
        (Method::PATCH, path.as_str(), Some(json!({"roles": ["admin"]}))),
        (Method::GET, "/users/no-id", None),
    ];
    for (method, path, body) in requests {
        for (bearer, status) in [
            (token.as_str(), StatusCode::FORBIDDEN),
            (key["key"].as_str().unwrap(), StatusCode::FORBIDDEN),
            ("x", StatusCode::UNAUTHORIZED),
        ] {
            let answer = app.call(method.clone(), path, bearer, body.clone()).await;
            assert_eq!(answer.0, status, "{method} {path}: {}", answer.1);
        }
    }
    assert_eq!(app.users.list(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_administrators_api_key_is_no_administrator() {
    let app = App::start().await;
    let (_, token) = app.logged_in("admin@example.com", ADMIN).await;
    let (_, key) = app.post("/users/me/keys", &token, json!({"name": "machine"})).await;
    let key = key["key"].as_str().unwrap();
    assert_eq!(app.get("/users", key).await.0, StatusCode::FORBIDDEN);
    assert_eq!(app.validate(key).await.1["roles"], json!(["user"]));
}

#[tokio::test]
async fn a_user_is_made_shown_and_changed() {
    let app = App::start().await;
    let (_, admin) = app.logged_in("admin@example.com", ADMIN).await;
    let new = json!({"email": "New@example.com", "password": PASSWORD});
    let (status, made) = app.post("/users", &admin, new.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!((&made["email"], &made["roles"]), (&json!("new@example.com"), &json!(["user"])));
    assert_eq!((&made["enabled"], &made["created_at"]), (&json!(true), &json!("2027-01-15T08:00:00Z")));
    assert_eq!(made.as_object().unwrap().len(), 5, "no password hash: {made}");
    assert_eq!(app.post("/users", &admin, new).await.0, StatusCode::CONFLICT);

    let path = format!("/users/{}", made["id"].as_str().unwrap());
    assert_eq!(app.get(&path, &admin).await, (StatusCode::OK, made.clone()));
    app.token("new@example.com").await;

    let (status, changed) = app.patch(&path, &admin, json!({"roles": ["user", "admin"]})).await;
    assert_eq!((status, &changed["roles"]), (StatusCode::OK, &json!(["user", "admin"])));
    app.patch(&path, &admin, json!({"password": "battery staple"})).await;
    assert_eq!(app.login("new@example.com", PASSWORD).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.login("new@example.com", "battery staple").await.status(), StatusCode::OK);
    app.patch(&path, &admin, json!({"enabled": false})).await;
    assert_eq!(app.login("new@example.com", "battery staple").await.status(), StatusCode::UNAUTHORIZED);
    app.patch(&path, &admin, json!({"enabled": true})).await;
    assert_eq!(app.login("new@example.com", "battery staple").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_role_that_was_taken_away_is_gone_at_once() {
    let app = App::start().await;
    let (_, first) = app.logged_in("admin@example.com", ADMIN).await;
    let (other, second) = app.logged_in("other@example.com", ADMIN).await;
    assert_eq!(app.get("/users", &second).await.0, StatusCode::OK);
    let path = format!("/users/{}", other.id);
    assert_eq!(app.patch(&path, &first, json!({"roles": ["user"]})).await.0, StatusCode::OK);
    assert_eq!(app.get("/users", &second).await.0, StatusCode::FORBIDDEN, "the token still says admin");
}

#[tokio::test]
async fn administrators_cannot_lock_themselves_out() {
    let app = App::start().await;
    let (user, admin) = app.logged_in("admin@example.com", ADMIN).await;
    let path = format!("/users/{}", user.id);
    for change in [json!({"roles": ["user"]}), json!({"enabled": false})] {
        assert_eq!(app.patch(&path, &admin, change).await.0, StatusCode::CONFLICT);
    }
    assert_eq!(app.patch(&path, &admin, json!({"roles": ["admin", "user"]})).await.0, StatusCode::OK);
}

#[tokio::test]
async fn wrong_input_is_told_clearly() {
    let app = App::start().await;
    let (_, admin) = app.logged_in("admin@example.com", ADMIN).await;
    let new = |name: &str, value: Value| {
        let mut new = json!({"email": "new@example.com", "password": PASSWORD, "roles": ["user"]});
        new[name] = value;
        new
    };
    let cases = [
        (new("password", json!("short")), Some("/password")),
        (new("password", json!("password")), Some("/password")),
        (new("password", json!("x".repeat(1025))), Some("/password")),
        (new("roles", json!([])), Some("/roles")),
        (new("roles", json!(["root"])), None),
        (new("email", json!("no address")), None),
        (new("nickname", json!("x")), None),
        (json!({}), None),
    ];
    for (body, pointer) in cases {
        let (status, problem) = app.post("/users", &admin, body.clone()).await;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert_eq!(problem["faults"][0]["pointer"].as_str(), pointer, "{problem}");
    }
    let malformed = app.request(Method::POST, "/users").bearer_auth(&admin).header("content-type", "application/json");
    assert_eq!(malformed.body("{").send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let untyped = app.request(Method::POST, "/users").bearer_auth(&admin).body("{}").send().await.unwrap();
    assert_eq!(untyped.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    for id in ["no-id".to_owned(), UserId::new().to_string()] {
        assert_eq!(app.get(&format!("/users/{id}"), &admin).await.0, StatusCode::NOT_FOUND);
        assert_eq!(app.patch(&format!("/users/{id}"), &admin, json!({})).await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    let app = App::start().await;
    let (_, admin) = app.logged_in("admin@example.com", ADMIN).await;
    for number in 0..4 {
        app.add(&format!("user-{number}@example.com"), &[Role::User]).await;
    }
    let (mut emails, mut path) = (Vec::new(), "/users?limit=2".to_owned());
    loop {
        let (status, page) = app.get(&path, &admin).await;
        assert_eq!(status, StatusCode::OK);
        emails.extend(page["users"].as_array().unwrap().iter().map(|user| user["email"].clone()));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/users?limit=2&after={next}");
    }
    assert_eq!(emails.len(), 5);
    assert_eq!((&emails[0], &emails[4]), (&json!("admin@example.com"), &json!("user-3@example.com")));
    for wrong in ["/users?limit=x", "/users?limit=0", "/users?limit=101", "/users?after=x"] {
        assert_eq!(app.get(wrong, &admin).await.0, StatusCode::BAD_REQUEST);
    }
}
