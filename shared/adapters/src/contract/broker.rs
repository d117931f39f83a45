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
    dead_letters_leave_the_queue(broker).await;
}

fn render() -> Message {
    Message::Render { document: DocumentId::new() }
}

async fn a_message_arrives_once_settled_once(broker: &dyn Broker) {
    let (message, trace) = (render(), TraceId::new());
    broker.publish(&message, trace).await.unwrap();
    assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), 1);
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    assert_eq!(Message::decode(&delivery.body).unwrap(), message);
    assert_eq!((delivery.trace, delivery.redelivered), (Some(trace), false));
    delivery.settlement.ack().await.unwrap();
    assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), 0);
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
    assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), 0);
}

async fn dead_letters_leave_the_queue(broker: &dyn Broker) {
    broker.publish(&render(), TraceId::new()).await.unwrap();
    let mut subscription = broker.subscribe(Queue::Invoices, 1).await.unwrap();
    let delivery = tokio::time::timeout(PATIENCE, subscription.next()).await.unwrap().unwrap();
    delivery.settlement.dead_letter().await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(600), subscription.next()).await;
    assert!(nothing.is_err(), "a dead letter came again");
    assert_eq!(broker.depth(Queue::Invoices).await.unwrap(), 0);
}
