//! A function's real program, for its tests. It gets no environment but what a test gives it, and ends with the test.
#![allow(clippy::unwrap_used, clippy::missing_panics_doc)] // A test that cannot go on fails.

mod lambda;
mod production;
mod reserved_port;
mod sample;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub use lambda::{ApiAnswer, Lambda, event, events};
pub use production::{refuses, refuses_what_is_weak, starts_and_waits};
pub use reserved_port::ReservedPort;
pub use sample::upload;

/// Nothing here takes longer.
const LIMIT: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(20);

/// An answer over HTTP.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines, with their names in lower case.
    pub headers: String,
    /// The body.
    pub body: String,
}

/// A program that runs.
pub struct Program {
    child: Child,
    port: ReservedPort,
    log: PathBuf,
    _logs: TempDir,
}

impl Program {
    /// Starts it on a free port; its log is kept.
    #[must_use]
    pub fn start(binary: &str, settings: &[(&str, &str)]) -> Self {
        let (port, logs) = (ReservedPort::new(), TempDir::new().unwrap());
        let log = logs.path().join("log.jsonl");
        let mut command = command(binary, settings);
        let command = command.env("LISTEN", port.address().to_string()).stdout(Stdio::null());
        let child = command.stderr(File::create(&log).unwrap()).spawn().unwrap();
        Self { child, port, log, _logs: logs }
    }

    /// Asks it for a path; nothing where it does not answer.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Answer> {
        self.request("GET", path, &[], "")
    }

    /// Makes a request; nothing where it is not answered.
    #[must_use]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
        request(self.address(), method, path, headers, body)
    }

    /// Its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Waits until a path answers with this status.
    #[must_use]
    pub fn answers(&self, path: &str, status: u16) -> Answer {
        self.eventually(&format!("{path} answers {status}"), || self.get(path).filter(|answer| answer.status == status))
    }

    /// Waits until the metrics have this line.
    pub fn counts(&self, line: &str) {
        self.eventually(&format!("/metrics has {line}"), || {
            self.get("/metrics").filter(|metrics| metrics.body.lines().any(|told| told == line))
        });
    }

    /// Waits until the log has a line with this message, and answers it.
    #[must_use]
    pub fn logs(&self, message: &str) -> serde_json::Value {
        self.eventually(&format!("{message:?} is logged"), || {
            let lines = self.log();
            let mut lines = lines.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            lines.find(|line| line["message"] == message)
        })
    }

    /// Waits until there is something.
    pub fn eventually<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < LIMIT, "in vain: {what}. The log:\n{}", self.log());
            sleep(LOOK);
        }
    }

    /// The log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// How the program's own `health` judges it.
    #[must_use]
    pub fn health(&self, binary: &str) -> ExitStatus {
        command(binary, &[]).arg("health").env("LISTEN", self.address().to_string()).status().unwrap()
    }

    /// SIGTERM; answers how it ended and how long that took.
    pub fn terminate(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let ended = wait(&mut self.child);
        (ended.unwrap_or_else(|| panic!("it goes on. The log:\n{}", self.log())), begun.elapsed())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes a request; nothing where it is not answered.
#[must_use]
pub fn request(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.0\r\nContent-Length: {length}\r\n{headers}\r\n{body}").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, headers: headers.to_ascii_lowercase(), body: body.to_owned() })
}

fn command(binary: &str, settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(binary);
    command.env_clear().envs(settings.iter().copied()).stdin(Stdio::null());
    command
}

fn wait(child: &mut Child) -> Option<ExitStatus> {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        sleep(LOOK);
    }
    None
}
