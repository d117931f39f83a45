//! Consuming: a message is the broker's until it is acknowledged.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use lapin::Acker;
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicNackOptions, BasicQosOptions, BasicRejectOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use pipeline::{Delivery, ErrorKind, PortError, Queue, Settlement, Subscription, TraceId};

use super::address::Address;
use super::connection::{LIMIT, Link, limited};
use super::{TRACEPARENT, error};

/// How long a message whose handler panicked stays away, so that it does not panic in a tight loop.
const PANIC_PAUSE: Duration = Duration::from_secs(30);

/// Consumes a queue on a connection of its own.
pub(super) async fn subscribe(address: &Address, queue: Queue, prefetch: u16) -> Result<Consumer, PortError> {
    let link = Arc::new(Link::open(address).await?);
    limited("consume", async {
        // No prefetch is no bound: the broker would send the whole queue.
        let qos = link.channel.basic_qos(prefetch.max(1), BasicQosOptions::default()).await;
        qos.map_err(error("set the prefetch"))?;
        let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
        let consumer = link.channel.basic_consume(queue.name().into(), "".into(), options, arguments).await;
        consumer.map_err(error("consume"))
    })
    .await
    .map(|deliveries| Consumer { link, deliveries })
}

/// A running consumer. Its deliveries can be settled after it was dropped.
pub(super) struct Consumer {
    link: Arc<Link>,
    deliveries: lapin::Consumer,
}

#[async_trait]
impl Subscription for Consumer {
    async fn next(&mut self) -> Result<Delivery, PortError> {
        let delivery = match self.deliveries.next().await {
            Some(delivery) => delivery.map_err(error("consume"))?,
            None => return Err(PortError::new(ErrorKind::Unreachable, "the broker ended the consumer")),
        };
        Ok(Delivery {
            body: Bytes::from(delivery.data),
            redelivered: delivery.redelivered,
            trace: delivery.properties.headers().as_ref().and_then(trace),
            settlement: Box::new(Unsettled { acker: Some(delivery.acker), link: Arc::clone(&self.link) }),
        })
    }
}

impl Drop for Consumer {
    /// Nothing more is to come. What came and was not taken goes back when the last delivery is settled and so the link
    /// closed.
    fn drop(&mut self) {
        let (link, tag) = (Arc::clone(&self.link), self.deliveries.tag());
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let cancelled = link.channel.basic_cancel(tag, BasicCancelOptions::default());
                if let Ok(Err(error)) = tokio::time::timeout(LIMIT, cancelled).await {
                    tracing::debug!(%error, "a consumer was gone before it was cancelled");
                }
            });
        }
    }
}

fn trace(headers: &FieldTable) -> Option<TraceId> {
    match headers.inner().get(TRACEPARENT)? {
        AMQPValue::LongString(text) => TraceId::from_traceparent(&String::from_utf8_lossy(text.as_bytes())),
        _ => None,
    }
}

struct Unsettled {
    acker: Option<Acker>,
    /// Keeps the channel, and so the right to settle.
    link: Arc<Link>,
}

impl Unsettled {
    /// The right to settle it, once.
    fn take(&mut self) -> Result<Acker, PortError> {
        let gone = || PortError::new(ErrorKind::Unreachable, "the delivery's channel is gone");
        self.acker.take().filter(|_| self.link.is_usable()).ok_or_else(gone)
    }
}

#[async_trait]
impl Settlement for Unsettled {
    async fn ack(mut self: Box<Self>) -> Result<(), PortError> {
        let acker = self.take()?;
        limited("acknowledge", async { settled(acker.ack(BasicAckOptions::default()).await) }).await
    }

    /// The queue's own dead-lettering moves it, at least once.
    async fn dead_letter(mut self: Box<Self>) -> Result<(), PortError> {
        let acker = self.take()?;
        limited("dead-letter", async { settled(acker.reject(BasicRejectOptions { requeue: false }).await) }).await
    }
}

/// The client answers `false` where the channel is gone.
fn settled(settled: lapin::Result<bool>) -> Result<(), PortError> {
    if settled.map_err(error("settle a message"))? {
        return Ok(());
    }
    Err(PortError::new(ErrorKind::Unreachable, "cannot settle a message: its channel is gone"))
}

impl Drop for Unsettled {
    /// Gives it back at once, so that it does not wait for the connection's end.
    fn drop(&mut self) {
        let Some(acker) = self.acker.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let pause = if std::thread::panicking() { PANIC_PAUSE } else { Duration::ZERO };
        let link = Arc::clone(&self.link);
        runtime.spawn(async move {
            tokio::time::sleep(pause).await;
            let given_back = acker.nack(BasicNackOptions { requeue: true, ..BasicNackOptions::default() });
            if let Ok(Err(error)) = tokio::time::timeout(LIMIT, given_back).await {
                tracing::debug!(%error, "a message goes back with its connection");
            }
            drop(link);
        });
    }
}
