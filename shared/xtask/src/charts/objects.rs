//! The objects of a release, as policies look at them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::yaml::{list, text};

/// Kinds that run pods.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "Job"];

/// What one release would install.
#[derive(Clone, Debug)]
pub(super) struct Rendering {
    pub(super) release: &'static str,
    pub(super) objects: Vec<Value>,
}

impl Rendering {
    /// The objects of one kind.
    pub(super) fn kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Value> {
        self.objects.iter().filter(move |object| text(object, "/kind") == kind)
    }

    /// What runs pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = Workload<'_>> {
        self.objects.iter().filter(|object| WORKLOADS.contains(&text(object, "/kind"))).map(Workload)
    }
}

/// The name of an object.
pub(super) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// An object that runs pods.
#[derive(Clone, Copy)]
pub(super) struct Workload<'a>(pub(super) &'a Value);

impl<'a> Workload<'a> {
    pub(super) fn name(self) -> &'a str {
        name(self.0)
    }

    /// What its pods do.
    pub(super) fn pod(self) -> &'a Value {
        &self.0["spec"]["template"]["spec"]
    }

    /// What its pods are selected by.
    pub(super) fn labels(self) -> Labels {
        labels(&self.0["spec"]["template"]["metadata"]["labels"])
    }

    /// What goes on while a pod lives.
    pub(super) fn containers(self) -> &'a [Value] {
        list(self.pod(), "/containers")
    }

    /// What runs in its pods at any time.
    pub(super) fn all_containers(self) -> impl Iterator<Item = &'a Value> {
        list(self.pod(), "/initContainers").iter().chain(self.containers())
    }
}

pub(super) type Labels = BTreeMap<String, String>;

pub(super) fn labels(value: &Value) -> Labels {
    let pairs = value.as_object().into_iter().flatten();
    pairs.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

/// Whether a selector of labels, without expressions, takes these. An empty one takes all.
pub(super) fn selects(selector: &Value, labels: &Labels) -> bool {
    let wanted = self::labels(&selector["matchLabels"]);
    selector.get("matchExpressions").is_none() && wanted.iter().all(|(name, value)| labels.get(name) == Some(value))
}
