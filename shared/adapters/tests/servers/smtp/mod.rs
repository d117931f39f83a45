//! Mail through SMTP to the sink of `cargo xtask servers`, which misbehaves where a recipient's name says so.

mod relay;
mod script;
mod scripted;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::contract::mailer::{mail, mail_to, suite};
use adapters::open;
use futures_util::future::join_all;
use pipeline::{ErrorKind, MailLimits, Mailer, MailerExt as _, OutgoingMail, PortError};
use url::Url;

use self::relay::{Mishap, Relay};
use crate::environment::server;

/// An authority that vouches for nothing here.
const OTHER_AUTHORITY: &str = include_str!("../other_authority.pem");

struct Sink {
    url: Url,
    folder: PathBuf,
}

impl Sink {
    fn at(variable: &str) -> Option<Self> {
        let (url, folder) = (server(variable)?, server("TEST_SMTP_FOLDER")?);
        Some(Self { url: url.parse().unwrap(), folder: folder.into() })
    }

    async fn mailer(&self) -> Arc<dyn Mailer> {
        open::mailer(self.url.as_str(), MailLimits::default()).await.unwrap()
    }

    /// The same server by another way.
    async fn relayed(&self) -> (Relay, Arc<dyn Mailer>) {
        let relay = Relay::start(self.url.port().unwrap()).await;
        let mut url = self.url.clone();
        url.set_port(Some(relay.port)).unwrap();
        (relay, open::mailer(url.as_str(), MailLimits::default()).await.unwrap())
    }

    /// How often the mail arrived, byte for byte and with its envelope.
    fn arrivals(&self, mail: &OutgoingMail) -> usize {
        let envelope = format!("X-Envelope-From: {}\r\nX-Envelope-To: {}\r\n", mail.from.as_str(), mail.to.as_str());
        let expected = [envelope.as_bytes(), &mail.message].concat();
        kept(&self.folder).filter(|path| std::fs::read(path).unwrap() == expected).count()
    }
}

fn kept(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
}

/// The time that a failed step took, and its error's kind and text.
async fn failure(step: impl Future<Output = Result<(), PortError>>) -> (Duration, ErrorKind, String) {
    let begun = Instant::now();
    let error = step.await.unwrap_err();
    (begun.elapsed(), error.kind(), error.to_string())
}

