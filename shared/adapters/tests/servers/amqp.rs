//! The broker RabbitMQ.

use std::sync::Arc;
use std::time::Duration;

use adapters::{contract, open};
use lapin::options::{BasicGetOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, Connection, ConnectionProperties};
use pipeline::{Broker, DocumentId, ErrorKind, Message, Queue, TraceId};
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use crate::environment::server;
use crate::relay::Relay;

const PATIENCE: Duration = Duration::from_secs(30);

/// The virtual host, for one test at a time and without queues.
struct Host {
    url: Url,
    raw: Channel,
    connection: Connection,
    _alone: MutexGuard<'static, ()>,
}

impl Host {
    async fn new() -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::const_new(());
        let url = server("TEST_AMQP_URL")?;
        let alone = ALONE.lock().await;
        let connection = Connection::connect(&url, ConnectionProperties::default()).await.unwrap();
        let raw = connection.create_channel().await.unwrap();
        let host = Self { url: url.parse().unwrap(), raw, connection, _alone: alone };
        host.delete_queues().await;
        Some(host)
    }

    async fn delete_queues(&self) {
        for name in Queue::ALL.iter().flat_map(|queue| [queue.name(), queue.dead_letter_name()]) {
            self.raw.queue_delete(name.into(), QueueDeleteOptions::default()).await.unwrap();
        }
    }

    /// Why a queue is no classic one.
    async fn declare_classic(&self, name: &str, arguments: &[(&str, &str)]) -> String {
        let channel = self.connection.create_channel().await.unwrap();
        let mut table = FieldTable::default();
        for (argument, value) in arguments {
            table.insert((*argument).into(), AMQPValue::LongString((*value).into()));
        }
        let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(name.into(), options, table).await.unwrap_err().to_string()
    }

    /// Its queues are declared: a slow machine takes longer for that than an operation may.
    async fn broker(&self) -> Arc<dyn Broker> {
        let broker = broker(self.url.as_str()).await;
        let declared = async {
            while broker.check().await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(PATIENCE, declared).await.expect("the broker answers");
        broker
    }
}

async fn broker(url: &str) -> Arc<dyn Broker> {
    open::broker(url, Duration::ZERO).await.unwrap()
}

