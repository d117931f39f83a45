//! The five functions, each as a process of its own, on servers that are given by their URLs.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::servers::{Environment, daemon::Daemon, ports};
use crate::{process, process_tree};

/// One function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Function {
    /// Login and users.
    Auth,
    /// Uploads and downloads.
    Gateway,
    /// Documents.
    Worker,
    /// Mails.
    Notifier,
    /// Repairs.
    Sweeper,
}

impl Function {
    /// All five.
    pub const ALL: [Self; 5] = [Self::Auth, Self::Gateway, Self::Worker, Self::Notifier, Self::Sweeper];

    /// Its binary's name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Gateway => "gateway",
            Self::Worker => "worker",
            Self::Notifier => "notifier",
            Self::Sweeper => "sweeper",
        }
    }
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A running pack. Its processes end when it is dropped.
pub struct Pack {
    binaries: PathBuf,
    settings: Environment,
    folder: PathBuf,
    ports: BTreeMap<Function, u16>,
    daemons: BTreeMap<Function, Daemon>,
}

impl Pack {
    /// Brings the schema up, starts the functions and waits until all are ready.
    ///
    /// `binaries` is the folder of their programs, `folder` takes their keys and logs, `settings` are their environment
    /// beside the addresses, which are chosen here.
    pub fn start(binaries: &Path, folder: &Path, settings: &Environment) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut ports = BTreeMap::new();
        for function in Function::ALL {
            ports.insert(function, ports::free()?);
        }
        let (binaries, settings, folder) = (binaries.to_owned(), settings.clone(), folder.to_owned());
        let mut pack = Self { binaries, settings, folder, ports, daemons: BTreeMap::new() };
        pack.chore(&["migrate"])?;
        for function in Function::ALL {
            let command = pack.command(function, pack.ports[&function])?;
            pack.daemons.insert(function, Daemon::new(function.name(), command, &pack.log_file(function))?);
            pack.daemon(function)?.start()?;
        }
        for function in Function::ALL {
            pack.wait_until_ready(function)?;
        }
        Ok(pack)
    }

    /// Where clients reach it.
    pub fn base(&self) -> String {
        self.address(Function::Gateway)
    }

    /// Where a function serves its health, readiness and metrics.
    pub fn address(&self, function: Function) -> String {
        format!("http://127.0.0.1:{}", self.ports[&function])
    }

    /// What a function has logged.
    pub fn log(&self, function: Function) -> String {
        std::fs::read_to_string(self.log_file(function)).unwrap_or_default()
    }

    /// A running function's process id.
    pub fn process(&self, function: Function) -> Option<u32> {
        self.daemons.get(&function)?.process()
    }

    /// Sends a process a signal, such as `STOP`.
    pub fn signal(process: u32, name: &str) -> anyhow::Result<()> {
        process_tree::signal(process, name)
    }

    /// Puts a function's clock forward by `milliseconds` from now on.
    pub fn skew(&self, function: Function, milliseconds: i64) -> anyhow::Result<()> {
        Ok(std::fs::write(self.skew_file(function), milliseconds.to_string())?)
    }

    /// SIGKILL.
    pub fn kill(&mut self, function: Function) -> anyhow::Result<()> {
        self.daemon(function)?.kill()
    }

    /// SIGTERM, and the wait for its end.
    pub fn stop(&mut self, function: Function) -> anyhow::Result<()> {
        self.daemon(function)?.stop()
    }

    /// Starts one that was killed or stopped.
    pub fn restart(&mut self, function: Function) -> anyhow::Result<()> {
        self.daemon(function)?.start()?;
        self.wait_until_ready(function)
    }

    /// Waits until a function can do its work.
    pub fn wait_until_ready(&mut self, function: Function) -> anyhow::Result<()> {
        let address = self.address(function);
        wait_until_ready(self.daemon(function)?, &address)
    }

    /// One process more of a function, with the settings of the first; ready.
    pub fn replica(&self, function: Function) -> anyhow::Result<Replica> {
        let port = ports::free()?;
        let log = self.folder.join(format!("{function}-{port}.log"));
        let mut daemon = Daemon::new(function.name(), self.command(function, port)?, &log)?;
        daemon.start()?;
        let address = format!("http://127.0.0.1:{port}");
        wait_until_ready(&mut daemon, &address)?;
        Ok(Replica { address, daemon })
    }

    /// Runs a chore of the sweeper to its end, such as `migrate`.
    pub fn chore(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let mut chore = self.command(Function::Sweeper, self.ports[&Function::Sweeper])?;
        let output = chore.args(arguments).output().context("cannot start sweeper")?;
        ensure!(output.status.success(), "sweeper {}: {}", arguments[0], String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn command(&self, function: Function, port: u16) -> anyhow::Result<Command> {
        let program = self.binaries.join(function.name());
        ensure!(program.exists(), "{} is missing: run `cargo build --workspace`", program.display());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LISTEN", format!("127.0.0.1:{port}"))
            .env("PUBLIC_URL", self.base())
            .env("AUTH_URL", self.address(Function::Auth))
            .env("DATA_DIR", self.folder.join("data"))
            .env("CLOCK_SKEW_FILE", self.skew_file(function))
            .envs(self.settings.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    fn skew_file(&self, function: Function) -> PathBuf {
        self.folder.join(format!("{function}.skew"))
    }

    fn log_file(&self, function: Function) -> PathBuf {
        self.folder.join(format!("{function}.log"))
    }

    fn daemon(&mut self, function: Function) -> anyhow::Result<&mut Daemon> {
        self.daemons.get_mut(&function).with_context(|| format!("{function} was never started"))
    }
}

/// One process more of a function. It ends when it is dropped.
pub struct Replica {
    address: String,
    daemon: Daemon,
}

impl Replica {
    /// Where it serves.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// SIGTERM, and the wait for its end.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.daemon.stop()
    }
}

fn wait_until_ready(daemon: &mut Daemon, address: &str) -> anyhow::Result<()> {
    let url = format!("{address}/readyz");
    daemon.wait_until(|| process::output("curl", &["-sf", "--max-time", "5", &url]).map(|_| ()))
}
