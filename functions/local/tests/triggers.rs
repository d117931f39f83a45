//! `local triggers` towards an endpoint that answers invocations by a script.
#![allow(clippy::unwrap_used)]

#[path = "../../../shared/adapters/tests/servers/environment.rs"]
mod environment;

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::open::{self, Database};
use axum::Router;
use axum::extract::{Json, Path as PathParameters, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pipeline::{Broker, DocumentId, MailId, Message, Queue, RetryPolicy, TraceId};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

const LIMIT: Duration = Duration::from_secs(30);

/// What an invocation is answered with instead of success.
#[derive(Clone, Copy)]
enum Failure {
    /// The function's own, as Lambda tells it.
    OfFunction,
    /// Of who runs the function.
    Status(StatusCode),
}

#[derive(Clone)]
struct Script {
    failures: Arc<Mutex<BTreeMap<&'static str, VecDeque<Failure>>>>,
    invocations: UnboundedSender<(String, Value)>,
}

async fn invoke(
    State(script): State<Script>,
    PathParameters(function): PathParameters<String>,
    Json(event): Json<Value>,
) -> Response {
    let failure = script.failures.lock().unwrap().get_mut(function.as_str()).and_then(VecDeque::pop_front);
    script.invocations.send((function, event)).unwrap();
    match failure {
        None => Json(Value::Null).into_response(),
        Some(Failure::OfFunction) => {
            let error = json!({ "errorType": "Error", "errorMessage": "the ledger is out of reach" });
            ([("x-amz-function-error", "Unhandled")], Json(error)).into_response()
        }
        Some(Failure::Status(status)) => status.into_response(),
    }
}

/// The program, the queues that it takes from, and what it invoked.
struct Triggers {
    broker: Arc<dyn Broker>,
    invocations: UnboundedReceiver<(String, Value)>,
    program: Child,
    folder: TempDir,
}

impl Triggers {
    /// Starts it where these messages wait in the embedded broker.
    async fn start(messages: &[(Message, TraceId)], failures: &[(&'static str, &[Failure])]) -> Self {
        let folder = TempDir::new().unwrap();
        let sqlite = format!("sqlite://{}/invoices.sqlite3", folder.path().display());
        Database::open(&sqlite).await.unwrap().migrate().await.unwrap();
        Self::start_on(&sqlite, folder, messages, failures).await
    }

    /// Starts it where these messages wait in a broker.
    async fn start_on(
        broker_url: &str,
        folder: TempDir,
        messages: &[(Message, TraceId)],
        failures: &[(&'static str, &[Failure])],
    ) -> Self {
        let broker = open::broker(broker_url, RetryPolicy::default().lease).await.unwrap();
        for (message, trace) in messages {
            broker.publish(message, *trace).await.unwrap();
        }
        let failures = failures.iter().map(|(function, failures)| (*function, failures.iter().copied().collect()));
        let (told, invocations) = unbounded_channel();
        let script = Script { failures: Arc::new(Mutex::new(failures.collect())), invocations: told };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        listener.set_nonblocking(true).unwrap();
        let router = Router::new().route("/2015-03-31/functions/{function}/invocations", post(invoke));
        let listener = tokio::net::TcpListener::from_std(listener).unwrap();
        tokio::spawn(async move { axum::serve(listener, router.with_state(script)).await.unwrap() });
        let program = start_program(folder.path(), &address, broker_url);
        Self { broker, invocations, program, folder }
    }

    /// The next event for a function; others are read over.
    async fn next(&mut self, function: &str) -> Value {
        loop {
            let next = tokio::time::timeout(LIMIT, self.invocations.recv()).await;
            let (invoked, event) =
                next.unwrap_or_else(|_| panic!("{function} is not invoked: {}", self.printed())).unwrap();
            if invoked == function {
                return event;
            }
        }
    }

    async fn is_empty(&self, queue: Queue) {
        let empty = async {
            while self.broker.depth(queue).await.unwrap() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, empty).await.unwrap_or_else(|_| panic!("not acknowledged: {}", self.printed()));
    }

    async fn prints(&self, text: &str) {
        let printed = async {
            while !self.printed().contains(text) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, printed).await.unwrap_or_else(|_| panic!("no {text:?}: {}", self.printed()));
    }

    fn printed(&self) -> String {
        std::fs::read_to_string(printed(self.folder.path())).unwrap()
    }
}

impl Drop for Triggers {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Takes out what earlier tests left in the queues.
async fn drain(broker_url: &str) {
    let broker = open::broker(broker_url, RetryPolicy::default().lease).await.unwrap();
    for queue in Queue::ALL {
        let mut subscription = broker.subscribe(queue, 1).await.unwrap();
        while let Ok(delivery) = tokio::time::timeout(Duration::from_secs(1), subscription.next()).await {
            delivery.unwrap().settlement.ack().await.unwrap();
        }
    }
}

/// With a window that takes in all that waits, on a slow machine too.
fn start_program(folder: &Path, address: &str, broker_url: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["triggers", "--address", address, "--sweep-every", "1s", "--batching-window", "5s"])
        .env_clear()
        .env("DATA_DIR", folder)
        .env("BROKER_URL", broker_url)
        .stdout(File::create(printed(folder)).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

fn printed(folder: &Path) -> PathBuf {
    folder.join("printed.txt")
}

fn render() -> (Message, TraceId) {
    (Message::Render { document: DocumentId::new() }, TraceId::new())
}

fn notify() -> (Message, TraceId) {
    (Message::Notify { mail: MailId::new() }, TraceId::new())
}

fn messages<'a>(event: &'a Value, queue: &str) -> &'a Vec<Value> {
    event["rmqMessagesByQueue"][queue].as_array().unwrap_or_else(|| panic!("{queue} expected: {event}"))
}

fn encoded(message: &(Message, TraceId)) -> String {
    STANDARD.encode(message.0.encode())
}

fn recorded(event: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    serde_json::from_slice(&std::fs::read(root.join("events").join(event)).unwrap()).unwrap()
}

/// The same with the kinds of its values instead of them, and one element of each array.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), shape(value))).collect(),
        Value::Array(elements) => elements.iter().take(1).map(shape).collect(),
        Value::String(_) => json!("text"),
        Value::Number(_) => json!("number"),
        Value::Bool(_) => json!("flag"),
        Value::Null => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_comes_first_and_then_the_schedule() {
    let mut triggers = Triggers::start(&[], &[("sweeper", &[Failure::OfFunction])]).await;
    for _ in 0..2 {
        assert_eq!(triggers.next("sweeper").await, recorded("sweeper/migrate.json"), "until it succeeds");
    }
    for _ in 0..2 {
        assert_eq!(shape(&triggers.next("sweeper").await), shape(&recorded("sweeper/schedule.json")));
    }
    triggers.prints("sweeper: migrate failed, trying again: 200 OK: ").await;
    triggers.prints("sweeper: schedule, ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_succeeds_is_acknowledged() {
    let waiting = [render(), render(), render(), notify()];
    let mut triggers = Triggers::start(&waiting, &[]).await;
    let event = triggers.next("worker").await;
    assert_eq!(shape(&event), shape(&recorded("worker/one_message.json")), "{event}");
    let batch = messages(&event, "invoices::/");
    let data: Vec<&Value> = batch.iter().map(|message| &message["data"]).collect();
    assert_eq!(data, [&encoded(&waiting[0]), &encoded(&waiting[1]), &encoded(&waiting[2])], "in one batch");
    let traceparent = waiting[0].1.traceparent();
    assert_eq!(batch[0]["basicProperties"]["headers"]["traceparent"]["bytes"], json!(traceparent.as_bytes()));
    assert_eq!(batch[0]["redelivered"], false);
    triggers.is_empty(Queue::Invoices).await;
    triggers.prints("worker: 3 messages, ").await;
    // The other queue's batch may have come first.
    triggers.is_empty(Queue::Notifications).await;
    triggers.prints("notifier: 1 message, ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_batch_comes_again_as_a_whole() {
    let waiting = [notify(), notify()];
    let failures = [Failure::OfFunction, Failure::Status(StatusCode::BAD_GATEWAY)];
    let mut triggers = Triggers::start(&waiting, &[("notifier", &failures)]).await;
    for redelivered in [false, true, true] {
        let event = triggers.next("notifier").await;
        let batch = messages(&event, "notifications::/");
        let expected: Vec<Value> = waiting.iter().map(|message| json!([encoded(message), redelivered])).collect();
        let found: Vec<Value> = batch.iter().map(|message| json!([message["data"], message["redelivered"]])).collect();
        assert_eq!(found, expected, "{}", triggers.printed());
    }
    triggers.is_empty(Queue::Notifications).await;
    triggers.prints("the ledger is out of reach").await;
    triggers.prints("502 Bad Gateway").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_taken_from_rabbitmq_as_well() {
    let Some(rabbitmq) = environment::server("TEST_AMQP_URL") else { return };
    drain(&rabbitmq).await;
    let waiting = [render(), notify()];
    let failures: [(&str, &[Failure]); 1] = [("worker", &[Failure::OfFunction])];
    let mut triggers = Triggers::start_on(&rabbitmq, TempDir::new().unwrap(), &waiting, &failures).await;
    for redelivered in [false, true] {
        let event = triggers.next("worker").await;
        assert_eq!(shape(&event), shape(&recorded("worker/one_message.json")), "{event}");
        let message = &messages(&event, "invoices::/")[0];
        assert_eq!((&message["data"], &message["redelivered"]), (&json!(encoded(&waiting[0])), &json!(redelivered)));
    }
    triggers.prints("worker: 1 message, ").await;
    triggers.prints("notifier: 1 message, ").await;
    for queue in Queue::ALL {
        triggers.is_empty(queue).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_at_most_as_many_messages_as_in_production() {
    let waiting: Vec<(Message, TraceId)> = std::iter::repeat_with(render).take(21).collect();
    let mut triggers = Triggers::start(&waiting, &[]).await;
    for expected in [20, 1] {
        let event = triggers.next("worker").await;
        assert_eq!(messages(&event, "invoices::/").len(), expected);
    }
    triggers.is_empty(Queue::Invoices).await;
}

#[tokio::test]
async fn what_is_no_address_is_told() {
    for address in ["https://127.0.0.1:9000", "/functions"] {
        let mut local = Command::new(env!("CARGO_BIN_EXE_local"));
        let folder = TempDir::new().unwrap();
        let told = local.args(["triggers", "--address", address]).env("DATA_DIR", folder.path()).output().unwrap();
        assert!(!told.status.success());
        let error = String::from_utf8_lossy(&told.stderr).into_owned();
        assert!(error.contains("--address: expected http://HOST:PORT"), "{error}");
    }
}
