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
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use clap::Parser;
use pipeline::Mutation;
use tokio::runtime::Runtime;
use xtask::servers::{Kind, Plan, Servers};
use xtask::small_disk::SmallDisk;

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
    let mut ground = Ground::start()?;
    let runtime = Runtime::new()?;
    let outcome = match (arguments.seed, arguments.mutation) {
        (seed, Some(mutation)) => must_fail(&runtime, &mut ground, seed.unwrap_or(TESTED_SEED), mutation),
        (Some(seed), None) => must_hold(&runtime, &mut ground, seed, arguments.uploads),
        (None, None) => test(&runtime, &mut ground),
    };
    ground.end(outcome.is_err())?;
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The servers of all runs.
pub(crate) struct Ground {
    pub(crate) servers: Servers,
    /// PostgreSQL's. None where its servers are containers.
    pub(crate) disk: Option<SmallDisk>,
}

impl Ground {
    fn start() -> anyhow::Result<Self> {
        let mut servers = Servers::start(&Plan::of_its_own(&SERVERS))?;
        let is_process = servers.get(Kind::Postgres)?.process().is_some();
        let disk = if is_process { Some(SmallDisk::under(&mut servers, Kind::Postgres)?) } else { None };
        if disk.is_none() {
            println!("chaos: the servers are containers, so no disk is filled");
        }
        Ok(Self { servers, disk })
    }

    fn end(mut self, keep_logs: bool) -> anyhow::Result<()> {
        if let Some(disk) = self.disk {
            // It lets go of its disk.
            self.servers.get(Kind::Postgres)?.stop()?;
            drop(disk);
        }
        self.servers.finish(keep_logs);
        Ok(())
    }
}

fn test(runtime: &Runtime, ground: &mut Ground) -> anyhow::Result<()> {
    for mutation in Mutation::ALL {
        must_fail(runtime, ground, TESTED_SEED, *mutation)?;
    }
    must_hold(runtime, ground, TESTED_SEED, TESTED_UPLOADS)
}

fn must_hold(runtime: &Runtime, ground: &mut Ground, seed: u64, uploads: usize) -> anyhow::Result<()> {
    println!("chaos: seed {seed}, {uploads} uploads");
    let run = Run { seed, uploads, schedule: Schedule::draw(seed, uploads), mutation: None };
    let verdict = run.make(runtime, ground)?;
    ensure!(verdict.breaches.is_empty(), "the promise does not hold with seed {seed}");
    println!("chaos: the promise holds with seed {seed}");
    Ok(())
}

fn must_fail(runtime: &Runtime, ground: &mut Ground, seed: u64, mutation: Mutation) -> anyhow::Result<()> {
    println!("chaos: breach {}, {BREACH_UPLOADS} uploads", mutation.name());
    let schedule = Schedule::showing(mutation);
    let run = Run { seed, uploads: BREACH_UPLOADS, schedule, mutation: Some(mutation) };
    let verdict = run.make(runtime, ground)?;
    ensure!(verdict.shows(mutation), "nobody noticed the breach {}", mutation.name());
    println!("chaos: the breach {} was noticed", mutation.name());
    Ok(())
}

/// What happens in a run.
struct Run {
    seed: u64,
    uploads: usize,
    schedule: Schedule,
    mutation: Option<Mutation>,
}

impl Run {
    /// Makes the run on a ground of its own, and prints what came of it.
    fn make(&self, runtime: &Runtime, ground: &mut Ground) -> anyhow::Result<Verdict> {
        let arena = runtime.block_on(Arena::start(&ground.servers, self.seed, self.mutation))?;
        let verdict = self.fight(runtime, &arena, ground).inspect(print);
        let keep_logs = match &verdict {
            Ok(verdict) => !verdict.breaches.is_empty() && self.mutation.is_none(),
            Err(_) => true,
        };
        runtime.block_on(arena.end(keep_logs))?;
        verdict
    }

    fn fight(&self, runtime: &Runtime, arena: &Arena, ground: &mut Ground) -> anyhow::Result<Verdict> {
        let sample = serde_json::from_str(include_str!("../../../../events/sample_invoice.json"))?;
        let clients = runtime.block_on(Clients::login(arena.base.clone(), sample))?;
        let (uploaded, befallen, is_over) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
        let told = std::thread::scope(|scope| {
            let handle = runtime.handle();
            let mishaps = scope.spawn(|| mishaps::carry_out(arena, ground, &self.schedule, &befallen, handle));
            scope.spawn(|| self.tell_progress(&uploaded, &befallen, &is_over));
            let told = runtime.block_on(clients.upload(self.seed, self.uploads, self.schedule.length, &uploaded));
            let mishaps = mishaps.join();
            is_over.store(true, Ordering::Relaxed);
            let Ok(mishaps) = mishaps else { bail!("the mishaps panicked") };
            mishaps.and(told)
        })?;
        let judged = verdict::judge(arena, &clients, &self.schedule, &told, self.mutation);
        runtime.block_on(judged).context("cannot judge the run")
    }

    fn tell_progress(&self, uploaded: &AtomicUsize, befallen: &AtomicUsize, is_over: &AtomicBool) {
        let begun = Instant::now();
        let mut next = PROGRESS;
        while !is_over.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100));
            if begun.elapsed() < next {
                continue;
            }
            let (uploaded, befallen) = (uploaded.load(Ordering::Relaxed), befallen.load(Ordering::Relaxed));
            let (uploads, all, seconds) = (self.uploads, self.schedule.count(|_| true), next.as_secs());
            println!("  {seconds:>3} s: {uploaded} of {uploads} uploads, {befallen} of {all} mishaps");
            next += PROGRESS;
        }
    }
}

fn print(verdict: &Verdict) {
    for (name, text) in &verdict.lines {
        println!("  {name:<14} {text}");
    }
    for breach in &verdict.breaches {
        println!("  BREACH         {}", breach.text);
    }
}
