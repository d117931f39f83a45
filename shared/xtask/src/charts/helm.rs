//! What Helm and Kubernetes' schemas say of a chart.

use std::fs;
use std::path::PathBuf;

use anyhow::ensure;
use serde_json::Value;

use super::objects::Rendering;
use crate::process::{self, command};
use crate::{tools, workspace, yaml};

const FOLDER: &str = "k8s-fallback/charts";

/// The version of Kubernetes whose schemas judge.
const KUBERNETES: &str = "1.33";

/// Their schemas are not among those of Kubernetes.
const OTHER_API: &str = "keda.sh/";

/// One chart and the name of its release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chart {
    pub(super) release: &'static str,
    pub(super) name: &'static str,
}

/// What a chart is rendered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Values {
    /// Nothing beside the chart's own.
    Default,
    /// `ci/production-values.yaml`.
    Production,
    /// `ci/minimal-values.yaml`.
    Minimal,
}

impl Values {
    pub(super) const ALL: [Self; 3] = [Self::Default, Self::Production, Self::Minimal];

    fn file(self, chart: Chart) -> Option<String> {
        let name = match self {
            Self::Default => return None,
            Self::Production => "production",
            Self::Minimal => "minimal",
        };
        Some(format!("{FOLDER}/{}/ci/{name}-values.yaml", chart.name))
    }
}

/// Fails on every warning.
pub(super) fn lint(chart: Chart, values: Values) -> anyhow::Result<()> {
    let path = format!("{FOLDER}/{}", chart.name);
    helm(&["lint", "--strict", "--quiet", &path], values.file(chart)).map(|_| ())
}

/// What would be installed.
pub(super) fn render(chart: Chart, values: Values) -> anyhow::Result<Rendering> {
    let path = format!("{FOLDER}/{}", chart.name);
    let manifest = helm(&["template", chart.release, &path], values.file(chart))?;
    let file = folder()?.join(format!("{}-{values:?}.yaml", chart.release));
    fs::write(&file, &manifest)?;
    let objects = yaml::read(&[file])?.concat();
    Ok(Rendering { release: chart.release, objects })
}

/// The manifest of a release that is named as its chart.
pub(super) fn template(chart: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let path = format!("{FOLDER}/{chart}");
    helm(&[&["template", chart, &path], arguments].concat(), None)
}

/// Fails where the chart takes these values.
pub(super) fn refuses(chart: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let path = format!("{FOLDER}/{chart}");
    let taken = helm(&[&["template", "refused", &path], arguments].concat(), None).is_ok();
    ensure!(!taken, "{chart} takes {}", arguments.join(" "));
    Ok(())
}

/// Judges objects by Kubernetes' own schemas, without anything unknown in them.
pub(super) fn validate(renderings: &[Rendering]) -> anyhow::Result<()> {
    let is_known = |object: &&Value| !yaml::text(object, "/apiVersion").starts_with(OTHER_API);
    let objects = renderings.iter().flat_map(|rendering| &rendering.objects).filter(is_known);
    let documents: Vec<String> = objects.map(Value::to_string).collect();
    let file = folder()?.join("objects.yaml");
    fs::write(&file, documents.join("\n---\n"))?;
    let validator = tools::deployment_python()?.with_file_name("kubernetes-validate");
    let arguments = ["-k", KUBERNETES, "--strict", "--quiet", &file.to_string_lossy()];
    let output = command(validator, &arguments).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(())
}

fn helm(arguments: &[&str], values: Option<String>) -> anyhow::Result<String> {
    let values: Vec<&str> = values.iter().flat_map(|file| ["--values", file]).collect();
    process::output(tools::helm()?, &[arguments, &values].concat())
}

fn folder() -> anyhow::Result<PathBuf> {
    let folder = workspace::tools()?.join("charts");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
