//! The message broker.

use async_trait::async_trait;
use bytes::Bytes;

use super::error::PortError;
use crate::message::{Message, Queue};
use crate::trace::TraceId;

/// Carries messages, at least once each.
#[async_trait]
pub trait Broker: Send + Sync {
    /// Publishes a message to its queue and answers once the broker has confirmed that it is durable there,
    /// or after 5 s without a confirm.
    ///
    /// # Errors
    /// `Unreachable` where no confirm came (the message may still arrive); `Rejected` where the broker refused it.
    async fn publish(&self, message: &Message, trace: TraceId) -> Result<(), PortError>;

    /// Starts to consume a queue, with at most `prefetch` deliveries unsettled at a time.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn subscribe(&self, queue: Queue, prefetch: u16) -> Result<Box<dyn Subscription>, PortError>;

    /// How many messages wait in a queue. Whether those that are delivered and unsettled count is the broker's choice.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn depth(&self, queue: Queue) -> Result<u64, PortError>;

    /// Whether the broker answers.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn check(&self) -> Result<(), PortError>;

    /// Whether it answers and yet takes no messages for now, as a server that runs out of memory or disk. As far as is
    /// known: a publish finds out.
    fn is_blocked(&self) -> bool {
        false
    }

    /// Ends its connections at the end of the process. Nothing is published or taken afterwards.
    async fn close(&self) {}
}

/// A running consumer. Dropped, it takes nothing more; what it has delivered can still be settled.
#[async_trait]
pub trait Subscription: Send {
    /// Waits for the next delivery.
    ///
    /// # Errors
    /// `Unreachable` where the consumer is gone: subscribe again.
    async fn next(&mut self) -> Result<Delivery, PortError>;
}

/// A message that was delivered and must be settled.
pub struct Delivery {
    /// The body as it arrived.
    pub body: Bytes,
    /// Whether it was delivered before.
    pub redelivered: bool,
    /// The trace that it belongs to, where its header names one.
    pub trace: Option<TraceId>,
    /// Settles it; dropped unsettled, the message is delivered again.
    pub settlement: Box<dyn Settlement>,
}

/// Settles one delivery.
#[async_trait]
pub trait Settlement: Send {
    /// The message is dealt with.
    ///
    /// # Errors
    /// `Unreachable`: it will be delivered again.
    async fn ack(self: Box<Self>) -> Result<(), PortError>;

    /// The message cannot be decoded: moves it to the queue's dead-letter queue.
    ///
    /// # Errors
    /// `Unreachable`: it will be delivered again.
    async fn dead_letter(self: Box<Self>) -> Result<(), PortError>;
}
