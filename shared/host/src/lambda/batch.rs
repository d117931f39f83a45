//! A queue's messages, as the event source mapping of Amazon MQ for RabbitMQ brings them: in batches that succeed or
//! come again as a whole.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt as _, stream};
use lambda_runtime::{LambdaEvent, service_fn};
use pipeline::{Message, PortError, Queue, TraceId};
use serde::Deserialize;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};
use tokio_util::task::AbortOnDropHandle;
use tracing::{Instrument as _, Span};

use super::Error;
use super::deadline::deadline;
use crate::Handler;
use crate::consume::{DEAD, GIVEN_UP, HANDLED};
use crate::telemetry::message_span;

const TRACEPARENT: &str = "traceparent";

/// Deals with a queue's batches until Lambda ends the process, with at most `concurrency` messages in flight.
///
/// A batch fails only where the ledger is out of reach. What cannot be decoded, or dealt with, is logged and counted,
/// and done with. What is not done in the invocation's time is given up: its outbox row or its lease brings it again.
/// An event that is no batch goes to [`Handler::hear`].
///
/// # Errors
/// The Runtime API does not answer.
pub async fn consume(queue: Queue, concurrency: u16, handler: Arc<dyn Handler>) -> Result<(), Error> {
    for counter in [&HANDLED, &DEAD, &GIVEN_UP] {
        counter.add(0, [queue.name()]);
    }
    let consumer = Arc::new(Consumer { queue, concurrency: usize::from(concurrency.max(1)), handler });
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| {
        let consumer = Arc::clone(&consumer);
        async move { consumer.take(event.payload, deadline(&event.context)).await }
    }))
    .await
}

#[derive(Deserialize)]
struct Batch {
    /// By queue and virtual host, as `invoices::/`. A message is read by itself: one that is odd is odd alone.
    #[serde(rename = "rmqMessagesByQueue")]
    queues: BTreeMap<String, Vec<Value>>,
}

struct Consumer {
    queue: Queue,
    concurrency: usize,
    handler: Arc<dyn Handler>,
}

enum Outcome {
    Done,
    /// The ledger was out of reach for one before.
    Left,
    OutOfReach(PortError),
}

impl Consumer {
    async fn take(&self, event: Value, until: Instant) -> Result<(), Error> {
        let batch = match Batch::deserialize(&event) {
            Ok(batch) => batch,
            Err(_) if self.handler.hear(&event) => return Ok(()),
            Err(error) => return Err(format!("this event is no batch of messages: {error}").into()),
        };
        let messages: Vec<Value> = batch.queues.into_values().flatten().collect();
        let (mut left, stopped) = (messages.len(), AtomicBool::new(false));
        let outcomes = messages.iter().map(|message| self.deal_with(message, until, &stopped));
        let mut outcomes = stream::iter(outcomes).buffer_unordered(self.concurrency);
        let mut out_of_reach = None;
        while let Ok(Some(outcome)) = timeout_at(until, outcomes.next()).await {
            match outcome {
                Outcome::Done => left -= 1,
                Outcome::Left => {}
                Outcome::OutOfReach(error) => out_of_reach = Some(error),
            }
        }
        if left > 0 {
            GIVEN_UP.add(left, [self.queue.name()]);
            tracing::warn!(queue = %self.queue, messages = left, "given up; they will come again");
        }
        out_of_reach.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn deal_with(&self, message: &Value, until: Instant, stopped: &AtomicBool) -> Outcome {
        if stopped.load(Ordering::Relaxed) {
            return Outcome::Left;
        }
        let span = trace(message).map_or_else(Span::none, message_span);
        let outcome = self.handle(message, until).instrument(span).await;
        if let Outcome::OutOfReach(error) = &outcome
            && !stopped.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(%error, "the ledger is out of reach: the batch fails");
        }
        outcome
    }

    async fn handle(&self, message: &Value, until: Instant) -> Outcome {
        let queue = self.queue;
        let message = match decode(message) {
            Ok(message) => message,
            Err(error) => {
                tracing::error!(%queue, error, "dropping an undecodable message");
                DEAD.count([queue.name()]);
                return Outcome::Done;
            }
        };
        let handler = Arc::clone(&self.handler);
        // A task of its own: where it panics, the others go on.
        let handling = tokio::spawn(async move { handler.handle_until(message, until).await }.in_current_span());
        match AbortOnDropHandle::new(handling).await {
            Ok(Ok(())) => HANDLED.count([queue.name()]),
            Ok(Err(error)) if error.is_unreachable() => return Outcome::OutOfReach(error),
            Ok(Err(error)) => tracing::error!(%error, ?message, "a message cannot be dealt with"),
            Err(panic) => tracing::error!(%panic, ?message, "a message's handler crashed"),
        }
        Outcome::Done
    }
}

fn decode(message: &Value) -> Result<Message, String> {
    let data = message["data"].as_str().ok_or("it has no data")?;
    let body = STANDARD.decode(data).map_err(|error| error.to_string())?;
    Message::decode(&body).map_err(|error| error.to_string())
}

/// The trace that a message's header names. A header's text comes as an object with its bytes.
fn trace(message: &Value) -> Option<TraceId> {
    let header = &message["basicProperties"]["headers"][TRACEPARENT];
    let bytes = header["bytes"].as_array()?.iter().map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()));
    let text = String::from_utf8(bytes.collect::<Option<_>>()?).ok()?;
    TraceId::from_traceparent(&text)
}

#[cfg(test)]
mod tests;
