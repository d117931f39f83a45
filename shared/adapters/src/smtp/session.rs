//! The dialogue with an SMTP server.

use std::fmt::Display;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Code, Severity};
use pipeline::{Email, ErrorKind, OutgoingMail, PortError};
use tokio::time::timeout;

use super::unreachable;
use crate::envelope;

/// For a farewell that nobody waits for.
const QUIT_LIMIT: Duration = Duration::from_secs(2);
/// Permanent answers that are about the session and not about a mail: commands out of order (some servers say so
/// where they miss a login), and the codes of authentication (RFC 4954).
const SESSION_CODES: [u16; 5] = [503, 530, 534, 535, 538];
/// What large services say of the account in place of the mail: its daily limit, and senders that it may not be. The
/// last are words of SES, of the sender or in the sandbox of any recipient.
const ACCOUNT_WORDS: [&str; 4] = ["5.4.5 ", "5.7.60 ", "5.2.252 ", "is not verified"];

/// A mail as the protocol wants it.
pub(super) struct Content<'a> {
    from: Address,
    to: Address,
    text: &'a [u8],
}

impl<'a> Content<'a> {
    pub(super) fn new(mail: &'a OutgoingMail) -> Result<Self, PortError> {
        let lines = mail.message.strip_suffix(b"\r\n").unwrap_or(&mail.message);
        // Some servers end a line at a bare LF: a dot behind one would end the mail, and what follows be a command.
        if has_bare_line_end(lines) {
            return Err(rejected("the mail has line ends other than CRLF"));
        }
        Ok(Self { from: address(&mail.from)?, to: address(&mail.to)?, text: lines })
    }

    /// What the server must know of beforehand.
    fn parameters(&self, connection: &AsyncSmtpConnection) -> Result<Vec<MailParameter>, PortError> {
        let server = connection.server_info();
        let mut parameters = Vec::new();
        if !(self.from.as_ref() as &str).is_ascii() || !(self.to.as_ref() as &str).is_ascii() {
            if !server.supports_feature(Extension::SmtpUtfEight) {
                return Err(rejected("the mail server takes no addresses beyond ASCII (SMTPUTF8)"));
            }
            parameters.push(MailParameter::SmtpUtfEight);
        }
        if !self.text.is_ascii() {
            if !server.supports_feature(Extension::EightBitMime) {
                return Err(rejected("the mail server takes no text beyond ASCII (8BITMIME)"));
            }
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        Ok(parameters)
    }

    /// The text as it goes over the line, end included, where it is UTF-8.
    fn framed(&self) -> Option<String> {
        let text = std::str::from_utf8(self.text).ok()?;
        let first = if text.starts_with('.') { "." } else { "" };
        Some(format!("{first}{}\r\n.\r\n", text.replace("\r\n.", "\r\n..")))
    }
}

/// What the server answers to.
#[derive(Clone, Copy)]
enum Step {
    Sender,
    Recipient,
    Text,
}

/// A connection on which a mail may begin.
pub(super) struct Session(AsyncSmtpConnection);

impl Session {
    pub(super) const fn new(connection: AsyncSmtpConnection) -> Self {
        Self(connection)
    }

    pub(super) async fn authenticate(&mut self, credentials: &Credentials, limit: Duration) -> Result<(), PortError> {
        let answer = timeout(limit, self.0.auth(DEFAULT_MECHANISMS, credentials)).await;
        let error = match answer {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(error)) => error,
            Err(_) => return Err(unanswered(limit)),
        };
        // The server's words stay out: they may repeat what was said to it.
        Err(match error.status() {
            Some(code) if error.is_permanent() => {
                unreachable(format!("the mail server refuses the user or the password of MAIL_URL ({code})"))
            }
            Some(code) => unreachable(format!("the mail server cannot check the user now ({code})")),
            None => unreachable("cannot log in to the mail server").with_source(error),
        })
    }

    /// Says whom the mail is from and for, until the server waits for the text. Up to here it has accepted nothing.
    /// `first_limit` is for the first answer, which shows that the server is there, `limit` for each further one.
    pub(super) async fn begin(
        &mut self,
        content: &Content<'_>,
        first_limit: Duration,
        limit: Duration,
    ) -> Result<(), PortError> {
        let parameters = content.parameters(&self.0)?;
        self.command(Mail::new(Some(content.from.clone()), parameters), Step::Sender, first_limit).await?;
        self.command(Rcpt::new(content.to.clone(), Vec::new()), Step::Recipient, limit).await?;
        let code = self.command(Data, Step::Text, limit).await?;
        expect(code, Severity::PositiveIntermediate)
    }

