//! The page at `/`, in a real browser against the real service.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::process::{command, root};
use crate::tools;

const START_LIMIT: Duration = Duration::from_secs(60);
const FOLDER: &str = "shared/xtask/page";

/// The service as `cargo run` starts it, on a free port and an empty data folder. Ends when dropped.
pub(crate) struct Service {
    /// Its address for clients.
    pub(crate) base: String,
    child: Child,
    data: PathBuf,
}

impl Service {
    /// Starts it and waits until it is ready.
    pub(crate) fn start() -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let data = root().join(format!("target/tools/data-{port}"));
        let child = command(root().join("target/debug/local"), &[])
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("DATA_DIR", &data)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start target/debug/local")?;
        let mut service = Self { base: format!("http://127.0.0.1:{port}"), child, data };
        service.wait_until_ready()?;
        Ok(service)
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let begun = Instant::now();
        let url = format!("{}/readyz", self.base);
        while begun.elapsed() < START_LIMIT {
            if command("curl", &["-sf", "-o", "/dev/null", &url]).status()?.success() {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("the service ended at once: {status}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the service was not ready within {START_LIMIT:?}")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It is a test's: nothing in it is worth draining.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.data);
    }
}

/// Runs the page's test.
pub(crate) fn test() -> anyhow::Result<()> {
    let modules = tools::node_modules(FOLDER)?;
    let script = modules.join("page.test.mjs");
    std::fs::copy(root().join(FOLDER).join("page.test.mjs"), &script)?;
    let service = Service::start()?;
    let status = command("node", &[&script.to_string_lossy(), &service.base]).status()?;
    ensure!(status.success(), "the page's test failed");
    Ok(())
}
