//! The broker in a SQLite table, for one machine. A delivered message is hidden until it is settled or its
//! visibility ends; then it is delivered again. Time is that since the machine started: nobody sets it. What is hidden
//! for longer than the visibility was so before the machine started.
//! The depth counts what is to be had now, as RabbitMQ's does.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use pipeline::{Broker, Delivery, ErrorKind, Message, PortError, Queue, Settlement, Subscription, TraceId};
use sqlx::Row as _;
use tokio::sync::Notify;

use crate::sql::sqlite::{Pool, error, milliseconds_up};

/// How long a publisher waits for the write lock.
const PUBLISH_LIMIT: Duration = Duration::from_secs(5);
/// How long an idle consumer waits before it looks again: other processes may publish.
const POLL_PERIOD: Duration = Duration::from_millis(250);

/// The time from which on a message that nobody holds is delivered, whatever the clock says.
const VISIBLE: i64 = 0;

pub(crate) struct SqliteQueue {
    table: Arc<Table>,
}

struct Table {
    pool: Pool,
    /// In milliseconds.
    visibility: i64,
    published: [Notify; Queue::ALL.len()],
}

impl SqliteQueue {
    pub(crate) fn new(pool: Pool, visibility: Duration) -> Self {
        let visibility = i64::try_from(visibility.as_millis()).unwrap_or(i64::MAX);
        Self { table: Arc::new(Table { pool, visibility, published: Default::default() }) }
    }
}

impl Table {
    fn published(&self, queue: Queue) -> &Notify {
        match queue {
            Queue::Invoices => &self.published[0],
            Queue::Notifications => &self.published[1],
        }
    }

    async fn take(self: &Arc<Self>, queue: Queue) -> Result<Option<Delivery>, PortError> {
        let now = milliseconds_up();
        if !self.any_visible(queue, now).await? {
            return Ok(None);
        }
        // In a task of its own: a caller that goes away meanwhile drops the delivery and not the knowledge of it.
        let table = Arc::clone(self);
        let taken = tokio::spawn(async move { table.take_visible(queue, now).await }).await;
        taken.map_err(|error| PortError::new(ErrorKind::Internal, "cannot take a message").with_source(error))?
    }

    async fn take_visible(self: Arc<Self>, queue: Queue, now: i64) -> Result<Option<Delivery>, PortError> {
        let row = sqlx::query(
            "update messages set visible_at = $3, deliveries = deliveries + 1
             where id = (select id from messages where queue = $1 and (visible_at <= $2 or visible_at > $3)
                         order by id limit 1)
             returning id, body, trace, deliveries",
        )
        .bind(queue.name())
        .bind(now)
        .bind(now.saturating_add(self.visibility))
        .fetch_optional(self.pool.connections())
        .await
        .map_err(error("take a message"))?;
        Ok(row.map(|row| {
            let deliveries = row.get("deliveries");
            Delivery {
                body: Bytes::from(row.get::<Vec<u8>, _>("body")),
                redelivered: deliveries > 1,
                trace: row.get::<Option<String>, _>("trace").and_then(|trace| trace.parse().ok()),
                settlement: Box::new(Taken { table: self, queue, message: row.get("id"), deliveries, settled: false }),
            }
        }))
    }

    /// Gives a message back, unless its visibility ended and somebody else has it.
    async fn give_back(&self, queue: Queue, message: i64, deliveries: i64) {
        let given = sqlx::query("update messages set visible_at = $3 where id = $1 and deliveries = $2")
            .bind(message)
            .bind(deliveries)
            .bind(VISIBLE)
            .execute(self.pool.connections())
            .await;
        match given {
            Ok(_) => self.published(queue).notify_one(),
            Err(error) => tracing::warn!(%error, "a message comes again only when its visibility ends"),
        }
    }

