//! The broker RabbitMQ, through AMQP 0-9-1 with RabbitMQ's extensions: quorum queues, publisher confirms, dead letters.
//!
//! Publishing, asking and each consumer have one connection of their own, as RabbitMQ advises: a broker that holds up
//! publishers must not hold up acknowledgements.

mod address;
mod connection;
mod consumer;
mod publisher;
mod topology;

use async_trait::async_trait;
use pipeline::{Broker, ErrorKind, Message, PortError, Queue, Subscription, TraceId};
use url::Url;

use self::address::Address;
use self::publisher::Publisher;

/// The header that carries a message's trace (W3C Trace Context, section 3.2).
const TRACEPARENT: &str = "traceparent";

/// The queues of a RabbitMQ virtual host.
pub(crate) struct Amqp {
    address: Address,
    publisher: Publisher,
}

impl Amqp {
    /// Reads `amqps://USER:PASSWORD@HOST:PORT/VHOST`; [`Address::read`] tells the parameters.
    pub(crate) fn open(url: &Url) -> Result<Self, String> {
        let address = Address::read(url)?;
        Ok(Self { publisher: Publisher::new(address.clone()), address })
    }
}

#[async_trait]
impl Broker for Amqp {
    async fn publish(&self, message: &Message, trace: TraceId) -> Result<(), PortError> {
        self.publisher.publish(message, trace).await
    }

    async fn subscribe(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Subscription>, PortError> {
        Ok(Box::new(consumer::subscribe(&self.address, queue, prefetch).await?))
    }

    async fn depth(&self, queue: Queue) -> Result<u64, PortError> {
        self.publisher.depth(queue).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.publisher.check().await
    }

    fn is_blocked(&self) -> bool {
        self.publisher.is_blocked()
    }
}

/// Maps an error of the client; `context` says what was being done. Whatever breaks a connection or a channel passes:
/// both are made again.
fn error(context: &'static str) -> impl FnOnce(lapin::Error) -> PortError {
    move |source| {
        let refused = matches!(source.kind(), lapin::ErrorKind::ProtocolError(fault) if is_refusal(fault.get_id()));
        let kind = if refused { ErrorKind::Rejected } else { ErrorKind::Unreachable };
        PortError::new(kind, format!("cannot {context}")).with_source(source)
    }
}

/// `ACCESS_REFUSED`, `PRECONDITION_FAILED` and `NOT_ALLOWED` (AMQP 0-9-1, section 1.2): an operator must act.
const fn is_refusal(reply_code: u16) -> bool {
    matches!(reply_code, 403 | 406 | 530)
}
