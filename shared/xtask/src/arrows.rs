//! The arrows between the crates, and the size of what a newcomer builds.

use std::collections::BTreeSet;

use anyhow::ensure;

use crate::process::output;

/// What a crate must not depend on, directly or through others.
const FORBIDDEN: [(&str, &[&str]); 11] = [
    ("invoice", &["tokio", "async-trait", "pipeline", "render", "adapters", "host", "sqlx", "axum"]),
    ("render", &["tokio", "async-trait", "pipeline", "adapters", "host", "sqlx", "axum"]),
    ("pipeline", &["tokio", "render", "adapters", "host", "sqlx", "axum"]),
    ("adapters", &["host", "render", "axum"]),
    ("host", &["adapters", "render", "sqlx", "printpdf"]),
    ("auth", &["mongodb", "lapin", "printpdf", "aws-sdk-s3", "render", "gateway", "worker", "notifier", "sweeper"]),
    ("gateway", &["auth", "worker", "notifier", "sweeper", "lettre"]),
    ("worker", &["auth", "gateway", "notifier", "sweeper", "lettre"]),
    ("notifier", &["auth", "gateway", "worker", "sweeper", "printpdf", "render"]),
    ("sweeper", &["auth", "gateway", "worker", "notifier", "printpdf", "render", "lettre"]),
    // What only the real servers and the other hosts need; a second TLS stack.
    ("local", &["mongodb", "lapin", "aws-config", "lambda_runtime", "sqlx-postgres", "reqwest", "ring", "openssl"]),
];

/// The most crates that `cargo run` may build on a fresh clone.
const MOST_CRATES: usize = 330;

/// Checks every arrow and the number of crates.
pub(crate) fn check() -> anyhow::Result<()> {
    for (package, forbidden) in FORBIDDEN {
        let tree = tree(package)?;
        let broken: Vec<&&str> =
            forbidden.iter().filter(|name| tree.iter().any(|(found, _)| found == **name)).collect();
        ensure!(
            broken.is_empty(),
            "{package} must not depend on {broken:?}: see `cargo tree -p {package} -e normal,build`"
        );
    }
    let crates = tree("local")?.len();
    println!("arrows: all hold; `cargo run` builds {crates} crates, at most {MOST_CRATES} are allowed");
    ensure!(crates <= MOST_CRATES, "`cargo run` builds too many crates: a newcomer waits for each");
    Ok(())
}

/// Name and version of every crate that a package needs, without those of its tests.
fn tree(package: &str) -> anyhow::Result<BTreeSet<(String, String)>> {
    let arguments = ["tree", "--locked", "-p", package, "-e", "normal,build", "--prefix", "none", "--format", "{p}"];
    let tree = output("cargo", &arguments)?;
    let crates = tree.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next().unwrap_or_default().to_owned()))
    });
    Ok(crates.collect())
}
