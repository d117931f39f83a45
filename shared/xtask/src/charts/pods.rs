//! Policies for pods: without root, without privileges, within limits.

use serde_json::{Value, json};

use super::objects::{Rendering, Workload};
use crate::yaml::{list, text};

/// What breaks a policy.
pub(super) fn faults(rendering: &Rendering) -> Vec<String> {
    let of_workload = |workload: Workload<'_>| {
        let containers = workload.all_containers().flat_map(|container| {
            container_faults(container).into_iter().map(|fault| format!("container {}: {fault}", name_of(container)))
        });
        let faults = pod_faults(workload).into_iter().chain(containers).chain(probe_faults(workload));
        faults.map(|fault| format!("{}: {fault}", workload.name())).collect::<Vec<_>>()
    };
    rendering.workloads().flat_map(of_workload).collect()
}

fn name_of(container: &Value) -> &str {
    text(container, "/name")
}

fn pod_faults(workload: Workload<'_>) -> Vec<String> {
    let pod = workload.pod();
    let mut faults = wrong(
        pod,
        &[
            ("/securityContext/runAsNonRoot", json!(true)),
            ("/securityContext/seccompProfile/type", json!("RuntimeDefault")),
            ("/automountServiceAccountToken", json!(false)),
            ("/enableServiceLinks", json!(false)),
        ],
    );
    if pod.pointer("/securityContext/runAsUser").and_then(Value::as_u64).is_none_or(|user| user == 0) {
        faults.push("/securityContext/runAsUser is no number above 0".to_owned());
    }
    if matches!(text(pod, "/serviceAccountName"), "" | "default") {
        faults.push("it has no service account of its own".to_owned());
    }
    for namespace in ["hostNetwork", "hostPID", "hostIPC"] {
        if pod.get(namespace).is_some_and(|value| *value != json!(false)) {
            faults.push(format!("it is in the node's namespace: {namespace}"));
        }
    }
    if list(pod, "/volumes").iter().any(|volume| volume.get("hostPath").is_some()) {
        faults.push("it sees files of the node".to_owned());
    }
    if workload.containers().len() != 1 {
        faults.push("it would not be 1/1".to_owned());
    }
    if list(pod, "/topologySpreadConstraints").is_empty() {
        faults.push("its pods may all be on one node".to_owned());
    }
    faults
}

fn container_faults(container: &Value) -> Vec<String> {
    let mut faults = wrong(
        container,
        &[
            ("/securityContext/allowPrivilegeEscalation", json!(false)),
            ("/securityContext/privileged", json!(false)),
            ("/securityContext/readOnlyRootFilesystem", json!(true)),
            ("/securityContext/capabilities", json!({ "drop": ["ALL"] })),
        ],
    );
    for overridden in ["runAsUser", "runAsNonRoot", "seccompProfile"] {
        if container["securityContext"].get(overridden).is_some() {
            faults.push(format!("it overrides the pod's {overridden}"));
        }
    }
    for kind in ["requests", "limits"] {
        for resource in ["cpu", "memory"] {
            if container["resources"][kind].get(resource).is_none() {
                faults.push(format!("it has no {kind} of {resource}"));
            }
        }
    }
    if list(container, "/ports").iter().any(|port| port.get("hostPort").is_some()) {
        faults.push("it takes a port of its node".to_owned());
    }
    faults
}

fn probe_faults(workload: Workload<'_>) -> Vec<String> {
    let probes = workload.containers().iter().flat_map(|container| {
        let missing = ["readinessProbe", "livenessProbe"].into_iter().filter(|probe| container.get(*probe).is_none());
        missing.map(|probe| format!("container {} has no {probe}", name_of(container)))
    });
    probes.collect()
}

