//! The JSON Schema of the full form.

#![allow(missing_docs, clippy::unwrap_used)]

use invoice::json_schema;
use serde_json::Value;

fn objects(schema: &Value) -> Vec<(String, &Value)> {
    let definitions = schema["$defs"].as_object().unwrap();
    let mut all = vec![("the invoice".to_owned(), schema)];
    for (name, definition) in definitions {
        let object = match definition.pointer("/anyOf/1") {
            Some(object) => object,
            None => definition,
        };
        all.push((name.clone(), object));
    }
    all
}

#[test]
fn every_member_has_a_description_and_an_example() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    for (name, object) in objects(&schema) {
        let members = object["properties"].as_object().unwrap_or_else(|| panic!("{name}: {object}"));
        for (member, definition) in members {
            let description = definition["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{name}.{member} has no description");
            assert!(definition["examples"].is_array(), "{name}.{member} has no example");
        }
        assert_eq!(object["additionalProperties"], false, "{name}");
        assert!(object["description"].is_string(), "{name}");
    }
}

#[test]
fn names_are_those_of_the_document() {
    let schema = json_schema().to_string();
    assert!(!schema.contains("Input"), "names of Rust types are not for people");
    let required = json_schema()["required"].clone();
    assert_eq!(required, serde_json::json!(["number", "issue_date", "seller", "buyer", "lines"]));
}
