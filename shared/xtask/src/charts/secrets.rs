//! Policies for secrets: they stand in Secrets and nowhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::objects::{Rendering, name};
use crate::yaml::text;

/// What everybody may know.
const PUBLIC: [&str; 4] = ["ca.crt", "tls.crt", "tls", "generation"];

/// Shorter texts occur by chance.
const SHORTEST: usize = 8;

/// What breaks a policy.
pub(super) fn faults(rendering: &Rendering) -> Vec<String> {
    let (secrets, others): (Vec<_>, Vec<_>) =
        rendering.objects.iter().partition(|object| text(object, "/kind") == "Secret");
    let values: Vec<(String, String)> = secrets.into_iter().flat_map(secret_values).collect();
    others.into_iter().flat_map(|object| object_faults(object, &values)).collect()
}

/// The name and the base64 and plain forms of what a Secret keeps.
fn secret_values(secret: &Value) -> Vec<(String, String)> {
    let data = secret["data"].as_object().into_iter().flatten();
    let hidden = data.filter(|(key, _)| !PUBLIC.contains(&key.as_str()));
    let forms = hidden.flat_map(|(key, value)| {
        let base64 = value.as_str().unwrap_or_default();
        let label = format!("{}/{key}", name(secret));
        let plain = STANDARD.decode(base64).unwrap_or_default();
        [(label.clone(), base64.to_owned()), (label, String::from_utf8_lossy(&plain).into_owned())]
    });
    forms.filter(|(_, value)| value.len() >= SHORTEST).collect()
}

fn object_faults(object: &Value, secrets: &[(String, String)]) -> Vec<String> {
    let place = format!("{}/{}", text(object, "/kind"), name(object));
    let mut texts = Vec::new();
    collect_texts(object, &mut texts);
    let revealed = secrets.iter().filter(|(_, value)| texts.iter().any(|text| text.contains(value.as_str())));
    let mut faults: Vec<String> = revealed.map(|(label, _)| format!("{place} shows the secret {label}")).collect();
    if texts.iter().any(|text| has_credentials(text)) {
        faults.push(format!("{place} has a URL with a password"));
    }
    if texts.iter().any(|text| text.contains("PRIVATE KEY")) {
        faults.push(format!("{place} has a private key"));
    }
    faults
}

fn collect_texts<'a>(value: &'a Value, texts: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => texts.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        Value::Object(fields) => fields.values().for_each(|field| collect_texts(field, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Whether a text has `://USER:PASSWORD@` in it. A part that a program fills in is none.
fn has_credentials(text: &str) -> bool {
    text.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ', '\n', '"']).next().unwrap_or_default();
        let user = authority.rsplit_once('@').map_or("", |(user, _)| user);
        user.split_once(':').is_some_and(|(_, password)| !password.is_empty() && !password.contains('$'))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn faults_with(settings: Value) -> Vec<String> {
        let secret = json!({
            "kind": "Secret",
            "metadata": { "name": "keys" },
            "data": { "password": "aHVzaC1odXNo", "ca.crt": "cHVibGljLWNlcnRpZmljYXRl" },
        });
        let settings = json!({ "kind": "ConfigMap", "metadata": { "name": "settings" }, "data": settings });
        faults(&Rendering { release: "test", objects: vec![secret, settings] })
    }

    #[test]
    fn what_is_public_may_be_shown() {
        let settings =
            json!({ "a": "public-certificate", "b": "postgres://postgres:5432/x", "c": "amqp://u:$(PASSWORD)@h" });
        assert_eq!(faults_with(settings), Vec::<String>::new());
    }

    #[test]
    fn a_secret_elsewhere_is_told() {
        for (settings, told) in [
            (json!({ "a": "it is hush-hush" }), "shows the secret keys/password"),
            (json!({ "a": "aHVzaC1odXNo" }), "shows the secret keys/password"),
            (json!({ "a": "postgres://user:word@host/x" }), "a URL with a password"),
            (json!({ "a": "-----BEGIN PRIVATE KEY-----" }), "a private key"),
        ] {
            let faults = faults_with(settings);
            assert!(faults.iter().any(|fault| fault.contains(told)), "{told}: {faults:?}");
        }
    }
}
