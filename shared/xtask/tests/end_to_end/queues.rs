//! The broker's queues, seen by a client of the test's own.

use std::time::Duration;

use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::FieldTable;
use lapin::{Channel, Connection, ConnectionProperties};

use crate::environment::server;

const QUEUES: [&str; 4] = ["invoices", "invoices.dead", "notifications", "notifications.dead"];

/// What an earlier test may have left.
pub(crate) async fn delete(broker: &str) {
    let (_connection, channel) = connect(broker).await;
    for queue in QUEUES {
        channel.queue_delete(queue.into(), QueueDeleteOptions::default()).await.unwrap();
    }
}

/// Nothing waits, and nothing died.
pub(crate) async fn are_empty() {
    let (_connection, channel) = connect(&server("TEST_AMQP_URL").unwrap()).await;
    for queue in QUEUES {
        let mut waiting = u32::MAX;
        for _ in 0..600 {
            waiting = messages(&channel, queue).await;
            if waiting == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(waiting, 0, "messages are left in {queue}");
    }
}

async fn messages(channel: &Channel, queue: &str) -> u32 {
    let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap().message_count()
}

async fn connect(broker: &str) -> (Connection, Channel) {
    let connection = Connection::connect(broker, ConnectionProperties::default()).await.unwrap();
    let channel = connection.create_channel().await.unwrap();
    (connection, channel)
}
