//! An event source mapping: a queue's messages go to a function in batches, one at a time.

use std::time::Duration;

use host::Shutdown;
use pipeline::{Broker, Delivery, PortError, Queue, Subscription};
use tokio::time::{Instant, sleep, timeout_at};

use super::functions::Functions;
use super::{events, say};

/// Both mappings, with the sizes of template.yaml.
pub(super) const fn mappings(window: Duration) -> [Mapping; 2] {
    [
        Mapping { queue: Queue::Invoices, function: "worker", batch_size: 20, window },
        Mapping { queue: Queue::Notifications, function: "notifier", batch_size: 10, window },
    ]
}

/// Which queue's messages go to which function.
#[derive(Clone, Copy)]
pub(super) struct Mapping {
    queue: Queue,
    function: &'static str,
    /// The most messages of a batch.
    batch_size: u16,
    /// How long a batch that is not full waits for more.
    window: Duration,
}

impl Mapping {
    /// Hands batches over until shutdown. A batch whose invocation failed comes again as a whole, as it does from Amazon
    /// MQ; what was taken when the shutdown begins goes back.
    pub(super) async fn run(self, broker: &dyn Broker, functions: &Functions, shutdown: &Shutdown) {
        let mut pause = Pause::default();
        while let Some(subscribed) = shutdown.run_until_cancelled(broker.subscribe(self.queue, self.batch_size)).await {
            let ended = match subscribed {
                Ok(mut subscription) => {
                    let handed_over = self.hand_over(subscription.as_mut(), functions, shutdown, &mut pause);
                    handed_over.await
                }
                Err(error) => Err(error),
            };
            let Err(error) = ended else { return };
            say(&format!("{}: cannot take messages, trying again: {error}", self.queue));
            shutdown.run_until_cancelled(pause.wait()).await;
        }
    }

    /// Until the subscription fails or shutdown.
    async fn hand_over(
        self,
        subscription: &mut dyn Subscription,
        functions: &Functions,
        shutdown: &Shutdown,
        pause: &mut Pause,
    ) -> Result<(), PortError> {
        while let Some(batch) = shutdown.run_until_cancelled(self.batch(subscription)).await {
            let invoked = shutdown.run_until_deadline(self.invoke(batch?, functions)).await;
            if invoked.unwrap_or(false) {
                *pause = Pause::default();
            } else {
                shutdown.run_until_cancelled(pause.wait()).await;
            }
        }
        Ok(())
    }

    /// Waits for messages: a whole batch, or what comes within the window after the first.
    async fn batch(self, subscription: &mut dyn Subscription) -> Result<Vec<Delivery>, PortError> {
        let mut batch = vec![subscription.next().await?];
        let end = Instant::now() + self.window;
        while batch.len() < usize::from(self.batch_size) {
            let Ok(delivery) = timeout_at(end, subscription.next()).await else { break };
            batch.push(delivery?);
        }
        Ok(batch)
    }

    /// Answers whether the invocation succeeded. Where it did not, the batch is dropped unsettled and so comes again.
    async fn invoke(self, batch: Vec<Delivery>, functions: &Functions) -> bool {
        let Self { queue, function, .. } = self;
        let (took, outcome) = functions.invoke(function, &events::batch(queue, &batch)).await;
        let (messages, took) = (count(batch.len()), took.as_millis());
        if let Err(error) = outcome {
            say(&format!("{function}: {messages} failed after {took} ms and will come again: {error}"));
            return false;
        }
        say(&format!("{function}: {messages}, {took} ms"));
        for delivery in batch {
            if let Err(error) = delivery.settlement.ack().await {
                say(&format!("{function}: a message could not be acknowledged and will come again: {error}"));
            }
        }
        true
    }
}

fn count(messages: usize) -> String {
    if messages == 1 { "1 message".to_owned() } else { format!("{messages} messages") }
}

/// Waits between failures: 1 s, doubling up to 15 s.
pub(super) struct Pause(Duration);

const LONGEST_PAUSE: Duration = Duration::from_secs(15);

impl Default for Pause {
    fn default() -> Self {
        Self(Duration::from_secs(1))
    }
}

impl Pause {
    pub(super) async fn wait(&mut self) {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST_PAUSE);
        sleep(pause).await;
    }
}
