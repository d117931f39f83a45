//! The arrows between the crates, and the size of what a newcomer builds.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;
use serde_json::Value;

use crate::process::cargo_output;
use crate::workspace;

/// Which crates of the workspace a crate may use, apart from its tests. What is not here is forbidden.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("invoice", &[]),
    ("einvoice", &["invoice"]),
    ("render", &["invoice", "einvoice"]),
    ("pipeline", &["invoice"]),
    ("adapters", &["pipeline"]),
    ("host", &["pipeline"]),
    ("auth", &["host", "adapters", "pipeline"]),
    ("gateway", &["host", "adapters", "pipeline", "invoice", "einvoice", "render"]),
    ("worker", &["host", "adapters", "pipeline", "invoice", "render"]),
    ("notifier", &["host", "adapters", "pipeline"]),
    ("sweeper", &["host", "adapters", "pipeline"]),
    // It alone composes the functions.
    (
        "local",
        &[
            "auth", "gateway", "worker", "notifier", "sweeper", "host", "adapters", "pipeline", "invoice", "einvoice",
            "render",
        ],
    ),
    ("xtask", &[]),
];

/// Crates from elsewhere that a crate must not build, neither directly nor through others.
const FORBIDDEN: [(&str, &[&str]); 12] = [
    ("invoice", OUTSIDE_WORLD),
    ("einvoice", OUTSIDE_WORLD),
    ("render", OUTSIDE_WORLD),
    ("pipeline", OUTSIDE_WORLD),
    ("adapters", &["axum", "lambda_runtime", "printpdf"]),
    ("host", &["sqlx", "printpdf"]),
    ("auth", &["mongodb", "lapin", "printpdf", "aws-sdk-s3", "lettre"]),
    ("gateway", &["lettre"]),
    ("worker", &["lettre"]),
    ("notifier", &["printpdf"]),
    ("sweeper", &["printpdf", "lettre"]),
    // What only the real servers and the other hosts need; a second TLS stack.
    ("local", &["mongodb", "lapin", "aws-config", "lambda_runtime", "sqlx-postgres", "reqwest", "ring", "openssl"]),
];

/// Async runtimes, what talks to a network or a database, and the machine's own zlib: by its version documents would differ.
const OUTSIDE_WORLD: &[&str] =
    &["tokio", "futures", "futures-executor", "async-std", "smol", "hyper", "reqwest", "axum", "sqlx", "libz-sys"];

/// The most crates that `cargo run` may build on a fresh clone: 344 when it was first set, 376 since drawings are read.
const MOST_CRATES: usize = 380;

/// Checks every arrow and the number of crates.
pub(crate) fn check() -> anyhow::Result<()> {
    check_own_crates()?;
    check_other_crates()?;
    check_number()
}

fn check_own_crates() -> anyhow::Result<()> {
    let faults = faults(&own_arrows(&workspace::metadata()?));
    ensure!(faults.is_empty(), "arrows between the crates:\n  {}", faults.join("\n  "));
    println!("the {} crates use only those that they may", ALLOWED.len());
    Ok(())
}

fn check_other_crates() -> anyhow::Result<()> {
    for (package, forbidden) in FORBIDDEN {
        let names: BTreeSet<String> = tree(package)?.into_iter().map(|(name, _)| name).collect();
        let broken: Vec<&&str> = forbidden.iter().filter(|name| names.contains(**name)).collect();
        ensure!(
            broken.is_empty(),
            "{package} must not build {broken:?}: see `cargo tree -p {package} -e normal,build -i {}`",
            broken[0]
        );
    }
    println!("no crate builds one that is forbidden to it");
    Ok(())
}

fn check_number() -> anyhow::Result<()> {
    let crates = tree("local")?.len();
    ensure!(
        crates <= MOST_CRATES,
        "`cargo run` builds {crates} crates, more than {MOST_CRATES}: a newcomer waits for each"
    );
    println!("`cargo run` builds {crates} crates; {MOST_CRATES} are allowed");
    Ok(())
}

/// The workspace's crates, each with those of them that it uses outside of its tests.
fn own_arrows(metadata: &Value) -> BTreeMap<&str, BTreeSet<&str>> {
    let own: BTreeSet<&str> = list(metadata, "packages").filter_map(name).collect();
    let uses = |package| list(package, "dependencies").filter(|used| used["kind"] != "dev").filter_map(name);
    list(metadata, "packages")
        .filter_map(|package| Some((name(package)?, uses(package).filter(|used| own.contains(used)).collect())))
        .collect()
}

/// Every arrow that is not allowed, every crate without a line in [`ALLOWED`], and every line without its crate.
fn faults(arrows: &BTreeMap<&str, BTreeSet<&str>>) -> Vec<String> {
    let allowed = BTreeMap::from(ALLOWED);
    let mut faults = Vec::new();
    for (package, uses) in arrows {
        let Some(may_use) = allowed.get(package) else {
            faults.push(format!("{package} is new: say in shared/xtask/src/arrows.rs what it may use"));
            continue;
        };
        faults.extend(
            uses.iter().filter(|used| !may_use.contains(used)).map(|used| format!("{package} must not use {used}")),
        );
    }
    let gone = allowed.keys().filter(|package| !arrows.contains_key(**package));
    faults.extend(gone.map(|package| format!("{package} is gone: take it out of shared/xtask/src/arrows.rs")));
    faults
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value[key].as_array().into_iter().flatten()
}

fn name(value: &Value) -> Option<&str> {
    value["name"].as_str()
}

/// Name and version of every crate that a package needs, without those of its tests.
fn tree(package: &str) -> anyhow::Result<BTreeSet<(String, String)>> {
    let arguments = ["tree", "--locked", "-p", package, "-e", "normal,build", "--prefix", "none", "--format", "{p}"];
    let tree = cargo_output(&arguments)?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next().unwrap_or_default().to_owned()))
    });
    Ok(crates.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_crates_use_only_those_that_they_may() -> anyhow::Result<()> {
        check_own_crates()
    }

    #[test]
    fn no_crate_builds_a_forbidden_one() -> anyhow::Result<()> {
        check_other_crates()
    }

    #[test]
    fn the_number_of_crates_is_capped() -> anyhow::Result<()> {
        check_number()
    }

    #[test]
    fn arrows_are_those_of_the_product_between_own_crates() {
        let metadata = json!({"packages": [
            {"name": "invoice", "dependencies": []},
            {"name": "render", "dependencies": [
                {"name": "invoice", "kind": null},
                {"name": "pipeline", "kind": "build"},
                {"name": "host", "kind": "dev"},
                {"name": "printpdf", "kind": null},
            ]},
            {"name": "pipeline", "dependencies": []},
            {"name": "host", "dependencies": []},
        ]});
        let arrows = own_arrows(&metadata);
        assert_eq!(arrows["render"], BTreeSet::from(["invoice", "pipeline"]));
        assert!(arrows["invoice"].is_empty());
    }

    #[test]
    fn names_every_fault() {
        let mut arrows: BTreeMap<&str, BTreeSet<&str>> =
            ALLOWED.iter().map(|(package, uses)| (*package, uses.iter().copied().collect())).collect();
        assert_eq!(faults(&arrows), Vec::<String>::new());
        arrows.insert("worker", BTreeSet::from(["host", "auth"]));
        arrows.insert("newcomer", BTreeSet::new());
        arrows.remove("sweeper");
        let faults = faults(&arrows);
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults.contains(&"worker must not use auth".to_owned()));
    }
}
