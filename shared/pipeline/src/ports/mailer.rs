//! Outgoing mail.

use std::time::Duration;

use async_trait::async_trait;

use super::error::PortError;
use crate::email::Email;
use crate::ids::MailId;

/// A mail, ready to be sent.
#[derive(Debug, Clone)]
pub struct OutgoingMail {
    /// The mail's id in the ledger.
    pub id: MailId,
    /// Envelope sender.
    pub from: Email,
    /// Envelope recipient.
    pub to: Email,
    /// The whole message, headers included (RFC 5322).
    pub message: Vec<u8>,
}

/// How long a mail server may take (RFC 5321, section 4.5.3.2: at least so long, by experience).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailLimits {
    /// For the connection with its greeting.
    pub greeting: Duration,
    /// For the answer to a command.
    pub command: Duration,
    /// For the mail's text and the answer to it. After giving up here it is unknown whether the mail was accepted.
    pub text: Duration,
}

impl Default for MailLimits {
    /// 5, 5 and 10 minutes.
    fn default() -> Self {
        let [greeting, command, text] = [5, 5, 10].map(|minutes| Duration::from_secs(60 * minutes));
        Self { greeting, command, text }
    }
}

impl MailLimits {
    /// For everything before the text. All in all a mail then takes at most 25 minutes: RabbitMQ takes a message back
    /// from a consumer that holds it for 30.
    #[must_use]
    pub fn before_text(&self) -> Duration {
        self.greeting + 2 * self.command
    }
}

/// Hands mails to a mail server, in two steps: only the second one can have an unknown outcome.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Does everything that comes before the mail's text. The server has accepted nothing afterwards.
    ///
    /// # Errors
    /// `Unreachable` where the server is out of reach or says "later"; `Rejected` where it refuses the mail for good.
    async fn begin<'a>(&'a self, mail: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError>;

    /// Whether a mail that is handed over twice arrives once, so that it may be repeated without harm.
    fn is_idempotent(&self) -> bool {
        false
    }

    /// Whether the server answers.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn check(&self) -> Result<(), PortError>;
}

/// A mail of which the server awaits the text. It is not sent where this is dropped.
#[async_trait]
pub trait Handover: Send {
    /// Hands over the text, and answers once the server has accepted the mail.
    ///
    /// # Errors
    /// `OutcomeUnknown` where the server may have accepted the mail. It has not where the error is `Unreachable`: it said
    /// "later"; nor where it is `Rejected`: it refused the mail for good.
    async fn complete(self: Box<Self>) -> Result<(), PortError>;
}

/// Both steps in one.
#[async_trait]
pub trait MailerExt: Mailer {
    /// Answers once the server has accepted the mail.
    ///
    /// # Errors
    /// Those of [`Mailer::begin`] and [`Handover::complete`].
    async fn send(&self, mail: &OutgoingMail) -> Result<(), PortError> {
        self.begin(mail).await?.complete().await
    }
}

impl<M: Mailer + ?Sized> MailerExt for M {}
