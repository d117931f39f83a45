use serde_json::Value;

#[test]
fn every_route_is_documented_with_its_credentials() {
    let document: Value = serde_json::from_str(&auth::openapi().to_json().unwrap()).unwrap();
    let mut operations: Vec<String> = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let scheme = operation["security"][0].as_object().and_then(|scheme| scheme.keys().next().cloned());
            operations.push(format!("{method} {path} {}", scheme.unwrap_or_default()));
        }
    }
    operations.sort();
    let expected = [
        "delete /users/{id}/keys/{key_id} bearer",
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

/// The gateway serves auth's part of the document without calling auth: it reads this file.
#[test]
fn the_committed_document_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let generated = format!("{}\n", auth::openapi().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(committed == generated, "openapi.json is stale: UPDATE_OPENAPI=1 cargo test -p auth openapi rewrites it");
}
