//! Invoices whose figures were computed by a second method (`golden/compute.py`), each with its steps explained.

#![allow(missing_docs, clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use invoice::{ParseOptions, TaxCategory, parse};
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The names of all golden invoices.
fn names() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    files.filter_map(|file| file.strip_suffix(".expected.json").map(str::to_owned)).collect()
}

/// Asserts that all that is expected is there, and lists are of one length; what else is there does not matter.
fn assert_holds(expected: &Value, computed: Option<&Value>, place: &str) {
    match expected {
        Value::Object(members) => {
            for (key, value) in members {
                assert_holds(value, computed.and_then(|computed| computed.get(key)), &format!("{place}/{key}"));
            }
        }
        Value::Array(elements) => {
            // A list without entries is left out of the computed invoice.
            let count = computed.and_then(Value::as_array).map_or(0, Vec::len);
            assert_eq!(count, elements.len(), "{place}");
            for (index, element) in elements.iter().enumerate() {
                assert_holds(element, computed.and_then(|list| list.get(index)), &format!("{place}/{index}"));
            }
        }
        value => assert_eq!(Some(value), computed, "{place}"),
    }
}

/// Asserts that no figure is a zero with a sign.
fn assert_no_negative_zero(value: &Value, name: &str) {
    match value {
        Value::Object(members) => members.values().for_each(|value| assert_no_negative_zero(value, name)),
        Value::Array(elements) => elements.iter().for_each(|value| assert_no_negative_zero(value, name)),
        Value::String(text) => {
            let is_zero = text.starts_with('-') && text.len() > 1 && text[1..].chars().all(|c| matches!(c, '0' | '.'));
            assert!(!is_zero, "{name}: {text}");
        }
        _ => {}
    }
}

#[test]
fn figures_are_those_of_the_second_method() {
    let names = names();
    assert!(names.len() >= 40, "{}", names.len());
    let mut currencies = BTreeSet::new();
    let mut categories = BTreeSet::new();
    for name in names {
        let document = fs::read(folder().join(format!("{name}.json"))).unwrap();
        let expected = fs::read(folder().join(format!("{name}.expected.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        assert_ne!(expected["about"], "", "{name}");
        let parsed =
            parse(&document, &ParseOptions::default()).unwrap_or_else(|rejected| panic!("{name}: {rejected:#?}"));
        currencies.insert(parsed.invoice.currency.code());
        categories.extend(parsed.invoice.tax_breakdown.iter().map(|group| group.category));
        let computed = serde_json::to_value(&parsed.invoice).unwrap();
        assert_holds(&expected["invoice"], Some(&computed), &name);
        assert_no_negative_zero(&computed, &name);
    }
    assert!(currencies.len() >= 10, "{currencies:?}");
    assert_eq!(categories, BTreeSet::from(TaxCategory::ALL));
}
