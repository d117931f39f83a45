//! Policies for the network: nothing goes but what the design names.

use std::collections::BTreeSet;

use serde_json::Value;

use super::helm::Values;
use super::objects::{Labels, Rendering, name, selects};
use crate::yaml::{list, text};

/// From a pod's label `app` to a port of another one.
type Arrow = (&'static str, &'static str, u64);

/// The arrows of the design that no setting changes.
const ARROWS: [Arrow; 12] = [
    ("auth", "postgres", 5432),
    ("gateway", "auth", 8080),
    ("gateway", "postgres", 5432),
    ("gateway", "rabbitmq", 5672),
    ("worker", "postgres", 5432),
    ("worker", "rabbitmq", 5672),
    ("notification", "postgres", 5432),
    ("notification", "rabbitmq", 5672),
    ("sweeper", "postgres", 5432),
    ("sweeper", "rabbitmq", 5672),
    // Between the members of one server, where it has several.
    ("mongodb", "mongodb", 27017),
    ("rabbitmq", "rabbitmq", 25672),
];

/// Where documents are in MongoDB and mails in the catcher.
const ARROWS_OF_A_TEST_CLUSTER: [Arrow; 4] = [
    ("gateway", "mongodb", 27017),
    ("worker", "mongodb", 27017),
    ("sweeper", "mongodb", 27017),
    ("notification", "mailpit", 1025),
];

/// Where documents are in S3 and mails go by SES.
const ARROWS_TO_AWS: [Arrow; 4] = [
    ("gateway", ELSEWHERE, 443),
    ("worker", ELSEWHERE, 443),
    ("sweeper", ELSEWHERE, 443),
    ("notification", ELSEWHERE, 443),
];

/// In place of a pod's label: every address.
const ELSEWHERE: &str = "elsewhere";

/// How the nodes of a broker find each other.
const MAPPER_PORT: u64 = 4369;

/// What breaks a policy in one release.
pub(super) fn faults_of_release(rendering: &Rendering) -> Vec<String> {
    let uncovered = rendering.workloads().filter(|workload| {
        let labels = workload.labels();
        ["Ingress", "Egress"].iter().any(|direction| policies_for(rendering, &labels, direction).next().is_none())
    });
    uncovered.map(|workload| format!("no NetworkPolicy covers {} both ways", workload.name())).collect()
}

/// What breaks a policy between the releases: both ends of each arrow, and no others.
pub(super) fn faults_between(values: Values, together: &[Rendering]) -> Vec<String> {
    let found: BTreeSet<_> = together.iter().flat_map(outgoing).collect();
    let (wanted, is_secure): (Vec<Arrow>, _) = match values {
        Values::Default => (ARROWS.iter().chain(&ARROWS_OF_A_TEST_CLUSTER).copied().collect(), false),
        Values::Production => (ARROWS.iter().chain(&ARROWS_TO_AWS).copied().collect(), true),
        // Its servers are elsewhere.
        Values::Minimal => return Vec::new(),
    };
    let wanted: BTreeSet<_> = wanted.into_iter().map(|arrow| expected(arrow, is_secure)).collect();
    let is_among_members = |arrow: &(String, String, u64)| arrow.0 == arrow.1;
    let missing = wanted.difference(&found).filter(|arrow| is_secure || !is_among_members(arrow));
    let missing = missing.map(|arrow| format!("there is no way {arrow:?}"));
    let more = found.difference(&wanted).map(|arrow| format!("the design names no way {arrow:?}"));
    let closed = found.iter().filter(|arrow| arrow.1 != ELSEWHERE && !is_open(together, arrow));
    let closed = closed.map(|arrow| format!("the other end of {arrow:?} is closed"));
    let open = if is_secure { open_to_everybody(together) } else { Vec::new() };
    missing.chain(more).chain(closed).chain(open).collect()
}

fn expected((from, to, port): Arrow, is_secure: bool) -> (String, String, u64) {
    (from.to_owned(), to.to_owned(), if is_secure && port == 5672 { 5671 } else { port })
}

fn policies_for<'a>(
    rendering: &'a Rendering,
    labels: &'a Labels,
    direction: &'a str,
) -> impl Iterator<Item = &'a Value> {
    rendering.kind("NetworkPolicy").filter(move |policy| {
        let types = list(policy, "/spec/policyTypes");
        types.iter().any(|kind| kind == direction) && selects(&policy["spec"]["podSelector"], labels)
    })
}

/// The ways from pods of this release to other pods.
fn outgoing(rendering: &Rendering) -> Vec<(String, String, u64)> {
    let mut ways = Vec::new();
    for policy in rendering.kind("NetworkPolicy") {
        let from = text(policy, "/spec/podSelector/matchLabels/app");
        for rule in list(policy, "/spec/egress") {
            let apps = list(rule, "/to").iter().map(|peer| text(peer, "/podSelector/matchLabels/app"));
            for app in apps.filter(|app| !app.is_empty()) {
                let named = ports(rule).filter(|port| *port != MAPPER_PORT);
                ways.extend(named.map(|port| (from.to_owned(), app.to_owned(), port)));
            }
            if list(rule, "/to").is_empty() {
                ways.extend(ports(rule).map(|port| (from.to_owned(), ELSEWHERE.to_owned(), port)));
            }
        }
    }
    ways
}

