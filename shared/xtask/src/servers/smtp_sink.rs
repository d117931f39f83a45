//! A mail server that keeps what it is sent in a folder.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::PathBuf;

use super::daemon::Daemon;
use super::private::{Ground, PrivateServer};
use super::{Environment, ports, secret};
use crate::process::command;
use crate::tools;
use crate::workspace::root;

const PACKAGES: [&str; 1] = ["aiosmtpd==1.4.6"];

const SCRIPT: &str = "shared/xtask/servers/smtp_sink.py";

/// A mail server with STARTTLS on one port and TLS from the first byte on another.
pub(crate) struct SmtpSink {
    daemon: Daemon,
    port: u16,
    tls_port: u16,
    password: String,
    folder: PathBuf,
    authority: PathBuf,
}

impl SmtpSink {
    /// Makes its folder and starts it.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let python = tools::python("smtp-sink", &PACKAGES)?;
        let (port, tls_port, password) = (ports::free()?, ports::free()?, secret::random()?);
        let folder = ground.folder.make("mails")?;
        let mut command = command(python, &[&root().join(SCRIPT).to_string_lossy()]);
        command
            .current_dir(&folder)
            .env("SINK_PORT", port.to_string())
            .env("SINK_TLS_PORT", tls_port.to_string())
            .env("SINK_PASSWORD", &password)
            .env("SINK_FOLDER", &folder)
            .env("SINK_CERTIFICATE", &ground.certificates.certificate)
            .env("SINK_KEY", &ground.certificates.key);
        let daemon = Daemon::new("SMTP sink", command, &ground.folder.log("smtp-sink"))?;
        let authority = ground.certificates.authority.clone();
        Self { daemon, port, tls_port, password, folder, authority }.started()
    }
}

impl PrivateServer for SmtpSink {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let ports = [self.port, self.tls_port];
        self.daemon.wait_until(|| {
            for port in ports {
                TcpStream::connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
            }
            Ok(())
        })
    }

    fn environment(&self) -> Environment {
        let authority = self.authority.display();
        let url = |scheme: &str, port: u16| {
            format!("{scheme}://invoices:{}@127.0.0.1:{port}?cacertfile={authority}", self.password)
        };
        vec![
            ("TEST_SMTP_URL".to_owned(), url("smtp", self.port)),
            ("TEST_SMTPS_URL".to_owned(), url("smtps", self.tls_port)),
            ("TEST_SMTP_FOLDER".to_owned(), self.folder.display().to_string()),
        ]
    }
}
