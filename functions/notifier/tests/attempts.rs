//! An attempt whose mail server takes its time: what the ledger knows of it when it is broken off or has lost its lease.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use adapters::open::{self, Database};
use async_trait::async_trait;
use host::settings::{Settings, Variables};
use host::{Handler as _, Shutdown, SystemClock, testing};
use jiff::Timestamp;
use notifier::Notifier;
use pipeline::{
    BlobId, Clock, DocumentOutcome, Finish, Handover, Ledger, Mail, MailState, Mailer, Message, OutgoingMail,
    PortError, RetryPolicy, UploadId,
};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tokio::time::Instant;

/// The ledger's clock, in seconds since 1970.
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A mail server that goes on when it is told to.
struct Paced {
    begins: Semaphore,
    answers: Semaphore,
    handed_over: AtomicUsize,
    reached: Semaphore,
}

impl Paced {
    fn new(begins: usize) -> Arc<Self> {
        let [begins, answers, reached] = [begins, 0, 0].map(Semaphore::new);
        Arc::new(Self { begins, answers, handed_over: AtomicUsize::new(0), reached })
    }

    /// Waits until a mail has come as far as this server lets it.
    async fn is_reached(&self) {
        self.reached.acquire().await.unwrap().forget();
    }
}

struct Text<'a>(&'a Paced);

#[async_trait]
impl Mailer for Paced {
    async fn begin<'a>(&'a self, _: &'a OutgoingMail) -> Result<Box<dyn Handover + 'a>, PortError> {
        self.reached.add_permits(1);
        self.begins.acquire().await.unwrap().forget();
        Ok(Box::new(Text(self)))
    }

    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }
}

#[async_trait]
impl Handover for Text<'_> {
    async fn complete(self: Box<Self>) -> Result<(), PortError> {
        self.0.handed_over.fetch_add(1, Ordering::SeqCst);
        self.0.reached.add_permits(1);
        self.0.answers.acquire().await.unwrap().forget();
        Ok(())
    }
}

struct Setup {
    hands: Arc<Hands>,
    ledger: Arc<dyn Ledger>,
    server: Arc<Paced>,
    notifier: Notifier,
    upload: UploadId,
    message: Message,
    _folder: TempDir,
}

impl Setup {
    /// A mail that is to be sent by a server that lets this many mails begin.
    async fn new(begins: usize) -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().to_str().unwrap().to_owned();
        let settings = Settings::read(Variables::new(|name| (name == "DATA_DIR").then(|| data.clone()))).unwrap();
        let database = Database::open(settings.servers.database.expose()).await.unwrap();
        database.migrate().await.unwrap();
        let hands = Arc::new(Hands(AtomicI64::new(1_800_000_000)));
        let ledger = database.ledger_at(RetryPolicy::default(), hands.clone());
        let (upload, message) = told(&*ledger).await;
        let (clock, server) = (Arc::new(SystemClock), Paced::new(begins));
        let broker = open::broker(settings.servers.broker.expose(), Duration::from_secs(60)).await;
        let notifier = Notifier::new(&settings, Arc::clone(&ledger), server.clone(), broker.unwrap(), clock).unwrap();
        Self { hands, ledger, server, notifier, upload, message, _folder: folder }
    }

    /// The lease of the mail ends, and the sweeper comes.
    async fn lease_ends(&self) {
        let later = || self.hands.0.fetch_add(3600, Ordering::SeqCst);
        later();
        // It may have been renewed in between.
        while self.ledger.expire(10).await.unwrap().mails == 0 {
            later();
        }
    }

    async fn mail(&self) -> Mail {
        self.ledger.upload(self.upload).await.unwrap().unwrap().mails[0].clone()
    }
}

/// An upload whose document is final, and its mail's message.
async fn told(ledger: &dyn Ledger) -> (UploadId, Message) {
    let upload = testing::upload(BlobId::new());
    ledger.accept(&upload).await.unwrap();
    let claim = ledger.claim_document(upload.documents[0].id, BlobId::new()).await.unwrap().claimed().unwrap();
    let failed = DocumentOutcome::Failed { reason: "the invoice is wrong".to_owned() };
    let finish = ledger.finish_document(&claim, &failed).await.unwrap();
    let Finish::Recorded { publish: Some(entry) } = finish else { panic!("{finish:?}") };
    (upload.id, entry.message)
}

/// On Lambda the time of an invocation bounds an attempt.
#[tokio::test]
async fn what_the_host_has_no_time_for_is_recorded() {
    for (begins, expected) in [(0, "no more time"), (1, "did not say whether it accepted")] {
        let setup = Setup::new(begins).await;
        let until = Instant::now() + Duration::from_secs(5);
        setup.notifier.handle_until(setup.message, until).await.unwrap();
        let mail = setup.mail().await;
        assert_eq!(mail.state, MailState::Pending, "its lease is not waited for");
        assert!(mail.reason.as_deref().unwrap().contains(expected), "{mail:?}");
        assert_eq!(setup.server.handed_over.load(Ordering::SeqCst), begins);
    }
}

#[tokio::test]
async fn what_a_process_that_ends_has_no_time_for_is_recorded() {
    for (begins, expected) in [(0, "no more time"), (1, "did not say whether it accepted")] {
        let mut setup = Setup::new(begins).await;
        let shutdown = Shutdown::with_drain_limit(Duration::from_secs(1));
        setup.notifier.shutdown = shutdown.clone();
        let ending = async {
            setup.server.is_reached().await;
            shutdown.cancel();
        };
        let (handled, ()) = tokio::join!(setup.notifier.handle(setup.message), ending);
        handled.unwrap();
        let mail = setup.mail().await;
        assert_eq!(mail.state, MailState::Pending);
        assert!(mail.reason.as_deref().unwrap().contains(expected), "{mail:?}");
    }
}

/// A process that was paused for longer than its lease must not send what another one may have sent meanwhile.
#[tokio::test]
async fn a_mail_whose_lease_was_lost_is_not_handed_over() {
    let setup = Setup::new(0).await;
    let losing = async {
        setup.server.is_reached().await;
        setup.lease_ends().await;
        setup.server.begins.add_permits(1);
    };
    let (handled, ()) = tokio::join!(setup.notifier.handle(setup.message), losing);
    handled.unwrap();
    assert_eq!(setup.server.handed_over.load(Ordering::SeqCst), 0);
    assert_eq!(setup.mail().await.state, MailState::Pending);
}

/// An attempt that lost its lease while the mail server had the mail ends, and leaves the outcome to the ledger.
#[tokio::test]
async fn an_attempt_ends_with_its_lease() {
    let mut setup = Setup::new(1).await;
    setup.notifier.renewal_period = Duration::from_millis(100);
    let losing = async {
        setup.server.is_reached().await;
        setup.server.is_reached().await;
        setup.lease_ends().await;
    };
    let (handled, ()) = tokio::join!(setup.notifier.handle(setup.message), losing);
    handled.unwrap();
    let mail = setup.mail().await;
    assert!(mail.reason.as_deref().unwrap().contains("may have accepted it"), "{mail:?}");
}
