//! The service as `cargo run` starts it, for tests that stand outside of it.

use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::process::{self, command};
use crate::workspace;

const START_LIMIT: Duration = Duration::from_secs(60);

/// A service on a free port and an empty data folder. Ends when dropped.
pub(crate) struct Service {
    /// Its address for clients.
    pub(crate) base: String,
    child: Child,
    data: PathBuf,
    log: PathBuf,
}

impl Service {
    /// Builds and starts it and waits until it is ready.
    pub(crate) fn start() -> anyhow::Result<Self> {
        Self::start_below("")
    }

    /// As [`Self::start`], with a public URL that has this path.
    pub(crate) fn start_below(base_path: &str) -> anyhow::Result<Self> {
        process::cargo(&["build", "--quiet", "--package", "local"])?;
        let binary = workspace::target()?.join("debug/local");
        let tools = workspace::tools()?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = tools.join(format!("data-{port}"));
        let log = tools.join("service.log");
        let output = File::create(&log)?;
        let base = format!("http://127.0.0.1:{port}{base_path}");
        let child = command(&binary, &[])
            .env("PUBLIC_URL", &base)
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("DATA_DIR", &data)
            .stdout(output.try_clone()?)
            .stderr(output)
            .stdin(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut service = Self { base, child, data, log };
        service.wait_until_ready()?;
        Ok(service)
    }

    /// Makes an administrator and answers their token.
    pub(crate) fn administrator(&self) -> anyhow::Result<String> {
        let (email, password) = ("administrator@example.com", "correct horse battery staple");
        let mut add = command(workspace::target()?.join("debug/local"), &["user", "add", email, "--admin"]);
        let mut add = add.env("DATA_DIR", &self.data).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        let mut input = add.stdin.take().context("the password goes to standard input")?;
        input.write_all(password.as_bytes())?;
        drop(input);
        ensure!(add.wait()?.success(), "the administrator was not made");
        let (credentials, url) = (format!("{email}:{password}"), format!("{}/login", self.base));
        process::output("curl", &["-sf", "-X", "POST", "-u", &credentials, &url])
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let url = format!("{}/readyz", self.base);
        while begun.elapsed() < START_LIMIT {
            if process::status(&mut command("curl", &["-sf", "-o", "/dev/null", &url]))?.success() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended at once: {status}; see {}", self.log.display());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the service was not ready within {START_LIMIT:?}; see {}", self.log.display())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It is a test's: nothing in it is worth draining.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.data);
    }
}
