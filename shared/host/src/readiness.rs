//! Whether a process can do its work: whether the servers that it needs answer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::StatusCode;
use pipeline::{Broker, Documents, ErrorKind, Ledger, Mailer, PortError, Users};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use crate::metrics::Gauges;
use crate::{Outage, Shutdown, every};

/// A server has so long to answer.
const CHECK_LIMIT: Duration = Duration::from_secs(3);
/// An answer of this age is given again: anyone may ask, and the servers are not to suffer from it.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// The servers are looked at this often where nobody asks, and this often while their database is waited for.
const LOOK_PERIOD: Duration = Duration::from_secs(10);
const WAIT_PERIOD: Duration = Duration::from_secs(1);

const DATABASE: &str = "database";
const BROKER: &str = "broker";
const MAIL: &str = "mail";

const BROKER_BLOCKED: &str = "broker_blocked";

static REACHABLE: Gauges<1> =
    Gauges::new("invoices_server_reachable", "Whether a server answered when it was last asked", ["server"]);
static BLOCKED: Gauges<0> =
    Gauges::new("invoices_broker_blocked", "Whether the broker answers and takes no messages for now", []);

/// A server that a process needs, by the port that it stands behind.
#[derive(Clone)]
pub enum Server {
    /// `DATABASE_URL`, by the ledger in it; with the schema that the program needs.
    Ledger(Arc<dyn Ledger>),
    /// `DATABASE_URL`, by the users in it; with the schema that the program needs.
    Users(Arc<dyn Users>),
    /// `DOCUMENTS_URL`.
    Documents(Arc<dyn Documents>),
    /// `BROKER_URL`.
    Broker(Arc<dyn Broker>),
    /// `MAIL_URL`.
    Mailer(Arc<dyn Mailer>),
}

impl Server {
    const fn name(&self) -> &'static str {
        match self {
            Self::Ledger(_) | Self::Users(_) => DATABASE,
            Self::Documents(_) => "documents",
            Self::Broker(_) => BROKER,
            Self::Mailer(_) => MAIL,
        }
    }

    const fn setting(&self) -> &'static str {
        match self {
            Self::Ledger(_) | Self::Users(_) => "DATABASE_URL",
            Self::Documents(_) => "DOCUMENTS_URL",
            Self::Broker(_) => "BROKER_URL",
            Self::Mailer(_) => "MAIL_URL",
        }
    }

    fn is_blocked(&self) -> bool {
        matches!(self, Self::Broker(broker) if broker.is_blocked())
    }

    async fn check(&self) -> Result<(), PortError> {
        let check = async {
            match self {
                Self::Ledger(ledger) => ledger.check().await,
                Self::Users(users) => users.check().await,
                Self::Documents(documents) => documents.check().await,
                Self::Broker(broker) => broker.check().await,
                Self::Mailer(mailer) => mailer.check().await,
            }
        };
        let late = |_| Err(PortError::new(ErrorKind::Unreachable, format!("no answer within {CHECK_LIMIT:?}")));
        tokio::time::timeout(CHECK_LIMIT, check).await.unwrap_or_else(late)
    }
}

/// Whether each server answers, by its name: `database`, `documents`, `broker`, `mail`. `broker_blocked` is there, and
/// true, while the broker answers and takes no messages, as RabbitMQ does while its memory or disk runs out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Readiness, example = json!({"broker": true, "database": true, "documents": true}))]
pub struct Report {
    #[serde(flatten)]
    #[schema(inline)]
    servers: BTreeMap<&'static str, bool>,
    #[serde(skip)]
    is_ready: bool,
}

impl Report {
    /// Whether those answer without which the process cannot work.
    #[must_use]
    pub const fn is_ready(&self) -> bool {
        self.is_ready
    }

    fn has_database(&self) -> bool {
        self.servers.get(DATABASE).is_none_or(|answers| *answers)
    }
}

impl IntoResponse for Report {
    fn into_response(self) -> Response {
        let status = if self.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        (status, Json(self)).into_response()
    }
}

/// Finds out whether a process can do its work. Clones share what was found.
#[derive(Clone)]
pub struct Readiness(Arc<Parts>);

