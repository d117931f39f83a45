//! The chart's objects, as Podman plays them.
//!
//! - A Deployment becomes one Pod by the Deployment's name, which is also its Service's: so pods find each other as they do
//!   in a cluster.
//! - A port that a Service opens on every node becomes a port of this machine. Others are left out: Podman would publish
//!   them too.
//! - A pod is restarted where it fails alone: Podman would restart an init container that has done its work.
//! - Secrets become ConfigMaps: Podman's own secrets differ from version to version.
//! - HTTP probes are left out: Podman would run curl in the container, and there is none.
//! - What only a cluster has is left out: Services, autoscalers, budgets, accounts, NetworkPolicies, spreading.
//!
//! Images, commands, environment, mounts, users, capabilities, read-only roots and limits stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::yaml::{list, text};

const PROBES: [&str; 3] = ["startupProbe", "readinessProbe", "livenessProbe"];

/// What Podman plays, of a chart's objects and Secrets of other charts. `node_port` stands in for the nodes' ports.
pub(super) fn playable(objects: &[Value], node_port: u16) -> anyhow::Result<Vec<Value>> {
    let open: BTreeSet<&str> =
        objects.iter().filter(|object| text(object, "/spec/type") == "NodePort").map(name).collect();
    let mut playable = Vec::new();
    for object in objects {
        match text(object, "/kind") {
            "ConfigMap" => playable.push(object.clone()),
            "Secret" => playable.push(config_map(object)?),
            "Deployment" => {
                let port = open.contains(name(object)).then_some(node_port);
                playable.push(pod(object, port));
            }
            _ => {}
        }
    }
    Ok(playable)
}

/// The name of an object.
pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

fn config_map(secret: &Value) -> anyhow::Result<Value> {
    let mut data = Map::new();
    for (key, value) in secret["data"].as_object().into_iter().flatten() {
        let value = STANDARD.decode(value.as_str().unwrap_or_default())?;
        data.insert(key.clone(), String::from_utf8(value)?.into());
    }
    Ok(json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name(secret) }, "data": data }))
}

fn pod(deployment: &Value, host_port: Option<u16>) -> Value {
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    let mut spec = deployment["spec"]["template"]["spec"].clone();
    if let Some(fields) = spec.as_object_mut() {
        for field in ["topologySpreadConstraints", "serviceAccountName"] {
            fields.remove(field);
        }
        fields.insert("restartPolicy".to_owned(), "OnFailure".into());
    }
    for volume in items(&mut spec, "volumes") {
        take_config_map(volume);
    }
    for containers in ["initContainers", "containers"] {
        for container in items(&mut spec, containers) {
            simplify(container, host_port);
        }
    }
    json!({ "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name(deployment), "labels": labels }, "spec": spec })
}

fn simplify(container: &mut Value, host_port: Option<u16>) {
    if let Some(fields) = container.as_object_mut() {
        for probe in PROBES {
            fields.remove(probe);
        }
    }
    for variable in items(container, "env") {
        if let Some(key) = variable.pointer("/valueFrom/secretKeyRef").cloned() {
            variable["valueFrom"] = json!({ "configMapKeyRef": key });
        }
    }
    let Some(host_port) = host_port else {
        container["ports"] = json!([]);
        return;
    };
    for port in items(container, "ports") {
        port["hostPort"] = host_port.into();
        port["hostIP"] = "127.0.0.1".into();
    }
}

fn take_config_map(volume: &mut Value) {
    let Some(Value::Object(mut secret)) = volume.as_object_mut().and_then(|volume| volume.remove("secret")) else {
        return;
    };
    if let Some(secret_name) = secret.remove("secretName") {
        secret.insert("name".to_owned(), secret_name);
    }
    volume["configMap"] = secret.into();
}

/// The entries of a list; none where there is no such list.
fn items<'a>(value: &'a mut Value, key: &str) -> impl Iterator<Item = &'a mut Value> {
    value.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten()
}

