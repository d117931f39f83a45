//! A hostile request, the answer that it must get, and the service that it is sent to.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::service::{Service, json, sample};

/// A server that neither answers nor closes for so long has been hurt.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The answer that an attack must get.
pub(crate) enum Answer {
    /// A problem of this status whose detail contains this.
    Problem(u16, &'static str),
    /// A 422 with a fault at this place by this rule.
    Fault(String, &'static str),
    /// Legal, though odd.
    Success(u16),
    /// Legal, though odd: the documents are made in every format.
    Made,
    /// No HTTP: refused with a status alone, before it reaches a route.
    Refused(u16),
}

pub(crate) use Answer::{Made, Problem, Refused, Success};

/// A fault in the document at a place by a rule.
pub(crate) fn fault(pointer: &str, rule: &'static str) -> Answer {
    Answer::Fault(pointer.to_owned(), rule)
}

pub(crate) struct Attack {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) answer: Answer,
}

pub(crate) enum Request {
    Http(Box<RequestBuilder>),
    /// Bytes as they go over the wire.
    Wire(Vec<u8>),
}

impl Attack {
    pub(crate) fn http(name: impl Into<String>, request: RequestBuilder, answer: Answer) -> Self {
        Self { name: name.into(), request: Request::Http(Box::new(request)), answer }
    }

    pub(crate) fn wire(name: impl Into<String>, bytes: impl Into<Vec<u8>>, answer: Answer) -> Self {
        Self { name: name.into(), request: Request::Wire(bytes.into()), answer }
    }
}

struct Response {
    status: u16,
    content_type: String,
    body: Vec<u8>,
}

/// The service with one stored invoice, and somebody who may use it.
pub(crate) struct Target {
    pub(crate) service: Service,
    pub(crate) token: String,
    pub(crate) admin: String,
    /// `/download?fid=…` of the stored invoice's CSV.
    pub(crate) download: String,
}

impl Target {
    pub(crate) async fn start() -> Self {
        let service = Service::start(&[("LEASE", "10min")]).await;
        let (token, admin) = (service.login().await, service.add_user("admin@example.com", true).await);
        let upload =
            service.post_json(&token, "/invoices?format=csv&notify=none", sample()).header("prefer", "wait=30");
        let resource = json(upload.send().await.unwrap()).await;
        let download = format!("/download?fid={}", resource["documents"][0]["fid"].as_str().unwrap());
        Self { service, token, admin, download }
    }

    /// A request of the user by a client that reads JSON.
    pub(crate) fn ask(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = self.service.client.request(method, self.service.url(path));
        request.bearer_auth(&self.token).header("accept", "application/json")
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.ask("GET", path)
    }

    pub(crate) fn post(&self, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.ask("POST", path).header("content-type", "application/json").body(body)
    }

    /// Sends the attack; tells what is wrong with its answer.
    pub(crate) async fn suffer(&self, attack: Attack) -> Result<(), String> {
        let response = match attack.request {
            Request::Http(request) => over_http(*request).await?,
            Request::Wire(bytes) => self.over_the_wire(&bytes).await?,
        };
        let response = if matches!(attack.answer, Made) { self.made(response).await } else { response };
        judge(&attack.answer, &response).map_err(|expected| {
            let body: String = String::from_utf8_lossy(&response.body).chars().take(300).collect();
            format!("{expected} expected, found {} {} {body}", response.status, response.content_type)
        })?;
        if matches!(attack.answer, Made) { self.documents_are_harmless(&response).await } else { Ok(()) }
    }

    /// On a slow machine an upload's documents may take longer than the request waits.
    async fn made(&self, response: Response) -> Response {
        if response.status != 202 {
            return response;
        }
        let resource: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let place = format!("/invoices/{}", resource["id"].as_str().unwrap_or_default());
        let body = self.service.finished(&self.token, &place).await.to_string().into_bytes();
        Response { status: 200, body, ..response }
    }