/// What is not as it must be.
fn wrong(value: &Value, wanted: &[(&str, Value)]) -> Vec<String> {
    let is_wrong = |(pointer, wanted): &&(&str, Value)| value.pointer(pointer) != Some(wanted);
    wanted.iter().filter(is_wrong).map(|(pointer, wanted)| format!("{pointer} is not {wanted}")).collect()
}

/// A workload that breaks no policy.
#[cfg(test)]
pub(super) fn good_workload() -> Value {
    let resources = json!({ "cpu": "100m", "memory": "64Mi" });
    let container = json!({
        "name": "worker",
        "image": "worker-service:1",
        "securityContext": {
            "allowPrivilegeEscalation": false,
            "privileged": false,
            "readOnlyRootFilesystem": true,
            "capabilities": { "drop": ["ALL"] },
        },
        "resources": { "requests": resources, "limits": resources },
        "readinessProbe": {},
        "livenessProbe": {},
    });
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "worker" },
        "spec": { "template": {
            "metadata": { "labels": { "app": "worker" } },
            "spec": {
                "serviceAccountName": "worker",
                "automountServiceAccountToken": false,
                "enableServiceLinks": false,
                "securityContext": {
                    "runAsNonRoot": true,
                    "runAsUser": 65532,
                    "seccompProfile": { "type": "RuntimeDefault" },
                },
                "topologySpreadConstraints": [{}],
                "containers": [container],
            },
        } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(workload: Value) -> Vec<String> {
        faults(&Rendering { release: "test", objects: vec![workload] })
    }

    #[test]
    fn a_hardened_pod_breaks_nothing() {
        assert_eq!(faults_of(good_workload()), Vec::<String>::new());
    }

    #[test]
    fn each_weakness_is_told() {
        let pod = "/spec/template/spec";
        let container = "/spec/template/spec/containers/0";
        let weaknesses = [
            (format!("{pod}/securityContext/runAsNonRoot"), json!(false), "runAsNonRoot"),
            (format!("{pod}/securityContext/runAsUser"), json!(0), "runAsUser"),
            (format!("{pod}/securityContext/seccompProfile"), json!({}), "seccompProfile"),
            (format!("{pod}/automountServiceAccountToken"), json!(true), "automountServiceAccountToken"),
            (format!("{pod}/serviceAccountName"), json!("default"), "service account"),
            (format!("{pod}/topologySpreadConstraints"), json!([]), "one node"),
            (format!("{container}/securityContext/privileged"), json!(true), "privileged"),
            (format!("{container}/securityContext/readOnlyRootFilesystem"), json!(false), "readOnlyRootFilesystem"),
            (format!("{container}/securityContext/capabilities"), json!({ "add": ["ALL"] }), "capabilities"),
            (format!("{container}/resources/limits"), json!({ "cpu": "1" }), "limits of memory"),
        ];
        for (pointer, weak, told) in weaknesses {
            let mut workload = good_workload();
            *workload.pointer_mut(&pointer).expect("it is there") = weak;
            let faults = faults_of(workload);
            assert!(faults.iter().any(|fault| fault.contains(told)), "{pointer}: {faults:?}");
        }
    }

    #[test]
    fn what_is_added_to_a_pod_is_told() {
        let mut workload = good_workload();
        let pod = &mut workload["spec"]["template"]["spec"];
        pod["hostNetwork"] = json!(true);
        pod["volumes"] = json!([{ "name": "node", "hostPath": { "path": "/" } }]);
        pod["containers"][0]["securityContext"]["runAsUser"] = json!(0);
        pod["containers"][0]["ports"] = json!([{ "hostPort": 80 }]);
        pod["containers"][0].as_object_mut().expect("it is one").remove("livenessProbe");
        pod["initContainers"] = json!([{ "name": "unlimited" }]);
        let told = faults_of(workload).join("\n");
        for fault in
            ["hostNetwork", "files of the node", "pod's runAsUser", "port of its node", "unlimited", "livenessProbe"]
        {
            assert!(told.contains(fault), "{fault}: {told}");
        }
    }
}
