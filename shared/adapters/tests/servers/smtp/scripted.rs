//! Mail through SMTP to servers that say what the sink never does, and URLs that lead to none.

use std::sync::Arc;
use std::time::Duration;

use adapters::contract::mailer::{mail, mail_to};
use adapters::open;
use pipeline::{ErrorKind, MailLimits, Mailer, MailerExt as _};

use super::script::{Answers, SILENCE, Script, willing};
use super::{OTHER_AUTHORITY, failure};

/// A mailer of a scripted server on loopback, and what is asked of it in the query.
async fn scripted(answers: Answers, query: &str) -> (Script, Arc<dyn Mailer>) {
    limited(answers, query, MailLimits::default()).await
}

async fn limited(answers: Answers, query: &str, limits: MailLimits) -> (Script, Arc<dyn Mailer>) {
    let script = Script::start(answers).await;
    let url = format!("smtp://user:hush@127.0.0.1:{}{query}", script.port);
    (script, open::mailer(&url, limits).await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_that_servers_read_differently_go_nowhere() {
    let (script, mailer) = scripted(willing, "").await;
    let (_, kind, text) = failure(mailer.send(&mail_to("test@example.com", "a\n.\r\nMAIL FROM:<x@y>\r\n"))).await;
    assert_eq!(kind, ErrorKind::Rejected, "{text}");
    assert!(script.heard().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_hides_starttls_hears_no_secret() {
    let folder = tempfile::TempDir::new().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, OTHER_AUTHORITY).unwrap();
    for query in [format!("?cacertfile={}", authority.display()), "?tls=required".to_owned()] {
        let (script, mailer) = scripted(willing, &query).await;
        for (_, kind, text) in [failure(mailer.send(&mail())).await, failure(mailer.check()).await] {
            assert_eq!(kind, ErrorKind::Unreachable, "{text}");
            assert!(text.contains("STARTTLS"), "{text}");
        }
        let secret = |line: &String| !(line.is_empty() || line.starts_with("EHLO") || line == "QUIT");
        assert!(!script.heard().iter().any(secret), "{:?}", script.heard());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_names_itself_as_it_is_told() {
    for (query, greeting) in [("", "EHLO [127.0.0.1]"), ("?helo=invoices.example.com", "EHLO invoices.example.com")] {
        let (script, mailer) = scripted(willing, query).await;
        mailer.send(&mail()).await.unwrap();
        assert_eq!(script.heard()[0], greeting);
    }
}

/// What a server answers decides whether a mail fails for good or waits: only what is the mail's own does.
#[tokio::test(flavor = "multi_thread")]
async fn only_answers_about_the_mail_are_final() {
    use ErrorKind::{OutcomeUnknown, Rejected, Unreachable};
    let cases: [(Answers, ErrorKind, &str); 21] = [
        (|verb| if verb == "CONNECT" { Some("554 go away") } else { willing(verb) }, Unreachable, "554"),
        (|verb| if verb == "CONNECT" { None } else { willing(verb) }, Unreachable, "connect"),
        (|verb| if verb == "EHLO" { Some("502 what?") } else { willing(verb) }, Unreachable, "502"),
        (|verb| if verb == "EHLO" { Some("250 here") } else { willing(verb) }, Unreachable, "log in"),
        (|verb| if verb == "AUTH" { Some("535 not hush") } else { willing(verb) }, Unreachable, "password"),
        (|verb| if verb == "AUTH" { Some("454 hush") } else { willing(verb) }, Unreachable, "454"),
        (|verb| if verb == "MAIL" { Some("550 who?") } else { willing(verb) }, Unreachable, "MAIL_FROM"),
        (|verb| if verb == "MAIL" { Some("421 closing") } else { willing(verb) }, Unreachable, "421"),
        (|verb| if verb == "RCPT" { Some("550 who?") } else { willing(verb) }, Rejected, "recipient"),
        (|verb| if verb == "RCPT" { Some("530 log in first") } else { willing(verb) }, Unreachable, "530"),
        (|verb| if verb == "RCPT" { Some("554 5.7.1 relaying denied") } else { willing(verb) }, Unreachable, "5.7.1"),
        (|verb| if verb == "RCPT" { Some("450 grey") } else { willing(verb) }, Unreachable, "450"),
        (|verb| if verb == "DATA" { Some("554 no") } else { willing(verb) }, Rejected, "mail"),
        (|verb| if verb == "DATA" { Some("250 no") } else { willing(verb) }, Unreachable, "out of order"),
        (|verb| if verb == "TEXT" { Some("554 spam http://x/?s=hush") } else { willing(verb) }, Rejected, "554"),
        (|verb| if verb == "TEXT" { Some("550 5.7.1 spam") } else { willing(verb) }, Rejected, "spam"),
        (|verb| if verb == "TEXT" { Some("554 x@y is not verified") } else { willing(verb) }, Unreachable, "verified"),
        (|verb| if verb == "TEXT" { Some("451 later") } else { willing(verb) }, Unreachable, "451"),
        (|verb| if verb == "TEXT" { Some("354 go on") } else { willing(verb) }, OutcomeUnknown, "out of order"),
        (|verb| if verb == "TEXT" { Some("what?") } else { willing(verb) }, OutcomeUnknown, "did not answer"),
        (|verb| if verb == "TEXT" { None } else { willing(verb) }, OutcomeUnknown, "did not answer"),
    ];
    for (answers, expected, about) in cases {
        let (_script, mailer) = scripted(answers, "").await;
        let (_, kind, text) = failure(mailer.send(&mail())).await;
        assert_eq!(kind, expected, "{text}");
        assert!(text.contains(about) && !text.contains("hush"), "{text}");
    }
}

/// Each step has its limit (RFC 5321, section 4.5.3.2), and the mail is not sent twice. Only after its text the server
/// may have accepted it.
#[tokio::test(flavor = "multi_thread")]
async fn a_silent_server_is_given_up_at_each_step() {
    use ErrorKind::{OutcomeUnknown, Unreachable};
    let cases: [(Answers, ErrorKind); 6] = [
        (|verb| if verb == "CONNECT" { SILENCE } else { willing(verb) }, Unreachable),
        (|verb| if verb == "AUTH" { SILENCE } else { willing(verb) }, Unreachable),
        (|verb| if verb == "MAIL" { SILENCE } else { willing(verb) }, Unreachable),
        (|verb| if verb == "RCPT" { SILENCE } else { willing(verb) }, Unreachable),
        (|verb| if verb == "DATA" { SILENCE } else { willing(verb) }, Unreachable),
        (|verb| if verb == "TEXT" { SILENCE } else { willing(verb) }, OutcomeUnknown),
    ];
    let short = Duration::from_millis(500);
    for (number, (answers, expected)) in cases.into_iter().enumerate() {
        // What is awaited too long is not what has the longer limits.
        let mut limits = MailLimits::default();
        *[&mut limits.greeting, &mut limits.command, &mut limits.text][[0, 1, 1, 1, 1, 2][number]] = short;
        let (script, mailer) = limited(answers, "", limits).await;
        let (took, kind, text) = failure(mailer.send(&mail())).await;
        assert_eq!(kind, expected, "{text}");
        assert!(took >= short && took < Duration::from_secs(60), "{took:?}");
        let texts = script.heard().iter().filter(|line| *line == ".").count();
        assert_eq!(texts, usize::from(expected == OutcomeUnknown), "{:?}", script.heard());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_is_begun_and_dropped_is_not_sent() {
    let (script, mailer) = scripted(willing, "").await;
    let mail = mail();
    drop(mailer.begin(&mail).await.unwrap());
    mailer.send(&mail).await.unwrap();
    let heard = script.heard();
    assert_eq!(heard.iter().filter(|line| *line == "DATA").count(), 2, "{heard:?}");
    assert_eq!(heard.iter().filter(|line| *line == ".").count(), 1, "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_is_short_and_needs_no_login() {
    let (script, mailer) = scripted(willing, "").await;
    mailer.check().await.unwrap();
    assert!(!script.heard().iter().any(|line| line.starts_with("AUTH")));
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://127.0.0.1:{}", silent.local_addr().unwrap().port());
    let mailer = open::mailer(&url, MailLimits::default()).await.unwrap();
    let (took, kind, _) = failure(mailer.check()).await;
    assert!(kind == ErrorKind::Unreachable && took < Duration::from_secs(20), "{took:?}");
    drop(silent);
    let (took, kind, text) = failure(mailer.send(&mail())).await;
    assert!(kind == ErrorKind::Unreachable && took < Duration::from_secs(20), "{took:?}");
    assert!(text.contains("cannot connect to the mail server"), "{text}");
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_was_expected() {
    for (url, expected) in [
        ("smtp://hush:hush@mail.example.com?x=hush", "cacertfile or helo or tls"),
        ("smtp://mail.example.com?tls=opportunistic", "tls may only be `required`"),
        ("smtp://mail.example.com?cacertfile=/nowhere", "cannot read the cacertfile"),
        ("smtp://mail.example.com?cacertfile=/dev/null", "holds no certificate"),
        ("smtp://mail.example.com?helo=a%0Ab", "helo is not a host's name"),
        ("smtp://mail.example.com/hush", "expected smtps://USER:PASSWORD@HOST:PORT or smtp://"),
        ("smtps://hush@mail.example.com", "a user and a password belong together"),
        ("smtps://u:%FF@mail.example.com", "not UTF-8"),
        ("smtps:///hush", "expected smtps://"),
    ] {
        let error = open::mailer(url, MailLimits::default()).await.err().unwrap().to_string();
        assert!(error.contains("MAIL_URL") && error.contains(expected) && !error.contains("hush"), "{error}");
    }
}
