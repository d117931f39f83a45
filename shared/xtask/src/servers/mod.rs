//! The servers that tests and measurements run against: real ones, started for one run and stopped after it.

mod account;
mod certificates;
mod compose;
pub(crate) mod daemon;
mod leftovers;
mod mongodb;
mod plan;
pub(crate) mod ports;
mod postgres;
mod private;
mod rabbitmq;
mod run_folder;
mod seaweedfs;
mod secret;
mod ses_viewer;
mod smtp_sink;

use std::collections::BTreeMap;
use std::thread;

use anyhow::{Context as _, bail};

pub use plan::Plan;

use certificates::Certificates;
use plan::Source;
use private::Ground;
use run_folder::RunFolder;

use crate::interruption;

/// Environment variables by which tests reach servers.
pub type Environment = Vec<(String, String)>;

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MongoDB, as a replica set of one.
    Mongodb,
    /// RabbitMQ.
    RabbitMq,
    /// An S3 server that checks signatures.
    S3,
    /// A mail server that keeps what it is sent.
    Smtp,
    /// A stand-in for Amazon SES.
    Ses,
}

impl Kind {
    const ALL: [Self; 6] = [Self::Postgres, Self::Mongodb, Self::RabbitMq, Self::S3, Self::Smtp, Self::Ses];
}

/// What a broker can run out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Main memory.
    Memory,
    /// Room on its disk.
    Disk,
}

impl Alarm {
    /// What `rabbitmqctl` is told. An alarm is on with a limit that no machine meets, and off with the server's default.
    pub(crate) const fn command(self, is_on: bool) -> &'static [&'static str] {
        match (self, is_on) {
            (Self::Memory, true) => &["set_vm_memory_high_watermark", "0"],
            (Self::Memory, false) => &["set_vm_memory_high_watermark", "0.6"],
            (Self::Disk, true) => &["set_disk_free_limit", "mem_relative", "10000"],
            (Self::Disk, false) => &["set_disk_free_limit", "50MB"],
        }
    }
}

/// A server of this run. Stops when dropped.
pub trait Server: Send {
    /// How clients reach it. Stays the same over a restart.
    fn environment(&self) -> Environment;

    /// Its process, which started all the others that it has. `None` where it runs in a container.
    fn process(&mut self) -> Option<u32>;

    /// Has a broker take nothing more from publishers, as it does while a resource runs out, or take it again.
    fn set_alarm(&mut self, alarm: Alarm, is_on: bool) -> anyhow::Result<()>;

    /// Kills it at once with all of its processes, as a power cut would.
    fn kill(&mut self) -> anyhow::Result<()>;

    /// Stops it cleanly.
    fn stop(&mut self) -> anyhow::Result<()>;

    /// Starts it again on the same port and data, and waits until clients can use it.
    fn restart(&mut self) -> anyhow::Result<()>;
}

/// All servers of one run. They stop when dropped.
pub struct Servers {
    // They end before the ground under them goes.
    servers: BTreeMap<Kind, Box<dyn Server>>,
    ground: Ground,
}

impl Servers {
    /// Starts what the plan says and waits until all of it is ready. What cannot be got is an error that says how.
    pub fn start(plan: &Plan) -> anyhow::Result<Self> {
        plan.check()?;
        let folder = RunFolder::create()?;
        let certificates = Certificates::make(&folder)?;
        let ground = Ground { folder, certificates };
        let mut servers = Self { servers: BTreeMap::new(), ground };
        let mut failures = Vec::new();
        let all = start_all(plan, &servers.ground);
        interruption::check()?;
        for started in all {
            match started {
                Ok(started) => servers.servers.extend(started),
                Err(error) => failures.push(format!("{error:#}")),
            }
        }
        if !failures.is_empty() {
            bail!("{}", failures.join("\n"));
        }
        Ok(servers)
    }

    /// How clients reach them.
    pub fn environment(&self) -> Environment {
        let authority = self.ground.certificates.authority.display().to_string();
        let mut environment: Environment = self.servers.values().flat_map(|server| server.environment()).collect();
        environment.push(("TEST_CA_FILE".to_owned(), authority));
        environment
    }

    /// One of them, to be killed, stopped or restarted. Fails for one that was given by its URL.
    pub fn get(&mut self, kind: Kind) -> anyhow::Result<&mut dyn Server> {
        let server = self.servers.get_mut(&kind);
        Ok(server.with_context(|| format!("{kind:?} was given by its URL: it is not ours to stop"))?.as_mut())
    }

    /// Stops them and removes what they left, except for their logs where these are wanted.
    pub fn finish(mut self, keep_logs: bool) {
        // An interrupted run reports no faults.
        let keep_logs = keep_logs && !interruption::requested();
        self.ground.folder.keep_logs(keep_logs);
        if keep_logs {
            println!("the servers' logs are in {}", self.ground.folder.logs().display());
        }
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        thread::scope(|scope| {
            for (kind, server) in &mut self.servers {
                scope.spawn(move || server.stop().inspect_err(|error| println!("{kind:?}: {error:#}")));
            }
        });
    }
}

type Started = anyhow::Result<Box<dyn Server>>;
type ManyStarted = anyhow::Result<Vec<(Kind, Box<dyn Server>)>>;

/// All at once: most of a start is waiting.
fn start_all(plan: &Plan, ground: &Ground) -> Vec<ManyStarted> {
    let private = plan.kinds(&Source::Private);
    let services = plan.kinds(&Source::Compose);
    thread::scope(|scope| {
        let start_one = |kind| scope.spawn(move || Ok(vec![(kind, start_private(kind, ground)?)]));
        let mut threads: Vec<_> = private.into_iter().map(start_one).collect();
        if !services.is_empty() {
            threads.push(scope.spawn(|| compose::start(&services, ground)));
        }
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| bail!("a start panicked"))).collect()
    })
}

fn start_private(kind: Kind, ground: &Ground) -> Started {
    Ok(match kind {
        Kind::Postgres => Box::new(postgres::Postgres::start(ground)?),
        Kind::Mongodb => Box::new(mongodb::Mongodb::start(ground)?),
        Kind::RabbitMq => Box::new(rabbitmq::RabbitMq::start(ground)?),
        Kind::S3 => Box::new(seaweedfs::SeaweedFs::start(ground)?),
        Kind::Smtp => Box::new(smtp_sink::SmtpSink::start(ground)?),
        Kind::Ses => Box::new(ses_viewer::SesViewer::start(ground)?),
    })
}
