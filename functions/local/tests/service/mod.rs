//! The real program on a free port and an empty data folder.
#![allow(dead_code)] // Each test file uses a part of it.

pub(crate) mod mail_server;

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use host::testing::ReservedPort;
use pipeline::FailPoint;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) const DEMO: (&str, &str) = ("test@example.com", "password");
/// SIGABRT.
const ABORTED: i32 = 6;
/// How long a slow machine may take for anything that is waited for.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

pub(crate) struct Service {
    pub(crate) base: String,
    pub(crate) data: TempDir,
    pub(crate) client: Client,
    pub(crate) settings: BTreeMap<String, String>,
    port: ReservedPort,
    child: Option<Child>,
}

impl Service {
    pub(crate) async fn start(settings: &[(&str, &str)]) -> Self {
        let mut service = Self::new(settings);
        service.run().await;
        service
    }

    /// Not started.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let port = ReservedPort::new();
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let base = format!("http://{}", port.address());
        Self { base, data: TempDir::new().unwrap(), client, settings, port, child: None }
    }

    /// Starts the program on the data that is there.
    pub(crate) async fn run(&mut self) {
        self.spawn();
        self.wait_until_ready().await;
    }

    /// Starts the program to abort at a point, and waits until it is ready or has got there.
    pub(crate) async fn run_to(&mut self, point: FailPoint) {
        self.settings.insert("FAIL_POINT".to_owned(), point.name().to_owned());
        self.spawn();
        self.settings.remove("FAIL_POINT");
        let begun = Instant::now();
        while !self.answers().await && self.child.as_mut().unwrap().try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < LIMIT, "not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits for the abort.
    pub(crate) async fn aborted(&mut self) {
        let begun = Instant::now();
        let mut child = self.child.take().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > LIMIT {
                child.kill().unwrap();
                panic!("the point was not reached: {}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(status.signal(), Some(ABORTED), "{}", self.log());
    }

    fn spawn(&mut self) {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log_file()).unwrap();
        let child = self.command().stdout(Stdio::null()).stderr(log).spawn().unwrap();
        self.child = Some(child);
    }

    pub(crate) async fn wait_until_ready(&self) {
        let begun = Instant::now();
        while !self.answers().await {
            assert!(begun.elapsed() < LIMIT, "not ready: {}", self.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The program with this service's settings, for a chore beside it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local"));
        command
            .env_clear()
            .env("DATA_DIR", self.data.path())
            .env("LISTEN", self.port.address().to_string())
            .envs(&self.settings);
        command
    }

    async fn answers(&self) -> bool {
        let answer = self.client.get(self.url("/readyz")).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// The most memory that the program has held so far, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let id = self.child.as_ref().unwrap().id();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// SIGTERM; answers how the program ended.
    pub(crate) async fn terminate(&mut self) -> std::process::ExitStatus {
        let mut child = self.child.take().unwrap();
        Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
        tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap()
    }

    fn log_file(&self) -> PathBuf {
        self.data.path().join("log.jsonl")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub(crate) async fn login(&self) -> String {
        self.login_as(DEMO).await
    }

    pub(crate) async fn login_as(&self, (email, password): (&str, &str)) -> String {
        let answer = self.client.post(self.url("/login")).basic_auth(email, Some(password)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        answer.text().await.unwrap()
    }

    /// Makes an account by the command line and logs in.
    pub(crate) async fn add_user(&self, email: &str, admin: bool) -> String {
        let password = "correct horse battery";
        let mut command = self.command();
        command.args(["user", "add", email]).args(admin.then_some("--admin"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), password.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
        self.login_as((email, password)).await
    }

    pub(crate) fn get(&self, token: &str, path: &str) -> RequestBuilder {
        self.client.get(self.url(path)).bearer_auth(token)
    }

    pub(crate) fn post_json(&self, token: &str, path: &str, json: impl Into<reqwest::Body>) -> RequestBuilder {
        self.client.post(self.url(path)).bearer_auth(token).header("content-type", "application/json").body(json)
    }

    pub(crate) fn upload(&self, token: &str, query: &str, json: &str) -> RequestBuilder {
        let form = Form::new().part("file", Part::text(json.to_owned()).file_name("invoice.json"));
        self.client.post(self.url(&format!("/upload{query}"))).bearer_auth(token).multipart(form)
    }

    /// The invoice resource once it is final.
    pub(crate) async fn finished(&self, token: &str, location: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.get(token, location).header("prefer", "wait=30").send().await.unwrap();
            let resource = json(answer).await;
            if resource["state"] != "processing" {
                return resource;
            }
            assert!(begun.elapsed() < LIMIT, "{resource}: {}", self.log());
        }
    }

    /// The mails in the folder, by file name.
    pub(crate) fn mails(&self) -> Vec<(String, String)> {
        let mails = std::fs::read_dir(self.data.path().join("mails")).unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name()?.to_str()?.to_owned();
            name.ends_with(".eml").then(|| (name, std::fs::read_to_string(path).unwrap()))
        });
        mails.collect()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}

pub(crate) async fn json(answer: Response) -> Value {
    let text = answer.text().await.unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn location(answer: &Response) -> String {
    answer.headers()["location"].to_str().unwrap().to_owned()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

pub(crate) fn sample() -> String {
    std::fs::read_to_string(root().join("events/sample_invoice.json")).unwrap()
}
