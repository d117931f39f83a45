//! The notifier: takes a mail's id from the queue `notifications`, writes the mail and hands it to the mail server.

mod attempt;
mod mail;
mod metrics;
mod returned;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use host::links::LinkKeys;
use host::readiness::{Readiness, Server};
use host::settings::{Need, Settings};
use host::{Handler, Shutdown};
use pipeline::{
    Broker, Clock, Email, FailPoint, Finish, Ledger, MailClaim, MailId, MailOutcome, MailTexts, Mailer, Message,
    OutgoingMail, PortError,
};
use tokio::time::{Instant, timeout_at};

use crate::attempt::Attempt;

pub use mail::compose;

/// The wait before an outcome is offered again to a ledger that is out of reach.
const FINISH_WAIT: Duration = Duration::from_secs(1);
/// Kept of the host's time for recording how an attempt ended.
const RECORD_TIME: Duration = Duration::from_secs(2);

/// The notifier's servers and rules.
pub struct Notifier {
    /// The truth.
    pub ledger: Arc<dyn Ledger>,
    /// Sends the mails.
    pub mailer: Arc<dyn Mailer>,
    /// Where the mails' messages come from.
    pub broker: Arc<dyn Broker>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What a mail is made of beside the upload.
    pub sender: Sender,
    /// How often a lease is renewed while its attempt lives: a mail server may take longer than a lease.
    pub renewal_period: Duration,
    /// The end of the process: what is not finished by then is given back.
    pub shutdown: Shutdown,
}

/// What a mail is made of beside the upload.
pub struct Sender {
    /// `From`.
    pub from: Email,
    /// How the recipient reaches the service.
    pub public_url: String,
    /// Signs the links.
    pub links: LinkKeys,
    /// Life of a link.
    pub link_ttl: Duration,
    /// Whether the first link goes to the log. It opens the document for everybody: only where mails are files on the
    /// reader's own machine.
    pub log_links: bool,
}

impl Sender {
    /// As the settings have it.
    ///
    /// # Errors
    /// The link keys are wrong.
    pub fn new(settings: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            from: settings.mail.from.clone(),
            public_url: settings.public_url.clone(),
            links: LinkKeys::open(settings)?,
            link_ttl: settings.keys.link_ttl,
            log_links: settings.servers.mail.expose().starts_with("file:"),
        })
    }
}

impl Notifier {
    /// What a notifier asks of the settings.
    pub const NEEDS: [Need; 5] = [Need::Database, Need::Broker, Need::Mail, Need::PublicUrl, Need::LinkKeys];

    /// Opens the servers that the settings name.
    ///
    /// # Errors
    /// A setting is wrong or a server out of reach.
    pub async fn open(settings: &Settings, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let servers = &settings.servers;
        let retry = settings.background.retry.clone();
        let lease = retry.lease;
        let ledger = adapters::open::Database::open(servers.database.expose()).await?.ledger(retry);
        let mailer = adapters::open::mailer(servers.mail.expose(), settings.mail.limits).await?;
        let broker = adapters::open::broker(servers.broker.expose(), lease).await?;
        Self::new(settings, ledger, mailer, broker, clock)
    }

    /// A notifier on these servers, by the rules of the settings.
    ///
    /// # Errors
    /// The link keys are wrong.
    pub fn new(
        settings: &Settings,
        ledger: Arc<dyn Ledger>,
        mailer: Arc<dyn Mailer>,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        metrics::declare();
        let (sender, renewal_period) = (Sender::new(settings)?, settings.background.retry.renewal_period());
        Ok(Self { ledger, mailer, broker, clock, sender, renewal_period, shutdown: Shutdown::new() })
    }

    /// Whether the servers that a notifier needs answer.
    #[must_use]
    pub fn readiness(&self) -> Readiness {
        let ledger = Server::Ledger(Arc::clone(&self.ledger));
        let broker = Server::Broker(Arc::clone(&self.broker));
        let mailer = Server::Mailer(Arc::clone(&self.mailer));
        Readiness::new(&self.shutdown, [ledger, broker, mailer])
    }

    /// `until` is when the host takes its time back.
    async fn take(&self, message: Message, until: Option<Instant>) -> Result<(), PortError> {
        match message {
            Message::Notify { mail } => self.send(mail, until).await,
            Message::Render { .. } => {
                tracing::error!("a document's message in the notifier's queue is dropped; its outbox row stays due");
                Ok(())
            }
        }
    }

