use serde_json::Value;

use crate::app::App;

#[tokio::test]
async fn every_route_is_documented_with_its_credentials() {
    let app = App::start().await;
    let document = auth::router(app.state.clone()).into_openapi();
    let document: Value = serde_json::from_str(&document.to_json().unwrap()).unwrap();
    let mut operations: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scheme = operation["security"][0].as_object().and_then(|scheme| scheme.keys().next().cloned());
            operations.push(format!("{method} {path} {}", scheme.unwrap_or_default()));
        }
    }
    operations.sort();
    let expected = [
        "delete /users/{id}/keys/{key} bearer",
        "get /.well-known/jwks.json ",
        "get /users bearer",
        "get /users/{id} bearer",
        "get /users/{id}/keys bearer",
        "patch /users/{id} bearer",
        "post /login basic",
        "post /users bearer",
        "post /users/{id}/keys bearer",
        "post /validate bearer",
    ];
    assert_eq!(operations, expected);
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    assert!(schemes.contains_key("basic") && schemes.contains_key("bearer"));
}
