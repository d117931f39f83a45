//! The part that AWS plays where the functions are Lambdas: Amazon MQ's event source mappings and EventBridge's schedule,
//! towards the functions that `cargo lambda watch` runs.

mod events;
mod functions;
mod mapping;

use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use host::settings::{Need, Settings, SettingsError, Variables};
use host::{every, shutdown_on_signal, telemetry};
use http::Uri;
use pipeline::Broker;
use serde_json::Value;

use crate::parts::create_private;
use crate::triggers::functions::{Functions, INVOCATION_LIMIT, InvocationError};
use crate::triggers::mapping::{Pause, mappings};

/// Where `cargo-lambda.toml` has the functions keep their data.
const DATA_DIR: &str = "../.invoices-lambda";
const SWEEPER: &str = "sweeper";

/// Where the functions are, and when they are called.
#[derive(Args)]
pub(crate) struct Triggers {
    /// Where `cargo lambda watch` listens.
    #[arg(long, default_value = "http://127.0.0.1:9000")]
    address: Uri,
    /// Time between two calls of the sweeper, as template.yaml's schedule has it.
    #[arg(long, default_value = "1min", value_parser = humantime::parse_duration)]
    sweep_every: Duration,
    /// How long a batch that is not full waits for more messages, as template.yaml's mappings have it.
    #[arg(long, default_value = "1s", value_parser = humantime::parse_duration)]
    batching_window: Duration,
}

impl Triggers {
    /// Has the schema brought up, then hands messages to the worker and the notifier and calls the sweeper, until Ctrl-C
    /// or SIGTERM.
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        telemetry::start();
        let settings = settings()?;
        create_private(&settings.data_dir)?;
        let shutdown = shutdown_on_signal(&settings)?;
        let functions = Functions::new(&self.address)?;
        say(&format!("Functions        {} (cargo lambda watch)", functions.address()));
        say(&format!("Data             {}", settings.data_dir.display()));
        say("Stop             Ctrl-C");
        if shutdown.run_until_cancelled(migrate(&functions)).await.is_none() {
            return Ok(());
        }
        let broker = open_broker(&settings).await?;
        let [renders, notifies] = mappings(self.batching_window);
        tokio::join!(
            renders.run(&*broker, &functions, &shutdown),
            notifies.run(&*broker, &functions, &shutdown),
            every(self.sweep_every, shutdown.clone(), || sweep(&functions)),
        );
        Ok(())
    }
}

/// Those of the environment, with the data folder of `cargo-lambda.toml` where it names none.
fn settings() -> Result<Settings, SettingsError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let lookup = move |name: &str| variable(name).or_else(|| (name == "DATA_DIR").then(|| DATA_DIR.to_owned()));
    Settings::read_for(&[Need::Broker], Variables::new(lookup))
}

/// What was handed over stays hidden as long as an invocation may take.
async fn open_broker(settings: &Settings) -> anyhow::Result<Arc<dyn Broker>> {
    let url = settings.servers.broker.expose();
    Ok(adapters::open::broker(url, INVOCATION_LIMIT).await?)
}

/// Has the sweeper bring the schema up, as a deploy does. Tries until it succeeds: `cargo lambda watch` may start later.
async fn migrate(functions: &Functions) {
    let (mut pause, mut told) = (Pause::default(), String::new());
    while let Err(error) = call_sweeper(functions, "migrate", &events::migrate()).await {
        let error = error.to_string();
        if error != told {
            say(&format!("{SWEEPER}: migrate failed, trying again: {error}"));
            told = error;
        }
        pause.wait().await;
    }
}

async fn sweep(functions: &Functions) {
    if let Err(error) = call_sweeper(functions, "schedule", &events::schedule()).await {
        say(&format!("{SWEEPER}: schedule failed: {error}"));
    }
}

async fn call_sweeper(functions: &Functions, what: &str, event: &Value) -> Result<(), InvocationError> {
    let (took, outcome) = functions.invoke(SWEEPER, event).await;
    outcome.map(|()| say(&format!("{SWEEPER}: {what}, {} ms", took.as_millis())))
}

#[allow(clippy::print_stdout)] // It is for the person who started it.
fn say(line: &str) {
    println!("{line}");
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::DATA_DIR;

    #[test]
    fn the_data_folder_is_the_functions() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cargo-lambda.toml");
        let text = std::fs::read_to_string(file).unwrap();
        assert!(text.contains(&format!("\nDATA_DIR = \"{DATA_DIR}\"\n")), "{text}");
    }
}
