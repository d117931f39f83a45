//! The promise under fire: real servers and the five functions are killed, stopped, paused, cut off and confused while
//! clients upload; then everything is counted. Breaches of the protocol, built in for tests, prove that the count can fail.
//!
//! `cargo test` makes one run and one of each breach; `cargo xtask chaos` says which run to make.
#![allow(clippy::print_stdout)] // It talks to people.

mod arena;
mod broker;
mod clients;
mod documents;
mod ledger;
mod mail_sink;
mod mishaps;
mod proxy;
mod schedule;
mod verdict;

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use pipeline::Mutation;
use tokio::runtime::{Handle, Runtime};
use xtask::servers::{Plan, Servers};

use self::arena::Arena;
use self::clients::Clients;
use self::schedule::{SERVERS, Schedule};
use self::verdict::Verdict;

const TESTED_SEED: u64 = 2026;
const TESTED_UPLOADS: usize = 200;
/// Enough for a breach to show.
const BREACH_UPLOADS: usize = 20;
const PROGRESS: Duration = Duration::from_secs(10);

/// Uploads under faults, counted.
#[derive(Parser)]
struct Arguments {
    /// Runs this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// How many invoices are uploaded.
    #[arg(long, default_value_t = 1000)]
    uploads: usize,
    /// Commits this breach of the protocol: the run must fail.
    #[arg(long, value_parser = mutation)]
    mutation: Option<Mutation>,
    /// What `cargo test NAME` looks for.
    #[arg(hide = true)]
    names: Vec<String>,
    /// `cargo test` may say so to every test.
    #[arg(long, hide = true)]
    nocapture: bool,
}

fn mutation(name: &str) -> Result<Mutation, String> {
    let names = || Mutation::ALL.iter().map(|mutation| mutation.name()).collect::<Vec<_>>().join(", ");
    let found = Mutation::ALL.iter().find(|mutation| mutation.name() == name);
    found.copied().ok_or_else(|| format!("expected one of {}", names()))
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    if !arguments.names.is_empty() && !arguments.names.iter().any(|name| "chaos".contains(name.as_str())) {
        return Ok(ExitCode::SUCCESS);
    }
    if std::env::var_os("TEST_EMBEDDED_ONLY").is_some() {
        println!("chaos: passed over, only the embedded parts are tested");
        return Ok(ExitCode::SUCCESS);
    }
    let mut servers = Servers::start(&Plan::of_its_own(&SERVERS))?;
    let runtime = Runtime::new()?;
    let outcome = match (arguments.seed, arguments.mutation) {
        (seed, Some(mutation)) => must_fail(&runtime, &mut servers, seed.unwrap_or(TESTED_SEED), mutation),
        (Some(seed), None) => must_hold(&runtime, &mut servers, seed, arguments.uploads),
        (None, None) => test(&runtime, &mut servers),
    };
    servers.finish(outcome.is_err());
    outcome.map(|()| ExitCode::SUCCESS)
}

fn test(runtime: &Runtime, servers: &mut Servers) -> anyhow::Result<()> {
    // A breach of the fence shows only where the pause meets a worker between its put and the ledger: not for certain.
    for mutation in Mutation::ALL.iter().filter(|mutation| **mutation != Mutation::NoFence) {
        must_fail(runtime, servers, TESTED_SEED, *mutation)?;
    }
    must_hold(runtime, servers, TESTED_SEED, TESTED_UPLOADS)
}

fn must_hold(runtime: &Runtime, servers: &mut Servers, seed: u64, uploads: usize) -> anyhow::Result<()> {
    println!("chaos: seed {seed}, {uploads} uploads");
    let schedule = Schedule::draw(seed, uploads);
    let verdict = run(runtime, servers, seed, uploads, &schedule, None)?;
    ensure!(verdict.breaches.is_empty(), "the promise does not hold with seed {seed}");
    println!("chaos: the promise holds with seed {seed}");
    Ok(())
}

fn must_fail(runtime: &Runtime, servers: &mut Servers, seed: u64, mutation: Mutation) -> anyhow::Result<()> {
    println!("chaos: breach {}, {BREACH_UPLOADS} uploads", mutation.name());
    let schedule = Schedule::showing(mutation);
    let verdict = run(runtime, servers, seed, BREACH_UPLOADS, &schedule, Some(mutation))?;
    ensure!(!verdict.breaches.is_empty(), "nobody noticed the breach {}", mutation.name());
    println!("chaos: the breach {} was noticed", mutation.name());
    Ok(())
}

fn run(
    runtime: &Runtime,
    servers: &mut Servers,
    seed: u64,
    uploads: usize,
    schedule: &Schedule,
    mutation: Option<Mutation>,
) -> anyhow::Result<Verdict> {
    let arena = runtime.block_on(Arena::start(servers, seed, mutation))?;
    let verdict = fight(runtime, &arena, servers, seed, uploads, schedule, mutation);
    let keep_logs = match &verdict {
        Ok(verdict) => !verdict.breaches.is_empty() && mutation.is_none(),
        Err(_) => true,
    };
    let verdict = verdict.inspect(print);
    runtime.block_on(arena.end(keep_logs))?;
    verdict
}

fn fight(
    runtime: &Runtime,
    arena: &Arena,
    servers: &mut Servers,
    seed: u64,
    uploads: usize,
    schedule: &Schedule,
    mutation: Option<Mutation>,
) -> anyhow::Result<Verdict> {
    let sample = serde_json::from_str(include_str!("../../../../events/sample_invoice.json"))?;
    let clients = runtime.block_on(Clients::login(arena.base.clone(), sample))?;
    let (uploaded, befallen) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let is_over = std::sync::atomic::AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        let handle: &Handle = runtime.handle();
        let mishaps = scope.spawn(|| mishaps::carry_out(arena, servers, schedule, &befallen, handle));
        scope.spawn(|| {
            let begun = Instant::now();
            while !is_over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(100));
                if begun.elapsed().as_millis() % PROGRESS.as_millis() < 100 {
                    let all = schedule.count(|_| true);
                    let (uploaded, befallen) = (uploaded.load(Ordering::Relaxed), befallen.load(Ordering::Relaxed));
                    println!(
                        "  {:>3} s: {uploaded} of {uploads} uploads, {befallen} of {all} mishaps",
                        begun.elapsed().as_secs()
                    );
                }
            }
        });
        let told = runtime.block_on(clients.upload(seed, uploads, schedule.length, &uploaded));
        let mishaps = mishaps.join();
        is_over.store(true, Ordering::Relaxed);
        let Ok(mishaps) = mishaps else { bail!("the mishaps panicked") };
        mishaps.and(told)
    })?;
    runtime.block_on(verdict::judge(arena, &clients, schedule, &told, mutation)).context("cannot judge the run")
}

fn print(verdict: &Verdict) {
    for (name, text) in &verdict.lines {
        println!("  {name:<14} {text}");
    }
    for breach in &verdict.breaches {
        println!("  BREACH         {breach}");
    }
}