    /// What was made of an attack leads nowhere by its name, and a spreadsheet computes nothing of its cells.
    async fn documents_are_harmless(&self, response: &Response) -> Result<(), String> {
        let resource: Value = serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
        for document in resource["documents"].as_array().unwrap() {
            let answer =
                self.get(&format!("/download?fid={}", document["fid"].as_str().unwrap())).send().await.unwrap();
            let disposition = answer.headers()["content-disposition"].to_str().unwrap_or_default().to_owned();
            let is_wrong = |character: char| character.is_control() || matches!(character, '/' | '\\');
            if !disposition.starts_with("attachment; filename=") || disposition.contains(is_wrong) {
                return Err(format!("the disposition is {disposition:?}"));
            }
            let bytes = answer.bytes().await.unwrap();
            if document["format"] == "csv"
                && let Some(cell) = formula(&bytes)
            {
                return Err(format!("a spreadsheet computes {cell:?}"));
            }
        }
        Ok(())
    }

    /// Panics where the service has stopped serving.
    pub(crate) async fn serves_a_good_request_after(&self, name: &str) {
        let answer = self.post("/invoices/validate", sample()).send().await;
        let status = answer.unwrap_or_else(|error| panic!("after {name}: {error}")).status();
        assert_eq!(status.as_u16(), 200, "after {name}");
    }

    async fn over_the_wire(&self, bytes: &[u8]) -> Result<Response, String> {
        let address = self.service.base.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
        // The server may refuse before it has read all.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let read = tokio::time::timeout(ANSWER_LIMIT, stream.read_to_end(&mut answer)).await;
        read.map_err(|_| "the connection stays open".to_owned())?.ok();
        parse(&answer).ok_or_else(|| format!("no answer: {:?}", String::from_utf8_lossy(&answer)))
    }
}

async fn over_http(request: RequestBuilder) -> Result<Response, String> {
    let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status().as_u16();
    let content_type = answer.headers().get("content-type").map(|value| value.to_str().unwrap().to_owned());
    let body = answer.bytes().await.map_err(|error| format!("{error:?}"))?.to_vec();
    Ok(Response { status, content_type: content_type.unwrap_or_default(), body })
}

fn parse(answer: &[u8]) -> Option<Response> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&answer[..end]).ok()?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let content_type = head.lines().find_map(|line| line.strip_prefix("content-type: ")).unwrap_or_default();
    Some(Response { status, content_type: content_type.to_owned(), body: answer[end + 4..].to_vec() })
}

/// Answers what was expected, where it is not there.
fn judge(answer: &Answer, response: &Response) -> Result<(), String> {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let (is_right, expected) = match answer {
        Problem(status, detail) => (
            is_problem(response, &body, *status) && body["detail"].as_str().is_some_and(|text| text.contains(detail)),
            format!("a problem {status} {detail:?}"),
        ),
        Answer::Fault(pointer, rule) => (
            is_problem(response, &body, 422) && has_fault(&body, pointer, rule),
            format!("a fault {rule} at {pointer:?}"),
        ),
        Success(status) => (response.status == *status, format!("the success {status}")),
        Made => (response.status == 200 && body["state"] == "stored", "every document".to_owned()),
        Refused(status) => (response.status == *status && response.body.is_empty(), format!("the refusal {status}")),
    };
    if is_right { Ok(()) } else { Err(expected) }
}

/// A cell that a spreadsheet would compute; a negative number it may.
fn formula(csv: &[u8]) -> Option<String> {
    let is_number = |text: &str| text.chars().all(|character| character.is_ascii_digit() || character == '.');
    let is_formula = |cell: &str| {
        cell.starts_with(['=', '+', '@', '\t', '\r']) || cell.strip_prefix('-').is_some_and(|rest| !is_number(rest))
    };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(csv);
    let rows = reader.records().map(Result::unwrap);
    rows.flat_map(|row| row.iter().map(str::to_owned).collect::<Vec<_>>()).find(|cell| is_formula(cell))
}

fn is_problem(response: &Response, body: &Value, status: u16) -> bool {
    let has_text = |member: &str| body[member].as_str().is_some_and(|text| !text.is_empty());
    response.status == status
        && response.content_type == "application/problem+json"
        && body["type"] == "about:blank"
        && body["status"] == status
        && has_text("title")
        && has_text("detail")
}

fn has_fault(body: &Value, pointer: &str, rule: &str) -> bool {
    let faults = body["faults"].as_array().map(Vec::as_slice).unwrap_or_default();
    faults.iter().any(|fault| fault["pointer"] == pointer && fault["rule"] == rule && fault["message"] != "")
}
