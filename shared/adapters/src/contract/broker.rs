//! What every broker keeps to.

use std::time::Duration;

use pipeline::{Broker, DocumentId, MailId, Message, Queue, TraceId};

const PATIENCE: Duration = Duration::from_secs(30);

/// Runs the whole suite on empty queues. A delivery that is dropped unsettled must come again within 20 s.
pub async fn suite(broker: &dyn Broker) {
    broker.check().await.unwrap();
    a_message_arrives_once_settled_once(broker).await;
    queues_are_apart(broker).await;
    what_is_not_settled_comes_again(broker).await;
    many_are_delivered_all(broker).await;
    no_more_are_in_flight_than_allowed(broker).await;
    a_delivery_outlives_its_subscription(broker).await;
    dead_letters_leave_the_queue(broker).await;
}

/// A broker of several nodes may count a little late.
async fn settles_at(broker: &dyn Broker, depth: u64) {
    for _ in 0..100 {
        if broker.depth(Queue::Invoices).await.unwrap() == depth {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the queue holds {} messages, not {depth}", broker.depth(Queue::Invoices).await.unwrap());
}

fn render() -> Message {
    Message::Render { document: DocumentId::new() }
}

async fn a_message_arrives_once_settled_once(broker: &dyn Broker) {
    let (message, trace) = (render(), TraceId::new());
    broker.publish(&message, trace).await.unwrap();
    settles_at(broker, 1).await;
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    assert_eq!(Message::decode(&delivery.body).unwrap(), message);
    assert_eq!((delivery.trace, delivery.redelivered), (Some(trace), false));
    delivery.settlement.ack().await.unwrap();
    settles_at(broker, 0).await;
}

async fn queues_are_apart(broker: &dyn Broker) {
    let message = Message::Notify { mail: MailId::new() };
    broker.publish(&message, TraceId::new()).await.unwrap();
    let mut invoices = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(600), invoices.next()).await;
    assert!(nothing.is_err(), "a mail's message is in the queue of documents");
    let mut notifications = broker.subscribe(Queue::Notifications, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, notifications.next()).await.unwrap().unwrap();
    assert_eq!(Message::decode(&delivery.body).unwrap(), message);
    delivery.settlement.ack().await.unwrap();
}

async fn what_is_not_settled_comes_again(broker: &dyn Broker) {
    let message = render();
    broker.publish(&message, TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let first = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    drop(first);
    drop(subscription);
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let again = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    assert_eq!(Message::decode(&again.body).unwrap(), message);
    assert!(again.redelivered);
    again.settlement.ack().await.unwrap();
}

async fn many_are_delivered_all(broker: &dyn Broker) {
    let mut messages: Vec<Message> = (0..50).map(|_| render()).collect();
    for message in &messages {
        broker.publish(message, TraceId::new()).await.unwrap();
    }
    let mut subscription = broker.subscribe(Queue::Invoices, 10).await.unwrap();
    while !messages.is_empty() {
        let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
        let message = Message::decode(&delivery.body).unwrap();
        messages.retain(|waiting| *waiting != message);
        delivery.settlement.ack().await.unwrap();
    }
    settles_at(broker, 0).await;
}

async fn no_more_are_in_flight_than_allowed(broker: &dyn Broker) {
    for _ in 0..5 {
        broker.publish(&render(), TraceId::new()).await.unwrap();
    }
    let mut subscription = broker.subscribe(Queue::Invoices, 4).await.unwrap();
    let mut in_flight = Vec::new();
    for _ in 0..4 {
        in_flight.push(tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap());
    }
    for delivery in in_flight {
        delivery.settlement.ack().await.unwrap();
    }
    let last = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    last.settlement.ack().await.unwrap();
    settles_at(broker, 0).await;
}

/// A consumer that drains has stopped to take messages and still settles those in flight.
async fn a_delivery_outlives_its_subscription(broker: &dyn Broker) {
    broker.publish(&render(), TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    drop(subscription);
    tokio::time::sleep(Duration::from_millis(200)).await;
    delivery.settlement.ack().await.unwrap();
    settles_at(broker, 0).await;
}

async fn dead_letters_leave_the_queue(broker: &dyn Broker) {
    broker.publish(&render(), TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    delivery.settlement.dead_letter().await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(600), subscription.next()).await;
    assert!(nothing.is_err(), "a dead letter came again");
    settles_at(broker, 0).await;
}
