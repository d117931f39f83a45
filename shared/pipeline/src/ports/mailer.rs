//! Outgoing mail.

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

/// Hands mails to a mail server.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Answers once the server has accepted the mail.
    ///
    /// # Errors
    /// `Unreachable` where the server is out of reach or says "later" (the mail may have been accepted);
    /// `Rejected` where it refuses the mail for good.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), PortError>;

    /// Whether the server answers.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn check(&self) -> Result<(), PortError>;
}