fn ports(rule: &Value) -> impl Iterator<Item = u64> {
    list(rule, "/ports").iter().filter_map(|port| port["port"].as_u64())
}

/// Whether the pods at the end of a way let it in.
fn is_open(together: &[Rendering], (from, to, port): &(String, String, u64)) -> bool {
    let workload = |app: &str| {
        let mut workloads =
            together.iter().flat_map(|rendering| rendering.workloads().map(move |w| (rendering, w.labels())));
        workloads.find(|(_, labels)| labels.get("app").is_some_and(|found| found == app))
    };
    let (Some((_, from)), Some((release, to))) = (workload(from), workload(to)) else { return false };
    let mut rules = policies_for(release, &to, "Ingress").flat_map(|policy| list(policy, "/spec/ingress"));
    rules.any(|rule| {
        let peers = list(rule, "/from");
        let lets_in = peers.is_empty() || peers.iter().any(|peer| takes(&peer["podSelector"], &from));
        lets_in && ports(rule).any(|open| open == *port)
    })
}

/// Whether a selector takes these labels; of expressions it may have `app In …`.
fn takes(selector: &Value, labels: &Labels) -> bool {
    let Some(expressions) = selector.get("matchExpressions").and_then(Value::as_array) else {
        return !selector.is_null() && selects(selector, labels);
    };
    expressions.iter().all(|expression| {
        let value = labels.get(text(expression, "/key"));
        text(expression, "/operator") == "In"
            && list(expression, "/values").iter().any(|wanted| wanted.as_str() == value.map(String::as_str))
    })
}

/// In production everybody is named, the gateway's clients included.
fn open_to_everybody(together: &[Rendering]) -> Vec<String> {
    let policies = together.iter().flat_map(|rendering| rendering.kind("NetworkPolicy"));
    let open =
        policies.filter(|policy| list(policy, "/spec/ingress").iter().any(|rule| list(rule, "/from").is_empty()));
    open.map(|policy| format!("the NetworkPolicy {} lets everybody in", name(policy))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn workload(app: &str) -> Value {
        json!({
            "kind": "Deployment",
            "metadata": { "name": app },
            "spec": { "template": { "metadata": { "labels": { "app": app } }, "spec": {} } },
        })
    }

    fn policy(app: &str, ingress: Value, egress: Value) -> Value {
        json!({
            "kind": "NetworkPolicy",
            "metadata": { "name": app },
            "spec": {
                "podSelector": { "matchLabels": { "app": app } },
                "policyTypes": ["Ingress", "Egress"],
                "ingress": ingress,
                "egress": egress,
            },
        })
    }

    fn release(objects: Vec<Value>) -> Rendering {
        Rendering { release: "test", objects }
    }

    fn way(app: &str, port: u64) -> Value {
        json!([{ "ports": [{ "port": port }], "to": [{ "podSelector": { "matchLabels": { "app": app } } }] }])
    }

    fn door(apps: &[&str], port: u64) -> Value {
        let expression = json!({ "key": "app", "operator": "In", "values": apps });
        let peer = json!({ "podSelector": { "matchExpressions": [expression] } });
        json!([{ "ports": [{ "port": port }], "from": [peer] }])
    }

    #[test]
    fn a_pod_without_a_policy_is_told() {
        let covered = release(vec![workload("auth"), policy("auth", json!([]), json!([]))]);
        assert_eq!(faults_of_release(&covered), Vec::<String>::new());
        let bare = release(vec![workload("auth"), policy("worker", json!([]), json!([]))]);
        assert_eq!(faults_of_release(&bare), ["no NetworkPolicy covers auth both ways"]);
    }

    #[test]
    fn a_way_that_the_design_does_not_name_is_told() {
        let app = release(vec![policy("auth", json!([]), way("mongodb", 27017))]);
        let told = faults_between(Values::Production, &[app]).join("\n");
        assert!(told.contains("the design names no way (\"auth\", \"mongodb\", 27017)"), "{told}");
        assert!(told.contains("there is no way (\"auth\", \"postgres\", 5432)"), "{told}");
        let app = release(vec![policy("auth", json!([]), json!([{ "ports": [{ "port": 25 }] }]))]);
        assert!(faults_between(Values::Production, &[app]).join("\n").contains("(\"auth\", \"elsewhere\", 25)"));
    }

    #[test]
    fn both_ends_of_a_way_must_be_open() {
        let app = release(vec![workload("auth"), policy("auth", json!([]), way("postgres", 5432))]);
        let database =
            |apps: &[&str]| release(vec![workload("postgres"), policy("postgres", door(apps, 5432), json!([]))]);
        let closed = "the other end of (\"auth\", \"postgres\", 5432) is closed".to_owned();
        assert!(!faults_between(Values::Production, &[app.clone(), database(&["auth"])]).contains(&closed));
        assert!(faults_between(Values::Production, &[app, database(&["worker"])]).contains(&closed));
    }

    #[test]
    fn a_door_for_everybody_is_told_in_production() {
        let server = release(vec![policy("postgres", json!([{ "ports": [{ "port": 5432 }] }]), json!([]))]);
        let told = "the NetworkPolicy postgres lets everybody in".to_owned();
        assert!(faults_between(Values::Production, std::slice::from_ref(&server)).contains(&told));
        assert!(!faults_between(Values::Default, &[server]).contains(&told));
    }
}
