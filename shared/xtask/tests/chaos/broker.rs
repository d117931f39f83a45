//! The queues, seen and disturbed by a client of the run's own.

use lapin::options::{BasicPublishOptions, QueueDeclareOptions, QueueDeleteOptions, QueuePurgeOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use pipeline::{DocumentId, Message};
use uuid::Uuid;

const QUEUES: [&str; 2] = ["invoices", "notifications"];
const DEAD: [&str; 2] = ["invoices.dead", "notifications.dead"];

#[derive(Clone)]
pub(crate) struct Broker {
    pub(crate) url: String,
}

impl Broker {
    pub(crate) fn new(url: &str) -> Self {
        Self { url: url.to_owned() }
    }

    /// What an earlier run may have left.
    pub(crate) async fn remove_queues(&self) -> anyhow::Result<()> {
        let (_connection, channel) = self.connect().await?;
        for queue in QUEUES.into_iter().chain(DEAD) {
            channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await?;
        }
        Ok(())
    }

    pub(crate) async fn purge(&self) -> anyhow::Result<()> {
        let (_connection, channel) = self.connect().await?;
        for queue in QUEUES {
            channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await?;
        }
        Ok(())
    }

    /// Asks for these documents once more.
    pub(crate) async fn publish_again(&self, documents: &[Uuid]) -> anyhow::Result<()> {
        let (_connection, channel) = self.connect().await?;
        for document in documents {
            let body = Message::Render { document: DocumentId::from(*document) }.encode();
            let options = BasicPublishOptions::default();
            channel
                .basic_publish("".into(), QUEUES[0].into(), options, &body, BasicProperties::default())
                .await?
                .await?;
        }
        Ok(())
    }

    /// Messages that wait, and messages that died.
    pub(crate) async fn messages(&self) -> anyhow::Result<(u32, u32)> {
        let (_connection, channel) = self.connect().await?;
        let mut counts = [0, 0];
        for (count, queues) in counts.iter_mut().zip([QUEUES, DEAD]) {
            for queue in queues {
                let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
                let queue = channel.queue_declare(queue.into(), options, FieldTable::default()).await?;
                *count += queue.message_count();
            }
        }
        Ok(counts.into())
    }

    async fn connect(&self) -> anyhow::Result<(Connection, Channel)> {
        let connection = Connection::connect(&self.url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        Ok((connection, channel))
    }
}
