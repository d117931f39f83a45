//! The Helm charts: linted, rendered, valid for Kubernetes, and held to the project's policies.

mod helm;
mod network;
mod objects;
mod pods;
mod release;
mod secrets;

use anyhow::ensure;

use helm::{Chart, Values};
use objects::Rendering;

/// The charts, by the names under which they are installed.
const CHARTS: [Chart; 4] = [
    Chart { release: "postgres", name: "postgres" },
    Chart { release: "mongo", name: "mongodb" },
    Chart { release: "rabbit", name: "rabbitmq" },
    Chart { release: "invoiceapp", name: "invoiceapp" },
];

/// Values that no release may be made from.
const REFUSED: [(&str, &[&str]); 6] = [
    ("invoiceapp", &["--set", "imags.registry=example"]),
    ("invoiceapp", &["--set", "settings.TOKEN_KEYS=secret"]),
    ("invoiceapp", &["--set-string", "settings.TRUSTED_PROXIES=0.0.0.0/0"]),
    ("invoiceapp", &["--set", "production=true,images.tag=1.0.0,servers.mail.url=ses://eu-west-1"]),
    ("invoiceapp", &["--set", "production=true,ingress.host=invoices.example.com,servers.mail.url=ses://eu-west-1"]),
    ("postgres", &["--set", "auth.password=secret"]),
];

/// Checks every chart with every set of values.
pub(crate) fn check() -> anyhow::Result<()> {
    let mut renderings = Vec::new();
    for values in Values::ALL {
        let mut together = Vec::new();
        for chart in CHARTS {
            helm::lint(chart, values)?;
            together.push(helm::render(chart, values)?);
        }
        renderings.push((values, together));
    }
    for (chart, arguments) in REFUSED {
        helm::refuses(chart, arguments)?;
    }
    for (_, together) in &renderings {
        helm::validate(together)?;
    }
    let faults: Vec<String> = renderings.iter().flat_map(|(values, together)| faults(*values, together)).collect();
    println!("{} renderings, {} broken policies", renderings.len() * CHARTS.len(), faults.len());
    ensure!(faults.is_empty(), "\n{}", faults.join("\n"));
    Ok(())
}

/// The manifest of the chart of the functions, as its documentation installs it beside what the arguments say.
pub(crate) fn invoiceapp(arguments: &[&str]) -> anyhow::Result<String> {
    helm::template("invoiceapp", arguments)
}

/// What breaks a policy, in the releases that are installed together.
fn faults(values: Values, together: &[Rendering]) -> Vec<String> {
    let each = together.iter().flat_map(|rendering| {
        let faults = [
            pods::faults(rendering),
            secrets::faults(rendering),
            network::faults_of_release(rendering),
            release::faults_of_release(rendering),
        ];
        faults.concat().into_iter().map(|fault| format!("{} ({values:?}): {fault}", rendering.release))
    });
    let all = [network::faults_between(values, together), release::faults_of_all(values, together)].concat();
    each.chain(all.into_iter().map(|fault| format!("{values:?}: {fault}"))).collect()
}
