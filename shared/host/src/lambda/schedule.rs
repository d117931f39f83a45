//! A schedule's events (EventBridge), and the chores that an operator sends in their place.

use std::fmt::Display;
use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use super::Error;
use super::deadline::deadline;

/// Runs a job at each event of a schedule, until Lambda ends the process. An event `{"chore": NAME}` asks for a chore
/// instead. An error of either fails the invocation; what is not done in its time is given up, and the next one goes on.
///
/// # Errors
/// The Runtime API does not answer.
pub async fn every<Run, E>(job: impl Fn(Option<String>) -> Run) -> Result<(), Error>
where
    Run: Future<Output = Result<(), E>>,
    E: Display,
{
    let job = Arc::new(job);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let job = Arc::clone(&job);
        async move {
            let chore = event.payload["chore"].as_str().map(str::to_owned);
            match tokio::time::timeout_at(deadline(&event.context), job(chore)).await {
                Ok(done) => done.map_err(|error| failed(format!("{error:#}"))),
                Err(_) => Err(failed("given up at the deadline".to_owned())),
            }
        }
    }))
    .await
}

fn failed(reason: String) -> Error {
    tracing::error!(error = reason, "an invocation failed");
    reason.into()
}
