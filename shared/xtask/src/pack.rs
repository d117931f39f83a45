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
        let mut pack = Self { folder: folder.to_owned(), ports, daemons: BTreeMap::new() };
        pack.migrate(binaries, settings)?;
        for function in Function::ALL {
            let command = pack.command(binaries, settings, function)?;
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
        let url = format!("{}/readyz", self.address(function));
        self.daemon(function)?.wait_until(|| process::output("curl", &["-sf", "--max-time", "5", &url]).map(|_| ()))
    }

    fn migrate(&self, binaries: &Path, settings: &Environment) -> anyhow::Result<()> {
        let mut migrate = self.command(binaries, settings, Function::Sweeper)?;
        let output = migrate.arg("migrate").output().context("cannot start sweeper")?;
        ensure!(output.status.success(), "sweeper migrate: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn command(&self, binaries: &Path, settings: &Environment, function: Function) -> anyhow::Result<Command> {
        let program = binaries.join(function.name());
        ensure!(program.exists(), "{} is missing: run `cargo build --workspace`", program.display());
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LISTEN", format!("127.0.0.1:{}", self.ports[&function]))
            .env("PUBLIC_URL", self.base())
            .env("AUTH_URL", self.address(Function::Auth))
            .env("DATA_DIR", self.folder.join("data"))
            .envs(settings.iter().map(|(name, value)| (name, value)));
        Ok(command)
    }

    fn log_file(&self, function: Function) -> PathBuf {
        self.folder.join(format!("{function}.log"))
    }

    fn daemon(&mut self, function: Function) -> anyhow::Result<&mut Daemon> {
        self.daemons.get_mut(&function).with_context(|| format!("{function} was never started"))
    }
}
