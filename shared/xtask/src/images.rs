//! The images and the Compose file: linted, and as the documentation names them.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use crate::pack::Function;
use crate::workspace::root;
use crate::yaml::{list, text};
use crate::{process, tools, yaml};

const DOCKERFILE: &str = "k8s-fallback/Dockerfile";
const COMPOSE_FILE: &str = "k8s-fallback/compose.yaml";

/// Ports of this machine: the gateway, PostgreSQL, MongoDB, RabbitMQ and its UI, the mail catcher and its UI.
const PORTS: [u16; 7] = [8080, 5432, 27017, 5672, 15672, 1025, 8025];

/// Lints the Dockerfile, and looks at what the Compose file would start.
pub(crate) fn check() -> anyhow::Result<()> {
    process::run(tools::deployment_python()?.with_file_name("hadolint"), &[DOCKERFILE])?;
    let channel = toolchain()?;
    let dockerfile = fs::read_to_string(root().join(DOCKERFILE))?;
    ensure!(
        dockerfile.contains(&format!("FROM rust:{channel}-")),
        "{DOCKERFILE} builds with another Rust than {channel}"
    );
    let documents = yaml::read(&[root().join(COMPOSE_FILE)])?.concat();
    let faults = faults(documents.first().context("the Compose file is empty")?);
    ensure!(faults.is_empty(), "{COMPOSE_FILE}:\n{}", faults.join("\n"));
    Ok(())
}

fn toolchain() -> anyhow::Result<String> {
    let file = fs::read_to_string(root().join("rust-toolchain.toml"))?;
    let channel = file.split("channel = \"").nth(1).and_then(|rest| rest.split('"').next());
    Ok(channel.context("rust-toolchain.toml names no channel")?.to_owned())
}

fn faults(file: &Value) -> Vec<String> {
    let services = file["services"].as_object().into_iter().flatten();
    let ports: Vec<&str> =
        services.flat_map(|(_, service)| list(service, "/ports")).filter_map(Value::as_str).collect();
    let exposed = ports.iter().filter(|port| !port.starts_with("127.0.0.1:"));
    let mut faults: Vec<String> = exposed.map(|port| format!("{port} is reached from other machines")).collect();
    let found: BTreeSet<String> = ports.iter().filter_map(|port| default_port(port)).collect();
    let wanted: BTreeSet<String> = PORTS.iter().map(ToString::to_string).collect();
    if found != wanted {
        faults.push(format!("it publishes {found:?}, expected {wanted:?}"));
    }
    faults.extend(Function::ALL.into_iter().flat_map(|function| function_faults(file, function)));
    faults
}

/// `8080` of `127.0.0.1:${GATEWAY_PORT:-8080}:8080`.
fn default_port(port: &str) -> Option<String> {
    let (_, default) = port.split_once(":-")?;
    Some(default.split('}').next()?.to_owned())
}

fn function_faults(file: &Value, function: Function) -> Vec<String> {
    let service = &file["services"][function.name()];
    let mut faults = Vec::new();
    if text(service, "/build/args/FUNCTION") != function.name() || text(service, "/build/dockerfile") != DOCKERFILE {
        faults.push(format!("{function} is not built as such"));
    }
    if text(service, "/image") != format!("{function}-service") {
        faults.push(format!("the image of {function} has another name than in the charts"));
    }
    if service["read_only"] != true || service["cap_drop"] != serde_json::json!(["ALL"]) {
        faults.push(format!("{function} could write or has privileges"));
    }
    let migrated = text(service, "/depends_on/migrate/condition");
    if migrated != "service_completed_successfully" {
        faults.push(format!("{function} does not wait for the schema"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_with_a_service_is_told() {
        let auth = json!({ "image": "auth", "ports": ["8080:8080", "127.0.0.1:${PORT:-1}:1"], "read_only": true });
        let told = faults(&json!({ "services": { "auth": auth } })).join("\n");
        for fault in
            ["reached from other machines", "publishes {\"1\"}", "not built", "another name", "privileges", "schema"]
        {
            assert!(told.contains(fault), "{fault}: {told}");
        }
    }
}
