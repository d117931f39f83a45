//! One attempt: hand a mail over while its lease is renewed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use pipeline::{ErrorKind, FailPoint, MailClaim, MailOutcome, OutgoingMail, PortError};

use crate::{Notifier, metrics};

const NO_ANSWER: &str = "the mail server did not say whether it accepted the mail";
const OUT_OF_REACH: &str = "the mail server was out of reach";

/// An attempt to send a mail.
pub(crate) struct Attempt<'a> {
    notifier: &'a Notifier,
    claim: &'a MailClaim,
    /// Whether the mail server may have accepted the mail.
    is_handed_over: AtomicBool,
}

impl<'a> Attempt<'a> {
    pub(crate) fn new(notifier: &'a Notifier, claim: &'a MailClaim) -> Self {
        Self { notifier, claim, is_handed_over: AtomicBool::new(false) }
    }

    /// Makes the attempt. Whatever happens is an outcome. It ends where the lease is lost.
    pub(crate) async fn run(&self, mail: &OutgoingMail) -> MailOutcome {
        tokio::select! {
            biased;
            outcome = self.send(mail) => outcome,
            () = self.keep_lease() => self.broken_off("the lease was lost"),
        }
    }

    /// The outcome of an attempt that was dropped.
    pub(crate) fn broken_off(&self, reason: &str) -> MailOutcome {
        if self.is_handed_over.load(Ordering::Relaxed) {
            return MailOutcome::Unknown { reason: NO_ANSWER.to_owned() };
        }
        MailOutcome::Unreachable { reason: reason.to_owned() }
    }

    async fn send(&self, mail: &OutgoingMail) -> MailOutcome {
        let begun = Instant::now();
        let handover = match self.notifier.mailer.begin(mail).await {
            Ok(handover) => handover,
            Err(error) => return setback(&error),
        };
        match self.note_handover().await {
            Ok(true) => FailPoint::MailHandedOver.reached(),
            Ok(false) => return self.broken_off("the lease was lost"),
            Err(error) => {
                tracing::warn!(%error, "a mail is not handed over: the ledger must know of it first");
                return self.broken_off("the ledger was out of reach");
            }
        }
        let sent = handover.complete().await;
        metrics::SENDING.note(begun.elapsed(), []);
        match sent {
            Ok(()) => {
                FailPoint::MailSent.reached();
                MailOutcome::Sent
            }
            Err(error) => setback(&error),
        }
    }

    /// From here the outcome is unknown until the mail server has answered, unless the mail may be repeated anyway.
    async fn note_handover(&self) -> Result<bool, PortError> {
        let Notifier { mailer, ledger, .. } = self.notifier;
        if mailer.is_idempotent() {
            return Ok(true);
        }
        let is_held = ledger.hand_over_mail(self.claim).await?;
        self.is_handed_over.store(is_held, Ordering::Relaxed);
        Ok(is_held)
    }

    /// Renews the lease until it is lost. While the ledger is out of reach nobody else gets the mail either.
    async fn keep_lease(&self) {
        let Notifier { ledger, renewal_period, .. } = self.notifier;
        loop {
            tokio::time::sleep(*renewal_period).await;
            match ledger.renew_mail(self.claim).await {
                Ok(true) => tracing::debug!(mail_id = %self.claim.mail, "lease renewed"),
                Ok(false) => return,
                Err(error) => tracing::warn!(%error, mail_id = %self.claim.mail, "cannot renew a lease, trying again"),
            }
        }
    }
}

/// The reason is for the client: the server's own words go to the log only.
fn setback(error: &PortError) -> MailOutcome {
    tracing::warn!(%error, "cannot send a mail");
    match error.kind() {
        ErrorKind::Unreachable => MailOutcome::Unreachable { reason: OUT_OF_REACH.to_owned() },
        ErrorKind::OutcomeUnknown => MailOutcome::Unknown { reason: NO_ANSWER.to_owned() },
        ErrorKind::Rejected => MailOutcome::Failed { reason: "the mail server refused the mail".to_owned() },
        _ => MailOutcome::Fault { reason: "the mail could not be sent".to_owned() },
    }
}
