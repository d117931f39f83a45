//! What becomes of clients and of work in flight while processes are replaced.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use tokio::task::{JoinSet, block_in_place};
use uuid::Uuid;
use xtask::pack::Function;

use crate::deployment::{Deployment, location, sample};

const CLIENTS: usize = 16;

/// What is uploaded before, between and after the replacements, at least.
const UPLOADS: usize = 64;

/// Longer than the routers below take to see it.
const SHUTDOWN_DELAY: (&str, &str) = ("SHUTDOWN_DELAY", "6s");

const LOOK: Duration = Duration::from_millis(50);

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_loses_no_upload_and_shows_no_client_a_fault() {
    let deployment = Deployment::start_with("TEST_MONGODB_URL", "TEST_SMTP_URL", &[SHUTDOWN_DELAY]).await;
    let Some(mut deployment) = deployment else { return };
    let token = deployment.login().await;
    let mut second = deployment.pack.replica(Function::Gateway).unwrap();
    let routes = Routes::default();
    let (one, two) = (routes.add(&deployment.base), routes.add(second.address()));
    let load = Load::begin(&routes, &token);

    load.goes_on(UPLOADS).await;
    let third = block_in_place(|| deployment.pack.replica(Function::Gateway)).unwrap();
    routes.add(third.address());
    block_in_place(|| deployment.pack.stop(Function::Gateway)).unwrap();
    load.goes_on(UPLOADS).await;
    let worker = block_in_place(|| deployment.pack.replica(Function::Worker)).unwrap();
    block_in_place(|| deployment.pack.stop(Function::Worker)).unwrap();
    load.goes_on(UPLOADS).await;
    let fourth = block_in_place(|| deployment.pack.replica(Function::Gateway)).unwrap();
    routes.add(fourth.address());
    block_in_place(|| second.stop()).unwrap();
    load.goes_on(UPLOADS).await;

    let accepted = load.end().await;
    assert_eq!(deployment.database.uploads().await, accepted, "what was answered 202 is what was committed");
    all_are_stored(&deployment, accepted.len()).await;
    for replaced in [one, two] {
        let seen = replaced.seen();
        // A check of a server may take too long on a slow machine: it is ready again afterwards.
        assert!(seen.ends_with(&[State::Unready, State::Gone]), "readiness goes first: {seen:?}");
        assert_eq!(seen.iter().filter(|state| **state == State::Gone).count(), 1, "{seen:?}");
    }
    drop(routes);
    // The next test has the queues for itself.
    block_in_place(|| drop((second, third, fourth, worker)));
    deployment.remove().await;
}

/// Its work is stored, or queued for another one: nothing waits for a lease to be over.
#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_ends_holds_no_lease() {
    let Some(mut deployment) = Deployment::start("TEST_MONGODB_URL", "TEST_SMTP_URL").await else { return };
    let token = deployment.login().await;
    block_in_place(|| deployment.pack.stop(Function::Worker)).unwrap();
    let routes = Routes::default();
    routes.add(&deployment.base);
    let load = Load::begin(&routes, &token);
    load.goes_on(10 * UPLOADS).await;
    let accepted = load.end().await;
    block_in_place(|| deployment.pack.restart(Function::Worker)).unwrap();
    while !deployment.database.documents().await.contains_key("stored") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    block_in_place(|| deployment.pack.stop(Function::Worker)).unwrap();
    let left = deployment.database.documents().await;
    assert!(left.contains_key("queued"), "it ended in the middle of its work: {left:?}");
    assert!(!left.contains_key("rendering"), "{left:?}");
    block_in_place(|| deployment.pack.restart(Function::Worker)).unwrap();
    all_are_stored(&deployment, accepted.len()).await;
    drop(routes);
    deployment.remove().await;
}

async fn all_are_stored(deployment: &Deployment, wanted: usize) {
    let mut found = deployment.database.documents().await;
    for _ in 0..3000 {
        if found.len() == 1 && found.get("stored").is_some_and(|stored| usize::try_from(*stored) == Ok(wanted)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        found = deployment.database.documents().await;
    }
    panic!("{wanted} documents should be stored: {found:?}");
}

/// What a router sees of a process behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ready,
    Unready,
    Gone,
}

/// A process that requests may go to.
struct Route {
    address: String,
    seen: Mutex<Vec<State>>,
}

