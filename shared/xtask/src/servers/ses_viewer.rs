//! A stand-in for Amazon SES, version 2 of its API, that shows what it was sent at `/store`.

use std::path::PathBuf;

use super::daemon::{Daemon, prepare};
use super::private::{Ground, PrivateServer};
use super::{Environment, ports};
use crate::process::command;
use crate::tools;

const FOLDER: &str = "shared/xtask/servers/ses";

/// The stand-in.
pub(crate) struct SesViewer {
    daemon: Daemon,
    base: String,
    log: PathBuf,
}

impl SesViewer {
    /// Starts it; it keeps its mails in memory.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let program = tools::node_modules(FOLDER)?.join("node_modules/.bin/aws-ses-v2-local");
        let port = ports::free()?;
        let mut command = command(program, &["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.current_dir(ground.folder.make("ses-viewer")?);
        let log = ground.folder.log("ses-viewer");
        let daemon = Daemon::new("SES viewer", command, &log)?;
        Self { daemon, base: format!("http://127.0.0.1:{port}"), log }.started()
    }
}

impl PrivateServer for SesViewer {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let store = format!("{}/store", self.base);
        let mut ask = command("curl", &["-sSf", "--max-time", "5", "-o", "/dev/null", &store]);
        self.daemon.wait_until(|| prepare(&mut ask, &self.log))
    }

    fn environment(&self) -> Environment {
        vec![("TEST_SES_URL".to_owned(), format!("ses://us-east-1?endpoint={}", self.base))]
    }
}
