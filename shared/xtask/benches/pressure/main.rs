//! The pack under pressure, on real servers: a long steady load, three times what it can carry, clients that mean harm,
//! and full disks.
//!
//! `cargo xtask pressure` builds the functions and runs this. It prints what it saw and fails where the pack bends the
//! wrong way: grows, answers 5xx to what it cannot carry, or loses what it accepted.
#![allow(clippy::print_stdout)] // It prints what it measures.

#[path = "../pipeline/database.rs"]
mod database;
mod disk;
mod hostile;
#[path = "../pipeline/load.rs"]
mod load;
#[path = "../pipeline/mail_sink.rs"]
mod mail_sink;
mod offer;
mod trend;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use clap::Parser;
use xtask::pack::{Function, Pack};
use xtask::servers::{Environment, Kind, Plan, Servers};

use self::database::Database;
use self::load::Load;
use self::mail_sink::MailSink;
use self::offer::offer;
use self::trend::Trend;

/// How long what was accepted may take to be stored, after the load has ended.
pub(crate) const REST_LIMIT: Duration = Duration::from_secs(900);

/// Puts the pack under pressure.
#[derive(Parser)]
struct Arguments {
    /// How long the steady load lasts, in minutes.
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// The folder of the functions' programs.
    #[arg(long)]
    binaries: PathBuf,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A pack on servers of its own.
pub(crate) struct Ground {
    pub(crate) pack: Pack,
    pub(crate) load: Arc<Load>,
    pub(crate) database: Database,
    sink: MailSink,
    _folder: tempfile::TempDir,
}

impl Ground {
    pub(crate) async fn start(binaries: &Path, environment: &Environment) -> anyhow::Result<Self> {
        let database = Database::create(value(environment, "TEST_POSTGRES_URL")?).await?;
        let sink = MailSink::start().await?;
        let folder = tempfile::TempDir::new()?;
        let settings: Environment = [
            ("DATABASE_URL", database.url.clone()),
            ("DOCUMENTS_URL", value(environment, "TEST_MONGODB_URL")?.replacen("/?", "/pressure?", 1)),
            ("BROKER_URL", value(environment, "TEST_AMQP_URL")?.to_owned()),
            ("MAIL_URL", format!("smtp://{}", sink.address)),
            ("WORKER_CONCURRENCY", "16".to_owned()),
            ("NOTIFIER_CONCURRENCY", "16".to_owned()),
            ("RUST_LOG", "error".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let pack = Pack::start(binaries, folder.path(), &settings)?;
        let load = Arc::new(Load::login(&pack.base()).await?);
        Ok(Self { pack, load, database, sink, _folder: folder })
    }

    /// Waits until this number of uploads is stored and mailed.
    pub(crate) async fn at_rest(&self, uploads: usize) -> anyhow::Result<()> {
        self.database.all_are_stored(uploads, REST_LIMIT).await?;
        self.sink.received(uploads, REST_LIMIT).await
    }

    pub(crate) async fn end(self) -> anyhow::Result<()> {
        drop(self.pack);
        self.database.remove().await
    }
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Runtime::new()?;
    on_servers(|servers| runtime.block_on(under_load(&arguments, servers)))?;
    for kind in [Kind::Mongodb, Kind::Postgres] {
        on_servers(|servers| runtime.block_on(disk::full(&arguments.binaries, servers, kind)))?;
    }
    println!("the pack stands the pressure");
    Ok(())
}

fn on_servers(run: impl FnOnce(&mut Servers) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let mut servers = Servers::start(&Plan::new())?;
    let outcome = run(&mut servers);
    servers.finish(outcome.is_err());
    outcome
}

async fn under_load(arguments: &Arguments, servers: &Servers) -> anyhow::Result<()> {
    let ground = Ground::start(&arguments.binaries, &servers.environment()).await?;
    let mut uploads = 0;
    let maximum = maximum(&ground, &mut uploads).await?;
    steady(&ground, 0.75 * maximum, Duration::from_secs(60 * arguments.minutes), &mut uploads).await?;
    overload(&ground, 3.0 * maximum, &mut uploads).await?;
    hostile(&ground, 0.25 * maximum, &mut uploads).await?;
    ground.end().await
}

/// Documents per second at 16 in flight.
async fn maximum(ground: &Ground, uploads: &mut usize) -> anyhow::Result<f64> {
    const COUNT: usize = 1000;
    ground.load.upload(200, 16).await?;
    ground.at_rest(200).await?;
    let begun = Instant::now();
    ground.load.upload(COUNT, 16).await?;
    *uploads = COUNT + 200;
    ground.at_rest(*uploads).await?;
    let maximum = COUNT as f64 / begun.elapsed().as_secs_f64();
    println!("maximum      {maximum:.0} documents/s");
    Ok(maximum)
}

/// Nothing grows while the load stays the same.
async fn steady(ground: &Ground, rate: f64, time: Duration, uploads: &mut usize) -> anyhow::Result<()> {
    let trend = Trend::watch(ground)?;
    let outcomes = offer(&ground.load, rate, time).await?;
    let trend = trend.end().await?;
    *uploads += outcomes.accepted.len();
    ground.at_rest(*uploads).await?;
    println!("steady       {rate:.0}/s for {} s: {outcomes}", time.as_secs());
    let [p50, p95, p99] = ground.database.latencies(outcomes.accepted.len()).await?;
    println!("             upload to stored: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms");
    println!("             {trend}");
    ensure!(outcomes.others.is_empty() && outcomes.shed == 0, "an upload was not accepted");
    trend.check(rate)
}

/// What cannot be carried is told to come again, and nothing else happens to it.
async fn overload(ground: &Ground, rate: f64, uploads: &mut usize) -> anyhow::Result<()> {
    let time = Duration::from_secs(60);
    let outcomes = offer(&ground.load, rate, time).await?;
    println!("overload     {rate:.0}/s for {} s: {outcomes}", time.as_secs());
    ensure!(outcomes.others.is_empty(), "something broke before the gateway shed");
    ensure!(outcomes.shed > 0, "nothing was shed: this machine's clients are slower than the gateway");
    *uploads += outcomes.accepted.len();
    let begun = Instant::now();
    ground.load.upload(1, 1).await.context("the first upload after the overload")?;
    *uploads += 1;
    println!("             an upload after it is accepted within {} ms", begun.elapsed().as_millis());
    ground.at_rest(*uploads).await?;
    println!("             all accepted are stored and mailed {:.0} s later", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Others are served as if the hostile clients were not there.
async fn hostile(ground: &Ground, rate: f64, uploads: &mut usize) -> anyhow::Result<()> {
    let time = Duration::from_secs(45);
    let alone = offer(&ground.load, rate, time).await?;
    let clients = hostile::start(&ground.pack.base(), &ground.load.token).await?;
    let beside = offer(&ground.load, rate, time).await?;
    let report = clients.end().await?;
    println!("alone        {rate:.0}/s for {} s: {alone}", time.as_secs());
    println!("hostile      {rate:.0}/s for {} s: {beside}", time.as_secs());
    println!("             {report}");
    *uploads += alone.accepted.len() + beside.accepted.len();
    ground.at_rest(*uploads).await?;
    ensure!(beside.others.is_empty() && beside.shed == 0, "hostile clients took others' places");
    for function in Function::ALL {
        let process = ground.pack.process(function).context("it runs")?;
        println!("             {function}: {:.0} MiB", trend::resident_mebibytes(process)?);
    }
    Ok(())
}

pub(crate) fn value<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<&'a str> {
    let found = environment.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    found.with_context(|| format!("the servers name no {name}"))
}
