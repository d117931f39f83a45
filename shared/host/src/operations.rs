//! What operators ask a process for: `GET /healthz`, `GET /readyz`, `GET /metrics`.

use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::readiness::Readiness;
use crate::{KEEP_ALIVE, Shutdown, metrics, problem, serve};

/// What is being answered when the work has ended takes no longer: the work had the time of the drain.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The answer of a process that lives.
pub const ALIVE: &str = "ok\n";

/// The routes as a value: `/healthz`, whether the process lives; `/readyz`, whether it can do its work; `/metrics`.
pub fn router(readiness: Readiness) -> Router {
    Router::new()
        .route("/healthz", get(|| async { ALIVE }))
        .route("/readyz", get(move || async move { readiness.report().await }))
        .route("/metrics", get(|| async { metrics::answer() }))
}

/// Does work that serves no requests, once the database is there, and serves these routes until it has ended.
pub async fn beside<Work: Future>(listener: TcpListener, readiness: Readiness, work: Work) -> Work::Output {
    let ended = Shutdown::with_drain_limit(LAST_ANSWERS);
    let router = problem::with_fallbacks(router(readiness.clone()), "");
    let server = tokio::spawn(serve(listener, router, KEEP_ALIVE, ended.clone()));
    readiness.database().await;
    let watch = tokio::spawn(async move { readiness.watch().await });
    let output = work.await;
    watch.abort();
    ended.cancel();
    // Its last answers: a panic there is no reason to fail now.
    let _ = server.await;
    output
}
