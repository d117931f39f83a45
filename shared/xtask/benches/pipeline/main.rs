//! How much the pack does on real servers, beside the bare operations of the servers in the same run.
//!
//! `cargo xtask bench pipeline` builds the functions and runs this.
#![allow(clippy::print_stdout)] // It prints a table.

mod database;
mod floor;
mod load;
mod mail_sink;
mod usage;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use clap::Parser;
use xtask::pack::{Function, Pack};
use xtask::servers::{Environment, Kind, Plan, Servers};

use self::database::Database;
use self::load::Load;
use self::mail_sink::MailSink;
use self::usage::Usage;

/// Measures the whole way of two-line invoices: gateway, RabbitMQ, one worker, GridFS, notifier, SMTP.
#[derive(Parser)]
struct Arguments {
    /// How many invoices are uploaded.
    #[arg(long, default_value_t = 2000)]
    uploads: usize,
    /// How many uploads are in flight at a time.
    #[arg(long, default_value_t = 16)]
    in_flight: usize,
    /// The folder of the functions' programs.
    #[arg(long)]
    binaries: PathBuf,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let mut servers = Servers::start(&Plan::new())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let measured = runtime.block_on(measure(&arguments, &mut servers));
    servers.finish(measured.is_err());
    measured
}

async fn measure(arguments: &Arguments, servers: &mut Servers) -> anyhow::Result<()> {
    let environment = servers.environment();
    println!("floor: the bare operations of {} invoices, {} in flight", arguments.uploads, arguments.in_flight);
    // Before and after, for the machine may not be as fast all the time.
    let before = floor::measure(arguments, &environment).await?;
    println!("  {before:.0} invoices/s before the pack");
    let documents = pack(arguments, servers, &environment).await?;
    let after = floor::measure(arguments, &environment).await?;
    println!("floor again: {after:.0} invoices/s");
    println!("  documents/s are {:.0} % of the floor's mean", 100.0 * documents / before.midpoint(after));
    Ok(())
}

/// Documents per second.
async fn pack(arguments: &Arguments, servers: &mut Servers, environment: &Environment) -> anyhow::Result<f64> {
    let database = Database::create(value(environment, "TEST_POSTGRES_URL")?).await?;
    let sink = MailSink::start().await?;
    let folder = tempfile::TempDir::new()?;
    let documents = value(environment, "TEST_MONGODB_URL")?.replacen("/?", "/bench_pack?", 1);
    let settings: Environment = [
        ("DATABASE_URL", database.url.clone()),
        ("DOCUMENTS_URL", documents),
        ("BROKER_URL", value(environment, "TEST_AMQP_URL")?.to_owned()),
        ("MAIL_URL", format!("smtp://{}", sink.address)),
        ("WORKER_CONCURRENCY", "16".to_owned()),
        ("NOTIFIER_CONCURRENCY", "16".to_owned()),
        ("RUST_LOG", "warn".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    let pack = Pack::start(&arguments.binaries, folder.path(), &settings)?;
    let load = Load::login(&pack.base()).await?;
    // Connections are made, prepared statements cached, fonts parsed.
    load.upload(200, arguments.in_flight).await?;
    database.all_are_stored(200, Duration::from_secs(60)).await?;
    sink.received(200, Duration::from_secs(60)).await?;
    let mut processes: Vec<(String, u32)> = Vec::new();
    for function in Function::ALL {
        processes.push((function.to_string(), pack.process(function).context("it runs")?));
    }
    for kind in [Kind::Postgres, Kind::Mongodb, Kind::RabbitMq] {
        processes.extend(servers.get(kind)?.process().map(|process| (format!("{kind:?}"), process)));
    }
    let before = Usage::of_all(&processes);
    let begun = Instant::now();
    load.upload(arguments.uploads, arguments.in_flight).await?;
    let uploaded = begun.elapsed();
    let all = arguments.uploads + 200;
    database.all_are_stored(all, Duration::from_secs(300)).await?;
    let stored = begun.elapsed();
    sink.received(all, Duration::from_secs(300)).await?;
    let mailed = begun.elapsed();
    let after = Usage::of_all(&processes);
    let per_second = |time: Duration| arguments.uploads as f64 / time.as_secs_f64();
    println!("pack: {} uploads of two lines as PDF, {} in flight", arguments.uploads, arguments.in_flight);
    println!(
        "  {:.0} uploads/s, {:.0} documents/s, {:.0} mails/s",
        per_second(uploaded),
        per_second(stored),
        per_second(mailed)
    );
    let [p50, p95, p99] = database.latencies(arguments.uploads).await?;
    println!("  upload to stored: p50 {p50} ms, p95 {p95} ms, p99 {p99} ms");
    println!("  {:<12} {:>18} {:>12}", "process", "CPU ms per invoice", "peak MiB");
    for ((name, _), (before, after)) in processes.iter().zip(before.iter().zip(&after)) {
        let cpu = 1000.0 * (after.cpu_seconds - before.cpu_seconds) / arguments.uploads as f64;
        println!("  {name:<12} {cpu:>18.2} {:>12.0}", after.peak_mebibytes);
    }
    drop(pack);
    database.remove().await?;
    Ok(per_second(stored))
}

fn value<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<&'a str> {
    let found = environment.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str());
    found.with_context(|| format!("the servers name no {name}"))
}