struct Parts {
    servers: Vec<Server>,
    /// Servers without which the process does its work: they are only told.
    told: Vec<&'static str>,
    shutdown: Shutdown,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    report: Option<(Instant, Report)>,
    /// Why a server is not ready, as the log was told.
    faults: BTreeMap<&'static str, ErrorKind>,
    blocked: Outage,
}

impl Readiness {
    /// Ready while all of these servers answer, until shutdown.
    #[must_use]
    pub fn new(shutdown: &Shutdown, servers: impl Into<Vec<Server>>) -> Self {
        Self::of(shutdown, servers.into(), Vec::new())
    }

    /// As [`Self::new`], for a process that accepts uploads: it is ready also while broker or mail server do not answer.
    /// What is accepted meanwhile waits in the ledger.
    #[must_use]
    pub fn accepting(shutdown: &Shutdown, servers: impl Into<Vec<Server>>) -> Self {
        Self::of(shutdown, servers.into(), vec![BROKER, MAIL])
    }

    fn of(shutdown: &Shutdown, servers: Vec<Server>, told: Vec<&'static str>) -> Self {
        Self(Arc::new(Parts { servers, told, shutdown: shutdown.clone(), found: Mutex::default() }))
    }

    /// Asks all servers at once, each for at most 3 s. An answer is good for half a second. From the begin of the
    /// shutdown nothing is ready.
    ///
    /// A server that stops answering is told in the log with its setting and the reason, once, and so is its return.
    pub async fn report(&self) -> Report {
        let Parts { servers, told, shutdown, found } = &*self.0;
        if shutdown.is_cancelled() {
            let servers = servers.iter().map(|server| (server.name(), false)).collect();
            return Report { servers, is_ready: false };
        }
        // Callers meanwhile wait and get the same answer.
        let mut found = found.lock().await;
        if let Some((_, report)) = found.report.as_ref().filter(|(at, _)| at.elapsed() < FRESH_FOR) {
            return report.clone();
        }
        let checks = join_all(servers.iter().map(Server::check)).await;
        let answers = servers.iter().zip(checks).map(|(server, check)| (server.name(), found.note(server, check)));
        let mut answers: BTreeMap<_, _> = answers.collect();
        let is_ready = answers.iter().all(|(name, answers)| *answers || told.contains(name));
        if found.note_blocked(servers) {
            answers.insert(BROKER_BLOCKED, true);
        }
        let report = Report { servers: answers, is_ready };
        found.report = Some((Instant::now(), report.clone()));
        report
    }

    /// Waits until the database answers and has the schema that the program needs, or the shutdown begins. Work that
    /// begins earlier would take messages that it cannot deal with.
    pub async fn database(&self) {
        let Parts { shutdown, .. } = &*self.0;
        while !shutdown.is_cancelled() && !self.report().await.has_database() {
            shutdown.run_until_cancelled(tokio::time::sleep(WAIT_PERIOD)).await;
        }
    }

    /// Looks now and then until shutdown: the log tells what the process waits for also where nobody asks.
    pub async fn watch(&self) {
        every(LOOK_PERIOD, self.0.shutdown.clone(), || async {
            self.report().await;
        })
        .await;
    }
}

impl Found {
    fn note_blocked(&self, servers: &[Server]) -> bool {
        let is_blocked = servers.iter().any(Server::is_blocked);
        if servers.iter().any(|server| matches!(server, Server::Broker(_))) {
            BLOCKED.set(i64::from(is_blocked), []);
        }
        if is_blocked && self.blocked.begins() {
            tracing::warn!("the broker takes no messages: its memory or disk alarm is on. The outbox keeps them");
        } else if !is_blocked && self.blocked.ends() {
            tracing::info!("the broker takes messages again");
        }
        is_blocked
    }

    fn note(&mut self, server: &Server, check: Result<(), PortError>) -> bool {
        let (name, setting) = (server.name(), server.setting());
        REACHABLE.set(i64::from(check.is_ok()), [name]);
        match &check {
            Ok(()) if self.faults.remove(name).is_some() => tracing::info!(setting, "ready again"),
            Ok(()) => {}
            Err(error) if self.faults.insert(name, error.kind()) != Some(error.kind()) => {
                tracing::warn!(setting, %error, "not ready, going on when it is");
            }
            Err(error) => tracing::debug!(setting, %error, "still not ready"),
        }
        check.is_ok()
    }
}

#[cfg(test)]
mod tests;