fn render() -> Message {
    Message::Render { document: DocumentId::new() }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_keeps_the_contract() {
    let Some(host) = Host::new().await else { return };
    contract::broker::suite(&*host.broker().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queues_are_quorum_queues() {
    let Some(host) = Host::new().await else { return };
    host.broker().await.check().await.unwrap();
    // RabbitMQ tells a queue's type to those who declare it as another one.
    for name in Queue::ALL.map(Queue::dead_letter_name) {
        let refusal = host.declare_classic(name, &[]).await;
        assert!(refusal.contains("x-queue-type"), "{refusal}");
    }
    for queue in Queue::ALL {
        let arguments = [
            ("x-dead-letter-exchange", ""),
            ("x-dead-letter-routing-key", queue.dead_letter_name()),
            ("x-dead-letter-strategy", "at-least-once"),
            ("x-overflow", "reject-publish"),
        ];
        let refusal = host.declare_classic(queue.name(), &arguments).await;
        assert!(refusal.contains("x-queue-type"), "{refusal}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn undecodable_messages_end_in_the_dead_letter_queue() {
    let Some(host) = Host::new().await else { return };
    let broker = host.broker().await;
    let message = render();
    broker.publish(&message, TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    delivery.settlement.dead_letter().await.unwrap();
    for _ in 0..100 {
        let dead = host.raw.basic_get("invoices.dead".into(), BasicGetOptions { no_ack: true }).await.unwrap();
        if let Some(dead) = dead {
            assert_eq!(dead.delivery.data, message.encode());
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no dead letter arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_its_queue_is_not_published() {
    let Some(host) = Host::new().await else { return };
    let broker = host.broker().await;
    broker.publish(&render(), TraceId::new()).await.unwrap();
    host.delete_queues().await;
    let error = broker.publish(&render(), TraceId::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    broker.publish(&render(), TraceId::new()).await.expect("the queue is declared again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_ends_with_its_queue() {
    let Some(host) = Host::new().await else { return };
    let broker = host.broker().await;
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    host.delete_queues().await;
    let ended = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("the consumer waits for ever");
    assert!(ended.err().unwrap().is_unreachable(), "so the host subscribes again");
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let message = render();
    broker.publish(&message, TraceId::new()).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    assert_eq!(Message::decode(&delivery.body).unwrap(), message);
    delivery.settlement.ack().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_refuses() {
    let Some(host) = Host::new().await else { return };
    let mut url = host.url.clone();
    url.query_pairs_mut().append_pair("max_length", "2");
    let bounded = broker(url.as_str()).await;
    let mut refused = None;
    // RabbitMQ stops publishers a little after the bound.
    for _ in 0..50 {
        refused = bounded.publish(&render(), TraceId::new()).await.err();
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("the queue takes more than it may");
    assert!(refused.to_string().contains("full"), "{refused}");
    let mut subscription = bounded.subscribe(Queue::Invoices, 10).await.unwrap();
    let there_is_room_again = async {
        while bounded.publish(&render(), TraceId::new()).await.is_err() {
            while let Ok(delivery) = tokio::time::timeout(Duration::from_secs(1), subscription.next()).await {
                delivery.unwrap().settlement.ack().await.unwrap();
            }
        }
    };
    tokio::time::timeout(PATIENCE, there_is_room_again).await.expect("there is room again");
    drop(subscription);
    drop(bounded);
    host.delete_queues().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_of_another_bound_does_its_work() {
    let Some(host) = Host::new().await else { return };
    host.broker().await.check().await.unwrap();
    for bound in ["5", "7"] {
        let mut url = host.url.clone();
        url.query_pairs_mut().append_pair("max_length", bound);
        let other = broker(url.as_str()).await;
        let message = render();
        published_in_the_end(&*other, &message).await;
        let mut subscription = other.subscribe(Queue::Invoices, 1).await.unwrap();
        let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
        assert_eq!(Message::decode(&delivery.body).unwrap(), message);
        delivery.settlement.ack().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_made_anew() {
    let Some(host) = Host::new().await else { return };
    let relay = Relay::start(host.url.port().unwrap_or(5672)).await;
    let mut url = host.url.clone();
    url.set_port(Some(relay.port)).unwrap();
    let broker = broker(url.as_str()).await;
    let (first, second) = (render(), render());
    broker.publish(&first, TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let unsettled = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();

    relay.cut();
    let gone = tokio::time::timeout(PATIENCE, subscription.next()).await.expect("the consumer waits for ever");
    assert!(gone.err().unwrap().is_unreachable());
    assert!(unsettled.settlement.ack().await.unwrap_err().is_unreachable(), "it comes again, so it is not settled");
    let unpublished = tokio::time::timeout(PATIENCE, broker.publish(&second, TraceId::new())).await.unwrap();
    assert!(unpublished.unwrap_err().is_unreachable());
    assert!(broker.check().await.is_err());

    relay.mend();
    published_in_the_end(&*broker, &second).await;
    let mut subscription = broker.subscribe(Queue::Invoices, 2).await.unwrap();
    for (message, redelivered) in [(first, true), (second, false)] {
        let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
        assert_eq!(Message::decode(&delivery.body).unwrap(), message);
        assert_eq!(delivery.redelivered, redelivered);
        delivery.settlement.ack().await.unwrap();
    }
}

async fn published_in_the_end(broker: &dyn Broker, message: &Message) {
    for _ in 0..100 {
        if broker.publish(message, TraceId::new()).await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the broker is back and nothing is published");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_broker_is_told_in_time_and_without_the_password() {
    let broker = broker("amqp://user:hush@127.0.0.1:1").await;
    for answer in [broker.check().await, broker.publish(&render(), TraceId::new()).await] {
        let error = answer.unwrap_err();
        assert!(error.is_unreachable() && !error.to_string().contains("hush"), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused_and_not_shown() {
    let Some(host) = Host::new().await else { return };
    let mut url = host.url.clone();
    url.set_password(Some("hush")).unwrap();
    let error = broker(url.as_str()).await.check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected, "{error}");
    assert!(!error.to_string().contains("hush"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_takes_an_authority_that_is_trusted_and_no_other() {
    let Some(_host) = Host::new().await else { return };
    let Some(url) = server("TEST_AMQPS_URL") else { return };
    broker(&url).await.check().await.unwrap();
    let mut untrusting = Url::parse(&url).unwrap();
    untrusting.set_query(None);
    let error = broker(untrusting.as_str()).await.check().await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_is_wrong() {
    let error = open::broker("amqp://u:hush@mq?max_lenght=1", Duration::ZERO).await.err().unwrap();
    let error = error.to_string();
    assert!(error.contains("BROKER_URL") && error.contains("max_length") && !error.contains("hush"), "{error}");
}
