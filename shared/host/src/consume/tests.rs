#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pipeline::{Broker, Delivery, DocumentId, ErrorKind, Message, PortError, Queue, Settlement, Subscription, TraceId};
use tokio::time::Instant;

use super::{Handler, consume};
use crate::Shutdown;

/// Delivers messages without an end, and counts what becomes of them.
#[derive(Clone, Default)]
struct Endless(Arc<Counts>);

#[derive(Default)]
struct Counts {
    delivered: AtomicUsize,
    acked: AtomicUsize,
    dropped: AtomicUsize,
}

impl Endless {
    fn counts(&self) -> [usize; 3] {
        let Counts { delivered, acked, dropped } = &*self.0;
        [delivered, acked, dropped].map(|count| count.load(Ordering::SeqCst))
    }
}

#[async_trait]
impl Broker for Endless {
    async fn publish(&self, _: &Message, _: TraceId) -> Result<(), PortError> {
        Ok(())
    }

    async fn subscribe(&self, _: Queue, _: u16) -> Result<Box<dyn Subscription>, PortError> {
        Ok(Box::new(self.clone()))
    }

    async fn depth(&self, _: Queue) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Subscription for Endless {
    async fn next(&mut self) -> Result<Delivery, PortError> {
        self.0.delivered.fetch_add(1, Ordering::SeqCst);
        let body = Bytes::from(Message::Render { document: DocumentId::new() }.encode());
        let settlement = Box::new(Taken { counts: Arc::clone(&self.0), settled: false });
        Ok(Delivery { body, redelivered: false, trace: Some(TraceId::new()), settlement })
    }
}

struct Taken {
    counts: Arc<Counts>,
    settled: bool,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let count = if self.settled { &self.counts.acked } else { &self.counts.dropped };
        count.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Settlement for Taken {
    async fn ack(mut self: Box<Self>) -> Result<(), PortError> {
        self.settled = true;
        Ok(())
    }

    async fn dead_letter(self: Box<Self>) -> Result<(), PortError> {
        Ok(())
    }
}

/// Takes its time for each message.
struct Slow(Duration);

#[async_trait]
impl Handler for Slow {
    async fn handle(&self, _: Message) -> Result<(), PortError> {
        tokio::time::sleep(self.0).await;
        Ok(())
    }
}

/// Never reaches the ledger.
struct CutOff;

#[async_trait]
impl Handler for CutOff {
    async fn handle(&self, _: Message) -> Result<(), PortError> {
        Err(PortError::new(ErrorKind::Unreachable, "cut off"))
    }
}

/// Consumes with four messages at a time, begins the shutdown after 1 s, and answers how long the end took.
async fn drained(handler: impl Handler + 'static) -> ([usize; 3], Duration) {
    let (broker, shutdown) = (Endless::default(), Shutdown::with_drain_limit(Duration::from_secs(10)));
    let consumer = consume(Arc::new(broker.clone()), Queue::Invoices, 4, Arc::new(handler), shutdown.clone());
    let consumer = tokio::spawn(consumer);
    tokio::time::sleep(Duration::from_secs(1)).await;
    shutdown.cancel();
    let begun = Instant::now();
    consumer.await.unwrap();
    (broker.counts(), begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn what_is_in_flight_is_finished_and_nothing_new_is_taken() {
    let (counts, took) = drained(Slow(Duration::from_secs(5))).await;
    assert_eq!(counts, [4, 4, 0], "delivered, acked, given back");
    assert_eq!(took, Duration::from_secs(4));
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_than_the_deadline_is_left_unsettled() {
    let (counts, took) = drained(Slow(Duration::from_secs(3600))).await;
    assert_eq!(counts, [4, 0, 4], "delivered, acked, given back");
    assert_eq!(took, Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_ledger_is_left_at_once() {
    let (counts, took) = drained(CutOff).await;
    assert_eq!(counts, [4, 0, 4], "delivered, acked, given back");
    assert_eq!(took, Duration::ZERO);
}
