//! Mail through SES: the viewer of `cargo xtask servers`, which shows what was sent, and endpoints of the tests' own for
//! the request itself and for refusals.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use adapters::contract::mailer::{mail, suite};
use adapters::open;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pipeline::{ErrorKind, MailLimits, Mailer, MailerExt as _, OutgoingMail, PortError};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::environment::server;

/// What an endpoint answers to every mail: the status, and the error's code and message.
type Answer = (u16, &'static str, &'static str);

const ACCEPTED: Answer = (200, "", "");

/// An endpoint and the requests for mails that it got.
struct Endpoint {
    base: String,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Endpoint {
    async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let router = Router::new().fallback(respond).with_state((answer, Arc::clone(&requests)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { base, requests }
    }

    async fn mailer(&self, query: &str) -> Arc<dyn Mailer> {
        open::mailer(&format!("ses://eu-central-1?endpoint={}{query}", self.base), MailLimits::default()).await.unwrap()
    }
}

async fn respond(State((answer, requests)): State<(Answer, Arc<Mutex<Vec<Value>>>)>, request: Request) -> Response {
    let (status, code, message) = answer;
    if request.method() == Method::POST {
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        requests.lock().unwrap().push(serde_json::from_slice(&body).unwrap());
    }
    let mut headers = HeaderMap::new();
    if status != 200 {
        headers.insert("x-amzn-errortype", code.parse().unwrap());
    }
    let body = serde_json::json!({ "MessageId": "1", "message": message });
    (StatusCode::from_u16(status).unwrap(), headers, body.to_string()).into_response()
}

async fn failure(step: impl Future<Output = Result<(), PortError>>) -> (Duration, ErrorKind, String) {
    let begun = Instant::now();
    let error = step.await.unwrap_err();
    (begun.elapsed(), error.kind(), error.to_string())
}

/// Whether there are credentials, which the variables of the viewer bring along.
fn has_credentials() -> bool {
    server("AWS_ACCESS_KEY_ID").is_some() && server("AWS_SECRET_ACCESS_KEY").is_some()
}

/// The mails that the viewer shows.
async fn shown(viewer: &Url) -> Vec<Value> {
    let address = viewer.socket_addrs(|| None).unwrap();
    let mut connection = TcpStream::connect(&address[..]).await.unwrap();
    connection.write_all(b"GET /store HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    serde_json::from_str::<Value>(body).unwrap()["emails"].as_array().unwrap().clone()
}

fn shows(shown: &Value, mail: &OutgoingMail) -> bool {
    let text = shown["body"]["text"].as_str().unwrap();
    let message = String::from_utf8(mail.message.clone()).unwrap().replace("\r\n", "\n");
    shown["subject"] == "Łódź テスト"
        && shown["destination"]["to"][0] == mail.to.as_str()
        && message.ends_with(&format!("\n\n{text}"))
        && text.starts_with(&mail.id.to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_viewer_keeps_the_contract() {
    let Some(url) = server("TEST_SES_URL") else { return };
    let mails = suite(&*open::mailer(&url, MailLimits::default()).await.unwrap()).await;
    let url: Url = url.parse().unwrap();
    let (_, endpoint) = url.query_pairs().find(|(name, _)| name == "endpoint").unwrap();
    let shown = shown(&endpoint.parse().unwrap()).await;
    for mail in &mails {
        assert!(shown.iter().any(|shown| shows(shown, mail)), "{mail:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_is_handed_over_byte_for_byte() {
    if !has_credentials() {
        return;
    }
    let endpoint = Endpoint::start(ACCEPTED).await;
    let mails = suite(&*endpoint.mailer("&configuration_set=bounces-1").await).await;
    let requests = endpoint.requests.lock().unwrap();
    for mail in &mails {
        let raw = BASE64_STANDARD.encode(&mail.message);
        let request = requests.iter().find(|request| request["Content"]["Raw"]["Data"] == raw).unwrap();
        assert_eq!(request["FromEmailAddress"], "invoices@example.com");
        assert_eq!(request["Destination"], serde_json::json!({ "ToAddresses": [mail.to.as_str()] }));
        assert_eq!(request["ConfigurationSetName"], "bounces-1");
    }
}

/// What SES answers decides whether a mail fails for good or waits: only what is the mail's own does.
#[tokio::test(flavor = "multi_thread")]
async fn only_answers_about_the_mail_are_final() {
    if !has_credentials() {
        return;
    }
    use ErrorKind::{OutcomeUnknown, Rejected, Unreachable};
    let unverified = "Email address is not verified. The following identities failed the check in region X: a@b";
    for (status, code, message, expected) in [
        (400, "MessageRejected", "Illegal content", Rejected),
        (400, "MessageRejected", unverified, Unreachable),
        (400, "BadRequestException", "Missing final '@domain'", Rejected),
        (400, "MailFromDomainNotVerifiedException", "", Unreachable),
        (400, "AccountSuspendedException", "", Unreachable),
        (400, "SendingPausedException", "", Unreachable),
        (400, "LimitExceededException", "", Unreachable),
        (404, "NotFoundException", "Configuration set <x> does not exist.", Unreachable),
        (403, "AccessDeniedException", "not authorized to perform ses:SendEmail", Unreachable),
        (403, "InvalidSignatureException", "x-amz-security-token:hush", Unreachable),
        (429, "TooManyRequestsException", "Maximum sending rate exceeded.", Unreachable),
        (500, "InternalFailure", "", Unreachable),
        (503, "ServiceUnavailable", "", Unreachable),
        (504, "GatewayTimeout", "", OutcomeUnknown),
    ] {
        let endpoint = Endpoint::start((status, code, message)).await;
        let (took, kind, text) = failure(endpoint.mailer("").await.send(&mail())).await;
        assert_eq!(kind, expected, "{text}");
        assert!(text.contains(code) && !text.contains("hush"), "{text}");
        assert!(took < Duration::from_secs(10), "{code}: {took:?}");
        assert_eq!(endpoint.requests.lock().unwrap().len(), 1, "{code}: sent again unasked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_takes_any_answer_but_a_server_error() {
    if !has_credentials() {
        return;
    }
    for (answer, is_there) in
        [(ACCEPTED, true), ((403, "AccessDeniedException", ""), true), ((503, "ServiceUnavailable", ""), false)]
    {
        let mailer = Endpoint::start(answer).await.mailer("").await;
        assert_eq!(mailer.check().await.is_ok(), is_there, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_out_of_reach_is_given_up_in_time() {
    if !has_credentials() {
        return;
    }
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ses://eu-central-1?endpoint=http://{}", silent.local_addr().unwrap());
    let mailer = open::mailer(&url, MailLimits::default()).await.unwrap();
    let (check, send) = (failure(mailer.check()).await, failure(mailer.send(&mail())).await);
    for (expected, (took, kind, text)) in [(ErrorKind::Unreachable, check), (ErrorKind::OutcomeUnknown, send)] {
        assert_eq!(kind, expected, "{text}");
        assert!(took < Duration::from_secs(60), "{took:?}");
    }
    drop(silent);
    let (took, kind, text) = failure(mailer.send(&mail())).await;
    assert_eq!(kind, ErrorKind::Unreachable, "{text}");
    assert!(took < Duration::from_secs(10) && text.contains("onnect"), "{text} after {took:?}");
}

/// A request that went out is not made again, whatever became of its answer.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_leaves_the_outcome_unknown() {
    if !has_credentials() {
        return;
    }
    let broken = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{";
    for said in ["", "nonsense\r\n\r\n", broken] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("ses://eu-central-1?endpoint=http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let _ = client.read(&mut [0; 100_000]).await;
                *counted.lock().unwrap() += 1;
                let _ = client.write_all(said.as_bytes()).await;
            }
        });
        let mailer = open::mailer(&url, MailLimits::default()).await.unwrap();
        let (_, kind, text) = failure(mailer.send(&mail())).await;
        assert_eq!(kind, ErrorKind::OutcomeUnknown, "{said:?}: {text}");
        assert_eq!(*requests.lock().unwrap(), 1, "{said:?}: sent again unasked");
    }
}

#[tokio::test]
async fn wrong_urls_name_the_setting_and_what_was_expected() {
    for (url, expected) in [
        ("ses://eu-central-1?x=hush", "configuration_set or endpoint"),
        ("ses://?endpoint=http://127.0.0.1:1", "expected ses://REGION"),
        ("ses://hush:hush@eu-central-1", "expected ses://REGION"),
        ("ses://eu-central-1/hush", "expected ses://REGION"),
        ("ses://eu-central-1?configuration_set=a/b", "configuration_set"),
        ("ses://eu-central-1?endpoint=localhost:8005", "expected https://HOST"),
    ] {
        let error = open::mailer(url, MailLimits::default()).await.err().unwrap().to_string();
        assert!(error.contains("MAIL_URL") && error.contains(expected) && !error.contains("hush"), "{error}");
    }
}
