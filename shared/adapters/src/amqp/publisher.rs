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

/// One channel that all publishers of the process share, made when it is needed and made anew when it broke.
pub(super) struct Publisher {
    address: Address,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    link: Option<Arc<Link>>,
    /// Failed attempts to connect, in a row.
    failures: u32,
    rest_until: Option<Instant>,
}

impl Publisher {
    pub(super) fn new(address: Address) -> Self {
        Self { address, state: Mutex::default() }
    }

    pub(super) async fn publish(&self, message: &Message, trace: TraceId) -> Result<(), PortError> {
        let published = limited("publish", async {
            let link = self.link().await?;
            let published = publish(&link.channel, message, trace).await;
            Ok((published, link))
        });
        match published.await {
            Ok((Ok(()), _)) => Ok(()),
            Ok((Err(error), link)) => {
                self.discard(&link).await;
                Err(error)
            }
            // It is not known which answer is missing: whatever link there is may never give one.
            Err(error) => {
                self.discard_any().await;
                Err(error)
            }
        }
    }

    /// Messages that wait; RabbitMQ does not count those that are delivered and unsettled.
    pub(super) async fn depth(&self, queue: Queue) -> Result<u64, PortError> {
        // A missing queue closes the channel that asks for it.
        let channel = self.link().await?.another_channel().await?;
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
        let link = self.link().await?;
        match link.another_channel().await {
            Ok(channel) => close(&channel).await,
            Err(error) => {
                self.discard(&link).await;
                return Err(error);
            }
        }
        Ok(())
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
        match open(&self.address).await {
            Ok(link) => {
                let link = Arc::new(link);
                *state = State { link: Some(Arc::clone(&link)), ..State::default() };
                Ok(link)
            }
            Err(error) => {
                let rest = SHORTEST_REST.saturating_mul(1 << state.failures.min(16)).min(LONGEST_REST);
                state.failures = state.failures.saturating_add(1);
                state.rest_until = Some(Instant::now() + rest);
                Err(error)
            }
        }
    }

    async fn discard(&self, broken: &Arc<Link>) {
        let mut state = self.state.lock().await;
        if state.link.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            state.link = None;
        }
    }

    async fn discard_any(&self) {
        // Whoever holds the lock is connecting: there is nothing to discard.
        if let Ok(mut state) = self.state.try_lock() {
            state.link = None;
        }
    }
}

async fn open(address: &Address) -> Result<Link, PortError> {
    let link = Link::open(address).await?;
    limited("connect", async {
        link.channel.confirm_select(ConfirmSelectOptions::default()).await.map_err(error("ask for confirms"))
    })
    .await?;
    Ok(link)
}

async fn publish(channel: &Channel, message: &Message, trace: TraceId) -> Result<(), PortError> {
    let queue = message.queue();
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let body = message.encode();
    let published = channel.basic_publish("".into(), queue.name().into(), options, &body, properties(trace)).await;
    let confirmation = published.map_err(error("publish"))?.await.map_err(error("publish"))?;
    match confirmation {
        Confirmation::Ack(None) => Ok(()),
        Confirmation::Ack(Some(_)) | Confirmation::Nack(Some(_)) => {
            Err(PortError::new(ErrorKind::Rejected, format!("cannot publish: there is no queue {queue}")))
        }
        Confirmation::Nack(None) => Err(PortError::new(
            ErrorKind::Rejected,
            format!("cannot publish: the broker refused it, queue {queue} is full"),
        )),
        Confirmation::NotRequested => {
            Err(PortError::new(ErrorKind::Internal, "published without asking for a confirm"))
        }
    }
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
        publisher.link().await.unwrap().channel.close(200, "OK".into()).await.unwrap();
        publisher.publish(&Message::Render { document: DocumentId::new() }, TraceId::new()).await.unwrap();
    }
}
