//! RabbitMQ.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::ensure;

use super::account::Account;
use super::daemon::Daemon;
use super::private::{Ground, PrivateServer};
use super::{Alarm, Environment, ports, secret};

/// Debian's server itself: the one on the path keeps its log where all nodes of the machine write it.
const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// Its tool beside it.
const CONTROL: &str = "/usr/lib/rabbitmq/bin/rabbitmqctl";

const ANSWER_LIMIT: Duration = Duration::from_secs(2);

/// A RabbitMQ node with a port mapper of its own, which Erlang would start for the whole machine and leave running.
pub(crate) struct RabbitMq {
    daemon: Daemon,
    port_mapper: Daemon,
    /// Its own tool, without what it is told to do.
    control: Control,
    port: u16,
    tls_port: u16,
    password: String,
    authority: PathBuf,
}

impl RabbitMq {
    /// Makes its data and starts it.
    pub(crate) fn start(ground: &Ground) -> anyhow::Result<Self> {
        let (port, tls_port, password) = (ports::free()?, ports::free()?, secret::random()?);
        let mapper_port = ports::free()?;
        let account = Account::find("rabbitmq")?;
        let folder = ground.folder.join("rabbitmq");
        account.make_folder(&folder)?;
        account.write(&folder.join("server.key"), fs::read(&ground.certificates.key)?)?;
        account.write(&folder.join("rabbitmq.conf"), settings(port, tls_port, &password, ground))?;
        account.write(&folder.join("enabled_plugins"), "[].\n")?;
        account.write(&folder.join("environment"), "")?;
        let mut mapper = Command::new("epmd");
        mapper.args(["-address", "127.0.0.1", "-port", &mapper_port.to_string()]).current_dir(&folder);
        account.run(&mut mapper);
        let node = node(&folder, account, port, mapper_port)?;
        let control = Control { folder: folder.clone(), account, port, mapper_port };
        let server = Self {
            daemon: Daemon::new("RabbitMQ", node, &ground.folder.log("rabbitmq"))?,
            port_mapper: Daemon::new("epmd", mapper, &ground.folder.log("epmd"))?,
            control,
            port,
            tls_port,
            password,
            authority: ground.certificates.authority.clone(),
        };
        server.started()
    }
}

impl PrivateServer for RabbitMq {
    fn daemon(&mut self) -> &mut Daemon {
        &mut self.daemon
    }

    fn begin(&mut self) -> anyhow::Result<()> {
        if !self.port_mapper.is_running()? {
            self.port_mapper.start()?;
        }
        self.daemon.start()
    }

    fn set_alarm(&mut self, alarm: Alarm, is_on: bool) -> anyhow::Result<()> {
        self.control.run(alarm.command(is_on))
    }

    /// It opens its ports last, when users and queues are there.
    fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let (port, tls_port) = (self.port, self.tls_port);
        self.daemon.wait_until(|| {
            greet(port)?;
            connect(tls_port).map(drop)
        })
    }

    fn environment(&self) -> Environment {
        let Self { port, tls_port, password, authority, .. } = self;
        let authority = authority.display();
        let plain = format!("amqp://invoices:{password}@127.0.0.1:{port}/%2f");
        let tls = format!("amqps://invoices:{password}@127.0.0.1:{tls_port}/%2f?cacertfile={authority}");
        vec![("TEST_AMQP_URL".to_owned(), plain), ("TEST_AMQPS_URL".to_owned(), tls)]
    }
}

/// What `rabbitmqctl` needs to find the node.
struct Control {
    folder: PathBuf,
    account: Account,
    port: u16,
    mapper_port: u16,
}

impl Control {
    fn run(&self, what: &[&str]) -> anyhow::Result<()> {
        let mut command = Command::new(CONTROL);
        command
            .args(["--node", &format!("invoices-{}@localhost", self.port)])
            .args(what)
            .current_dir(&self.folder)
            .env("HOME", &self.folder)
            .env("ERL_EPMD_PORT", self.mapper_port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", self.folder.join("environment"));
        let output = self.account.run(&mut command).output()?;
        ensure!(output.status.success(), "{what:?}: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

/// Whether it is installed.
pub(crate) fn is_installed() -> bool {
    Path::new(SERVER).exists()
}

/// Nothing of it lies outside of its folder, nor does it read the machine's settings.
fn node(folder: &Path, account: Account, port: u16, mapper_port: u16) -> anyhow::Result<Command> {
    let dist_port = ports::free()?;
    let mut command = Command::new(SERVER);
    command
        .current_dir(folder)
        .env("HOME", folder)
        .env("ERL_EPMD_PORT", mapper_port.to_string())
        .env("RABBITMQ_NODENAME", format!("invoices-{port}@localhost"))
        .env("RABBITMQ_DIST_PORT", dist_port.to_string())
        .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}")
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("environment"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
        .env("RABBITMQ_ADVANCED_CONFIG_FILE", folder.join("none"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("enabled_plugins"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_PID_FILE", folder.join("pid"))
        .env("RABBITMQ_LOG_BASE", folder)
        .env("RABBITMQ_LOGS", "-")
        // Then the script becomes the server instead of waiting beside it.
        .env("RUNNING_UNDER_SYSTEMD", "1");
    account.run(&mut command);
    Ok(command)
}

fn settings(port: u16, tls_port: u16, password: &str, ground: &Ground) -> String {
    let authority = ground.certificates.authority.display();
    let certificate = ground.certificates.certificate.display();
    format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\n\
         listeners.ssl.1 = 127.0.0.1:{tls_port}\n\
         ssl_options.cacertfile = {authority}\n\
         ssl_options.certfile = {certificate}\n\
         ssl_options.keyfile = {key}\n\
         ssl_options.verify = verify_none\n\
         default_user = invoices\n\
         default_pass = {password}\n",
        key = ground.folder.join("rabbitmq/server.key").display(),
    )
}

fn connect(port: u16) -> anyhow::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Ok(TcpStream::connect_timeout(&address, ANSWER_LIMIT)?)
}

/// Begins to speak AMQP: the server answers with a method frame, `connection.start`.
fn greet(port: u16) -> anyhow::Result<()> {
    let mut stream = connect(port)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    stream.write_all(b"AMQP\x00\x00\x09\x01")?;
    let mut frame = [0];
    stream.read_exact(&mut frame)?;
    ensure!(frame == [1], "port {port} does not speak AMQP");
    Ok(())
}
