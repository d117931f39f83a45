//! Where the project lies and what cargo knows about it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::Value;

use crate::process;

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// What `cargo metadata` says about the workspace's own crates.
pub(crate) fn metadata() -> anyhow::Result<Value> {
    let json = process::cargo_output(&["metadata", "--format-version", "1", "--locked", "--no-deps"])?;
    Ok(serde_json::from_str(&json)?)
}

/// Where cargo builds: `target`, unless CARGO_TARGET_DIR or a configuration file says otherwise.
pub(crate) fn target() -> anyhow::Result<PathBuf> {
    let metadata = metadata()?;
    Ok(metadata["target_directory"].as_str().context("cargo metadata names no target_directory")?.into())
}

/// The folder of what only chores need.
pub(crate) fn tools() -> anyhow::Result<PathBuf> {
    let tools = target()?.join("tools");
    std::fs::create_dir_all(&tools)?;
    Ok(tools)
}
