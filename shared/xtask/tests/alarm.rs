//! The pack while an alarm of RabbitMQ is on, for its memory and for its disk: uploads are accepted, nothing piles up, and what was accepted is done when
//! the alarm is over.
#![allow(clippy::unwrap_used)]

#[path = "../../adapters/tests/servers/environment.rs"]
mod environment;

use std::time::{Duration, Instant};

use reqwest::{Client, StatusCode};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use url::Url;
use xtask::pack::{Function, Pack};
use xtask::servers::{Alarm, Environment, Kind, Plan, Servers};

const PATIENCE: Duration = Duration::from_secs(120);
/// How long the alarm lasts: many times the limit of a publish.
const ALARM: Duration = Duration::from_secs(20);
/// Publishing and asking of gateway, worker, notifier and sweeper, and the two consumers.
const MOST_CONNECTIONS: usize = 4 * 2 + 2;

struct Service {
    pack: Pack,
    client: Client,
    token: String,
    database: (String, String),
    port: u16,
    _folder: TempDir,
}

impl Service {
    async fn start(broker: &str) -> Option<Self> {
        let postgres = environment::server("TEST_POSTGRES_URL")?;
        let name = format!("test_{}", uuid::Uuid::now_v7().simple());
        execute(&postgres, format!("create database {name}")).await;
        let mut database = Url::parse(&postgres).unwrap();
        database.set_path(&name);
        let folder = TempDir::new().unwrap();
        let file = |name: &str| format!("file://{}", folder.path().join(name).display());
        let settings: Environment = [
            ("DATABASE_URL", database.to_string()),
            ("DOCUMENTS_URL", file("documents")),
            ("MAIL_URL", file("mails")),
            ("BROKER_URL", broker.to_owned()),
            ("SWEEP_PERIOD", "500ms".to_owned()),
            ("OUTBOX_DELAYS", "1s,2s,2s".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let binaries = std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let pack = Pack::start(&binaries, folder.path(), &settings).unwrap();
        let client = Client::new();
        let token = login(&client, &pack.base()).await;
        let port = Url::parse(broker).unwrap().port().unwrap();
        Some(Self { pack, client, token, database: (postgres, name), port, _folder: folder })
    }

    /// Uploads an invoice and answers where it is.
    async fn upload(&self) -> String {
        let upload = self.client.post(format!("{}/invoices", self.pack.base())).bearer_auth(&self.token);
        let upload = upload.header("content-type", "application/json");
        let answer = upload.body(include_str!("../../../events/sample_invoice.json")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        format!("{}{}", self.pack.base(), answer.headers()["location"].to_str().unwrap())
    }

    async fn is_stored(&self, invoice: &str) -> bool {
        let answer = self.client.get(invoice).bearer_auth(&self.token).send().await.unwrap();
        answer.json::<Value>().await.unwrap()["state"] == "stored"
    }

    async fn ready(&self) -> (StatusCode, Value) {
        let answer = self.client.get(format!("{}/readyz", self.pack.base())).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Connections that the functions hold to the broker, as the kernel sees them: proc_pid_net(5), `tcp`, whose third
    /// field is the remote address and whose fourth is the state, 01 for an established connection.
    fn connections(&self) -> usize {
        let broker = format!("0100007F:{:04X}", self.port);
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let fields = table.lines().map(|line| line.split_whitespace().skip(2).take(2).collect::<Vec<_>>());
        fields.filter(|fields| fields[..] == [broker.as_str(), "01"]).count()
    }

    async fn end(self) {
        let (server, name) = self.database.clone();
        drop(self);
        execute(&server, format!("drop database {name} with (force)")).await;
    }
}

/// The demo user's token. Auth makes the user once the database answers.
async fn login(client: &Client, base: &str) -> String {
    let begun = Instant::now();
    loop {
        let login = client.post(format!("{base}/login")).basic_auth("test@example.com", Some("password"));
        let answer = login.send().await.unwrap();
        if answer.status() == StatusCode::OK {
            return answer.text().await.unwrap().trim().to_owned();
        }
        assert!(begun.elapsed() < PATIENCE, "nobody can log in: {}", answer.status());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn execute(server: &str, statement: String) {
    let mut connection = PgConnection::connect(server).await.unwrap();
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
}

fn value<'a>(environment: &'a Environment, name: &str) -> &'a str {
    &environment.iter().find(|(found, _)| found == name).unwrap().1
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_piles_nothing_up_and_a_queue_of_another_bound_does_its_work() {
    if environment::server("TEST_POSTGRES_URL").is_none() {
        return;
    }
    let mut servers = Servers::start(&Plan::of_its_own(&[Kind::RabbitMq])).unwrap();
    let environment = servers.environment();
    let broker = value(&environment, "TEST_AMQP_URL").to_owned();
    // The queues are there, without a bound, when programs come that are told one.
    let bounded = format!("{broker}?max_length=1000");
    let service = Service::start(&broker).await.unwrap();
    for alarm in [Alarm::Memory, Alarm::Disk] {
        a_whole_alarm(&service, &mut servers, alarm).await;
    }
    service.end().await;
    let other = Service::start(&bounded).await.unwrap();
    let invoice = other.upload().await;
    eventually("it is stored", async || other.is_stored(&invoice).await).await;
    assert_eq!(other.ready().await.0, StatusCode::OK);
    let log = other.pack.log(Function::Gateway);
    assert!(log.contains("max_length") && log.contains("set_policy"), "{log}");
    other.end().await;
    servers.finish(false);
}

async fn a_whole_alarm(service: &Service, servers: &mut Servers, alarm: Alarm) {
    let before = service.upload().await;
    eventually("it is stored", async || service.is_stored(&before).await).await;
    servers.get(Kind::RabbitMq).unwrap().set_alarm(alarm, true).unwrap();
    let (begun, mut invoices, mut most, mut was_told) = (Instant::now(), Vec::new(), 0, false);
    while begun.elapsed() < ALARM {
        invoices.push(service.upload().await);
        let (status, told) = service.ready().await;
        assert_eq!(status, StatusCode::OK, "{told}");
        was_told |= told["broker_blocked"] == true && told["broker"] == true;
        most = most.max(service.connections());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(was_told, "nobody is told of {alarm:?}");
    assert!(most <= MOST_CONNECTIONS, "{most} connections");
    let metrics = service.client.get(format!("{}/metrics", service.pack.base())).send().await.unwrap();
    assert!(metrics.text().await.unwrap().contains("invoices_broker_blocked{} 1"));
    servers.get(Kind::RabbitMq).unwrap().set_alarm(alarm, false).unwrap();
    for invoice in &invoices {
        eventually("what was accepted is stored", async || service.is_stored(invoice).await).await;
    }
    eventually("the end of the alarm is told", async || service.ready().await.1.get("broker_blocked").is_none()).await;
}

async fn eventually(what: &str, is_so: impl AsyncFn() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
