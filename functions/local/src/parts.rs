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
use tokio::sync::Mutex;

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
            broker: open::broker(servers.broker.expose(), retry.lease, Arc::clone(&clock)).await?,
            mailer: open::mailer(servers.mail.expose()).await?,
            clock,
        })
    }

    pub(crate) fn sweeper(&self, settings: &Settings) -> Sweeper {
        Sweeper {
            ledger: Arc::clone(&self.ledger),
            documents: Arc::clone(&self.documents),
            broker: Arc::clone(&self.broker),
            clock: Arc::clone(&self.clock),
            orphan_grace: settings.background.orphan_grace,
            retention: settings.background.retention,
            last_housekeeping: Mutex::new(None),
        }
    }
}

/// Makes the data folder where it is missing, for its owner alone: password hashes, invoices and links lie in it.
fn create_private(folder: &Path) -> anyhow::Result<()> {
    let created = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    created.with_context(|| format!("DATA_DIR: cannot make {}", folder.display()))
}
