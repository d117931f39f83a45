//! The parts behind the ports, each opened once and shared by all functions.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use anyhow::{Context as _, ensure};
use host::SystemClock;
use host::settings::Settings;
use pipeline::{Broker, Bucket, Clock, Documents, Ledger, Mailer, OwnedStore, PortError, Users, claim_store};
use sweeper::Sweeper;

/// Every port's adapter.
#[derive(Clone)]
pub(crate) struct Parts {
    database: Database,
    pub(crate) users: Arc<dyn Users>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Parts {
    /// Opens them, brings the schema up, and makes sure that the documents are this ledger's: a database that is missing or
    /// empty beside documents of another is refused.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        create_private(&settings.data_dir)?;
        refuse_lost_ledger(settings).await?;
        let parts = Self::open_of_any_store(settings).await?;
        claim_store(&*parts.ledger, &*parts.documents).await.context("DOCUMENTS_URL")?;
        Ok(parts)
    }

    /// As [`Self::open`], whosever the documents are.
    pub(crate) async fn open_of_any_store(settings: &Settings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        create_private(&settings.data_dir)?;
        let (servers, retry) = (&settings.servers, &settings.background.retry);
        let database = Database::open(servers.database.expose()).await?;
        database.migrate().await?;
        let ledger = database.ledger(retry.clone());
        let documents = open::documents(servers.documents.expose()).await?;
        Ok(Self {
            users: database.users(),
            database,
            documents: Arc::new(OwnedStore::new(Arc::clone(&ledger), documents)),
            ledger,
            broker: open::broker(servers.broker.expose(), retry.lease).await?,
            mailer: open::mailer(servers.mail.expose(), settings.mail.limits).await?,
            clock,
        })
    }

    /// Closes the database and the broker at the end: what uses them afterwards fails.
    pub(crate) async fn close(&self) {
        self.broker.close().await;
        self.database.close().await;
    }

    pub(crate) fn sweeper(&self, settings: &Settings) -> Sweeper {
        let Self { ledger, documents, broker, clock, .. } = self.clone();
        Sweeper::new(settings, ledger, documents, broker, clock)
    }
}

/// Whether there is a blob, however young.
async fn holds_any(documents: &dyn Documents, clock: &dyn Clock) -> Result<bool, PortError> {
    let now = clock.now();
    let before = now.checked_add(Duration::from_secs(24 * 3600)).unwrap_or(now);
    for bucket in Bucket::ALL {
        if !documents.list(bucket, before, None, 1).await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes the data folder where it is missing, for its owner alone: password hashes, invoices and links lie in it.
pub(crate) fn create_private(folder: &Path) -> anyhow::Result<()> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| format!("DATA_DIR: cannot make {}", folder.display()))
}

/// A ledger that is missing beside documents is not begun.
async fn refuse_lost_ledger(settings: &Settings) -> anyhow::Result<()> {
    let servers = &settings.servers;
    if Database::is_begun(servers.database.expose()).await? {
        return Ok(());
    }
    let documents = open::documents(servers.documents.expose()).await?;
    ensure!(
        !holds_any(documents.as_ref(), &SystemClock).await?,
        "DATABASE_URL: the database is missing or empty, and DOCUMENTS_URL holds documents: bring the database back from a \
         copy; or move the documents away to start empty; or take them over by `adopt-store`"
    );
    Ok(())
}
