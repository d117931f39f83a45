//! A certificate authority of one run, and the servers' certificate that it signed.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::daemon::prepare;
use super::run_folder::RunFolder;
use crate::process::command;

/// The certificates are of no use beyond the run.
const DAYS: &str = "3";

const SETTINGS: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
O = Invoice service tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:host.containers.internal
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
";

const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/// What servers and clients need for TLS.
pub(crate) struct Certificates {
    /// The authorities that clients trust.
    pub(crate) authority: PathBuf,
    /// The servers' certificate, for 127.0.0.1, localhost, and the name by which containers know this machine.
    pub(crate) certificate: PathBuf,
    /// Its private key. Servers that run as another user get a copy.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Makes them in the run's folder. The authority's own key is gone afterwards.
    pub(crate) fn make(folder: &RunFolder) -> anyhow::Result<Self> {
        let private = folder.make("certificates")?;
        fs::write(private.join("settings.cnf"), SETTINGS)?;
        let log = folder.log("openssl");
        let openssl = |arguments: &[&str]| prepare(command("openssl", arguments).current_dir(&private), &log);
        let request = ["req", "-config", "settings.cnf"];
        let authority = ["-x509", "-extensions", "authority", "-subj", "/CN=Invoice service test authority"];
        let files = ["-days", DAYS, "-keyout", "authority.key", "-out", "authority.pem"];
        openssl(&[request.as_slice(), &KEY, &authority, &files].concat())?;
        openssl(&[request.as_slice(), &KEY, &["-new", "-keyout", "server.key", "-out", "server.csr"]].concat())?;
        let sign = ["x509", "-req", "-in", "server.csr", "-CA", "authority.pem", "-CAkey", "authority.key"];
        let extensions = ["-CAcreateserial", "-extfile", "settings.cnf", "-extensions", "server"];
        openssl(&[sign.as_slice(), &extensions, &["-days", DAYS, "-out", "server.pem"]].concat())?;
        fs::remove_file(private.join("authority.key"))?;
        Self::publish(folder, &private)
    }

    /// Puts what is no secret where every user may read it.
    fn publish(folder: &RunFolder, private: &Path) -> anyhow::Result<Self> {
        let (authority, certificate) = (folder.join("ca.pem"), folder.join("server.pem"));
        let mut trusted = fs::read_to_string(private.join("authority.pem"))?;
        // Servers that were given by URL may have another authority.
        if let Some(given) = std::env::var_os("TEST_CA_FILE") {
            let given = Path::new(&given);
            trusted += &fs::read_to_string(given).with_context(|| format!("TEST_CA_FILE: {}", given.display()))?;
        }
        fs::write(&authority, trusted)?;
        fs::copy(private.join("server.pem"), &certificate)?;
        Ok(Self { authority, certificate, key: private.join("server.key") })
    }
}