async fn keeps_the_contract(variable: &str) {
    let Some(sink) = Sink::at(variable) else { return };
    let mails = suite(&*sink.mailer().await).await;
    for (number, mail) in mails.iter().enumerate() {
        assert_eq!(sink.arrivals(mail), if number == 0 { 2 } else { 1 }, "mail {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_starttls_keeps_the_contract() {
    keeps_the_contract("TEST_SMTP_URL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_tls_keeps_the_contract() {
    keeps_the_contract("TEST_SMTPS_URL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_not_utf_8_arrives_as_it_is() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let mut mail = mail();
    mail.message.extend_from_slice(b".caf\xe9\r\n");
    sink.mailer().await.send(&mail).await.unwrap();
    assert_eq!(sink.arrivals(&mail), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_on_loopback_needs_no_known_certificate() {
    let Some(mut sink) = Sink::at("TEST_SMTP_URL") else { return };
    sink.url.set_query(None);
    let mail = mail();
    sink.mailer().await.send(&mail).await.unwrap();
    assert_eq!(sink.arrivals(&mail), 1);
}

/// A server may take longer over a mail's text than over a command: hanging up would only bring the mail again.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_server_is_waited_for() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let mail = mail_to("slow-12@example.com", "");
    sink.mailer().await.send(&mail).await.unwrap();
    assert_eq!(sink.arrivals(&mail), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_slow_is_given_up_and_spoils_no_later_mail() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let limits = MailLimits { text: Duration::from_secs(2), ..MailLimits::default() };
    let (mailer, next) = (open::mailer(sink.url.as_str(), limits).await.unwrap(), mail());
    let (took, kind, text) = failure(mailer.send(&mail_to("slow-60@example.com", ""))).await;
    assert_eq!(kind, ErrorKind::OutcomeUnknown, "{text}");
    assert!(took < Duration::from_secs(30), "{took:?}");
    mailer.send(&next).await.unwrap();
    assert_eq!(sink.arrivals(&next), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_put_off_goes_through_later() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let (mailer, mail) = (sink.mailer().await, mail_to("later-1@example.com", ""));
    let (_, kind, text) = failure(mailer.send(&mail)).await;
    assert_eq!(kind, ErrorKind::Unreachable, "{text}");
    mailer.send(&mail).await.unwrap();
    assert_eq!(sink.arrivals(&mail), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_recipient_is_final_and_spoils_no_later_mail() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let mailer = sink.mailer().await;
    // Also on a connection that an earlier mail has left.
    for _ in 0..2 {
        let (_, kind, text) = failure(mailer.send(&mail_to("refused@example.com", ""))).await;
        assert_eq!(kind, ErrorKind::Rejected, "{text}");
        assert!(text.contains("550"), "{text}");
        let next = mail();
        mailer.send(&next).await.unwrap();
        assert_eq!(sink.arrivals(&next), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_breaks_over_the_text_leaves_the_outcome_unknown() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    for (recipient, arrivals) in [("dropped-before@example.com", 1), ("dropped-after@example.com", 2)] {
        let (mailer, mail) = (sink.mailer().await, mail_to(recipient, ""));
        let (_, kind, text) = failure(mailer.send(&mail)).await;
        assert_eq!(kind, ErrorKind::OutcomeUnknown, "{text}");
        assert_eq!(sink.arrivals(&mail), arrivals - 1, "sent again unasked");
        mailer.send(&mail).await.unwrap();
        assert_eq!(sink.arrivals(&mail), arrivals);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_mails_go_at_once_and_few_connections_stay() {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let (relay, mailer) = sink.relayed().await;
    let mails: Vec<_> = (0..10).map(|_| mail()).collect();
    for sent in join_all(mails.iter().map(|mail| mailer.send(mail))).await {
        sent.unwrap();
    }
    assert!(mails.iter().all(|mail| sink.arrivals(mail) == 1));
    let connections = relay.connections();
    for _ in 0..3 {
        mailer.send(&mail()).await.unwrap();
    }
    assert_eq!(relay.connections(), connections, "a connection that is left is used");
}

async fn a_lost_connection_costs_no_mail(mishap: Mishap) {
    let Some(sink) = Sink::at("TEST_SMTP_URL") else { return };
    let (relay, mailer) = sink.relayed().await;
    mailer.send(&mail()).await.unwrap();
    relay.strike(mishap);
    let next = mail();
    mailer.send(&next).await.unwrap();
    assert_eq!((sink.arrivals(&next), relay.connections()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hung_up_meanwhile_costs_no_mail() {
    a_lost_connection_costs_no_mail(Mishap::Cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_was_lost_without_a_word_costs_no_mail() {
    a_lost_connection_costs_no_mail(Mishap::Clogged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_makes_mails_wait_and_is_not_told() {
    for variable in ["TEST_SMTP_URL", "TEST_SMTPS_URL"] {
        let Some(mut sink) = Sink::at(variable) else { return };
        sink.url.set_password(Some("hush")).unwrap();
        let (_, kind, text) = failure(sink.mailer().await.send(&mail())).await;
        assert_eq!(kind, ErrorKind::Unreachable, "{text}");
        assert!(text.contains("password of MAIL_URL (535)") && !text.contains("hush"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_another_authority_is_not_trusted() {
    let folder = tempfile::TempDir::new().unwrap();
    let other = folder.path().join("other.pem");
    std::fs::write(&other, OTHER_AUTHORITY).unwrap();
    let other = format!("cacertfile={}", other.display());
    for (variable, query) in [
        ("TEST_SMTP_URL", Some(other.as_str())),
        ("TEST_SMTPS_URL", Some(other.as_str())),
        // The public authorities do not vouch for it either.
        ("TEST_SMTPS_URL", None),
    ] {
        let Some(mut sink) = Sink::at(variable) else { return };
        sink.url.set_query(query);
        let mailer = sink.mailer().await;
        for (_, kind, text) in [failure(mailer.send(&mail())).await, failure(mailer.check()).await] {
            assert_eq!(kind, ErrorKind::Unreachable, "{text}");
            assert!(text.contains("certificate"), "{text}");
        }
    }
}