    /// A look that takes no write lock: mostly nothing waits.
    async fn any_visible(&self, queue: Queue, now: i64) -> Result<bool, PortError> {
        let any: Option<i64> = sqlx::query_scalar(
            "select 1 from messages where queue = $1 and (visible_at <= $2 or visible_at > $3) limit 1",
        )
        .bind(queue.name())
        .bind(now)
        .bind(now.saturating_add(self.visibility))
        .fetch_optional(self.pool.connections())
        .await
        .map_err(error("look for messages"))?;
        Ok(any.is_some())
    }
}

#[async_trait]
impl Broker for SqliteQueue {
    async fn publish(&self, message: &Message, trace: TraceId) -> Result<(), PortError> {
        let inserted =
            sqlx::query("insert into messages (queue, body, trace, visible_at, deliveries) values ($1, $2, $3, $4, 0)")
                .bind(message.queue().name())
                .bind(message.encode())
                .bind(trace.to_string())
                .bind(VISIBLE)
                .execute(self.table.pool.connections());
        tokio::time::timeout(PUBLISH_LIMIT, inserted)
            .await
            .map_err(|_| PortError::new(ErrorKind::Unreachable, "no confirm within 5 s"))?
            .map_err(error("publish a message"))?;
        self.table.published(message.queue()).notify_one();
        Ok(())
    }

    async fn subscribe(&self, queue: Queue, _prefetch: u16) -> Result<Box<dyn Subscription>, PortError> {
        Ok(Box::new(Consumer { table: Arc::clone(&self.table), queue }))
    }

    async fn depth(&self, queue: Queue) -> Result<u64, PortError> {
        let now = milliseconds_up();
        let waiting = "select count(*) from messages where queue = $1 and (visible_at <= $2 or visible_at > $3)";
        let depth: i64 = sqlx::query_scalar(waiting)
            .bind(queue.name())
            .bind(now)
            .bind(now.saturating_add(self.table.visibility))
            .fetch_one(self.table.pool.connections())
            .await
            .map_err(error("count messages"))?;
        Ok(depth.unsigned_abs())
    }

    async fn check(&self) -> Result<(), PortError> {
        self.table.pool.check().await
    }

    async fn close(&self) {
        self.table.pool.close().await;
    }
}

/// Takes one message at a time, so a prefetch has nothing to bound.
struct Consumer {
    table: Arc<Table>,
    queue: Queue,
}

#[async_trait]
impl Subscription for Consumer {
    async fn next(&mut self) -> Result<Delivery, PortError> {
        loop {
            if let Some(delivery) = self.table.take(self.queue).await? {
                return Ok(delivery);
            }
            let published = self.table.published(self.queue).notified();
            // A time-out is no error: it is time to look again.
            let _ = tokio::time::timeout(POLL_PERIOD, published).await;
        }
    }
}

struct Taken {
    table: Arc<Table>,
    queue: Queue,
    message: i64,
    /// How often it was delivered, this time included: tells this delivery from a later one.
    deliveries: i64,
    settled: bool,
}

impl Drop for Taken {
    /// Without it a message that a draining process took last would wait for the end of its visibility. A handler that
    /// panicked waits for that, so that it does not panic in a tight loop.
    fn drop(&mut self) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        if self.settled || std::thread::panicking() {
            return;
        }
        let (table, queue, message, deliveries) = (Arc::clone(&self.table), self.queue, self.message, self.deliveries);
        runtime.spawn(async move { table.give_back(queue, message, deliveries).await });
    }
}

#[async_trait]
impl Settlement for Taken {
    async fn ack(mut self: Box<Self>) -> Result<(), PortError> {
        self.settled = true;
        sqlx::query("delete from messages where id = $1")
            .bind(self.message)
            .execute(self.table.pool.connections())
            .await
            .map_err(error("acknowledge a message"))?;
        Ok(())
    }

    async fn dead_letter(mut self: Box<Self>) -> Result<(), PortError> {
        self.settled = true;
        sqlx::query("update messages set queue = $2 where id = $1")
            .bind(self.message)
            .bind(self.queue.dead_letter_name())
            .execute(self.table.pool.connections())
            .await
            .map_err(error("move a message to the dead letters"))?;
        Ok(())
    }
}