/// The Secrets that pods read a URL from and that are not among the objects, each with the variable that gets it.
pub(super) fn missing_secrets(objects: &[Value]) -> BTreeMap<String, String> {
    let there: BTreeSet<&str> = objects.iter().filter(|object| text(object, "/kind") == "Secret").map(name).collect();
    let pods = objects.iter().filter(|object| text(object, "/kind") == "Deployment");
    let containers = pods.flat_map(|pod| {
        let pod = &pod["spec"]["template"]["spec"];
        list(pod, "/initContainers").iter().chain(list(pod, "/containers"))
    });
    let urls = containers.flat_map(|container| list(container, "/env")).filter(|variable| is_url(variable));
    let read = urls.map(|variable| (text(variable, "/valueFrom/secretKeyRef/name"), text(variable, "/name")));
    let missing = read.filter(|(secret, _)| !there.contains(secret));
    missing.map(|(secret, variable)| (secret.to_owned(), variable.to_owned())).collect()
}

fn is_url(variable: &Value) -> bool {
    text(variable, "/valueFrom/secretKeyRef/key") == "url"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects() -> Vec<Value> {
        let container = json!({
            "name": "gateway",
            "image": "gateway-service",
            "securityContext": { "readOnlyRootFilesystem": true },
            "readinessProbe": {},
            "livenessProbe": {},
            "env": [
                { "name": "PLAIN", "value": "1" },
                { "name": "DATABASE_URL", "valueFrom": { "secretKeyRef": { "name": "postgres", "key": "url" } } },
                { "name": "LINK_KEYS", "valueFrom": { "secretKeyRef": { "name": "keys", "key": "link-keys" } } },
            ],
            "ports": [{ "name": "http", "containerPort": 8080 }],
        });
        let volume = json!({ "name": "tls", "secret": { "secretName": "postgres", "optional": true } });
        let pod = json!({ "topologySpreadConstraints": [{}], "containers": [container], "volumes": [volume] });
        let template = json!({ "metadata": { "labels": { "app": "gateway" } }, "spec": pod });
        vec![
            json!({ "kind": "Service", "metadata": { "name": "gateway" }, "spec": { "type": "NodePort" } }),
            json!({ "kind": "NetworkPolicy", "metadata": { "name": "gateway" } }),
            json!({ "kind": "Secret", "metadata": { "name": "keys" }, "data": { "link-keys": "aHVzaA==" } }),
            json!({ "kind": "Deployment", "metadata": { "name": "gateway" }, "spec": { "template": template } }),
        ]
    }

    #[test]
    fn a_deployment_becomes_a_pod_that_keeps_what_hardens_it() -> anyhow::Result<()> {
        let playable = playable(&objects(), 18_080)?;
        let kinds: Vec<&str> = playable.iter().map(|object| text(object, "/kind")).collect();
        assert_eq!(kinds, ["ConfigMap", "Pod"]);
        assert_eq!(playable[0]["data"]["link-keys"], "hush");
        let pod = &playable[1]["spec"];
        let container = &pod["containers"][0];
        assert_eq!(pod["volumes"][0]["configMap"], json!({ "name": "postgres", "optional": true }));
        assert_eq!(container["env"][1]["valueFrom"]["configMapKeyRef"]["name"], "postgres");
        assert_eq!(container["env"][0], json!({ "name": "PLAIN", "value": "1" }));
        assert_eq!(container["ports"][0]["hostPort"], 18_080);
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert!(container.get("livenessProbe").is_none() && pod.get("topologySpreadConstraints").is_none());
        Ok(())
    }

    #[test]
    fn names_the_secrets_that_other_charts_make() {
        let missing = BTreeMap::from([("postgres".to_owned(), "DATABASE_URL".to_owned())]);
        assert_eq!(missing_secrets(&objects()), missing);
    }
}
