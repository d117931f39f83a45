//! Policies for whole releases: ports, probes of the functions, scaling, disruptions, and what a small node can carry.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context as _;
use serde_json::Value;

use super::helm::Values;
use super::objects::{Rendering, Workload, name, selects};
use crate::yaml::{list, text};

/// The functions, by the label `app` of their pods.
const FUNCTIONS: [&str; 5] = ["auth", "gateway", "worker", "notification", "sweeper"];

/// The ports that the testing guide names: service, its port, and that of the nodes.
const NODE_PORTS: [(&str, &str, u64); 5] = [
    ("gateway", "http", 30080),
    ("postgres", "postgres", 30003),
    ("mongo", "mongodb", 30005),
    ("rabbit", "amqp", 30004),
    ("rabbit", "management", 31672),
];

/// What the pods of a test cluster of one t3.medium may ask for together: 1.5 vCPU and 2.5 GiB.
const MOST_MILLICORES: u64 = 1500;
const MOST_MEBIBYTES: u64 = 2560;

/// What breaks a policy in one release.
pub(super) fn faults_of_release(rendering: &Rendering) -> Vec<String> {
    let undisrupted = rendering.workloads().filter(|workload| {
        let labels = workload.labels();
        !rendering.kind("PodDisruptionBudget").any(|budget| selects(&budget["spec"]["selector"], &labels))
    });
    let unprotected = undisrupted.map(|workload| format!("no PodDisruptionBudget covers {}", workload.name()));
    let functions = rendering.workloads().filter(|workload| FUNCTIONS.contains(&workload.name()));
    unprotected.chain(functions.flat_map(|function| function_faults(rendering, function))).collect()
}

/// What breaks a policy in the releases together.
pub(super) fn faults_of_all(values: Values, together: &[Rendering]) -> Vec<String> {
    let mut faults = [port_faults(values, together), proxy_faults(values, together)].concat();
    let missing = FUNCTIONS.iter().filter(|app| {
        let mut workloads = together.iter().flat_map(Rendering::workloads);
        !workloads.any(|workload| workload.labels().get("app").is_some_and(|found| found == *app))
    });
    faults.extend(missing.map(|app| format!("there are no pods of {app}")));
    if values == Values::Default {
        faults.extend(budget_faults(together));
    }
    if values == Values::Production {
        let scaled = ["worker", "notification"].into_iter();
        let unscaled = scaled.filter(|app| !is_scaled(together, "ScaledObject", app));
        faults.extend(unscaled.map(|app| format!("{app} does not scale by its queue")));
    }
    let unscaled = ["auth", "gateway"].into_iter().filter(|app| !is_scaled(together, "HorizontalPodAutoscaler", app));
    faults.extend(unscaled.map(|app| format!("{app} does not scale by CPU")));
    faults
}

fn is_scaled(together: &[Rendering], kind: &str, app: &str) -> bool {
    let mut scalers = together.iter().flat_map(|rendering| rendering.kind(kind));
    scalers.any(|scaler| text(scaler, "/spec/scaleTargetRef/name") == app)
}

fn function_faults(rendering: &Rendering, function: Workload<'_>) -> Vec<String> {
    let container = &function.containers()[0];
    let mut faults = Vec::new();
    for (probe, path) in [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")] {
        let asked = &container[probe]["httpGet"];
        if text(asked, "/path") != path || text(asked, "/port") != "http" {
            faults.push(format!("{}: the {probe} does not ask for {path}", function.name()));
        }
    }
    let port = list(container, "/ports").iter().find(|port| port["name"] == "http");
    let listen = rendering.kind("ConfigMap").map(|settings| text(settings, "/data/LISTEN")).collect::<String>();
    if port.is_none_or(|port| !listen.ends_with(&format!(":{}", port["containerPort"]))) {
        faults.push(format!("{}: it listens on {listen}, where its port is not", function.name()));
    }
    let drain = rendering.kind("ConfigMap").find_map(|settings| seconds(text(settings, "/data/DRAIN_LIMIT")));
    let grace = function.pod()["terminationGracePeriodSeconds"].as_u64();
    if drain >= grace {
        faults.push(format!("{}: it is killed before its work is drained", function.name()));
    }
    faults
}

fn seconds(text: &str) -> Option<u64> {
    text.strip_suffix('s')?.parse().ok()
}

fn port_faults(values: Values, together: &[Rendering]) -> Vec<String> {
    let services = together.iter().flat_map(|rendering| rendering.kind("Service"));
    let open = services.filter(|service| !matches!(text(service, "/spec/type"), "" | "ClusterIP"));
    let found: BTreeSet<_> = open
        .flat_map(|service| {
            let port =
                |port: &Value| (name(service).to_owned(), text(port, "/name").to_owned(), port["nodePort"].as_u64());
            list(service, "/spec/ports").iter().map(port).collect::<Vec<_>>()
        })
        .collect();
    let is_secure = values == Values::Production;
    let wanted = NODE_PORTS.map(|(service, port, node)| (service.to_owned(), port.to_owned(), Some(node)));
    let wanted: BTreeSet<_> = wanted.into_iter().filter(|_| !is_secure).collect();
    let mut faults: Vec<String> =
        wanted.symmetric_difference(&found).map(|port| format!("the nodes' ports differ in {port:?}")).collect();
    let mut ingresses = together.iter().flat_map(|rendering| rendering.kind("Ingress"));
    let has_tls = ingresses.any(|ingress| !list(ingress, "/spec/tls").is_empty());
    if is_secure != has_tls {
        faults.push("an Ingress with TLS belongs to production, and to it alone".to_owned());
    }
    faults
}

