//! Mail through an SMTP server.
//!
//! The pool of the library is not used: it gives back a connection whose mail was cut off by a time limit, and the next
//! mail's commands would then be read as that mail's text. Here a connection is kept only after a mail went well.

mod idle;
mod server;
mod session;

use std::time::Duration;

use async_trait::async_trait;
use pipeline::{ErrorKind, Handover, MailLimits, Mailer, OutgoingMail, PortError};
use tokio::time::timeout;
use url::Url;

use self::idle::Idle;
use self::server::Server;
use self::session::{Content, Session, outcome_unknown, unanswered};

/// For the first command on a connection that lay idle: the way to the server may be gone without a word.
const IDLE_COMMAND_LIMIT: Duration = Duration::from_secs(3);
const CHECK_LIMIT: Duration = Duration::from_secs(3);

pub(crate) struct Smtp {
    server: Server,
    limits: MailLimits,
    idle: Idle,
}

/// A mail of which the server awaits the text.
struct Transaction<'a> {
    smtp: &'a Smtp,
    content: Content<'a>,
    session: Session,
}

impl Smtp {
    /// Reads the URL: `smtp://USER:PASSWORD@HOST:PORT?cacertfile=FILE&helo=NAME`, or `smtps://`.
    ///
    /// `smtps` speaks TLS from the start (port 465). `smtp` (port 587) goes over to TLS with STARTTLS and sends nothing
    /// without it. Only a server on loopback may do without, and its certificate be unknown, unless `cacertfile` or
    /// `tls=required` is given. `cacertfile` holds the only certificates trusted, in place of the public ones. `helo` is
    /// how the client names itself.
    pub(crate) fn open(url: &Url, limits: MailLimits) -> Result<Self, String> {
        Ok(Self { server: Server::read(url)?, limits, idle: Idle::default() })
    }

    /// A session in which the server waits for the mail's text.
    async fn session(&self, content: &Content<'_>) -> Result<Session, PortError> {
        if let Some(mut session) = self.idle.take() {
            // Nothing is accepted before the text: whatever is wrong here, a fresh connection may do better.
            match session.begin(content, IDLE_COMMAND_LIMIT, self.limits.command).await {
                Ok(()) => return Ok(session),
                Err(error) => tracing::debug!(%error, "a connection to the mail server is of no use any more"),
            }
            session.quit();
        }
        let mut session = self.server.connect(&self.limits).await?;
        match session.begin(content, self.limits.command, self.limits.command).await {
            Ok(()) => Ok(session),
            Err(error) => {
                session.quit();
                Err(error)
            }
        }
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn begin<'a>(&'a self, mail: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError> {
        let content = Content::new(mail)?;
        let limit = self.limits.before_text();
        let begun = timeout(limit, self.session(&content)).await;
        let session = begun.unwrap_or_else(|_| Err(unanswered(limit)))?;
        Ok(Box::new(Transaction { smtp: self, content, session }))
    }

    async fn check(&self) -> Result<(), PortError> {
        match timeout(CHECK_LIMIT, self.server.greet()).await {
            Ok(greeted) => greeted.map(Session::quit),
            Err(_) => Err(unreachable(format!("the mail server took over {CHECK_LIMIT:?}"))),
        }
    }
}

#[async_trait]
impl Handover for Transaction<'_> {
    async fn complete(self: Box<Self>) -> Result<(), PortError> {
        let Self { smtp, content, session } = *self;
        let limit = smtp.limits.text;
        let late = |_| Err(outcome_unknown(format!("the mail server did not answer to a mail within {limit:?}")));
        let session = timeout(limit, session.finish(&content)).await.unwrap_or_else(late)?;
        smtp.idle.put(session);
        Ok(())
    }
}

fn unreachable(context: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::Unreachable, context)
}
