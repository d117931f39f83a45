//! The sweeper: mends what a crash or an outage left behind.

mod chore;
mod failed;
mod housekeeping;
mod metrics;
mod orphans;
mod scheduled;
mod verify;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use host::readiness::{Readiness, Server};
use host::settings::{Need, Settings};
use host::telemetry::message_span;
use host::{Outage, Shutdown};
use jiff::Timestamp;
use pipeline::{
    Actor, Broker, Clock, Documents, Expired, FailPoint, Ledger, Mutation, OutboxEntry, OwnedStore, PortError, Queue,
    Redrive, RedriveFilter,
};
use tracing::Instrument as _;
use uuid::Uuid;

pub use chore::{Arguments, Chore};
pub use housekeeping::Housekeeping;
pub use orphans::{Bulk, OrphanSlice};
pub use scheduled::run_once;
pub use verify::{Damage, Verified};

/// Rows taken in one step; a run goes on until fewer are left.
const BATCH: u32 = 100;
/// Rows taken in one run, so that a run ends.
const MOST_BATCHES: u32 = 50;

/// The sweeper's servers and rules.
pub struct Sweeper {
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Where orphan blobs are looked for.
    pub documents: Arc<dyn Documents>,
    /// Gets what is due.
    pub broker: Arc<dyn Broker>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Age at which a blob that no row names is removed.
    pub orphan_grace: Duration,
    /// Age at which finished uploads are removed.
    pub retention: Option<Duration>,
    outage: Outage,
    /// Who this is, where one sweeper at a time looks for orphans.
    holder: Uuid,
    /// When all of housekeeping was done last, where a host calls when it is due.
    kept_house: Mutex<Option<Timestamp>>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Messages published.
    pub published: usize,
    /// Leases that had expired.
    pub expired: Expired,
}

impl Sweeper {
    /// What a sweeper asks of the settings.
    pub const NEEDS: [Need; 3] = [Need::Database, Need::Documents, Need::Broker];

    /// Opens the servers that the settings name.
    ///
    /// # Errors
    /// A setting is wrong or a server out of reach.
    pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let servers = &settings.servers;
        let retry = settings.background.retry.clone();
        let lease = retry.lease;
        let ledger = adapters::open::Database::open(servers.database.expose()).await?.ledger(retry);
        let documents = adapters::open::documents(servers.documents.expose()).await?;
        let documents = Arc::new(OwnedStore::new(Arc::clone(&ledger), documents));
        let broker = adapters::open::broker(servers.broker.expose(), lease).await?;
        Ok(Self::new(settings, ledger, documents, broker, clock))
    }

    /// A sweeper on servers that are open already.
    #[must_use]
    pub fn new(
        settings: &Settings,
        ledger: Arc<dyn Ledger>,
        documents: Arc<dyn Documents>,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        metrics::declare();
        let (orphan_grace, retention) = (settings.background.orphan_grace, settings.background.retention);
        let (outage, kept_house, holder) = (Outage::default(), Mutex::default(), orphans::new_holder());
        Self { ledger, documents, broker, clock, orphan_grace, retention, outage, holder, kept_house }
    }

    /// Whether the servers that a sweeper needs answer.
    #[must_use]
    pub fn readiness(&self, shutdown: &Shutdown) -> Readiness {
        let ledger = Server::Ledger(Arc::clone(&self.ledger));
        let documents = Server::Documents(Arc::clone(&self.documents));
        let broker = Server::Broker(Arc::clone(&self.broker));
        Readiness::new(shutdown, [ledger, documents, broker])
    }

    /// One run: expired leases, then due messages.
    ///
    /// # Errors
    /// A server is out of reach; the next run goes on from there.
    pub async fn sweep(&self) -> Result<Swept, PortError> {
        let expired = self.expire().await?;
        if expired != Expired::default() {
            FailPoint::LeasesExpired.reached();
        }
        let published = self.publish_due().await?;
        Ok(Swept { published, expired })
    }

    /// As [`Self::sweep`]. That a server is out of reach is told in the log once, and so is that it is back.
    pub async fn sweep_and_log(&self) {
        match self.sweep().await {
            Ok(_) if self.outage.ends() => tracing::info!("sweeping again"),
            Ok(_) => {}
            Err(error) if self.outage.begins() => tracing::warn!(%error, "sweeping stopped, going on when it can"),
            Err(error) => tracing::debug!(%error, "sweeping is still stopped"),
        }
    }

    /// Queues what failed once more and publishes it.
    ///
    /// # Errors
    /// The ledger is out of reach.
    pub async fn redrive(&self, filter: &RedriveFilter, actor: &Actor) -> Result<Redrive, PortError> {
        let redrive = self.ledger.redrive(filter, actor).await?;
        FailPoint::Redriven.reached();
        for entry in &redrive.publish {
            let publish = pipeline::publish(entry, self.broker.as_ref(), self.ledger.as_ref());
            publish.instrument(message_span(entry.trace)).await;
        }
        Ok(redrive)
    }

    async fn expire(&self) -> Result<Expired, PortError> {
        let mut total = Expired::default();
        for _ in 0..MOST_BATCHES {
            let expired = self.ledger.expire(BATCH).await?;
            total.documents += expired.documents;
            total.mails += expired.mails;
            metrics::count_expired(expired);
            if expired.documents.max(expired.mails) < BATCH as usize {
                break;
            }
        }
        if total != Expired::default() {
            tracing::warn!(documents = total.documents, mails = total.mails, "attempts had crashed");
        }
        Ok(total)
    }

    /// Stops at the first message that the broker does not take: the others would not fare better.
    async fn publish_due(&self) -> Result<usize, PortError> {
        let mut published = 0;
        if Mutation::UnconfirmedPublish.is_on() {
            return Ok(published);
        }
        for queue in Queue::ALL {
            published += self.publish_due_to(queue).await?;
        }
        Ok(published)
    }

    async fn publish_due_to(&self, queue: Queue) -> Result<usize, PortError> {
        let mut published = 0;
        for _ in 0..MOST_BATCHES {
            // A broker that cannot tell is none that has lost messages: publishing shows what it is worth.
            let depth = self.broker.depth(queue).await.ok();
            let due = self.ledger.due(queue, depth, BATCH).await?;
            if !due.is_empty() {
                FailPoint::DueTaken.reached();
            }
            for entry in &due {
                self.publish(entry).instrument(message_span(entry.trace)).await?;
                published += 1;
            }
            if due.len() < BATCH as usize {
                break;
            }
        }
        Ok(published)
    }

    async fn publish(&self, entry: &OutboxEntry) -> Result<(), PortError> {
        pipeline::try_publish(entry, self.broker.as_ref(), self.ledger.as_ref()).await?;
        let queue = entry.message.queue();
        metrics::count_published(queue);
        tracing::info!(%queue, "published what was due");
        Ok(())
    }
}
