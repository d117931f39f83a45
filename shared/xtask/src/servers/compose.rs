//! Servers that a Docker engine runs, from `k8s-fallback/compose.yaml`.

use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::private::Ground;
use super::{Alarm, Environment, Kind, Server, ports, secret};
use crate::process::{self, command};

/// The services, and what tests put on top of them.
const FILES: [&str; 2] = ["k8s-fallback/compose.yaml", "shared/xtask/servers/compose.tls.yaml"];

/// An engine that is out of reach may never answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);

/// In seconds, once the images are there.
const START_LIMIT: &str = "180";

/// Whether there is a Docker engine that this user may use, with Compose.
pub(crate) fn engine_answers() -> bool {
    ["info", "compose version"].iter().all(|question| {
        let mut ask = command("docker", &question.split(' ').collect::<Vec<_>>());
        ask.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        process::status_within(&mut ask, ANSWER_LIMIT).is_ok_and(|status| status.success())
    })
}

/// Starts the services of these servers and waits until they are healthy.
pub(crate) fn start(kinds: &[Kind], ground: &Ground) -> anyhow::Result<Vec<(Kind, Box<dyn Server>)>> {
    let access = Access::choose(&ground.certificates.authority)?;
    let project = Arc::new(Project::new(ground, access.settings())?);
    let services: Vec<_> = kinds.iter().filter_map(|kind| Some((*kind, service_name(*kind)?))).collect();
    project.up(&services.iter().map(|(_, name)| *name).collect::<Vec<_>>())?;
    let server = |(kind, name)| -> (Kind, Box<dyn Server>) {
        (kind, Box::new(Service { project: Arc::clone(&project), name, environment: access.environment(kind) }))
    };
    Ok(services.into_iter().map(server).collect())
}

/// What the service of a server is called, where there is one that tests can use.
pub(crate) fn service_name(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Postgres => Some("postgres"),
        Kind::Mongodb => Some("mongodb"),
        Kind::RabbitMq => Some("rabbitmq"),
        Kind::Smtp | Kind::S3 | Kind::Ses => None,
    }
}

/// Ports and passwords of one run.
struct Access {
    postgres: u16,
    mongodb: u16,
    rabbitmq: u16,
    rabbitmq_tls: u16,
    rabbitmq_management: u16,
    password: String,
    authority: String,
}

impl Access {
    fn choose(authority: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            postgres: ports::free()?,
            mongodb: ports::free()?,
            rabbitmq: ports::free()?,
            rabbitmq_tls: ports::free()?,
            rabbitmq_management: ports::free()?,
            password: secret::random()?,
            authority: authority.display().to_string(),
        })
    }

    /// For the files' variables.
    fn settings(&self) -> Environment {
        let settings = [
            ("POSTGRES_PORT", self.postgres.to_string()),
            ("MONGODB_PORT", self.mongodb.to_string()),
            ("RABBITMQ_PORT", self.rabbitmq.to_string()),
            ("RABBITMQ_TLS_PORT", self.rabbitmq_tls.to_string()),
            ("RABBITMQ_MANAGEMENT_PORT", self.rabbitmq_management.to_string()),
            ("POSTGRES_PASSWORD", self.password.clone()),
            ("RABBITMQ_PASSWORD", self.password.clone()),
        ];
        settings.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }

    /// For clients.
    fn environment(&self, kind: Kind) -> Environment {
        let Self { postgres, mongodb, rabbitmq, rabbitmq_tls, password, authority, .. } = self;
        let user = format!("invoices:{password}@127.0.0.1");
        let tls = format!("amqps://{user}:{rabbitmq_tls}/%2f?cacertfile={authority}");
        let variables = match kind {
            Kind::Postgres => vec![("TEST_POSTGRES_URL", format!("postgres://{user}:{postgres}/postgres"))],
            // Its own name for itself means something inside of its network alone.
            Kind::Mongodb => {
                vec![("TEST_MONGODB_URL", format!("mongodb://127.0.0.1:{mongodb}/?directConnection=true"))]
            }
            Kind::RabbitMq => {
                vec![("TEST_AMQP_URL", format!("amqp://{user}:{rabbitmq}/%2f")), ("TEST_AMQPS_URL", tls)]
            }
            Kind::Smtp | Kind::S3 | Kind::Ses => Vec::new(),
        };
        variables.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// The services of one run, apart from those that somebody may have started by hand. Goes with its data when dropped.
struct Project {
    name: String,
    settings: Environment,
    log: PathBuf,
}

impl Project {
    fn new(ground: &Ground, mut settings: Environment) -> anyhow::Result<Self> {
        let folder = ground.folder.make("tls")?;
        let certificates = &ground.certificates;
        fs::copy(&certificates.authority, folder.join("ca.pem"))?;
        fs::copy(&certificates.certificate, folder.join("server.pem"))?;
        fs::copy(&certificates.key, folder.join("server.key"))?;
        settings.push(("TEST_TLS_FOLDER".to_owned(), folder.display().to_string()));
        let name = format!("invoice-tests-{}", std::process::id());
        Ok(Self { name, settings, log: ground.folder.log("compose") })
    }

    fn compose(&self, arguments: &[&str]) -> Command {
        let files = FILES.iter().flat_map(|file| ["--file", file]);
        let before: Vec<&str> = ["compose", "--project-name", &self.name].into_iter().chain(files).collect();
        let mut command = command("docker", &[before.as_slice(), arguments].concat());
        command.stdin(Stdio::null()).envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    /// On the terminal: images may have to be fetched first.
    fn up(&self, services: &[&str]) -> anyhow::Result<()> {
        let up = ["up", "--detach", "--no-recreate", "--wait", "--wait-timeout", START_LIMIT];
        let status = process::status(&mut self.compose(&[up.as_slice(), services].concat()))?;
        if !status.success() {
            self.quietly(&["logs", "--no-color"])?;
        }
        ensure!(
            status.success(),
            "docker compose up {} failed: {status}; see {}",
            services.join(" "),
            self.log.display()
        );
        Ok(())
    }

    /// Into the log. These commands run even when this process is interrupted.
    fn quietly(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let log = OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut compose = self.compose(arguments);
        let status = compose.stdout(log.try_clone()?).stderr(log).status().context("cannot start docker")?;
        ensure!(
            status.success(),
            "docker compose {} failed: {status}; see {}",
            arguments.join(" "),
            self.log.display()
        );
        Ok(())
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if let Err(error) = self.quietly(&["down", "--volumes", "--timeout", "10"]) {
            println!("{error:#}");
        }
    }
}

/// One service.
struct Service {
    project: Arc<Project>,
    name: &'static str,
    environment: Environment,
}

impl Server for Service {
    fn environment(&self) -> Environment {
        self.environment.clone()
    }

    fn process(&mut self) -> Option<u32> {
        None
    }

    fn set_alarm(&mut self, alarm: Alarm, is_on: bool) -> anyhow::Result<()> {
        let command = [["exec", "-T", self.name, "rabbitmqctl"].as_slice(), alarm.command(is_on)].concat();
        self.project.quietly(&command)
    }

    fn kill(&mut self) -> anyhow::Result<()> {
        self.project.quietly(&["kill", self.name])
    }

    fn stop(&mut self) -> anyhow::Result<()> {
        self.project.quietly(&["stop", self.name])
    }

    fn restart(&mut self) -> anyhow::Result<()> {
        self.stop()?;
        self.project.up(&[self.name])
    }
}
