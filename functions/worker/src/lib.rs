//! The worker: takes a document's id from the queue `invoices`, renders it and stores the result.

mod attempt;
mod brandings;
mod metrics;

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use host::readiness::{Readiness, Server};
use host::settings::{Need, Settings};
use host::{Handler, Shutdown};
use invoice::ParseOptions;
use pipeline::{
    BlobId, Broker, DocumentClaim, DocumentId, DocumentOutcome, Documents, ErrorKind, FailPoint, Finish, Ledger,
    Message, Mutation, OwnedStore, PortError,
};
use render::Style;
use tokio::sync::Semaphore;

pub use brandings::Brandings;

/// How often the outcome is offered to a ledger that is out of reach, and the wait between.
const FINISH_TRIES: u32 = 4;
const FINISH_WAIT: Duration = Duration::from_secs(1);

/// The worker's servers and rules.
pub struct Worker {
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Where uploads lie and results go.
    pub documents: Arc<dyn Documents>,
    /// Gets the mail's message once an upload's last document is final.
    pub broker: Arc<dyn Broker>,
    /// How uploads are read: as at their acceptance.
    pub parse: ParseOptions,
    /// How documents look, where neither the upload nor its branding says so.
    pub style: Style,
    /// The largest upload that is read, in bytes.
    pub upload_bytes: u64,
    /// How long rendering and storing one document may take.
    pub attempt_limit: Duration,
    /// Documents that are being rendered. One that is given up in time keeps its place until it really ends.
    pub renderers: Arc<Semaphore>,
    /// What users' documents look like.
    pub brandings: Brandings,
    /// The end of the process: what is not finished by then is given back.
    pub shutdown: Shutdown,
}

impl Worker {
    /// What a worker asks of the settings.
    pub const NEEDS: [Need; 3] = [Need::Database, Need::Documents, Need::Broker];

    /// Opens the servers that the settings name.
    ///
    /// # Errors
    /// A setting is wrong or a server out of reach.
    pub async fn open(settings: &Settings) -> anyhow::Result<Self> {
        if let Some(folder) = &settings.fonts_dir {
            render::east_asian_fonts_in(folder).context("FONTS_DIR")?;
        }
        let servers = &settings.servers;
        let retry = settings.background.retry.clone();
        let lease = retry.lease;
        let ledger = adapters::open::Database::open(servers.database.expose()).await?.ledger(retry);
        let documents = adapters::open::documents(servers.documents.expose()).await?;
        let documents = Arc::new(OwnedStore::new(Arc::clone(&ledger), documents));
        let broker = adapters::open::broker(servers.broker.expose(), lease).await?;
        Ok(Self::new(settings, ledger, documents, broker))
    }

    /// A worker on these servers, by the rules of the settings.
    #[must_use]
    pub fn new(
        settings: &Settings,
        ledger: Arc<dyn Ledger>,
        documents: Arc<dyn Documents>,
        broker: Arc<dyn Broker>,
    ) -> Self {
        metrics::declare();
        Self {
            ledger,
            documents,
            broker,
            parse: settings.parse.clone(),
            style: Style::default(),
            upload_bytes: settings.limits.bytes as u64,
            attempt_limit: settings.background.retry.attempt_limit(),
            renderers: Arc::new(Semaphore::new(usize::from(settings.background.worker_concurrency))),
            brandings: Brandings::default(),
            shutdown: Shutdown::new(),
        }
    }

    /// Whether the servers that a worker needs answer.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let ledger = Server::Ledger(Arc::clone(&self.ledger));
        let documents = Server::Documents(Arc::clone(&self.documents));
        let broker = Server::Broker(Arc::clone(&self.broker));
        Readiness::new(&self.shutdown, [ledger, documents, broker])
    }

    async fn render(&self, document: DocumentId) -> Result<(), PortError> {
        let claim = host::claim(|| self.ledger.claim_document(document, BlobId::new())).await?;
        let Some(claim) = claim else {
            tracing::debug!(document_id = %document, "nothing to do: claimed, final, not yet due, or gone");
            return Ok(());
        };
        FailPoint::DocumentClaimed.reached();
        let limit = if Mutation::NoFence.is_on() { Duration::MAX } else { self.attempt_limit };
        let attempt = tokio::time::timeout(limit, attempt::run(self, &claim));
        let outcome = match self.shutdown.run_until_last_call(attempt).await {
            Some(Ok(outcome)) => outcome,
            Some(Err(_)) => DocumentOutcome::Fault { reason: format!("not finished within {:?}", self.attempt_limit) },
            // Not the document's fault: it is queued again at once instead of when its lease is over.
            None => DocumentOutcome::Unreachable { reason: "the worker ended before it was finished".to_owned() },
        };
        let finish = self.finish(&claim, &outcome).await?;
        FailPoint::DocumentFinished.reached();
        log(&claim, &outcome, &finish);
        metrics::count(claim.format, &outcome, &finish);
        if let Finish::Recorded { publish: Some(entry) } = finish {
            pipeline::publish(&entry, self.broker.as_ref(), self.ledger.as_ref()).await;
        }
        Ok(())
    }

    /// Offers the outcome more than once: without it the document waits for its lease to end.
    async fn finish(&self, claim: &DocumentClaim, outcome: &DocumentOutcome) -> Result<Finish, PortError> {
        let mut tries = 1;
        loop {
            match self.ledger.finish_document(claim, outcome).await {
                Err(error) if error.kind() == ErrorKind::Unreachable && tries < FINISH_TRIES => {
                    tracing::warn!(%error, document_id = %claim.document, "outcome not recorded, trying again");
                    tries += 1;
                    tokio::time::sleep(FINISH_WAIT).await;
                }
                finished => return finished,
            }
        }
    }
}

fn log(claim: &DocumentClaim, outcome: &DocumentOutcome, finish: &Finish) {
    let (upload_id, format, attempt) = (claim.upload, claim.format, claim.attempt);
    match (finish, outcome) {
        (Finish::Fenced, _) => {
            tracing::warn!(%upload_id, %format, attempt, "outcome dropped: the lease had ended");
        }
        (_, DocumentOutcome::Stored { bytes, .. }) => {
            tracing::info!(%upload_id, %format, processed_fid = %claim.blob, bytes, "stored");
        }
        (_, DocumentOutcome::Failed { reason } | DocumentOutcome::Fault { reason }) => {
            tracing::warn!(%upload_id, %format, attempt, reason, "attempt failed");
        }
        (_, DocumentOutcome::Unreachable { reason }) => {
            tracing::warn!(%upload_id, %format, attempt, reason, "put off");
        }
    }
}

#[async_trait]
impl Handler for Worker {
    async fn handle(&self, message: Message) -> Result<(), PortError> {
        match message {
            Message::Render { document } => self.render(document).await,
            Message::Notify { .. } => {
                tracing::error!("a mail's message in the worker's queue is dropped; its outbox row stays due");
                Ok(())
            }
        }
    }
}
