//! The five functions, each with a clock and connections of its own as if on machines of their own: clocks that differ and
//! jump delay nothing. The worker has no clock at all: what is due the database says.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

#[path = "../../gateway/tests/account/mod.rs"]
mod account;
#[path = "../../../shared/adapters/tests/servers/environment.rs"]
mod environment;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use adapters::open::Database;
use auth::{AuthState, DEMO_EMAIL, DEMO_PASSWORD};
use axum::Router;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use gateway::{Gateway, Servers};
use host::settings::{Settings, Variables};
use host::token::{Authenticator, FixedKeys, Verifier};
use host::{Shutdown, consume, every};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use notifier::Notifier;
use pipeline::{Clock, Ledger, MailState, Queue, RetryPolicy, UploadId, UploadState};
use sweeper::Sweeper;
use tempfile::TempDir;
use tower::ServiceExt as _;
use worker::Worker;

/// A message that is dropped because of a clock comes again in half a minute at the earliest.
const SECONDS: Duration = Duration::from_secs(20);
const HOUR: i64 = 3_600_000;

/// The machine's clock, put forward by this number of milliseconds.
#[derive(Default)]
struct Shifted(AtomicI64);

impl Clock for Shifted {
    fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// A clock for each function that has one: auth, gateway, notifier, sweeper.
type Clocks = [Arc<Shifted>; 4];

struct Service {
    router: Router,
    clocks: Clocks,
    ledger: Arc<dyn Ledger>,
    /// A machine's key: unlike a token it knows no time.
    key: String,
    shutdown: Shutdown,
    _folder: TempDir,
}

impl Service {
    /// Starts everything on a database, and on embedded parts beside it.
    async fn start(database_url: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().display().to_string();
        let settings = Settings::read(Variables::new(|name| match name {
            "DATA_DIR" => Some(data.clone()),
            "DATABASE_URL" => database_url.map(str::to_owned),
            "SWEEP_PERIOD" => Some("200ms".to_owned()),
            _ => None,
        }));
        let settings = settings.unwrap();
        let (clocks, shutdown) = (Clocks::default(), Shutdown::new());
        let [auth_clock, gateway_clock, notifier_clock, sweeper_clock] =
            clocks.clone().map(|clock| -> Arc<dyn Clock> { clock });
        let database = Database::open(settings.servers.database.expose()).await.unwrap();
        database.migrate().await.unwrap();
        Database::open(&format!("sqlite://{data}/invoices.sqlite3")).await.unwrap().migrate().await.unwrap();

        let auth = AuthState::from_settings(&settings, database.users(), auth_clock).unwrap();
        auth.settle_demo_user().await.unwrap();
        let auth = Router::from(auth::router(auth));
        let keys = body(auth.clone().oneshot(get("/.well-known/jwks.json", "")).await.unwrap()).await;
        let keys = Arc::new(FixedKeys::parse(&keys).unwrap());
        let verifier = Verifier::new(settings.public_url.clone(), keys, Arc::clone(&gateway_clock));
        let authenticator = Authenticator::new(verifier, database.users(), Arc::clone(&gateway_clock));
        let servers = Servers::open(&settings).await.unwrap();
        let gateway = Gateway::new(&settings, servers, authenticator, gateway_clock, &shutdown).unwrap();

        let worker = Arc::new(Worker::open(&settings).await.unwrap());
        let notifier = Arc::new(Notifier::open(&settings, notifier_clock).await.unwrap());
        let sweeper = Arc::new(Sweeper::open(&settings, sweeper_clock).await.unwrap());
        let (renders, notifies) = (Arc::clone(&worker.broker), Arc::clone(&notifier.broker));
        tokio::spawn(consume(renders, Queue::Invoices, 2, worker, shutdown.clone()));
        tokio::spawn(consume(notifies, Queue::Notifications, 2, notifier, shutdown.clone()));
        let period = settings.background.sweep_period;
        tokio::spawn(every(period, shutdown.clone(), move || {
            let sweeper = Arc::clone(&sweeper);
            async move { sweeper.sweep_and_log().await }
        }));
        let router = gateway::router(Arc::new(gateway)).merge(auth);
        let key = account::api_key(&*database.users(), "owner@example.com").await;
        Self { router, clocks, key, ledger: database.ledger(RetryPolicy::default()), shutdown, _folder: folder }
    }

