//! All handlers in one process.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::ensure;
use auth::{AuthState, DEMO_EMAIL, DEMO_PASSWORD};
use axum::Router;
use gateway::Gateway;
use host::readiness::{Readiness, Server};
use host::settings::{AppEnv, Settings, base_path};
use host::{Shutdown, consume, every, problem, shutdown_on_signal, telemetry};
use notifier::Notifier;
use pipeline::Queue;
use tokio::task::JoinSet;
use worker::Worker;

use crate::banner;
use crate::parts::Parts;

/// Serves until Ctrl-C or SIGTERM, then drains.
pub(crate) async fn run(settings: &Settings) -> anyhow::Result<()> {
    telemetry::start();
    let listener = host::bind(settings.listen).await?;
    let parts = Parts::open(settings).await?;
    let auth = AuthState::from_settings(settings, Arc::clone(&parts.users), Arc::clone(&parts.clock))?;
    let demo_login = demo_login(settings, &auth).await?;
    let shutdown = shutdown_on_signal(settings)?;
    let router = router(settings, &parts, auth, &shutdown)?;
    show(settings, listener.local_addr()?, demo_login.as_deref());
    let mut background = background(settings, &parts, &shutdown)?;
    let server = tokio::spawn(host::serve(listener, router, settings.keep_alive, shutdown.clone()));
    shutdown.run_until_cancelled(background.join_next()).await;
    let ended_by_itself = !shutdown.is_cancelled();
    shutdown.cancel();
    server.await?;
    while let Some(ended) = background.join_next().await {
        ended?;
    }
    parts.close().await;
    // Without its background work the service would accept what it never does.
    ensure!(!ended_by_itself, "the background work ended by itself");
    Ok(())
}

/// The demo user, where it is allowed and still has its well-known password.
async fn demo_login(settings: &Settings, auth: &AuthState) -> anyhow::Result<Option<String>> {
    auth.settle_demo_user().await?;
    if settings.app_env == AppEnv::Production {
        return Ok(None);
    }
    let works = auth.accounts().demo_user_can_log_in().await?;
    Ok(works.then(|| format!("{DEMO_EMAIL} / {DEMO_PASSWORD}")))
}

fn router(settings: &Settings, parts: &Parts, auth: AuthState, shutdown: &Shutdown) -> anyhow::Result<Router> {
    let servers = gateway::Servers {
        users: Arc::clone(&parts.users),
        ledger: Arc::clone(&parts.ledger),
        documents: Arc::clone(&parts.documents),
        broker: Arc::clone(&parts.broker),
    };
    let authenticator = auth.authenticator().clone();
    let mut gateway = Gateway::new(settings, servers, authenticator, Arc::clone(&parts.clock), shutdown)?;
    gateway.readiness = readiness(parts, shutdown);
    let router = gateway::router(Arc::new(gateway)).merge(auth::router(auth));
    Ok(problem::with_fallbacks(router, base_path(&settings.public_url)))
}

/// The one process needs what all functions need.
fn readiness(parts: &Parts, shutdown: &Shutdown) -> Readiness {
    let Parts { ledger, documents, broker, mailer, .. } = parts.clone();
    let servers =
        [Server::Ledger(ledger), Server::Documents(documents), Server::Broker(broker), Server::Mailer(mailer)];
    Readiness::accepting(shutdown, servers)
}

fn background(settings: &Settings, parts: &Parts, shutdown: &Shutdown) -> anyhow::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let worker = Arc::new(Worker { shutdown: shutdown.clone(), ..worker(settings, parts) });
    let concurrency = settings.background.worker_concurrency;
    tasks.spawn(consume(Arc::clone(&parts.broker), Queue::Invoices, concurrency, worker, shutdown.clone()));
    let notifier = Arc::new(Notifier { shutdown: shutdown.clone(), ..notifier(settings, parts)? });
    let concurrency = settings.background.notifier_concurrency;
    tasks.spawn(consume(Arc::clone(&parts.broker), Queue::Notifications, concurrency, notifier, shutdown.clone()));
    let mender = Arc::new(parts.sweeper(settings));
    let housekeeper = Arc::clone(&mender);
    tasks.spawn(every(housekeeper.housekeeping_period(), shutdown.clone(), move || {
        let housekeeper = Arc::clone(&housekeeper);
        async move { housekeeper.keep_house_and_log().await }
    }));
    tasks.spawn(every(settings.background.sweep_period, shutdown.clone(), move || {
        let mender = Arc::clone(&mender);
        async move { mender.sweep_and_log().await }
    }));
    Ok(tasks)
}

fn worker(settings: &Settings, parts: &Parts) -> Worker {
    let Parts { ledger, documents, broker, .. } = parts.clone();
    Worker::new(settings, ledger, documents, broker)
}

fn notifier(settings: &Settings, parts: &Parts) -> anyhow::Result<Notifier> {
    let Parts { ledger, mailer, broker, clock, .. } = parts.clone();
    Notifier::new(settings, ledger, mailer, broker, clock)
}

#[allow(clippy::print_stdout)] // It is for the person who started it, not for the log.
fn show(settings: &Settings, address: SocketAddr, demo_login: Option<&str>) {
    println!("{}", banner::text(settings, address, demo_login));
}
