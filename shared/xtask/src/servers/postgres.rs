//! PostgreSQL.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::account::Account;
use super::daemon::{Daemon, prepare, prepare_with_input};
use super::private::{Ground, PrivateServer};
use super::{Environment, ports, secret};
use crate::programs;

/// Where Debian puts each version's programs, which it keeps off the path.
const DEBIAN_FOLDER: &str = "/usr/lib/postgresql";

/// A PostgreSQL that speaks TLS and plain, with a role that may make databases, end sessions and nothing else.
pub(crate) struct Postgres {
    daemon: Daemon,
    url: String,
    programs: Programs,
}

impl Postgres {
    /// Makes its data and starts it.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let (port, password) = (ports::free()?, secret::random()?);
        let programs = Programs::find(ground)?;
        programs.make_data()?;
        programs.make_role(&password)?;
        let key = programs.folder.join("server.key");
        programs.account.write(&key, fs::read(&ground.certificates.key)?)?;
        let settings = settings(port, &ground.certificates.certificate, &key);
        let arguments: Vec<&str> = settings.iter().flat_map(|setting| ["-c", setting]).collect();
        let command = programs.command("postgres", &[["-D", "data"].as_slice(), &arguments].concat());
        // SIGINT ends it without waiting for its clients.
        let daemon = Daemon::new("PostgreSQL", command, &programs.log)?.stopped_by("INT");
        let url = format!("postgres://invoices:{password}@127.0.0.1:{port}/postgres");
        Self { daemon, url, programs }.started()
    }
}

/// PostgreSQL's programs, which run as its user in the server's folder.
struct Programs {
    place: PathBuf,
    account: Account,
    folder: PathBuf,
    log: PathBuf,
}

impl Programs {
    fn find(ground: &Ground) -> anyhow::Result<Self> {
        let place = installed().context("PostgreSQL's programs are missing: they come with the package postgresql")?;
        let account = Account::find("postgres")?;
        let folder = ground.folder.join("postgres");
        account.make_folder(&folder)?;
        Ok(Self { place, account, folder, log: ground.folder.log("postgres") })
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.place.join(program));
        self.account.run(command.args(arguments).current_dir(&self.folder));
        command
    }

    /// Nobody learns the password of its first role, which may do everything.
    fn make_data(&self) -> anyhow::Result<()> {
        self.account.write(&self.folder.join("password"), format!("{}\n", secret::random()?))?;
        let make = ["-D", "data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile=password"];
        // No run needs the data of another: making them need not wait for the disk. Running does.
        let how = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"];
        prepare(&mut self.command("initdb", &[make.as_slice(), &how].concat()), &self.log)
    }

    /// Before the server listens.
    fn make_role(&self, password: &str) -> anyhow::Result<()> {
        let file = self.folder.join("role.sql");
        // DROP DATABASE WITH (FORCE) ends an autovacuum worker that is at it, too, which is nobody's process.
        let role = format!("CREATE ROLE invoices LOGIN CREATEDB PASSWORD '{password}' IN ROLE pg_signal_backend\n");
        self.account.write(&file, role)?;
        let mut single = self.command("postgres", &["--single", "-D", "data", "postgres"]);
        prepare_with_input(&mut single, File::open(file)?.into(), &self.log)
    }
}

impl PrivateServer for Postgres {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let mut ask = self.programs.command("psql", &["-X", "-q", "-d", &self.url, "-c", "SELECT 1"]);
        self.daemon.wait_until(|| prepare(&mut ask, &self.programs.log))
    }

    fn environment(&self) -> Environment {
        vec![("TEST_POSTGRES_URL".to_owned(), self.url.clone())]
    }
}

/// The folder of the newest installed version's programs.
pub(crate) fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir(DEBIAN_FOLDER).into_iter().flatten().flatten();
    let folders = versions.map(|version| version.path().join("bin")).filter(|folder| folder.join("initdb").is_file());
    let newest = folders.max_by_key(|folder| version(folder));
    newest.or_else(|| Some(programs::find("initdb")?.parent()?.to_owned()))
}

/// The number in `/usr/lib/postgresql/15/bin`.
fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name().and_then(OsStr::to_str)?.parse().ok()
}

fn settings(port: u16, certificate: &Path, key: &Path) -> [String; 7] {
    [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".to_owned(),
        "max_connections=200".to_owned(),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", certificate.display()),
        format!("ssl_key_file={}", key.display()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_ten_is_newer_than_nine() {
        let versions = ["9", "15", "10"].map(|name| Path::new(DEBIAN_FOLDER).join(name).join("bin"));
        let newest = versions.into_iter().max_by_key(|folder| version(folder));
        assert_eq!(newest, Some(Path::new(DEBIAN_FOLDER).join("15/bin")));
    }
}
