//! The queues: the one place that declares them.

use lapin::options::QueueDeclareOptions;
use lapin::types::{AMQPValue, FieldTable, LongString};
use lapin::{Channel, Connection};
use pipeline::{PortError, Queue};

use super::error;

/// What RabbitMQ says of a queue that is there with another bound.
const OTHER_BOUND: &str = "inequivalent arg 'x-max-length'";

/// Declares every queue and its dead-letter queue, as quorum queues: a message is on a majority of the nodes' disks
/// before it is confirmed.
///
/// Dead letters are moved at least once, for which RabbitMQ needs the overflow `reject-publish`: a full queue refuses
/// what is published to it, and the outbox keeps it.
///
/// A queue keeps the bound that it was made with. Where `max_length` says another, the log tells the way out, and the queue
/// does its work as it is.
pub(super) async fn declare(connection: &Connection, max_length: Option<u32>) -> Result<(), PortError> {
    let mut channel = open(connection).await?;
    for queue in Queue::ALL {
        declare_queue(&channel, queue.dead_letter_name(), &[]).await.map_err(error("declare the queues"))?;
        let mut arguments = vec![
            ("x-dead-letter-exchange", text("")),
            ("x-dead-letter-routing-key", text(queue.dead_letter_name())),
            ("x-dead-letter-strategy", text("at-least-once")),
            ("x-overflow", text("reject-publish")),
        ];
        arguments.extend(max_length.map(|length| ("x-max-length", AMQPValue::LongLongInt(length.into()))));
        match declare_queue(&channel, queue.name(), &arguments).await {
            Ok(()) => {}
            Err(refused) if refused.to_string().contains(OTHER_BOUND) => {
                tracing::warn!(
                    %queue,
                    "BROKER_URL: the queue exists with another max_length and keeps it. Change it at the broker with a \
                     policy (rabbitmqctl set_policy), or stop the service, let the queue drain, and delete it"
                );
                // The refusal closed the channel.
                channel = open(connection).await?;
            }
            Err(refused) => return Err(error("declare the queues")(refused)),
        }
    }
    // The answer is not needed.
    let _ = channel.close(200, "OK".into()).await;
    Ok(())
}

async fn open(connection: &Connection) -> Result<Channel, PortError> {
    connection.create_channel().await.map_err(error("open a channel"))
}

async fn declare_queue(channel: &Channel, name: &str, arguments: &[(&str, AMQPValue)]) -> lapin::Result<()> {
    let mut table = FieldTable::default();
    table.insert("x-queue-type".into(), text("quorum"));
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(name.into(), options, table).await.map(|_| ())
}

fn text(value: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(value))
}
