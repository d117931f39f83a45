//! The parts behind the ports, each opened once and shared by all functions.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::Arc;

use adapters::open::{self, Database};
use anyhow::Context as _;
use host::SystemClock;
use host::settings::Settings;
use pipeline::{Broker, Clock, Documents, Ledger, Mailer, Users};
use sweeper::Sweeper;

/// Every port's adapter.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) users: Arc<dyn Users>,
    pub(crate) ledger: Arc<dyn Ledger>,
    pub(crate) documents: Arc<dyn Documents>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Parts {
    /// Opens them and brings the schema up.
    pub(crate) async fn open(settings: &Settings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        create_private(&settings.data_dir)?;
        let (servers, retry) = (&settings.servers, &settings.background.retry);
        let database = Database::open(servers.database.expose()).await?;
        database.migrate().await?;
        Ok(Self {
            users: database.users(),
            ledger: database.ledger(retry.clone()),
            documents: open::documents(servers.documents.expose()).await?,
            broker: open::broker(servers.broker.expose(), retry.lease).await?,
            mailer: open::mailer(servers.mail.expose(), settings.mail.limits).await?,
            clock,
        })
    }

    pub(crate) fn sweeper(&self, settings: &Settings) -> Sweeper {
        let Self { ledger, documents, broker, clock, .. } = self.clone();
        Sweeper::new(settings, ledger, documents, broker, clock)
    }
}

/// Makes the data folder where it is missing, for its owner alone: password hashes, invoices and links lie in it.
pub(crate) fn create_private(folder: &Path) -> anyhow::Result<()> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| format!("DATA_DIR: cannot make {}", folder.display()))
}
