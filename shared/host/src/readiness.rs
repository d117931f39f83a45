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
use crate::{Shutdown, every};

/// A server has so long to answer.
const CHECK_LIMIT: Duration = Duration::from_secs(3);
/// An answer of this age is given again: anyone may ask, and the servers are not to suffer from it.
const FRESH_FOR: Duration = Duration::from_millis(500);
/// The servers are looked at this often where nobody asks, and this often while their database is waited for.
const LOOK_PERIOD: Duration = Duration::from_secs(10);
const WAIT_PERIOD: Duration = Duration::from_secs(1);

const DATABASE: &str = "database";

static REACHABLE: Gauges<1> =
    Gauges::new("invoices_server_reachable", "Whether a server answered when it was last asked", ["server"]);

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
            Self::Broker(_) => "broker",
            Self::Mailer(_) => "mail",
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

/// Whether each server answers, by its name: `database`, `documents`, `broker`, `mail`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Readiness, example = json!({"broker": true, "database": true, "documents": true}))]
pub struct Report(#[schema(inline)] BTreeMap<&'static str, bool>);

impl Report {
    /// Whether all of them do.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.0.values().all(|answers| *answers)
    }

    fn has_database(&self) -> bool {
        self.0.get(DATABASE).is_none_or(|answers| *answers)
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
    shutdown: Shutdown,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    report: Option<(Instant, Report)>,
    /// Why a server is not ready, as the log was told.
    faults: BTreeMap<&'static str, ErrorKind>,
}

impl Readiness {
    /// Ready while all of these servers answer, until shutdown.
    #[must_use]
    pub fn new(shutdown: &Shutdown, servers: impl Into<Vec<Server>>) -> Self {
        let (servers, shutdown) = (servers.into(), shutdown.clone());
        Self(Arc::new(Parts { servers, shutdown, found: Mutex::default() }))
    }

    /// Asks all servers at once, each for at most 3 s. An answer is good for half a second. From the begin of the
    /// shutdown nothing is ready.
    ///
    /// A server that stops answering is told in the log with its setting and the reason, once, and so is its return.
    pub async fn report(&self) -> Report {
        let Parts { servers, shutdown, found } = &*self.0;
        if shutdown.is_cancelled() {
            return Report(servers.iter().map(|server| (server.name(), false)).collect());
        }
        // Whoever asks meanwhile waits and gets the same answer.
        let mut found = found.lock().await;
        if let Some((_, report)) = found.report.as_ref().filter(|(at, _)| at.elapsed() < FRESH_FOR) {
            return report.clone();
        }
        let checks = join_all(servers.iter().map(Server::check)).await;
        let answers = servers.iter().zip(checks).map(|(server, check)| (server.name(), found.note(server, check)));
        let report = Report(answers.collect());
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