impl Route {
    fn is_ready(&self) -> bool {
        self.seen.lock().unwrap().last() == Some(&State::Ready)
    }

    fn note(&self, state: State) {
        let mut seen = self.seen.lock().unwrap();
        if seen.last() != Some(&state) {
            seen.push(state);
        }
    }

    /// Its states, each as often as it came again.
    fn seen(&self) -> Vec<State> {
        self.seen.lock().unwrap().clone()
    }
}

/// Sends requests to what is ready, as the Service of a cluster does. It stops looking when all of it is dropped.
#[derive(Clone, Default)]
struct Routes {
    all: Arc<Mutex<Vec<Arc<Route>>>>,
    turn: Arc<AtomicUsize>,
}

impl Routes {
    /// One more process, which is ready.
    fn add(&self, address: &str) -> Arc<Route> {
        let route = Arc::new(Route { address: address.to_owned(), seen: Mutex::new(vec![State::Ready]) });
        self.all.lock().unwrap().push(Arc::clone(&route));
        let looked_at = Arc::downgrade(&route);
        tokio::spawn(async move {
            let client = Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
            while let Some(route) = looked_at.upgrade() {
                let answer = client.get(format!("{}/readyz", route.address)).send().await;
                route.note(match answer {
                    Ok(answer) if answer.status() == StatusCode::OK => State::Ready,
                    Err(error) if error.is_connect() => State::Gone,
                    Ok(_) | Err(_) => State::Unready,
                });
                drop(route);
                tokio::time::sleep(LOOK).await;
            }
        });
        route
    }

    /// Where the next request goes.
    fn next(&self) -> String {
        let all = self.all.lock().unwrap();
        let ready: Vec<&Arc<Route>> = all.iter().filter(|route| route.is_ready()).collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        // Where none is ready for a moment, the newest gets it: it stays.
        let next = turn.checked_rem(ready.len()).map_or_else(|| all.last().unwrap(), |turn| ready[turn]);
        next.address.clone()
    }
}

/// Clients that upload one after another.
struct Load {
    clients: JoinSet<Vec<Uuid>>,
    accepted: Arc<AtomicUsize>,
    ends: Arc<AtomicBool>,
}

impl Load {
    fn begin(routes: &Routes, token: &str) -> Self {
        let (accepted, ends) = (Arc::default(), Arc::default());
        let mut load = Self { clients: JoinSet::new(), accepted, ends };
        for _ in 0..CLIENTS {
            let (routes, token) = (routes.clone(), token.to_owned());
            let (accepted, ends) = (Arc::clone(&load.accepted), Arc::clone(&load.ends));
            load.clients.spawn(async move {
                let client = Client::builder().timeout(Duration::from_secs(30)).build().unwrap();
                let mut ids = Vec::new();
                while !ends.load(Ordering::Relaxed) {
                    let answer = upload(&client, &routes, &token).await;
                    let (status, url) = (answer.status(), answer.url().clone());
                    if status != StatusCode::ACCEPTED {
                        panic!("{url} answers {status}: {}", answer.text().await.unwrap_or_default());
                    }
                    ids.push(location(&answer).trim_start_matches("/invoices/").parse().unwrap());
                    accepted.fetch_add(1, Ordering::Relaxed);
                }
                ids
            });
        }
        load
    }

    /// Waits until this number of further uploads is accepted.
    async fn goes_on(&self, uploads: usize) {
        let wanted = self.accepted.load(Ordering::Relaxed) + uploads;
        for _ in 0..6000 {
            if self.accepted.load(Ordering::Relaxed) >= wanted {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
        panic!("of {wanted} uploads {} are accepted", self.accepted.load(Ordering::Relaxed));
    }

    /// All that were accepted, once no client has a request in flight. A fault of one is the test's.
    async fn end(self) -> BTreeSet<Uuid> {
        self.ends.store(true, Ordering::Relaxed);
        self.clients.join_all().await.into_iter().flatten().collect()
    }
}

/// A refused connection is tried once more; any other fault is one.
async fn upload(client: &Client, routes: &Routes, token: &str) -> Response {
    let send = || {
        let upload = client.post(format!("{}/invoices?format=pdf&notify=none", routes.next())).bearer_auth(token);
        upload.header("content-type", "application/json").body(sample()).send()
    };
    match send().await {
        Err(error) if error.is_connect() => send().await.unwrap(),
        answer => answer.unwrap(),
    }
}
