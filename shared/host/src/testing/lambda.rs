//! A function's real program as a Lambda: a stand-in for the Runtime API hands it events.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path as PathParameters, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use pipeline::Clock as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::{LIMIT, Program};
use crate::{Shutdown, SystemClock};

/// What an invocation's deadline leaves, in milliseconds.
const TIME: i64 = 29_000;

/// A function that runs as a Lambda.
pub struct Lambda {
    /// Its program.
    pub program: Program,
    events: UnboundedSender<Value>,
    asked: mpsc::Receiver<Instant>,
    outcomes: mpsc::Receiver<Outcome>,
    shutdown: Shutdown,
}

/// An answer through the HTTP API.
pub struct ApiAnswer {
    /// The status code.
    pub status: u64,
    /// The headers.
    pub headers: Value,
    /// The body, decoded.
    pub body: Vec<u8>,
}

/// What an invocation answered, or its error.
type Outcome = Result<Value, Value>;

#[derive(Clone)]
struct RuntimeApi {
    events: Arc<Mutex<UnboundedReceiver<Value>>>,
    asked: mpsc::Sender<Instant>,
    outcomes: mpsc::Sender<Outcome>,
}

impl Lambda {
    /// Starts it.
    #[must_use]
    pub fn start(binary: &str, settings: &[(&str, &str)]) -> Self {
        let (events, received) = unbounded_channel();
        let (told, outcomes) = mpsc::channel();
        let (asks, asked) = mpsc::channel();
        let shutdown = Shutdown::with_drain_limit(Duration::ZERO);
        let api = RuntimeApi { events: Arc::new(Mutex::new(received)), asked: asks, outcomes: told };
        let address = serve(api, shutdown.clone());
        let environment = [
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "tested"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
        ];
        let program = Program::start(binary, &[settings, &environment].concat());
        Self { program, events, asked, outcomes, shutdown }
    }

    /// Waits until it asks for its next event, the first one or the one after each outcome, and tells when it did.
    #[must_use]
    pub fn asks(&self) -> Instant {
        self.asked.recv_timeout(LIMIT).unwrap_or_else(|_| panic!("it does not ask. The log:\n{}", self.program.log()))
    }

    /// Hands it an event and waits for the outcome.
    ///
    /// # Errors
    /// What the invocation failed with.
    pub fn invoke(&self, event: &Value) -> Result<Value, Value> {
        self.events.send(event.clone()).unwrap();
        let begun = Instant::now();
        let outcome = self.outcomes.recv_timeout(LIMIT);
        outcome.unwrap_or_else(|_| panic!("no outcome within {:?}. The log:\n{}", begun.elapsed(), self.program.log()))
    }

    /// Hands it a request of the HTTP API.
    #[must_use]
    pub fn request(&self, event: &Value) -> ApiAnswer {
        let mut answer = self.invoke(event).unwrap_or_else(|error| panic!("{error}: {}", self.program.log()));
        let text = answer["body"].as_str().unwrap_or_default();
        let is_base64 = answer["isBase64Encoded"] == true;
        let body = if is_base64 { STANDARD.decode(text).unwrap() } else { text.as_bytes().to_vec() };
        ApiAnswer { status: answer["statusCode"].as_u64().unwrap(), headers: answer["headers"].take(), body }
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

impl ApiAnswer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

/// The events that the folder `events` has for a function, each with its file's name.
#[must_use]
pub fn events(function: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("events").join(function);
    let mut files: Vec<_> = folder.read_dir().unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let read = |path: &Path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    files.iter().map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), read(path))).collect()
}

/// One of them, by its file's name without `.json`. These texts stand in for what only a running service knows.
#[must_use]
pub fn event(function: &str, name: &str, known: &[(&str, &str)]) -> Value {
    let (_, event) = events(function).into_iter().find(|(file, _)| *file == format!("{name}.json")).unwrap();
    let text = known.iter().fold(event.to_string(), |text, (placeholder, known)| text.replace(placeholder, known));
    serde_json::from_str(&text).unwrap()
}

/// Serves the Runtime API on a thread of its own until the shutdown, and answers its address.
fn serve(api: RuntimeApi, shutdown: Shutdown) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let router = Router::new()
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{outcome}", post(take))
        .layer(DefaultBodyLimit::disable())
        .with_state(api);
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            crate::serve(TcpListener::from_std(listener).unwrap(), router, crate::KEEP_ALIVE, shutdown).await;
        });
    });
    address
}

async fn next(State(api): State<RuntimeApi>) -> Response {
    // Nobody may want to know.
    let _ = api.asked.send(Instant::now());
    let Some(event) = api.events.lock().await.recv().await else { return StatusCode::GONE.into_response() };
    let deadline = (SystemClock.now().as_millisecond() + TIME).to_string();
    let headers = [
        ("lambda-runtime-aws-request-id", "1".to_owned()),
        ("lambda-runtime-deadline-ms", deadline),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:tested".to_owned()),
    ];
    (headers, event.to_string()).into_response()
}

async fn take(
    State(api): State<RuntimeApi>,
    PathParameters((_, outcome)): PathParameters<(String, String)>,
    body: axum::body::Bytes,
) -> StatusCode {
    let value = serde_json::from_slice(&body).unwrap_or_default();
    // Nobody waits any more where the test has ended.
    let _ = api.outcomes.send(if outcome == "response" { Ok(value) } else { Err(value) });
    StatusCode::ACCEPTED
}
