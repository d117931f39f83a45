//! A mail server that takes long, or never says what became of a mail: the mail is sent once, and once more where its
//! outcome is unknown.
#![allow(clippy::unwrap_used)]

mod service;

use std::process::Stdio;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use serde_json::Value;
use service::mail_server::MailServer;
use service::{LIMIT, Service, json, location, sample};

/// A service whose mails go to this server, and an upload of which a mail tells.
struct Setup {
    service: Service,
    server: MailServer,
    token: String,
    place: String,
    upload: String,
}

impl Setup {
    async fn new(answers_after: Option<Duration>, settings: &[(&str, &str)]) -> Self {
        let server = MailServer::start(answers_after).await;
        let url = server.url();
        let common = [("MAIL_URL", url.as_str()), ("SWEEP_PERIOD", "200ms"), ("RETRY_DELAYS", "100ms,100ms")];
        let service = Service::start(&[&common[..], settings].concat()).await;
        let token = service.login().await;
        let answer = service.post_json(&token, "/invoices?format=csv", sample()).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        let place = location(&answer);
        let upload = place.rsplit('/').next().unwrap().to_owned();
        Self { service, server, token, place, upload }
    }

    fn accepted(&self) -> usize {
        self.server.accepted(&self.upload)
    }

    async fn has_accepted(&self, count: usize) {
        self.server.has_accepted(&self.upload, count).await;
    }

    /// The mail once it is final.
    async fn final_mail(&self) -> Value {
        let begun = Instant::now();
        loop {
            let resource = json(self.service.get(&self.token, &self.place).send().await.unwrap()).await;
            let mail = &resource["mails"][0];
            if ["sent", "failed", "unknown"].iter().any(|state| mail["state"] == *state) {
                assert!(mail["finished_at"].is_string(), "{mail}");
                return mail.clone();
            }
            assert!(begun.elapsed() < LIMIT, "{resource}: {}", self.service.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ends_as_unknown(&self) {
        let mail = self.final_mail().await;
        assert_eq!((&mail["state"], &mail["attempts"]), (&"unknown".into(), &2.into()), "{mail}");
        let reason = mail["reason"].as_str().unwrap();
        assert!(reason.contains("accepted"), "{mail}");
        assert_eq!(self.accepted(), 2);
    }

    /// What `redrive` prints.
    fn redrive(&self, arguments: &[&str]) -> String {
        let mut command = self.service.command();
        let output = command.arg("redrive").args(arguments).stderr(Stdio::inherit()).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_takes_longer_than_the_lease_gets_the_mail_once() {
    let setup = Setup::new(Some(Duration::from_secs(12)), &[("LEASE", "4s")]).await;
    let mail = setup.final_mail().await;
    assert_eq!((&mail["state"], &mail["attempts"]), (&"sent".into(), &1.into()), "{mail}");
    assert_eq!(setup.accepted(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_server_that_never_answers_gets_the_mail_twice_and_no_more() {
    let setup = Setup::new(None, &[("MAIL_LIMITS", "30s,30s,1s")]).await;
    setup.ends_as_unknown().await;
    assert_eq!(setup.redrive(&["--list"]), "", "nothing failed");
    for unnamed in [&[][..], &["--reason", "accepted"]] {
        assert_eq!(setup.redrive(unnamed), "0 document(s) and 0 mail(s) are retried\n");
    }
    let listed = setup.redrive(&["--list", "--upload", &setup.upload]);
    assert!(listed.contains("mail  attempts=2"), "{listed}");
    setup.redrive(&["--upload", &setup.upload]);
    setup.has_accepted(4).await;
    assert_eq!(setup.final_mail().await["state"], "unknown");
    assert_eq!(setup.accepted(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notifier_that_dies_before_the_answer_leaves_the_outcome_unknown() {
    let mut setup = Setup::new(None, &[("LEASE", "4s")]).await;
    for count in [1, 2] {
        setup.has_accepted(count).await;
        setup.service.kill();
        setup.service.run().await;
    }
    setup.ends_as_unknown().await;
}

/// Its end is recorded: nobody has to wait for the lease.
#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_ends_does_not_wait_for_the_mail_server() {
    let mut setup = Setup::new(None, &[("LEASE", "1h"), ("DRAIN_LIMIT", "5s")]).await;
    for count in [1, 2] {
        setup.has_accepted(count).await;
        let begun = Instant::now();
        assert!(setup.service.terminate().await.success(), "{}", setup.service.log());
        assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
        setup.service.run().await;
    }
    setup.ends_as_unknown().await;
}
