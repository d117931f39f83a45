//! The pods of the chart `invoiceapp`, as its default values have them, on given servers.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::podman::Podman;
use super::{images, manifest, relay, text};
use crate::pack::Function;
use crate::servers::ports;
use crate::yaml::text as field;
use crate::{charts, yaml};

/// By this name containers find the machine that they run on. The test servers' certificate has it too.
const HOST: &str = "host.containers.internal";

const NETWORK: &str = "invoices";

/// What a pod has to end, as the chart's `terminationGracePeriodSeconds` says.
const GRACE_SECONDS: &str = "60";

/// Its name there is what selects it: the pods' label `app`.
const fn pod_name(function: Function) -> &'static str {
    match function {
        Function::Notifier => "notification",
        other => other.name(),
    }
}

/// Running pods. They end when it is dropped.
pub struct Containers {
    podman: Podman,
    port: u16,
}

impl Containers {
    /// Renders the chart and starts its pods.
    ///
    /// `urls` are those of the servers, by the settings that name them; a server on the loopback is made to be reached from
    /// containers. `authority` is the file of the authority that a URL names as `/tls/…/ca.crt`. `folder` takes what is
    /// played.
    pub fn start(folder: &Path, urls: &[(&str, &str)], authority: &Path) -> anyhow::Result<Self> {
        let port = ports::free()?;
        let objects = with_secrets(render(folder, port)?, urls, &fs::read_to_string(authority)?)?;
        let containers = Self { podman: Podman::found()?, port };
        // Also what a run left that was killed.
        containers.remove();
        containers.podman.output(&["network", "create", NETWORK])?;
        containers.play(folder, &manifest::playable(&objects, port)?, urls)?;
        Ok(containers)
    }

    /// Where clients reach the gateway.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a function's container has logged.
    pub fn log(&self, function: Function) -> String {
        self.podman.output(&["logs", &container(function)]).unwrap_or_else(|error| format!("{error:#}"))
    }

    /// Runs a program in a function's container, and answers what it prints.
    pub fn execute(&self, function: Function, command: &[&str]) -> anyhow::Result<String> {
        self.podman.output(&[["exec", &container(function)].as_slice(), command].concat())
    }

    /// What Podman says of a function's container, by a template of its `inspect`.
    pub fn inspect(&self, function: Function, template: &str) -> anyhow::Result<String> {
        let found = self.podman.output(&["inspect", "--format", template, &container(function)])?;
        Ok(found.trim().to_owned())
    }

    /// SIGTERM; answers the exit code of a container that ended within the chart's grace period, and 137 of another one.
    pub fn stop(&self, function: Function) -> anyhow::Result<i32> {
        let name = container(function);
        self.podman.output(&["stop", "--time", GRACE_SECONDS, &name])?;
        Ok(self.inspect(function, "{{.State.ExitCode}}")?.parse()?)
    }

    /// The sweeper last: unlike the others it does not wait for its database before it brings up the schema, and the
    /// machine has an address in the pods' network only once a pod is there.
    fn play(&self, folder: &Path, objects: &[Value], urls: &[(&str, &str)]) -> anyhow::Result<()> {
        let is_sweeper = |object: &&Value| field(object, "/kind") == "Pod" && manifest::name(object) == "sweeper";
        self.play_file(&folder.join("first.yaml"), objects.iter().filter(|object| !is_sweeper(object)))?;
        let address = self.address()?;
        for port in urls.iter().filter_map(|(_, url)| loopback_port(url)) {
            relay::relay(address, port)?;
        }
        let settings = objects.iter().filter(|object| field(object, "/kind") == "ConfigMap");
        self.play_file(&folder.join("last.yaml"), settings.chain(objects.iter().filter(is_sweeper)))
    }

    /// This machine's, in the pods' network.
    fn address(&self) -> anyhow::Result<IpAddr> {
        let network: Value = serde_json::from_str(&self.podman.output(&["network", "inspect", NETWORK])?)?;
        field(&network, "/0/subnets/0/gateway").parse().context("the pods' network has no gateway")
    }

    fn play_file<'a>(&self, file: &Path, objects: impl Iterator<Item = &'a Value>) -> anyhow::Result<()> {
        let documents: Vec<String> = objects.map(Value::to_string).collect();
        fs::write(file, documents.join("\n---\n"))?;
        let played = self.podman.output(&["kube", "play", "--network", NETWORK, &text(file)]);
        played.map(|_| ()).with_context(|| self.all_logs())
    }

    fn all_logs(&self) -> String {
        Function::ALL.map(|function| format!("{function}: {}", self.log(function))).join("\n")
    }

    /// What is not there is as good as removed.
    fn remove(&self) {
        for function in Function::ALL {
            let _ = self.podman.output(&["pod", "rm", "--force", "--time", "1", pod_name(function)]);
        }
        let _ = self.podman.output(&["network", "rm", "--force", NETWORK]);
    }
}

impl Drop for Containers {
    fn drop(&mut self) {
        self.remove();
    }
}

fn container(function: Function) -> String {
    let name = pod_name(function);
    format!("{name}-{name}")
}

/// As the README installs it; only that nothing is pulled, and where the mails go.
fn render(folder: &Path, port: u16) -> anyhow::Result<Vec<Value>> {
    let values = format!(
        "images.registry={},images.pullPolicy=Never,publicUrl=http://127.0.0.1:{port},servers.mail.secret=mail",
        images::REGISTRY
    );
    let file = folder.join("invoiceapp.yaml");
    fs::write(&file, charts::invoiceapp(&["--set", &values])?)?;
    Ok(yaml::read(&[file])?.concat())
}

/// With the Secrets that the servers' charts would make.
fn with_secrets(mut objects: Vec<Value>, urls: &[(&str, &str)], authority: &str) -> anyhow::Result<Vec<Value>> {
    for (secret, variable) in manifest::missing_secrets(&objects) {
        let url = urls.iter().find(|(name, _)| *name == variable).map(|(_, url)| from_inside(url));
        let url = url.with_context(|| format!("no {variable} is given, for the Secret {secret}"))?;
        let data = json!({ "url": STANDARD.encode(url), "ca.crt": STANDARD.encode(authority) });
        objects.push(json!({ "kind": "Secret", "metadata": { "name": secret }, "data": data }));
    }
    Ok(objects)
}

/// A server of this machine, as containers reach it.
fn from_inside(url: &str) -> String {
    url.replacen("@127.0.0.1:", &format!("@{HOST}:"), 1).replacen("://127.0.0.1:", &format!("://{HOST}:"), 1)
}

/// The port of a server on the loopback.
fn loopback_port(url: &str) -> Option<u16> {
    let (_, rest) = url.split_once("127.0.0.1:")?;
    rest.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_this_machine_is_reached_by_the_machines_name() {
        let url = "postgres://invoices:word@127.0.0.1:15432/test";
        assert_eq!(from_inside(url), "postgres://invoices:word@host.containers.internal:15432/test");
        assert_eq!(loopback_port(url), Some(15_432));
        assert_eq!(from_inside("mongodb://127.0.0.1:1/x"), "mongodb://host.containers.internal:1/x");
        assert_eq!(loopback_port("postgres://db.example.com:5432/x"), None);
    }
}
