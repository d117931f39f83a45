use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use pipeline::{Broker, Delivery, Message, PortError, Queue, Subscription};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use crate::Shutdown;

/// Waits between attempts to reach a server: 0.5 s doubling up to this.
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Deals with one message, whatever transport brought it.
#[async_trait]
pub trait Handler: Send + Sync {
    /// Deals with a message. Its outcome, good or bad, is in the ledger afterwards.
    ///
    /// # Errors
    /// The ledger is out of reach: the message must come again.
    async fn handle(&self, message: Message) -> Result<(), PortError>;
}

/// Consumes a queue with at most `concurrency` messages in flight until shutdown, then waits for those in flight.
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
    let in_flight = TaskTracker::new();
    let mut wait = Wait::default();
    while !shutdown.is_cancelled() {
        match broker.subscribe(queue, concurrency).await {
            Ok(subscription) => {
                wait = Wait::default();
                let consumer = Consumer { queue, concurrency, handler: &handler, shutdown: &shutdown };
                consumer.run(subscription, &in_flight).await;
            }
            Err(error) => tracing::warn!(%queue, %error, "cannot consume, trying again"),
        }
        shutdown.run_until_cancelled(tokio::time::sleep(wait.next())).await;
    }
    in_flight.close();
    in_flight.wait().await;
}

struct Consumer<'a> {
    queue: Queue,
    concurrency: u16,
    handler: &'a Arc<dyn Handler>,
    shutdown: &'a Shutdown,
}

impl Consumer<'_> {
    /// Runs until the subscription fails or shutdown.
    async fn run(&self, mut subscription: Box<dyn Subscription>, in_flight: &TaskTracker) {
        let slots = Arc::new(Semaphore::new(usize::from(self.concurrency.max(1))));
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            match self.shutdown.run_until_cancelled(subscription.next()).await {
                None => return,
                Some(Err(error)) => {
                    tracing::warn!(queue = %self.queue, %error, "consumer lost, subscribing again");
                    return;
                }
                Some(Ok(delivery)) => {
                    let (handler, shutdown, queue) = (Arc::clone(self.handler), self.shutdown.clone(), self.queue);
                    in_flight.spawn(async move {
                        deal_with(delivery, queue, handler.as_ref(), &shutdown).await;
                        drop(slot);
                    });
                }
            }
        }
    }
}

async fn deal_with(delivery: Delivery, queue: Queue, handler: &dyn Handler, shutdown: &Shutdown) {
    let settled = match Message::decode(&delivery.body) {
        Err(error) => {
            tracing::error!(%queue, %error, "moving an undecodable message to the dead-letter queue");
            delivery.settlement.dead_letter().await
        }
        Ok(message) => {
            if !handle_until_recorded(message, handler, shutdown).await {
                return;
            }
            delivery.settlement.ack().await
        }
    };
    if let Err(error) = settled {
        tracing::warn!(%queue, %error, "could not settle a message; it will come again");
    }
}

/// `false` where shutdown came before the outcome could be recorded. An error that will not pass is logged and the
/// message done with: its outbox row brings it again, later and later.
async fn handle_until_recorded(message: Message, handler: &dyn Handler, shutdown: &Shutdown) -> bool {
    let mut wait = Wait::default();
    while let Err(error) = handler.handle(message).await {
        if !error.is_unreachable() {
            tracing::error!(%error, ?message, "a message cannot be dealt with");
            return true;
        }
        tracing::warn!(%error, "the ledger is out of reach, pausing");
        if shutdown.run_until_cancelled(tokio::time::sleep(wait.next())).await.is_none() {
            return false;
        }
    }
    true
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
