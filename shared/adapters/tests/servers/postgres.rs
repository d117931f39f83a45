//! Users and ledger in PostgreSQL.

use std::sync::Arc;

use adapters::contract::ledger_model::Run;
use adapters::contract::{self, Timed};
use adapters::open::Database;
use pipeline::{ErrorKind, Format, Ledger, RetryPolicy};
use proptest::test_runner::{Config, TestRunner};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;

use crate::environment::server;
use crate::events::events;
use crate::relay::Relay;

/// A database of the test's own, without a schema, that goes with its test.
pub(crate) struct Scratch {
    pub(crate) server: String,
    pub(crate) name: String,
    pub(crate) database: Database,
}

impl Scratch {
    pub(crate) async fn new() -> Option<Self> {
        let server = server("TEST_POSTGRES_URL")?;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        execute(&server, format!("create database {name}")).await;
        let mut url = Url::parse(&server).unwrap();
        url.set_path(&name);
        // Without optimisation each new connection's login takes long, above all on a machine that is busy.
        url.query_pairs_mut().append_pair("connections", "4");
        let database = Database::open(url.as_str()).await.unwrap();
        Some(Self { server, name, database })
    }

    pub(crate) async fn ledger(&self) -> Arc<Timed> {
        self.database.migrate().await.unwrap();
        let database = self.database.clone();
        Arc::new(Timed::new(move |clock| database.ledger_at(RetryPolicy::default(), clock)))
    }

    pub(crate) async fn drop(self) {
        execute(&self.server, format!("drop database {} with (force)", self.name)).await;
    }
}

pub(crate) async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_keeps_the_contract() {
    let Some(scratch) = Scratch::new().await else { return };
    contract::ledger::suite(scratch.ledger().await).await;
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_keeps_the_contract_of_store_records() {
    let Some(scratch) = Scratch::new().await else { return };
    let ledger = scratch.ledger().await;
    contract::store_records::suite(&ledger).await;
    scratch.drop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_keep_the_contract() {
    let Some(scratch) = Scratch::new().await else { return };
    let users = scratch.database.users();
    assert!(users.check().await.is_err(), "no schema yet");
    scratch.database.migrate().await.unwrap();
    contract::users::passes(&*users).await;
    scratch.drop().await;
}

#[tokio::test]
async fn an_older_schema_is_told() {
    let Some(scratch) = Scratch::new().await else { return };
    let error = scratch.database.ledger(RetryPolicy::default()).check().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Rejected);
    assert!(error.to_string().contains("sweeper migrate"), "{error}");
    scratch.drop().await;
}

#[test]
fn any_interleaving_keeps_the_invariants() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let config = Config { cases: 24, max_shrink_iters: 50, failure_persistence: None, ..Config::default() };
    let tested = TestRunner::new(config).run(&events(), |events| {
        runtime.block_on(async {
            let Some(scratch) = Scratch::new().await else { return };
            Run::new(&*scratch.ledger().await).play(&events).await;
            scratch.drop().await;
        });
        Ok(())
    });
    tested.unwrap();
}

/// The ledger, on a way to the server that can be cut.
async fn through_a_relay(scratch: &Scratch) -> (Relay, Arc<dyn Ledger>) {
    scratch.database.migrate().await.unwrap();
    let mut url = Url::parse(&scratch.server).unwrap();
    let relay = Relay::start(url.port().unwrap_or(5432)).await;
    url.set_port(Some(relay.port)).unwrap();
    url.set_path(&scratch.name);
    let ledger = Database::open(url.as_str()).await.unwrap().ledger(RetryPolicy::default());
    (relay, ledger)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_connection_is_made_anew() {
    let Some(scratch) = Scratch::new().await else { return };
    let (relay, ledger) = through_a_relay(&scratch).await;
    let uploads: Vec<_> = (0..8).map(|_| contract::ledger::upload(&[Format::Pdf])).collect();
    // As many pooled connections as there are uploads.
    let accepted = futures_util::future::join_all(uploads.iter().map(|upload| ledger.accept(upload))).await;
    assert!(accepted.iter().all(Result::is_ok));
    relay.cut();
    let error = ledger.accept(&contract::ledger::upload(&[Format::Pdf])).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    relay.mend();
    // However many pooled connections are broken.
    ledger.accept(&contract::ledger::upload(&[Format::Pdf])).await.unwrap();
    scratch.drop().await;
}

#[tokio::test]
async fn an_unreachable_server_is_told_in_time_and_without_the_password() {
    let database = Database::open("postgres://user:hush@127.0.0.1:1/x").await.unwrap();
    let error = database.ledger(RetryPolicy::default()).check().await.unwrap_err();
    assert!(error.is_unreachable() && !error.to_string().contains("hush"), "{error}");
    let error = database.migrate().await.unwrap_err().to_string();
    assert!(error.contains("DATABASE_URL") && !error.contains("hush"), "{error}");
}

#[tokio::test]
async fn tls_takes_the_authority_that_is_named_and_no_other() {
    let Some(scratch) = Scratch::new().await else { return };
    let Some(authority) = server("TEST_CA_FILE") else { return };
    let mut url = Url::parse(&scratch.server).unwrap();
    for (root, trusted) in [(Some(&authority), true), (None, false)] {
        url.query_pairs_mut().clear().append_pair("sslmode", "verify-full");
        if let Some(root) = root {
            url.query_pairs_mut().append_pair("sslrootcert", root);
        }
        let checked = Database::open(url.as_str()).await.unwrap().users().check().await;
        let error = checked.unwrap_err();
        // Over a connection that stands, the database tells of its missing schema.
        let expected = if trusted { ErrorKind::Rejected } else { ErrorKind::Unreachable };
        assert_eq!(error.kind(), expected, "{error}");
    }
    scratch.drop().await;
}
