//! Mail through an SMTP server.
//!
//! The pool of the library is not used: it gives back a connection whose mail was cut off by a time limit, and the next
//! mail's commands would then be read as that mail's text. Here a connection is kept only after a mail went well.

mod idle;
mod server;
mod session;

use std::time::Duration;

use async_trait::async_trait;
use pipeline::{ErrorKind, Mailer, OutgoingMail, PortError};
use tokio::time::timeout;
use url::Url;

use self::idle::Idle;
use self::server::Server;
use self::session::{Content, Session};

/// For one mail as a whole. What the server's answer to the mail's text may take is what the rest leaves of it: giving
/// up there means that the mail is sent once more.
const SEND_LIMIT: Duration = Duration::from_secs(25);
/// For one command.
const COMMAND_LIMIT: Duration = Duration::from_secs(10);
/// For the first command on a connection that lay idle: the way to the server may be gone without a word.
const IDLE_COMMAND_LIMIT: Duration = Duration::from_secs(3);
const CHECK_LIMIT: Duration = Duration::from_secs(3);

pub(crate) struct Smtp {
    server: Server,
    idle: Idle,
}

impl Smtp {
    /// Reads the URL: `smtp://USER:PASSWORD@HOST:PORT?cacertfile=FILE&helo=NAME`, or `smtps://`.
    ///
    /// `smtps` speaks TLS from the start (port 465). `smtp` (port 587) goes over to TLS with STARTTLS and sends nothing
    /// without it. Only a server on loopback may do without, and its certificate be unknown, unless `cacertfile` or
    /// `tls=required` is given. `cacertfile` holds the only certificates trusted, in place of the public ones. `helo` is
    /// how the client names itself.
    pub(crate) fn open(url: &Url) -> Result<Self, String> {
        Ok(Self { server: Server::read(url)?, idle: Idle::default() })
    }

    async fn deliver(&self, mail: &OutgoingMail) -> Result<(), PortError> {
        let content = Content::new(mail)?;
        let session = self.begin(&content).await?;
        let session = session.finish(&content).await?;
        self.idle.put(session);
        Ok(())
    }

    /// A session in which the server waits for the mail's text.
    async fn begin(&self, content: &Content<'_>) -> Result<Session, PortError> {
        if let Some(mut session) = self.idle.take() {
            // Nothing is accepted before the text: whatever is wrong here, a fresh connection may do better.
            match session.begin(content, IDLE_COMMAND_LIMIT).await {
                Ok(()) => return Ok(session),
                Err(error) => tracing::debug!(%error, "a connection to the mail server is of no use any more"),
            }
            session.quit();
        }
        let mut session = self.server.connect().await?;
        match session.begin(content, COMMAND_LIMIT).await {
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
    async fn send(&self, mail: &OutgoingMail) -> Result<(), PortError> {
        let sent = timeout(SEND_LIMIT, self.deliver(mail)).await;
        sent.unwrap_or_else(|_| Err(unreachable(format!("the mail server took over {SEND_LIMIT:?}"))))
    }

    async fn check(&self) -> Result<(), PortError> {
        match timeout(CHECK_LIMIT, self.server.greet()).await {
            Ok(greeted) => greeted.map(Session::quit),
            Err(_) => Err(unreachable(format!("the mail server took over {CHECK_LIMIT:?}"))),
        }
    }
}

fn unreachable(context: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::Unreachable, context)
}
