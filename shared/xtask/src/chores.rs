//! What `cargo xtask` offers.

use std::process::ExitCode;
use std::thread::sleep;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::bench::Bench;
use crate::chaos::Chaos;
use crate::fuzz::Fuzz;
use crate::pressure::Pressure;
use crate::servers::{Environment, Plan, Servers};
use crate::steps::Steps;
use crate::{
    arrows, capacity, charts, containers, einvoice, gallery, images, interruption, lambda_watch, openapi, packages,
    page, pdfa, process, programs, template, tools,
};

/// The project's own chores.
#[derive(Parser)]
#[command(name = "cargo xtask", version)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// The quick part of `test`: formatting, lints, unused dependencies, and the arrows between the crates.
    Check,
    /// Everything: `check`, then every test of the crates, of the OpenAPI document, of the page in a browser, of PDF/A, and of e-invoices.
    Test {
        #[command(flatten)]
        consent: Consent,
        /// Leave out the tests that need PostgreSQL, MongoDB, RabbitMQ, S3 or a mail server.
        #[arg(long)]
        embedded_only: bool,
        /// Also what takes long: attack the service by its OpenAPI document, fuzz, run the functions under
        /// `cargo lambda watch`, build them as `sam build` does, run the chart's pods, three larger runs under fire, and the
        /// pressure.
        #[arg(long)]
        full: bool,
    },
    /// The part of `test` that judges template.yaml.
    Template {
        /// Also run the functions under `cargo lambda watch`, and build them for Lambda.
        #[arg(long)]
        full: bool,
    },
    /// The part of `test --full` that walks through the functions under `cargo lambda watch`.
    Watch,
    /// The part of `test` that looks at the images, the Compose file and the Helm charts.
    Charts {
        #[command(flatten)]
        consent: Consent,
        /// Also run the pods of the functions' chart, where containers can run.
        #[arg(long)]
        full: bool,
    },
    /// Start the servers that the tests need, print their variables, and stop them at Ctrl-C.
    Servers {
        #[command(flatten)]
        consent: Consent,
    },
    /// Measure the service, in a release build.
    Bench {
        #[command(subcommand)]
        what: Bench,
        #[command(flatten)]
        consent: Consent,
    },
    /// Kill, stop, pause and cut off everything while clients upload, and count what became of it.
    Chaos {
        #[command(flatten)]
        run: Chaos,
        #[command(flatten)]
        consent: Consent,
    },
    /// Put the functions under pressure: a long load, three times the most they carry, hostile clients, full disks.
    Pressure {
        #[command(flatten)]
        run: Pressure,
        #[command(flatten)]
        consent: Consent,
    },
    /// The part of `test --full` that fuzzes the way from JSON to each document, with a nightly toolchain.
    Fuzz(Fuzz),
    /// The part of `test --full` that attacks the service by its OpenAPI document.
    Attack,
    /// Update the capacity page in k8s-fallback/README.md from the measurements in shared/xtask/README.md.
    Capacity,
    /// Make the pictures in shared/render/gallery.
    Gallery,
    /// Judge the PDF documents alone, by veraPDF.
    Pdfa,
    /// Judge the legal e-invoices alone, by those who publish the rules.
    Einvoice,
}

#[derive(Args)]
struct Consent {
    /// Install missing system packages without asking (also where CI is set).
    #[arg(long)]
    yes: bool,
}

impl Consent {
    fn is_given(&self) -> bool {
        self.yes || std::env::var_os("CI").is_some()
    }
}

/// Does what the command line says.
pub fn run() -> anyhow::Result<ExitCode> {
    match Arguments::parse().chore {
        Chore::Check => Ok(check(Steps::default()).finish()),
        Chore::Test { consent, embedded_only: false, full } => test(&consent, full),
        Chore::Test { consent, embedded_only: true, full } => test_embedded(&consent, full),
        Chore::Charts { full: false, .. } => Ok(test_deployment(Steps::default()).finish()),
        Chore::Charts { consent, full: true } => test_charts(&consent),
        Chore::Watch => watch(),
        Chore::Template { full } => Ok(test_template(Steps::default(), full).finish()),
        Chore::Servers { consent } => servers(&consent).map(|()| ExitCode::SUCCESS),
        Chore::Bench { what, consent } => bench(&what, &consent).map(|()| ExitCode::SUCCESS),
        Chore::Chaos { run, consent } => with_servers(&consent, || run.run()).map(|()| ExitCode::SUCCESS),
        Chore::Pressure { run, consent } => with_servers(&consent, || run.run()).map(|()| ExitCode::SUCCESS),
        Chore::Fuzz(fuzz) => {
            interruption::watch()?;
            fuzz.run().map(|()| ExitCode::SUCCESS)
        }
        Chore::Attack => {
            interruption::watch()?;
            openapi::attack().map(|()| ExitCode::SUCCESS)
        }
        Chore::Capacity => capacity::write().map(|()| ExitCode::SUCCESS),
        Chore::Gallery => gallery::make().map(|()| ExitCode::SUCCESS),
        Chore::Pdfa => pdfa::judge().map(|()| ExitCode::SUCCESS),
        Chore::Einvoice => einvoice::judge().map(|()| ExitCode::SUCCESS),
    }
}

