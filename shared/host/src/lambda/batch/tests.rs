#![allow(clippy::unwrap_used)]

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use pipeline::{DocumentId, ErrorKind};
use serde_json::json;

use super::*;

/// Notes what it gets, and fails at the messages of its choice.
#[derive(Default)]
struct Notes {
    handled: Mutex<Vec<DocumentId>>,
    cut_off_at: Option<DocumentId>,
    panics_at: Option<DocumentId>,
    takes: Duration,
}

#[async_trait]
impl Handler for Notes {
    async fn handle(&self, message: Message) -> Result<(), PortError> {
        let Message::Render { document } = message else { return Ok(()) };
        assert!(self.panics_at != Some(document), "as it was told");
        if self.cut_off_at == Some(document) {
            return Err(PortError::new(ErrorKind::Unreachable, "cut off"));
        }
        tokio::time::sleep(self.takes).await;
        self.handled.lock().unwrap().push(document);
        Ok(())
    }

    fn hear(&self, event: &Value) -> bool {
        event["told"] == true
    }
}

fn message(body: &[u8]) -> Value {
    json!({
        "basicProperties": {"contentType": null, "headers": null, "priority": null},
        "redelivered": true,
        "data": STANDARD.encode(body),
    })
}

fn render(document: DocumentId) -> Value {
    message(&Message::Render { document }.encode())
}

fn batch(messages: &[Value]) -> Value {
    json!({"eventSource": "aws:rmq", "rmqMessagesByQueue": {"invoices::/": messages}})
}

/// The documents that were handled within 10 s, and how the invocation ended.
async fn take(notes: Notes, concurrency: usize, event: Value) -> (Vec<DocumentId>, Result<(), String>) {
    let notes = Arc::new(notes);
    let consumer = Consumer { queue: Queue::Invoices, concurrency, handler: Arc::clone(&notes) as Arc<dyn Handler> };
    let ended = consumer.take(event, Instant::now() + Duration::from_secs(10)).await;
    let handled = notes.handled.lock().unwrap().clone();
    (handled, ended.map_err(|error| error.to_string()))
}

#[tokio::test]
async fn what_is_no_message_fails_nobody() {
    let [first, last] = [DocumentId::new(), DocumentId::new()];
    let poison = [message(b"{"), message(b"\xff"), json!({"data": "!"}), json!({"data": 7}), json!(null)];
    let messages = [&[render(first)], &poison[..], &[render(last)]].concat();
    assert_eq!(take(Notes::default(), 1, batch(&messages)).await, (vec![first, last], Ok(())));
}

#[tokio::test]
async fn a_handler_that_crashes_fails_nobody() {
    let [first, last] = [DocumentId::new(), DocumentId::new()];
    let notes = Notes { panics_at: Some(first), ..Notes::default() };
    assert_eq!(take(notes, 1, batch(&[render(first), render(last)])).await, (vec![last], Ok(())));
}

#[tokio::test]
async fn a_ledger_out_of_reach_fails_the_batch_and_nothing_more_is_begun() {
    let [first, second, last] = [DocumentId::new(), DocumentId::new(), DocumentId::new()];
    let notes = Notes { cut_off_at: Some(second), ..Notes::default() };
    let (handled, ended) = take(notes, 1, batch(&[render(first), render(second), render(last)])).await;
    assert_eq!((handled, ended), (vec![first], Err("cut off".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_done_at_the_deadline_is_given_up() {
    let documents: Vec<DocumentId> = std::iter::repeat_with(DocumentId::new).take(7).collect();
    let messages: Vec<Value> = documents.iter().copied().map(render).collect();
    let notes = Notes { takes: Duration::from_secs(4), ..Notes::default() };
    let (handled, ended) = take(notes, 2, batch(&messages)).await;
    assert_eq!((handled.len(), ended), (4, Ok(())), "two at a time, each for 4 s, within 10 s");
}

#[tokio::test]
async fn other_events_are_heard_or_fail() {
    assert!(take(Notes::default(), 1, json!({"told": true})).await.1.is_ok());
    assert!(take(Notes::default(), 1, json!({"rmqMessagesByQueue": 7})).await.1.is_err());
}

#[test]
fn a_trace_is_read_from_a_header_of_bytes() {
    let id = TraceId::new();
    let with = |header: Value| json!({"basicProperties": {"headers": {"traceparent": header}}});
    assert_eq!(trace(&with(json!({"bytes": id.traceparent().into_bytes()}))), Some(id));
    for odd in [json!(null), json!(7), json!({"bytes": [300]}), json!({"bytes": "00"}), json!({"bytes": [48]})] {
        assert_eq!(trace(&with(odd.clone())), None, "{odd}");
    }
    assert_eq!(trace(&message(b"")), None);
}
