//! The real servers behind proxies, the five functions as processes on them, and a mail server with moods.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Context as _;
use pipeline::Mutation;
use tempfile::TempDir;
use url::Url;
use uuid::Uuid;
use xtask::pack::Pack;
use xtask::servers::{Environment, Kind, Servers};

use crate::broker::Broker;
use crate::documents::Documents;
use crate::ledger::Ledger;
use crate::mail_sink::MailSink;
use crate::proxy::Proxy;
use crate::schedule::SERVERS;

/// Age at which a blob that no row names is removed: longer than any pause, so that no upload loses its blob to it.
pub(crate) const ORPHAN_GRACE: Duration = Duration::from_secs(45);

/// Short times, so that what was interrupted comes back within the run. One mail at a time: then an event that hides what
/// became of a mail can cause one more mail and not several.
const SETTINGS: [(&str, &str); 9] = [
    ("LEASE", "6s"),
    ("RETRY_DELAYS", "200ms,400ms,800ms,1s"),
    ("OUTBOX_DELAYS", "2s,2s,4s"),
    ("SWEEP_PERIOD", "300ms"),
    ("ORPHAN_GRACE", "45s"),
    ("DRAIN_LIMIT", "5s"),
    ("WORKER_CONCURRENCY", "4"),
    ("NOTIFIER_CONCURRENCY", "1"),
    ("RUST_LOG", "info"),
];

/// One run's ground.
pub(crate) struct Arena {
    pub(crate) pack: Arc<Mutex<Pack>>,
    pub(crate) base: String,
    pub(crate) ledger: Ledger,
    pub(crate) documents: Documents,
    pub(crate) broker: Broker,
    pub(crate) mails: MailSink,
    pub(crate) proxies: BTreeMap<Kind, Proxy>,
    folder: TempDir,
}

impl Arena {
    /// A pack with a database and a document store of its own, and empty queues.
    pub(crate) async fn start(servers: &Servers, seed: u64, mutation: Option<Mutation>) -> anyhow::Result<Self> {
        let environment = servers.environment();
        let ledger = Ledger::create(value(&environment, "TEST_POSTGRES_URL")?).await?;
        let (documents, mongodb) = Documents::create(value(&environment, "TEST_MONGODB_URL")?).await?;
        let broker = Broker::new(value(&environment, "TEST_AMQP_URL")?);
        broker.remove_queues().await?;
        let mails = MailSink::start(seed).await?;
        let mut proxies = BTreeMap::new();
        for kind in SERVERS {
            let url = match kind {
                Kind::Postgres => &ledger.url,
                Kind::Mongodb => &mongodb,
                _ => &broker.url,
            };
            proxies.insert(kind, Proxy::start(authority(&Url::parse(url)?)?).await?);
        }
        let mut settings: Environment = [
            ("DATABASE_URL", through(&proxies[&Kind::Postgres], &ledger.url)?),
            ("DOCUMENTS_URL", through(&proxies[&Kind::Mongodb], &mongodb)?),
            ("BROKER_URL", through(&proxies[&Kind::RabbitMq], &broker.url)?),
            ("MAIL_URL", format!("smtp://{}", mails.address)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        settings.extend(SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned())));
        settings.extend(mutation.map(|mutation| ("MUTATION".to_owned(), mutation.name().to_owned())));
        let folder = TempDir::new()?;
        let pack = Pack::start(&binaries()?, folder.path(), &settings)?;
        if mutation == Some(Mutation::DoubleDocument) {
            ledger.forget_that_formats_are_unique().await?;
        }
        let base = pack.base();
        Ok(Self { pack: Arc::new(Mutex::new(pack)), base, ledger, documents, broker, mails, proxies, folder })
    }

    /// Stops the functions and removes what they made; the logs stay where they are wanted.
    pub(crate) async fn end(self, keep_logs: bool) -> anyhow::Result<()> {
        drop(self.pack);
        self.documents.remove().await?;
        self.ledger.remove().await?;
        if keep_logs {
            println!("  the functions' logs are in {}", self.folder.keep().display());
        }
        Ok(())
    }
}

pub(crate) fn locked(pack: &Mutex<Pack>) -> MutexGuard<'_, Pack> {
    pack.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The name of something that one run has for itself.
pub(crate) fn name_of_its_own() -> String {
    format!("chaos_{}", Uuid::now_v7().simple())
}

fn authority(url: &Url) -> anyhow::Result<String> {
    Ok(format!("{}:{}", url.host_str().context("a host")?, url.port().context("a port")?))
}

fn through(proxy: &Proxy, url: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(url)?;
    url.set_ip_host(proxy.address.ip()).ok().context("a URL with a host")?;
    url.set_port(Some(proxy.address.port())).ok().context("a URL with a port")?;
    Ok(url.into())
}

fn value<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<&'a str> {
    let found = environment.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    found.with_context(|| format!("the servers name no {name}"))
}

/// Cargo puts the programs beside the folder of the tests.
fn binaries() -> anyhow::Result<std::path::PathBuf> {
    Ok(std::env::current_exe()?.ancestors().nth(2).context("a folder of programs")?.to_owned())
}
