//! The parts behind the ports, each opened once and shared by all functions.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use adapters::open::{self, Database};
use anyhow::{Context as _, bail};
use host::SystemClock;
use host::settings::Settings;
use pipeline::{Broker, Bucket, Clock, Documents, Ledger, Mailer, PortError, Users};
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
    /// Opens them and brings the schema up. A ledger that is missing beside documents is not begun anew: none of them would
    /// be found any more.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        create_private(&settings.data_dir)?;
        let (servers, retry) = (&settings.servers, &settings.background.retry);
        let documents = open::documents(servers.documents.expose()).await?;
        let url = servers.database.expose();
        if !Database::is_begun(url).await? && holds_any(documents.as_ref(), clock.as_ref()).await? {
            bail!(
                "DATABASE_URL: the database is missing or empty, and DOCUMENTS_URL holds documents: bring the database \
                 back from a copy; or move the documents away to begin anew"
            );
        }
        let database = Database::open(url).await?;
        database.migrate().await?;
        Ok(Self {
            users: database.users(),
            ledger: database.ledger(retry.clone()),
            database,
            documents,
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
