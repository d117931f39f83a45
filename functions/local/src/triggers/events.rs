//! The events as AWS sends them: the same shapes as those in the folder `events`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pipeline::{Clock as _, Delivery, Queue};
use serde_json::{Value, json};
use uuid::Uuid;

/// Stand-ins for what only an account in AWS has.
const BROKER: &str = "arn:aws:mq:eu-central-1:123456789012:broker:invoices:b-00000000-0000-0000-0000-000000000000";
const RULE: &str = "arn:aws:events:eu-central-1:123456789012:rule/invoices-sweep";
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-central-1";
/// The virtual host that queues are in by default.
const VIRTUAL_HOST: &str = "/";

/// A batch of a queue's messages, as the event source mapping of Amazon MQ for RabbitMQ sends it.
pub(super) fn batch(queue: Queue, deliveries: &[Delivery]) -> Value {
    let messages: Vec<Value> = deliveries.iter().map(message).collect();
    json!({
        "eventSource": "aws:rmq",
        "eventSourceArn": BROKER,
        "rmqMessagesByQueue": { format!("{queue}::{VIRTUAL_HOST}"): messages },
    })
}

/// What a publisher leaves out is null there, and a string header an object with its bytes.
fn message(delivery: &Delivery) -> Value {
    let headers = delivery.trace.map(|trace| json!({ "traceparent": { "bytes": trace.traceparent().into_bytes() } }));
    json!({
        "basicProperties": {
            "contentType": "application/json",
            "contentEncoding": null,
            "headers": headers,
            "deliveryMode": 2,
            "priority": null,
            "correlationId": null,
            "replyTo": null,
            "expiration": null,
            "messageId": null,
            "timestamp": null,
            "type": null,
            "userId": null,
            "appId": null,
            "clusterId": null,
            "bodySize": delivery.body.len(),
        },
        "redelivered": delivery.redelivered,
        "data": STANDARD.encode(&delivery.body),
    })
}

/// What EventBridge sends by a schedule.
pub(super) fn schedule() -> Value {
    json!({
        "version": "0",
        "id": Uuid::new_v4(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": format!("{:.0}", host::SystemClock.now()),
        "region": REGION,
        "resources": [RULE],
        "detail": {},
    })
}

/// What a deploy sends the sweeper.
pub(super) fn migrate() -> Value {
    json!({ "chore": "migrate" })
}