    async fn send(&self, mail: MailId, until: Option<Instant>) -> Result<(), PortError> {
        let Some(claim) = host::claim(|| self.ledger.claim_mail(mail)).await? else {
            tracing::debug!(mail_id = %mail, "nothing to do: claimed, final, not yet due, or gone");
            return Ok(());
        };
        FailPoint::MailClaimed.reached();
        let (outcome, link) = match self.composed(&claim).await {
            Ok(mail) => {
                (self.attempt(&claim, &mail.outgoing, until).await, mail.first_link.filter(|_| self.sender.log_links))
            }
            Err(outcome) => (outcome, None),
        };
        let finish = self.finish(&claim, &outcome).await?;
        FailPoint::MailFinished.reached();
        log(&claim, &outcome, &finish, link.as_deref());
        metrics::count(&outcome, &finish);
        Ok(())
    }

    /// The mail, in the words of the upload's branding.
    async fn composed(&self, claim: &MailClaim) -> Result<mail::Composed, MailOutcome> {
        let texts = self.texts(claim).await.map_err(|error| {
            tracing::warn!(%error, "cannot read the branding of a mail");
            let reason = "could not read the branding".to_owned();
            if error.is_unreachable() { MailOutcome::Unreachable { reason } } else { MailOutcome::Fault { reason } }
        })?;
        let composed = compose(claim, texts.as_ref(), &self.sender, self.clock.now());
        composed.map_err(|error| MailOutcome::Fault { reason: format!("the mail could not be written: {error}") })
    }

    async fn texts(&self, claim: &MailClaim) -> Result<Option<MailTexts>, PortError> {
        let Some(id) = claim.upload.branding else { return Ok(None) };
        let branding = self.ledger.branding(id).await?;
        branding.map_or(Ok(None), |branding| branding.mail_texts())
    }

    /// Hands the mail over. What time does not suffice for is broken off so early that its outcome is recorded.
    async fn attempt(&self, claim: &MailClaim, mail: &OutgoingMail, until: Option<Instant>) -> MailOutcome {
        let attempt = Attempt::new(self, claim);
        let within_time = async {
            match until {
                Some(until) => timeout_at(until - RECORD_TIME, attempt.run(mail)).await.ok(),
                None => Some(attempt.run(mail).await),
            }
        };
        let ended = self.shutdown.run_until_last_call(within_time).await.flatten();
        ended.unwrap_or_else(|| attempt.broken_off("the notifier had no more time"))
    }

    /// Offers the outcome until the ledger takes it: a mail that was sent but not noted would be sent again. The host ends
    /// it at last.
    async fn finish(&self, claim: &MailClaim, outcome: &MailOutcome) -> Result<Finish, PortError> {
        loop {
            match self.ledger.finish_mail(claim, outcome).await {
                Err(error) if error.is_unreachable() => {
                    tracing::warn!(%error, mail_id = %claim.mail, "outcome not recorded, trying again");
                    tokio::time::sleep(FINISH_WAIT).await;
                }
                finished => return finished,
            }
        }
    }
}

fn log(claim: &MailClaim, outcome: &MailOutcome, finish: &Finish, link: Option<&str>) {
    let (upload_id, mail_id) = (claim.upload.id, claim.mail);
    let stored = claim.upload.documents.iter().filter_map(|document| document.stored.as_ref());
    let processed_fid: Vec<String> = stored.map(|stored| stored.blob.to_string()).collect();
    match (finish, outcome) {
        (Finish::Fenced, _) => {
            tracing::warn!(%upload_id, %mail_id, "outcome dropped: the lease had ended");
        }
        (_, MailOutcome::Sent) => {
            tracing::info!(%upload_id, %mail_id, processed_fid = processed_fid.join(","), link, "sent");
        }
        (_, MailOutcome::Failed { reason } | MailOutcome::Fault { reason } | MailOutcome::Unreachable { reason }) => {
            tracing::warn!(%upload_id, %mail_id, reason, "mail not sent");
        }
        (_, MailOutcome::Unknown { reason }) => {
            tracing::warn!(%upload_id, %mail_id, reason, "it is not known whether a mail was sent");
        }
    }
}

#[async_trait]
impl Handler for Notifier {
    async fn handle(&self, message: Message) -> Result<(), PortError> {
        self.take(message, None).await
    }

    async fn handle_until(&self, message: Message, until: Instant) -> Result<(), PortError> {
        self.take(message, Some(until)).await
    }

    fn hear(&self, event: &serde_json::Value) -> bool {
        returned::note(event)
    }
}