    /// Puts the clocks of auth, gateway, notifier and sweeper forward by this number of milliseconds.
    fn shift(&self, milliseconds: [i64; 4]) {
        for (clock, shift) in self.clocks.iter().zip(milliseconds) {
            clock.0.store(shift, Ordering::SeqCst);
        }
    }

    async fn login(&self) -> String {
        let basic = format!("Basic {}", STANDARD.encode(format!("{DEMO_EMAIL}:{DEMO_PASSWORD}")));
        let login = Request::post("/login").header(AUTHORIZATION, basic).body(Body::empty()).unwrap();
        body(self.router.clone().oneshot(login).await.unwrap()).await.trim().to_owned()
    }

    /// Uploads an invoice for two documents and a mail.
    async fn upload(&self, credential: &str) -> UploadId {
        let sample = include_str!("../../../events/sample_invoice.json");
        let upload = Request::post("/invoices?format=pdf,csv").header(AUTHORIZATION, format!("Bearer {credential}"));
        let upload = upload.header(CONTENT_TYPE, "application/json").body(Body::from(sample)).unwrap();
        let accepted = self.router.clone().oneshot(upload).await.unwrap();
        let location = accepted.headers().get(LOCATION).map(|location| location.to_str().unwrap().to_owned());
        let Some(location) = location else { panic!("not accepted: {}", body(accepted).await) };
        location.rsplit('/').next().unwrap().parse().unwrap()
    }

    /// Waits until the documents are stored and the mail is sent.
    async fn is_done(&self, upload: UploadId) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < SECONDS {
            let seen = self.ledger.upload(upload).await.unwrap().unwrap();
            let is_sent = seen.mails.iter().any(|mail| mail.state == MailState::Sent);
            if seen.state() == UploadState::Stored && is_sent {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        false
    }

    async fn delays_nothing(&self) {
        let mut shifts = vec![[0; 4]];
        for shift in [20, -20, 5_000, -5_000, HOUR, -HOUR] {
            shifts.extend((0..4).map(|which| {
                let mut one = [0; 4];
                one[which] = shift;
                one
            }));
            shifts.push([shift, shift, -shift, -shift]);
        }
        for shift in shifts {
            // What is under way when the clocks jump is done too.
            let before = self.upload(&self.key).await;
            self.shift(shift);
            // Auth signs with its clock, and the gateway reads with its own.
            let uploads = [before, self.upload(&self.key).await, self.upload(&self.login().await).await];
            for upload in uploads {
                assert!(self.is_done(upload).await, "{shift:?}: {:?}", self.ledger.upload(upload).await);
            }
            self.shift([0; 4]);
        }
        self.shutdown.cancel();
    }
}

fn get(path: &str, bearer: &str) -> Request<Body> {
    Request::get(path).header(AUTHORIZATION, bearer).body(Body::empty()).unwrap()
}

async fn body(response: Response<Body>) -> String {
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_and_jump_delay_nothing_on_sqlite() {
    Service::start(None).await.delays_nothing().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_differ_and_jump_delay_nothing_on_postgresql() {
    use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
    let Some(server) = environment::server("TEST_POSTGRES_URL") else { return };
    let name = format!("test_{}", uuid::Uuid::now_v7().simple());
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query(AssertSqlSafe(format!("create database {name}"))).execute(&mut connection).await.unwrap();
    let mut url = url::Url::parse(&server).unwrap();
    url.set_path(&name);
    // Each function has a pool of its own.
    url.query_pairs_mut().append_pair("connections", "2");
    Service::start(Some(url.as_str())).await.delays_nothing().await;
    let drop = format!("drop database {name} with (force)");
    sqlx::query(AssertSqlSafe(drop)).execute(&mut connection).await.unwrap();
}
