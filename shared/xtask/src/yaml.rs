//! YAML, read as JSON.

use std::path::PathBuf;

use anyhow::ensure;
use serde_json::Value;

use crate::{process, tools};

const SCRIPT: &str = "shared/xtask/charts/yaml_to_json.py";

/// What files hold: for each one its documents.
pub(crate) fn read(files: &[PathBuf]) -> anyhow::Result<Vec<Vec<Value>>> {
    let names: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
    let arguments: Vec<&str> = [SCRIPT].into_iter().chain(names.iter().map(AsRef::as_ref)).collect();
    let json = process::output(tools::deployment_python()?, &arguments)?;
    let documents: Vec<Vec<Value>> = serde_json::from_str(&json)?;
    ensure!(documents.len() == files.len(), "{} files gave {} answers", files.len(), documents.len());
    Ok(documents)
}

/// A text in a document; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// A list in a document; empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
