//! The queues: the one place that declares them.

use lapin::Channel;
use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, LongString};
use pipeline::{PortError, Queue};

use super::error;

/// Declares every queue and its dead-letter queue, as quorum queues: a message is on a majority of the nodes' disks
/// before it is confirmed.
///
/// Dead letters are moved at least once, for which RabbitMQ needs the overflow `reject-publish`: a full queue refuses
/// what is published to it, and the outbox keeps it.
pub(super) async fn declare(channel: &Channel, max_length: Option<u32>) -> Result<(), PortError> {
    for queue in Queue::ALL {
        declare_queue(channel, queue.dead_letter_name(), &[]).await?;
        let mut arguments = vec![
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text(queue.dead_letter_name())),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ];
        arguments.extend(max_length.map(|length| ("x-max-length", AMQPValue::LongLongInt(length.into()))));
        declare_queue(channel, queue.name(), &arguments).await?;
    }
    Ok(())
}

async fn declare_queue(channel: &Channel, name: &str, arguments: &[(&str, AMQPValue)]) -> Result<(), PortError> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), text("quorum"));
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    let declared = channel.queue_declare(name.into(), options, table).await;
    declared.map(|_| ()).map_err(error("declare the queues"))
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}
