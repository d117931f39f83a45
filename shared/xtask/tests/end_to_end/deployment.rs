//! A pack on servers, with a database of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};
use url::Url;
use xtask::pack::Pack;

use crate::database::Database;
use crate::environment::server;
use crate::mails::Mailbox;
use crate::queues;
use crate::store::Store;

/// Short times, so that housekeeping comes by within a test.
const SETTINGS: [(&str, &str); 3] = [("RETENTION_DAYS", "1"), ("ORPHAN_GRACE", "10s"), ("SWEEP_PERIOD", "500ms")];

pub(crate) struct Deployment {
    pub(crate) base: String,
    pub(crate) client: Client,
    pub(crate) pack: Pack,
    pub(crate) database: Database,
    pub(crate) store: Store,
    mailbox: Mailbox,
    _folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Deployment {
    /// On the document store and the mail server that these variables name. `None` where no servers are to be tested.
    pub(crate) async fn start(store: &str, mail: &str) -> Option<Self> {
        Self::start_with(store, mail, &[]).await
    }

    /// The same with further settings.
    pub(crate) async fn start_with(store: &str, mail: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let (store, mail) = (server(store)?, server(mail)?);
        let (postgres, broker) = (server("TEST_POSTGRES_URL")?, server("TEST_AMQP_URL")?);
        let alone = alone().await;
        queues::delete(&broker).await;
        let database = Database::create(&postgres).await;
        let (store, documents) = Store::create(&store).await;
        let folder = TempDir::new().unwrap();
        let given = SETTINGS.iter().chain(settings);
        let mut settings: Vec<(String, String)> =
            given.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (name, value) in [
            ("DATABASE_URL", &with_few_connections(&database.url)),
            ("DOCUMENTS_URL", &documents),
            ("BROKER_URL", &broker),
            ("MAIL_URL", &mail),
        ] {
            settings.push((name.to_owned(), value.clone()));
        }
        settings.extend(std::env::vars().filter(|(name, _)| name.starts_with("AWS_")));
        let pack = Pack::start(&binaries(), folder.path(), &settings).unwrap();
        Some(Self {
            base: pack.base(),
            client: Client::builder().timeout(Duration::from_secs(60)).build().unwrap(),
            pack,
            database,
            store,
            mailbox: Mailbox::of(&mail),
            _folder: folder,
            _alone: alone,
        })
    }

    /// The demo user's, which auth makes once the database answers.
    pub(crate) async fn login(&self) -> String {
        for _ in 0..600 {
            let login = self.client.post(format!("{}/login", self.base));
            let answer = login.basic_auth("test@example.com", Some("password")).send().await.unwrap();
            if answer.status().is_success() {
                return answer.text().await.unwrap();
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("nobody can log in: {}", self.pack.log(xtask::pack::Function::Auth));
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.base)).bearer_auth(token)
    }

    pub(crate) fn upload(&self, token: &str, formats: &str) -> RequestBuilder {
        let form = Form::new().part("file", Part::text(sample()).file_name("invoice.json"));
        self.client.post(format!("{}/upload?format={formats}", self.base)).bearer_auth(token).multipart(form)
    }

    /// Once its documents are final and its mail is sent.
    pub(crate) async fn at_rest(&self, token: &str, place: &str) -> Value {
        for _ in 0..1200 {
            let resource = json(self.get(token, place).send().await.unwrap()).await;
            if resource["state"] != "processing" && resource["mails"][0]["state"] == "sent" {
                return resource;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let resource = json(self.get(token, place).send().await.unwrap()).await;
        let logs = xtask::pack::Function::ALL.map(|function| self.pack.log(function)).join("\n");
        panic!("it does not come to rest: {resource}\n{logs}");
    }

    pub(crate) async fn mail_of(&self, upload: &str) -> String {
        self.mailbox.mail_of(&self.client, upload).await
    }

    /// The stand-in for SES keeps a mail's texts alone; the adapter's own test sees the bytes.
    pub(crate) fn mails_show_headers(&self) -> bool {
        matches!(self.mailbox, Mailbox::Folder(_))
    }

    /// Everything that it made on the servers.
    pub(crate) async fn remove(self) {
        let Self { pack, database, store, .. } = self;
        drop(pack);
        store.remove().await;
        database.remove().await;
    }
}

/// Without optimisation each new connection's login takes long, above all on a machine that is busy.
fn with_few_connections(database: &str) -> String {
    let mut url = Url::parse(database).unwrap();
    url.query_pairs_mut().append_pair("connections", "4");
    url.into()
}

/// For as long as it is held no other test runs a pack: they share the broker's queues.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::const_new(());
    ALONE.lock().await
}

pub(crate) async fn json(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

pub(crate) fn sample() -> String {
    std::fs::read_to_string(root().join("events/sample_invoice.json")).unwrap()
}

/// Cargo puts the programs beside the folder of the tests.
fn binaries() -> PathBuf {
    std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
}