/// On a node's port clients write X-Forwarded-For themselves: the gateway believes it behind an Ingress alone, and auth
/// believes the gateway.
fn proxy_faults(values: Values, together: &[Rendering]) -> Vec<String> {
    let workloads = together.iter().flat_map(Rendering::workloads);
    let believing = workloads.filter(|workload| {
        let mut variables = workload.containers().iter().flat_map(|container| list(container, "/env"));
        variables.any(|variable| variable["name"] == "TRUSTED_PROXIES")
    });
    let found: BTreeSet<&str> = believing.map(Workload::name).collect();
    let wanted =
        if values == Values::Production { BTreeSet::from(["auth", "gateway"]) } else { BTreeSet::from(["auth"]) };
    let differing = wanted.symmetric_difference(&found);
    differing
        .map(|name| format!("{name} believes X-Forwarded-For where it must not, or does not where it must"))
        .collect()
}

fn budget_faults(together: &[Rendering]) -> Vec<String> {
    match requests(together) {
        Err(error) => vec![format!("{error:#}")],
        Ok((cpu, memory)) => {
            println!(
                "requests of a test cluster: {cpu} of {MOST_MILLICORES} millicores, {memory} of {MOST_MEBIBYTES} MiB"
            );
            let is_small = cpu <= MOST_MILLICORES && memory <= MOST_MEBIBYTES;
            if is_small { Vec::new() } else { vec![format!("the requests are too much: {cpu} m, {memory} MiB")] }
        }
    }
}

/// What all pods ask for, in millicores and MiB.
fn requests(together: &[Rendering]) -> anyhow::Result<(u64, u64)> {
    let mut sum = (0, 0);
    for rendering in together {
        let autoscaled: BTreeMap<&str, u64> = rendering
            .kind("HorizontalPodAutoscaler")
            .filter_map(|scaler| {
                Some((text(scaler, "/spec/scaleTargetRef/name"), scaler["spec"]["minReplicas"].as_u64()?))
            })
            .collect();
        for workload in rendering.workloads() {
            let replicas = workload.0["spec"]["replicas"].as_u64();
            let replicas = replicas.or_else(|| autoscaled.get(workload.name()).copied()).unwrap_or(1);
            for container in workload.containers() {
                let amount = |name: &str| text(container, &format!("/resources/requests/{name}"));
                sum.0 += replicas * millicores(amount("cpu"))?;
                sum.1 += replicas * mebibytes(amount("memory"))?;
            }
        }
    }
    Ok(sum)
}

fn millicores(amount: &str) -> anyhow::Result<u64> {
    let parsed = match amount.strip_suffix('m') {
        Some(millicores) => millicores.parse().ok(),
        None => amount.parse::<u64>().ok().map(|cores| cores * 1000),
    };
    parsed.with_context(|| format!("{amount:?} is no amount of CPU"))
}

fn mebibytes(amount: &str) -> anyhow::Result<u64> {
    let parsed = match (amount.strip_suffix("Mi"), amount.strip_suffix("Gi")) {
        (Some(mebibytes), _) => mebibytes.parse().ok(),
        (_, Some(gibibytes)) => gibibytes.parse::<u64>().ok().map(|gibibytes| gibibytes * 1024),
        _ => None,
    };
    parsed.with_context(|| format!("{amount:?} is no amount of memory"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::pods::good_workload;
    use super::*;

    fn release(objects: Vec<Value>) -> Rendering {
        Rendering { release: "test", objects }
    }

    #[test]
    fn requests_count_each_replica() -> anyhow::Result<()> {
        let mut workload = good_workload();
        workload["spec"]["replicas"] = json!(16);
        let heavy = release(vec![workload]);
        assert_eq!(requests(std::slice::from_ref(&heavy))?, (1600, 1024));
        assert_eq!(budget_faults(&[heavy]), ["the requests are too much: 1600 m, 1024 MiB"]);
        assert_eq!((millicores("2")?, mebibytes("2Gi")?), (2000, 2048));
        Ok(())
    }

    #[test]
    fn a_port_of_the_nodes_is_one_that_the_guide_names() {
        let ports = json!([{ "name": "http", "nodePort": 31234 }]);
        let service = json!({ "kind": "Service", "metadata": { "name": "gateway" }, "spec": { "type": "NodePort", "ports": ports } });
        let told = port_faults(Values::Production, &[release(vec![service])]).join("\n");
        assert!(told.contains("31234") && told.contains("Ingress with TLS"), "{told}");
    }

    #[test]
    fn a_gateway_that_believes_its_clients_is_told() {
        let believing = |name: &str| {
            let mut workload = good_workload();
            workload["metadata"]["name"] = json!(name);
            workload["spec"]["template"]["spec"]["containers"][0]["env"] = json!([{ "name": "TRUSTED_PROXIES" }]);
            workload
        };
        let together = [release(vec![believing("auth"), believing("gateway")])];
        assert_eq!(proxy_faults(Values::Production, &together), Vec::<String>::new());
        assert!(proxy_faults(Values::Default, &together).concat().starts_with("gateway believes"));
    }

    #[test]
    fn a_function_that_is_killed_too_early_or_asked_for_something_else_is_told() {
        let mut worker = good_workload();
        worker["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(30);
        let settings = json!({ "kind": "ConfigMap", "data": { "LISTEN": "0.0.0.0:8080", "DRAIN_LIMIT": "45s" } });
        let told = faults_of_release(&release(vec![worker, settings])).join("\n");
        for fault in ["PodDisruptionBudget", "/readyz", "killed before", "its port is not"] {
            assert!(told.contains(fault), "{fault}: {told}");
        }
    }
}
