use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pipeline::{Broker, Delivery, FailPoint, Message, PortError, Queue, Subscription};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;
use tracing::{Instrument as _, Span};

use crate::metrics::{Counters, Gauges};
use crate::telemetry::message_span;
use crate::{Outage, Shutdown};

/// Waits between attempts to reach a server: 0.5 s doubling up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

pub(crate) static HANDLED: Counters<1> = Counters::new("invoices_messages_handled", "Messages dealt with", ["queue"]);
pub(crate) static DEAD: Counters<1> =
    Counters::new("invoices_messages_dead_lettered", "Messages that could not be decoded", ["queue"]);
pub(crate) static GIVEN_UP: Counters<1> =
    Counters::new("invoices_messages_given_up", "Messages left to come again because the process ended", ["queue"]);
static IN_FLIGHT: Gauges<1> =
    Gauges::new("invoices_messages_in_flight", "Messages that are being dealt with", ["queue"]);

/// Deals with one message, whatever transport brought it.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Deals with a message. Its outcome, good or bad, is in the ledger afterwards.
    ///
    /// # Errors
    /// The ledger is out of reach: the message must come again.
    async fn handle(&self, message: Message) -> Result<(), PortError>;

    /// As [`Self::handle`], where the host takes its time back at `until`: what is under way then is dropped.
    ///
    /// # Errors
    /// Those of [`Self::handle`].
    async fn handle_until(&self, message: Message, _until: Instant) -> Result<(), PortError> {
        self.handle(message).await
    }

    /// Takes note of an event that is no message and reached the function by another way, such as a mail server's word
    /// on a mail. `false` where it means nothing here.
    fn hear(&self, _event: &serde_json::Value) -> bool {
        false
    }
}

/// Consumes a queue with at most `concurrency` messages in flight until shutdown. Those in flight then have until its
/// deadline; what is not done by then stays unsettled and comes again.
///
/// A handler's error pauses its message instead of giving it back, so an outage of the ledger does not use up
/// deliveries. What cannot be decoded goes to the dead-letter queue.
pub async fn consume(
    broker: Arc<dyn Broker>,
    queue: Queue,
    concurrency: u16,
    handler: Arc<dyn Handler>,
    shutdown: Shutdown,
) {
    for counter in [&HANDLED, &DEAD, &GIVEN_UP] {
        counter.add(0, [queue.name()]);
    }
    let consumer = Consumer {
        dealer: Arc::new(Dealer { queue, handler, shutdown: shutdown.clone(), ledger: Outage::default() }),
        slots: Arc::new(Semaphore::new(usize::from(concurrency.max(1)))),
        in_flight: TaskTracker::new(),
        broker: Outage::default(),
    };
    let mut wait = Wait::default();
    while let Some(subscribed) = shutdown.run_until_cancelled(broker.subscribe(queue, concurrency)).await {
        let begun = Instant::now();
        match subscribed {
            Ok(subscription) => consumer.run(subscription).await,
            Err(error) => consumer.note_outage(&error),
        }
        // A subscription that breaks again and again is no better than none.
        if begun.elapsed() > LONGEST_WAIT {
            wait = Wait::default();
        }
        shutdown.run_until_cancelled(tokio::time::sleep(wait.next())).await;
    }
    consumer.drain().await;
}

struct Consumer {
    dealer: Arc<Dealer>,
    slots: Arc<Semaphore>,
    in_flight: TaskTracker,
    broker: Outage,
}

impl Consumer {
    /// Runs until the subscription fails or shutdown.
    async fn run(&self, mut subscription: Box<dyn Subscription>) {
        let shutdown = &self.dealer.shutdown;
        if self.broker.ends() {
            tracing::info!(queue = %self.dealer.queue, "consuming again");
        }
        loop {
            let slot = shutdown.run_until_cancelled(Arc::clone(&self.slots).acquire_owned()).await;
            let Some(Ok(slot)) = slot else { return };
            match shutdown.run_until_cancelled(subscription.next()).await {
                None => return,
                Some(Err(error)) => return self.note_outage(&error),
                Some(Ok(delivery)) => {
                    let dealer = Arc::clone(&self.dealer);
                    self.in_flight.spawn(async move {
                        dealer.deal_until_deadline(delivery).await;
                        drop(slot);
                    });
                }
            }
        }
    }

    fn note_outage(&self, error: &PortError) {
        let queue = self.dealer.queue;
        if self.broker.begins() {
            tracing::warn!(%queue, %error, "cannot consume, trying again");
        } else {
            tracing::debug!(%queue, %error, "still cannot consume");
        }
    }

    /// Waits for what is in flight: each message ends by itself, at the deadline at last.
    async fn drain(&self) {
        let queue = self.dealer.queue;
        self.in_flight.close();
        if !self.in_flight.is_empty() {
            tracing::info!(%queue, messages = self.in_flight.len(), "finishing what is in flight");
        }
        self.in_flight.wait().await;
    }
}

struct Dealer {
    queue: Queue,
    handler: Arc<dyn Handler>,
    shutdown: Shutdown,
    ledger: Outage,
}

impl Dealer {
    async fn deal_until_deadline(&self, delivery: Delivery) {
        let span = delivery.trace.map_or_else(Span::none, message_span);
        let in_flight = IN_FLIGHT.enter([self.queue.name()]);
        async {
            if self.shutdown.run_until_deadline(self.deal_with(delivery)).await.is_none() {
                GIVEN_UP.count([self.queue.name()]);
                tracing::warn!(queue = %self.queue, "a message is given up at the deadline; it will come again");
            }
        }
        .instrument(span)
        .await;
        drop(in_flight);
    }

    async fn deal_with(&self, delivery: Delivery) {
        let queue = self.queue;
        let settled = match Message::decode(&delivery.body) {
            Err(error) => {
                tracing::error!(%queue, %error, "moving an undecodable message to the dead-letter queue");
                DEAD.count([queue.name()]);
                delivery.settlement.dead_letter().await
            }
            Ok(message) => {
                FailPoint::Delivered.reached();
                if !self.handle_until_recorded(message).await {
                    GIVEN_UP.count([queue.name()]);
                    return;
                }
                HANDLED.count([queue.name()]);
                FailPoint::Handled.reached();
                delivery.settlement.ack().await
            }
        };
        if let Err(error) = settled {
            tracing::warn!(%queue, %error, "could not settle a message; it will come again");
        }
    }

    /// `false` where shutdown came before the outcome could be recorded. An error that will not pass is logged and the
    /// message done with: its outbox row brings it again.
    async fn handle_until_recorded(&self, message: Message) -> bool {
        let mut wait = Wait::default();
        while let Err(error) = self.handler.handle(message).await {
            if !error.is_unreachable() {
                tracing::error!(%error, ?message, "a message cannot be dealt with");
                return true;
            }
            if self.ledger.begins() {
                tracing::warn!(%error, "the ledger is out of reach, pausing");
            } else {
                tracing::debug!(%error, "the ledger is still out of reach");
            }
            if self.shutdown.run_until_cancelled(tokio::time::sleep(wait.next())).await.is_none() {
                return false;
            }
        }
        if self.ledger.ends() {
            tracing::info!("the ledger answers again");
        }
        true
    }
}

struct Wait(Duration);

impl Default for Wait {
    fn default() -> Self {
        Self(Duration::from_millis(500))
    }
}

impl Wait {
    fn next(&mut self) -> Duration {
        let wait = self.0;
        self.0 = (wait * 2).min(LONGEST_WAIT);
        wait
    }
}

#[cfg(test)]
mod tests;
