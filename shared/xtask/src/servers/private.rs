//! Servers that are programs of this machine, started for one run.

use super::certificates::Certificates;
use super::daemon::Daemon;
use super::run_folder::RunFolder;
use super::{Alarm, Environment, Server};

/// What the servers of one run stand on.
pub(crate) struct Ground {
    /// Where their data, keys and logs lie.
    pub(crate) folder: RunFolder,
    /// What they need for TLS.
    pub(crate) certificates: Certificates,
}

/// A server that is a background program.
pub(crate) trait PrivateServer: Send + Sized {
    /// The program.
    fn daemon(&mut self) -> &mut Daemon;

    /// Starts the program.
    fn begin(&mut self) -> anyhow::Result<()> {
        self.daemon().start()
    }

    /// Has it take nothing more from publishers, or take it again.
    fn set_alarm(&mut self, _alarm: Alarm, _is_on: bool) -> anyhow::Result<()> {
        anyhow::bail!("this server knows no such alarm")
    }

    /// Waits until clients can use it.
    fn wait_until_ready(&mut self) -> anyhow::Result<()>;

    /// How tests reach it.
    fn environment(&self) -> Environment;

    /// The server, started and ready.
    fn started(mut self) -> anyhow::Result<Self> {
        self.begin()?;
        self.wait_until_ready()?;
        Ok(self)
    }
}

impl<T: PrivateServer> Server for T {
    fn environment(&self) -> Environment {
        PrivateServer::environment(self)
    }

    fn process(&mut self) -> Option<u32> {
        self.daemon().process()
    }

    fn set_alarm(&mut self, alarm: Alarm, is_on: bool) -> anyhow::Result<()> {
        PrivateServer::set_alarm(self, alarm, is_on)
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.daemon().kill()
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        self.daemon().stop()
    }

    fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.begin()?;
        self.wait_until_ready()
    }
}