fn check(steps: Steps) -> Steps {
    steps
        .run("formatting", || process::cargo_component("rustfmt", &["fmt", "--all", "--check"]))
        .run("lints", || {
            process::cargo_component("clippy", &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
        })
        .run("unused dependencies", || process::run(tools::cargo_machete()?, &["--with-metadata", "--skip-target-dir"]))
        .run("arrows between the crates", arrows::check)
}

fn test(consent: &Consent, full: bool) -> anyhow::Result<ExitCode> {
    let plan = Plan::new();
    // Before the long part, so that a missing program is reported at once.
    programs::require_node()?;
    packages::require(consent.is_given(), || {
        let containers = if full { containers::missing_packages() } else { Vec::new() };
        [programs::missing_for_tests(), plan.missing_packages(), containers].concat()
    })?;
    interruption::watch()?;
    let steps = on_servers(test_deployment(check(Steps::default())), &plan, |steps, environment| {
        let steps = test_crates(steps, environment);
        if full { test_containers(steps, environment) } else { steps }
    });
    let steps = test_template(test_service(steps, full), full);
    Ok(if full { test_strength(steps) } else { steps }.finish())
}

/// What the promise and the limits are worth: these start servers of their own.
fn test_strength(steps: Steps) -> Steps {
    let fire = |seed| move || Chaos::full(seed).run();
    steps
        .run("under fire: seed 1", fire(1))
        .run("under fire: seed 2", fire(2))
        .run("under fire: seed 3", fire(3))
        .run("under pressure", || Pressure::default().run())
}

/// The long part of what the charts promise, without the rest of the tests.
fn test_charts(consent: &Consent) -> anyhow::Result<ExitCode> {
    let plan = Plan::new();
    programs::require_node()?;
    packages::require(consent.is_given(), || {
        [programs::missing_tools(), plan.missing_packages(), containers::missing_packages()].concat()
    })?;
    interruption::watch()?;
    Ok(on_servers(test_deployment(Steps::default()), &plan, test_containers).finish())
}

/// Steps that need the servers, which run as long as they do.
fn on_servers(steps: Steps, plan: &Plan, test: impl FnOnce(Steps, &Environment) -> Steps) -> Steps {
    let mut servers = None;
    let steps = steps.run("servers", || {
        servers = Some(Servers::start(plan)?);
        Ok(())
    });
    let environment = servers.as_ref().map(Servers::environment).unwrap_or_default();
    let steps = test(steps, &environment);
    if let Some(servers) = servers {
        servers.finish(steps.any_failed());
    }
    steps
}

fn test_embedded(consent: &Consent, full: bool) -> anyhow::Result<ExitCode> {
    programs::require_node()?;
    packages::require(consent.is_given(), programs::missing_for_tests)?;
    interruption::watch()?;
    let environment = [("TEST_EMBEDDED_ONLY".to_owned(), "1".to_owned())];
    let steps = test_crates(test_deployment(check(Steps::default())), &environment);
    Ok(test_template(test_service(steps, full), full).finish_embedded_only())
}

fn bench(what: &Bench, consent: &Consent) -> anyhow::Result<()> {
    if what.needs_servers() {
        return with_servers(consent, || what.run());
    }
    interruption::watch()?;
    what.run()
}

/// A run that starts the servers itself.
fn with_servers(consent: &Consent, run: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    interruption::watch()?;
    let plan = Plan::new();
    packages::require(consent.is_given(), || [programs::missing_tools(), plan.missing_packages()].concat())?;
    run()
}

fn test_crates(steps: Steps, environment: &[(String, String)]) -> Steps {
    steps.run("tests of the crates", || process::cargo_with(environment, &["test", "--workspace", "--no-fail-fast"]))
}

fn test_deployment(steps: Steps) -> Steps {
    steps.run("images", images::check).run("charts", charts::check)
}

fn test_containers(steps: Steps, environment: &Environment) -> Steps {
    steps.run("containers", || containers::test(environment))
}

fn test_service(steps: Steps, full: bool) -> Steps {
    let steps = steps
        .run("OpenAPI document", openapi::validate)
        .run("page in a browser", page::test)
        .run("documents by veraPDF", pdfa::judge)
        .run("e-invoices by the official judges", einvoice::judge);
    if !full {
        return steps;
    }
    steps.run("attack by the OpenAPI document", openapi::attack).run("fuzz targets", || Fuzz::default().run())
}

fn test_template(steps: Steps, full: bool) -> Steps {
    let steps = steps
        .run("template.yaml: cfn-lint", template::lint)
        .run("template.yaml: own rules", template::policies)
        .run("template.yaml: deploy function", template::deploy_function);
    if !full {
        return steps;
    }
    test_watch(steps.run("sam validate", template::validate)).run("sam build", template::build)
}

fn test_watch(steps: Steps) -> Steps {
    steps.run("cargo lambda watch", lambda_watch::walk)
}

fn watch() -> anyhow::Result<ExitCode> {
    interruption::watch()?;
    Ok(test_watch(Steps::default()).finish())
}

fn servers(consent: &Consent) -> anyhow::Result<()> {
    let plan = Plan::new();
    programs::require_node()?;
    packages::require(consent.is_given(), || [programs::missing_tools(), plan.missing_packages()].concat())?;
    interruption::watch()?;
    let servers = Servers::start(&plan)?;
    print(&servers.environment());
    println!("# The servers are ready. Ctrl-C stops them.");
    while !interruption::requested() {
        sleep(Duration::from_millis(100));
    }
    servers.finish(false);
    Ok(())
}

fn print(environment: &Environment) {
    for (name, value) in environment {
        println!("{}", shell_line(name, value));
    }
}

/// What sets a variable in a shell.
fn shell_line(name: &str, value: &str) -> String {
    format!("export {name}='{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chore_reads_its_arguments() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn a_shell_reads_values_as_they_are() {
        assert_eq!(shell_line("URL", "a?b=$c&d"), "export URL='a?b=$c&d'");
        assert_eq!(shell_line("NAME", "it's"), r"export NAME='it'\''s'");
    }
}
