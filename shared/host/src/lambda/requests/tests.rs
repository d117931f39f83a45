#![allow(clippy::unwrap_used)]

use axum::routing::{get, post};
use http::header::CONTENT_TYPE;
use lambda_http::Context;
use serde_json::{Value, json};

use super::*;

fn router() -> Router {
    let text = ([(CONTENT_TYPE, "text/plain; charset=utf-8")], &b"caf\xe9"[..]);
    Router::new()
        .route("/odd", get(move || async move { text }))
        .route("/text", get(|| async { "hello\n" }))
        .route("/big", get(|| async { vec![0xff_u8; MOST_SENT + 1] }))
        .route("/late", get(|| async { std::future::pending::<&str>().await }))
        .route(
            "/echo",
            post(|body: axum::body::Bytes| async move { body }).layer(axum::extract::DefaultBodyLimit::disable()),
        )
        .route("/who", get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }))
}

fn event(method: &str, path: &str) -> Value {
    let http = json!({"method": method, "path": path, "sourceIp": "203.0.113.7"});
    json!({
        "version": "2.0", "rawPath": path, "rawQueryString": "", "headers": {"host": "api.example.com"},
        "requestContext": {"http": http, "stage": "$default"}, "isBase64Encoded": false,
    })
}

async fn ask(event: &Value) -> http::Response<lambda_http::Body> {
    let request = lambda_http::request::from_str(&event.to_string()).unwrap();
    answer(router(), Some("send less"), request.with_lambda_context(Context::default())).await.unwrap().0
}

#[tokio::test]
async fn bodies_arrive_as_they_are() {
    assert_eq!(ask(&event("GET", "/text")).await.body(), &lambda_http::Body::Text("hello\n".to_owned()));
    assert_eq!(ask(&event("GET", "/odd")).await.body(), &lambda_http::Body::Binary(b"caf\xe9".to_vec()));
    let mut upload = event("POST", "/echo");
    upload["isBase64Encoded"] = json!(true);
    upload["body"] = json!("/wB7");
    assert_eq!(ask(&upload).await.body(), &lambda_http::Body::Binary(vec![0xff, 0, 0x7b]));
}

#[tokio::test]
async fn the_client_is_the_one_that_the_api_tells() {
    assert_eq!(ask(&event("GET", "/who")).await.body(), &lambda_http::Body::Text("203.0.113.7".to_owned()));
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let mut upload = event("POST", "/echo");
    for (bytes, status) in [(MOST_RECEIVED, 200), (MOST_RECEIVED + 1, 413)] {
        upload["body"] = json!("x".repeat(bytes));
        assert_eq!(ask(&upload).await.status(), status);
    }
    let lambda_http::Body::Text(told) = ask(&upload).await.into_body() else { panic!("text expected") };
    assert!(told.contains("at most 4194304 bytes are accepted here: send less"), "{told}");
    let answer = ask(&event("GET", "/big")).await;
    assert_eq!((answer.status().as_u16(), answer.body().len() < 100), (500, true));
}

#[tokio::test(start_paused = true)]
async fn what_takes_too_long_is_given_up_in_time() {
    assert_eq!(ask(&event("GET", "/late")).await.status(), 503);
}
