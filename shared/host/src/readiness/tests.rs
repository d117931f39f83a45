#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use pipeline::{Broker, ErrorKind, Handover, Mailer, Message, OutgoingMail, PortError, Queue, Subscription, TraceId};
use tokio::time::Instant;

use super::{Readiness, Server};
use crate::Shutdown;

/// A mail server that answers its checks in a way that a test sets.
#[derive(Default)]
struct Scripted {
    checks: AtomicUsize,
    answers: tokio::sync::Mutex<Answer>,
}

#[derive(Default, Clone, Copy)]
enum Answer {
    #[default]
    Well,
    Badly(ErrorKind),
    Never,
}

#[async_trait]
impl Mailer for Scripted {
    async fn begin<'a>(&'a self, _: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError> {
        Err(PortError::new(ErrorKind::Unreachable, "it only tells whether it is there"))
    }

    async fn check(&self) -> Result<(), PortError> {
        self.checks.fetch_add(1, Ordering::SeqCst);
        let answer = *self.answers.lock().await;
        match answer {
            Answer::Well => Ok(()),
            Answer::Badly(kind) => Err(PortError::new(kind, "scripted")),
            Answer::Never => std::future::pending().await,
        }
    }
}

fn setup() -> (Arc<Scripted>, Readiness, Shutdown) {
    let (server, shutdown) = (Arc::new(Scripted::default()), Shutdown::new());
    let readiness = Readiness::new(&shutdown, [Server::Mailer(server.clone())]);
    (server, readiness, shutdown)
}

async fn is_ready_now(readiness: &Readiness) -> bool {
    tokio::time::sleep(super::FRESH_FOR).await;
    readiness.report().await.is_ready()
}

#[tokio::test(start_paused = true)]
async fn a_process_is_ready_while_its_servers_answer() {
    let (server, readiness, _) = setup();
    assert!(is_ready_now(&readiness).await);
    *server.answers.lock().await = Answer::Badly(ErrorKind::Unreachable);
    assert!(!is_ready_now(&readiness).await);
    *server.answers.lock().await = Answer::Well;
    assert!(is_ready_now(&readiness).await);
}

#[tokio::test(start_paused = true)]
async fn a_server_has_three_seconds_and_all_are_asked_at_once() {
    let (server, _, shutdown) = setup();
    *server.answers.lock().await = Answer::Never;
    let readiness = Readiness::new(&shutdown, vec![Server::Mailer(server); 4]);
    let begun = Instant::now();
    assert!(!readiness.report().await.is_ready());
    assert_eq!(begun.elapsed(), Duration::from_secs(3));
}

#[tokio::test(start_paused = true)]
async fn many_who_ask_at_once_ask_the_servers_once() {
    let (server, readiness, _) = setup();
    let asked = futures_util::future::join_all((0..100).map(|_| readiness.report())).await;
    assert!(asked.iter().all(super::Report::is_ready));
    assert_eq!(server.checks.load(Ordering::SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ready_from_the_begin_of_the_shutdown() {
    let (_, readiness, shutdown) = setup();
    assert!(readiness.report().await.is_ready());
    shutdown.cancel();
    assert!(!readiness.report().await.is_ready(), "also where the last answer is still fresh");
    readiness.watch().await;
}

/// A broker that is out of reach, or blocked.
struct BrokerThat {
    is_blocked: bool,
}

#[async_trait]
impl Broker for BrokerThat {
    async fn publish(&self, _: &Message, _: TraceId) -> Result<(), PortError> {
        Err(PortError::new(ErrorKind::Unreachable, "scripted"))
    }

    async fn subscribe(&self, _: Queue, _: u16) -> Result<Box<dyn Subscription>, PortError> {
        Err(PortError::new(ErrorKind::Unreachable, "scripted"))
    }

    async fn depth(&self, _: Queue) -> Result<u64, PortError> {
        Ok(0)
    }

    async fn check(&self) -> Result<(), PortError> {
        if self.is_blocked { Ok(()) } else { Err(PortError::new(ErrorKind::Unreachable, "scripted")) }
    }

    fn is_blocked(&self) -> bool {
        self.is_blocked
    }
}

#[tokio::test(start_paused = true)]
async fn who_accepts_is_ready_without_a_broker_and_says_so() {
    let shutdown = Shutdown::new();
    let told = async |readiness: Readiness| {
        let report = readiness.report().await;
        (report.is_ready(), serde_json::to_string(&report).unwrap())
    };
    let broker = || Server::Broker(Arc::new(BrokerThat { is_blocked: false }));
    assert_eq!(told(Readiness::accepting(&shutdown, [broker()])).await, (true, r#"{"broker":false}"#.to_owned()));
    assert!(!told(Readiness::new(&shutdown, [broker()])).await.0, "a worker has nothing to do");
    let blocked = Server::Broker(Arc::new(BrokerThat { is_blocked: true }));
    let told = told(Readiness::accepting(&shutdown, [blocked])).await;
    assert_eq!(told, (true, r#"{"broker":true,"broker_blocked":true}"#.to_owned()));
    assert!(crate::metrics::text().contains("invoices_broker_blocked{} 1"), "{}", crate::metrics::text());
}

/// What is logged meanwhile, one line each.
fn log_of(work: impl FnOnce()) -> String {
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let logs = tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    tracing::subscriber::with_default(logs, work);
    let lines = lines.0.lock().unwrap();
    String::from_utf8_lossy(&lines).into_owned()
}

#[test]
fn a_fault_is_told_once_until_it_changes() {
    let (server, ..) = setup();
    let (server, mut found) = (Server::Mailer(server), super::Found::default());
    let failure = |kind| Err(PortError::new(kind, "scripted"));
    let log = log_of(|| {
        found.note(&server, Ok(()));
        for _ in 0..3 {
            found.note(&server, failure(ErrorKind::Unreachable));
        }
        found.note(&server, failure(ErrorKind::Rejected));
        for _ in 0..3 {
            found.note(&server, Ok(()));
        }
    });
    let told: Vec<&str> = log.lines().collect();
    assert_eq!(told.len(), 3, "{log}");
    assert!(told[0].contains("WARN") && told[0].contains("MAIL_URL") && told[0].contains("scripted"), "{log}");
    assert!(told[2].contains("INFO") && told[2].contains("ready again"), "{log}");
}
