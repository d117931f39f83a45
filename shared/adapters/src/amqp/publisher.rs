//! Publishing: only what the broker confirms counts.

use std::sync::Arc;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{BasicProperties, Channel, Confirmation};
use pipeline::{ErrorKind, Message, PortError, Queue, TraceId};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::address::Address;
use super::connection::{LIMIT, Link, limited};
use super::{TRACEPARENT, error};

/// After a failed attempt to connect none is made for this long, doubling up to the longest.
const SHORTEST_REST: Duration = Duration::from_millis(250);
const LONGEST_REST: Duration = Duration::from_secs(5);
/// AMQP's delivery mode of messages that survive a restart.
const PERSISTENT: u8 = 2;

/// Publishes on one connection and asks on another: a broker that holds up publishers, as it does while its memory or
/// disk runs out, still answers questions.
pub(super) struct Publisher {
    publishing: Slot,
    asking: Slot,
}

impl Publisher {
    pub(super) fn new(address: Address) -> Self {
        Self { publishing: Slot::new(address.clone(), Use::Publishing), asking: Slot::new(address, Use::Asking) }
    }

    pub(super) async fn publish(&self, message: &Message, trace: TraceId) -> Result<(), PortError> {
        let mut used = None;
        let published = limited("publish", async {
            let link = used.insert(self.publishing.link().await?);
            if link.is_blocked() {
                return Err(blocked());
            }
            publish(&link.channel, message, trace).await
        });
        let (published, queue) = (published.await, message.queue());
        match (published, used) {
            (Ok(Confirmation::Ack(None)), _) => Ok(()),
            (Ok(Confirmation::Nack(None)), _) => {
                let context = format!("cannot publish: the broker refused it, queue {queue} is full");
                Err(PortError::new(ErrorKind::Rejected, context))
            }
            // A further connection would be blocked too.
            (Err(_), Some(link)) if link.is_blocked() => Err(blocked()),
            // The next link declares what is missing, and an answer that did not come may never come.
            (failed, Some(link)) => {
                self.publishing.discard(&link).await;
                let missing =
                    || PortError::new(ErrorKind::Rejected, format!("cannot publish: there is no queue {queue}"));
                Err(failed.err().unwrap_or_else(missing))
            }
            (failed, None) => Err(failed.err().unwrap_or_else(blocked)),
        }
    }

    /// Whether the broker takes no messages from this process for now.
    pub(super) fn is_blocked(&self) -> bool {
        // The holder of the lock is connecting again.
        self.publishing.state.try_lock().is_ok_and(|state| state.link.as_ref().is_some_and(|link| link.is_blocked()))
    }

    /// Messages that wait; RabbitMQ does not count those that are delivered and unsettled.
    pub(super) async fn depth(&self, queue: Queue) -> Result<u64, PortError> {
        let link = self.asking.link().await?;
        let depth = self.ask_depth(&link, queue).await;
        if depth.is_err() {
            // The queue may be missing: the next link declares it.
            self.asking.discard(&link).await;
        }
        depth
    }

    async fn ask_depth(&self, link: &Link, queue: Queue) -> Result<u64, PortError> {
        let channel = link.another_channel().await?;
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let declared = limited("count messages", async {
            let declared = channel.queue_declare(queue.name().into(), options, FieldTable::default()).await;
            declared.map_err(error("count messages"))
        });
        let depth = u64::from(declared.await?.message_count());
        close(&channel).await;
        Ok(depth)
    }

    pub(super) async fn check(&self) -> Result<(), PortError> {
        let link = self.asking.link().await?;
        match link.another_channel().await {
            Ok(channel) => {
                close(&channel).await;
                Ok(())
            }
            Err(error) => {
                self.asking.discard(&link).await;
                Err(error)
            }
        }
    }
}

fn blocked() -> PortError {
    let context = "the broker takes no messages for now: its memory or disk alarm is on";
    PortError::new(ErrorKind::Unreachable, context)
}

enum Use {
    Publishing,
    Asking,
}

/// The one connection for a use, made when it is needed and again after it broke.
struct Slot {
    address: Address,
    usage: Use,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    /// Failed attempts to connect, in a row.
    failures: u32,
    rest_until: Option<Instant>,
}

impl Slot {
    fn new(address: Address, usage: Use) -> Self {
        Self { address, usage, state: Mutex::default() }
    }

    async fn link(&self) -> Result<Arc<Link>, PortError> {
        let mut state = self.state.lock().await;
        if let Some(link) = state.link.as_ref().filter(|link| link.is_usable()) {
            return Ok(Arc::clone(link));
        }
        state.link = None;
        if state.rest_until.is_some_and(|rest| Instant::now() < rest) {
            return Err(PortError::new(ErrorKind::Unreachable, "the broker was out of reach a moment ago"));
        }
        // Where the caller goes away meanwhile, the rest has begun.
        let rest = SHORTEST_REST.saturating_mul(1 << state.failures.min(16)).min(LONGEST_REST);
        state.failures = state.failures.saturating_add(1);
        state.rest_until = Some(Instant::now() + rest);
        let opened = self.open().await;
        match opened {
            Ok(link) => {
                let link = Arc::new(link);
                *state = State { link: Some(Arc::clone(&link)), ..State::default() };
                Ok(link)
            }
            Err(error) => {
                state.rest_until = Some(Instant::now() + rest);
                Err(error)
            }
        }
    }

    async fn open(&self) -> Result<Link, PortError> {
        let link = Link::open(&self.address).await?;
        if matches!(self.usage, Use::Publishing) {
            limited("connect", async {
                link.channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(error("ask for confirms"))
            })
            .await?;
        }
        Ok(link)
    }

    async fn discard(&self, broken: &Arc<Link>) {
        let mut state = self.state.lock().await;
        if state.link.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            state.link = None;
        }
    }
}

async fn publish(channel: &Channel, message: &Message, trace: TraceId) -> Result<Confirmation, PortError> {
    let queue = message.queue();
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let body = message.encode();
    let published = channel.basic_publish("".into(), queue.name().into(), options, &body, properties(trace)).await;
    published.map_err(error("publish"))?.await.map_err(error("publish"))
}

fn properties(trace: TraceId) -> BasicProperties {
    let mut headers = FieldTable::default();
    headers.insert(TRACEPARENT.into(), AMQPValue::LongString(LongString::from(trace.traceparent())));
    BasicProperties::default()
        .with_delivery_mode(PERSISTENT)
        .with_content_type("application/json".into())
        .with_headers(headers)
}

async fn close(channel: &Channel) {
    // The answer is not needed, and a broken channel is closed already.
    let _ = tokio::time::timeout(LIMIT, channel.close(200, "OK".into())).await;
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use pipeline::{DocumentId, Message, TraceId};

    use super::super::address::Address;
    use super::Publisher;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_closed_channel_is_opened_again() {
        let Ok(url) = std::env::var("TEST_AMQP_URL") else {
            assert!(
                std::env::var_os("TEST_EMBEDDED_ONLY").is_some(),
                "TEST_AMQP_URL is not given: run `cargo xtask test`"
            );
            return;
        };
        let publisher = Publisher::new(Address::read(&url.parse().unwrap()).unwrap());
        publisher.publishing.link().await.unwrap().channel.close(200, "OK".into()).await.unwrap();
        publisher.publish(&Message::Render { document: DocumentId::new() }, TraceId::new()).await.unwrap();
    }
}