    /// Hands over the text. The session goes on only after an answer of success. Without an answer that can be understood
    /// the outcome is unknown. The caller limits the time.
    pub(super) async fn finish(mut self, content: &Content<'_>) -> Result<Self, PortError> {
        let answer = match content.framed() {
            // The library writes a text and its end apart, and the end then waits 40 ms for the text's acknowledgement.
            Some(framed) => self.0.command(framed).await,
            None => self.0.message(content.text).await,
        };
        match answer {
            Ok(answer) if answer.code().severity == Severity::PositiveCompletion => Ok(self),
            Ok(answer) => Err(outcome_unknown(out_of_order(answer.code()))),
            Err(error) if error.status().is_none() => {
                Err(outcome_unknown("the mail server did not answer to a mail").with_source(error))
            }
            Err(error) => {
                self.quit();
                Err(refusal(&error, Step::Text))
            }
        }
    }

    async fn command(&mut self, command: impl Display, step: Step, limit: Duration) -> Result<Code, PortError> {
        match timeout(limit, self.0.command(command)).await {
            Ok(Ok(response)) => Ok(response.code()),
            Ok(Err(error)) => Err(refusal(&error, step)),
            Err(_) => Err(unanswered(limit)),
        }
    }

    /// Takes leave of the server, without waiting for it.
    pub(super) fn quit(mut self) {
        tokio::spawn(async move { timeout(QUIT_LIMIT, self.0.abort()).await });
    }
}

/// An address with which the server's part of the dialogue is put together.
fn address(email: &Email) -> Result<Address, PortError> {
    envelope::address(email)
        .parse()
        .map_err(|error| rejected("an address is none to the mail server").with_source(error))
}

fn has_bare_line_end(text: &[u8]) -> bool {
    let mut before = 0;
    let is_bare = |&byte: &u8| {
        let is_bare = (byte == b'\n') != (before == b'\r');
        before = byte;
        is_bare
    };
    text.iter().any(is_bare) || before == b'\r'
}

/// An answer of another kind than the one awaited belongs to something else: nothing more can be known.
fn expect(code: Code, severity: Severity) -> Result<(), PortError> {
    if code.severity == severity {
        return Ok(());
    }
    Err(unreachable(out_of_order(code)))
}

fn out_of_order(code: Code) -> String {
    format!("the mail server's answer {code} is out of order")
}

fn refusal(error: &Error, step: Step) -> PortError {
    let said = error.to_string();
    let context = match step {
        Step::Sender => "the mail server does not take the sender (MAIL_FROM)",
        Step::Recipient => "the mail server does not take the recipient",
        Step::Text => "the mail server does not take the mail",
    };
    let is_mails = error.is_permanent() && !is_operators(error, &said, step);
    let kind = if is_mails { ErrorKind::Rejected } else { ErrorKind::Unreachable };
    PortError::new(kind, context).with_source(without_queries(&said))
}

/// Whether a permanent refusal would meet other mails too, until the operator mends the account or a setting. Mails
/// wait for that.
fn is_operators(error: &Error, said: &str, step: Step) -> bool {
    let is_session = error.status().is_some_and(|code| SESSION_CODES.contains(&code.into()));
    let is_step = match step {
        Step::Sender => true,
        // Policy (RFC 3463): such as "relay access denied" to a client that did not log in.
        Step::Recipient => said.contains(" 5.7."),
        Step::Text => false,
    };
    is_session || is_step || ACCOUNT_WORDS.iter().any(|words| said.contains(words))
}

/// A server may repeat a link of the mail, whose query opens a document to everybody.
fn without_queries(text: &str) -> String {
    let words = text.split_whitespace().map(|word| word.split_once('?').map_or(word, |(word, _)| word));
    words.collect::<Vec<_>>().join(" ")
}

pub(super) fn outcome_unknown(context: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::OutcomeUnknown, context)
}

pub(super) fn unanswered(limit: Duration) -> PortError {
    unreachable(format!("the mail server did not answer within {limit:?}"))
}

fn rejected(context: &str) -> PortError {
    PortError::new(ErrorKind::Rejected, context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_that_servers_read_differently_are_found() {
        for right in ["", "a", "a\r\nb", "\r\n\r\n"] {
            assert!(!has_bare_line_end(right.as_bytes()), "{right:?}");
        }
        for wrong in ["a\nb", "a\rb", "\n", "a\r", "\r\r\n", "\r\n\n", "a\n.\r\nMAIL FROM:<x@y>"] {
            assert!(has_bare_line_end(wrong.as_bytes()), "{wrong:?}");
        }
    }

    #[test]
    fn a_links_query_is_left_out_of_what_a_server_says() {
        let said = "spam: https://invoices.example.com/download?fid=1&signature=2 (see https://example.org/why?id=3)";
        assert_eq!(without_queries(said), "spam: https://invoices.example.com/download (see https://example.org/why");
    }
}
