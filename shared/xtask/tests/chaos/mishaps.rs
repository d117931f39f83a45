//! Carries out what a schedule says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tokio::runtime::Handle;
use xtask::pack::{Function, Pack};
use xtask::servers::Kind;

use crate::Ground;
use crate::arena::{Arena, locked};
use crate::schedule::{Mishap, Planned, Schedule};

/// Carries out every lane on a thread of its own and comes back when all is up again.
pub(crate) fn carry_out(
    arena: &Arena,
    ground: &mut Ground,
    schedule: &Schedule,
    done: &AtomicUsize,
    runtime: &Handle,
) -> anyhow::Result<()> {
    let (begun, ground) = (Instant::now(), Mutex::new(ground));
    std::thread::scope(|scope| {
        let run = |lane: &'_ Vec<Planned>| {
            let mut outcome = Ok(());
            for (time, mishap) in lane {
                sleep((begun + *time).saturating_duration_since(Instant::now()));
                outcome = outcome.and(befall(arena, &ground, *mishap, runtime).with_context(|| format!("{mishap:?}")));
                done.fetch_add(1, Ordering::Relaxed);
            }
            outcome
        };
        let lanes: Vec<_> = schedule.lanes.iter().map(|lane| scope.spawn(move || run(lane))).collect();
        let joined = lanes.into_iter().map(|lane| lane.join().unwrap_or_else(|_| anyhow::bail!("a lane panicked")));
        joined.collect()
    })
}

fn befall(arena: &Arena, ground: &Mutex<&mut Ground>, mishap: Mishap, runtime: &Handle) -> anyhow::Result<()> {
    match mishap {
        Mishap::Kill(function) => {
            let mut pack = locked(&arena.pack);
            pack.kill(function)?;
            pack.restart(function)
        }
        Mishap::Pause(function, time) => {
            let Some(process) = pause(&locked(&arena.pack), function)? else { return Ok(()) };
            sleep(time);
            // One that was killed meanwhile has no use for it.
            let _ = Pack::signal(process, "CONT");
            Ok(())
        }
        Mishap::PauseAtWork(time) => {
            let process = locked(&arena.pack).process(Function::Worker).context("the worker runs")?;
            pause_at_work(arena, process, runtime)?;
            sleep(time);
            Pack::signal(process, "CONT")
        }
        Mishap::Skew(function, milliseconds) => locked(&arena.pack).skew(function, milliseconds),
        Mishap::Restart { server, cleanly, down } => restart(ground, server, cleanly, down),
        Mishap::ReadOnly(time) => {
            runtime.block_on(arena.ledger.set_read_only(true))?;
            sleep(time);
            runtime.block_on(arena.ledger.set_read_only(false))
        }
        Mishap::FullDisk(time) => fill_disk(ground, time),
        Mishap::Cut(server) => {
            arena.proxies[&server].cut();
            Ok(())
        }
        // Beside a broker that is down there is nothing to disturb.
        Mishap::PublishAgain => {
            let publish = async {
                let documents = arena.ledger.some_documents().await?;
                arena.broker.publish_again(&documents).await
            };
            let _ = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), publish).await });
            Ok(())
        }
        Mishap::Purge => {
            let _ =
                runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), arena.broker.purge()).await });
            Ok(())
        }
    }
}

/// Stops the worker while the ledger says that a document is in work, and lets it go on where that was over meanwhile.
fn pause_at_work(arena: &Arena, worker: u32, runtime: &Handle) -> anyhow::Result<()> {
    const LIMIT: Duration = Duration::from_secs(30);
    let begun = Instant::now();
    while begun.elapsed() < LIMIT {
        if !runtime.block_on(arena.ledger.is_at_work())? {
            sleep(Duration::from_millis(1));
            continue;
        }
        Pack::signal(worker, "STOP")?;
        // What the database has taken from it by now takes effect.
        sleep(Duration::from_millis(100));
        if runtime.block_on(arena.ledger.is_at_work())? {
            return Ok(());
        }
        Pack::signal(worker, "CONT")?;
    }
    anyhow::bail!("the worker was not met at work within {LIMIT:?}")
}

fn pause(pack: &Pack, function: Function) -> anyhow::Result<Option<u32>> {
    let process = pack.process(function);
    if let Some(process) = process {
        Pack::signal(process, "STOP")?;
    }
    Ok(process)
}

/// Other restarts wait meanwhile: a server does not start on a full disk.
fn fill_disk(ground: &Mutex<&mut Ground>, time: Duration) -> anyhow::Result<()> {
    let mut ground = ground.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(disk) = &ground.disk else { return Ok(()) };
    disk.fill()?;
    sleep(time);
    disk.free()?;
    let server = ground.servers.get(Kind::Postgres)?;
    server.kill()?;
    server.restart()
}

fn restart(ground: &Mutex<&mut Ground>, server: Kind, cleanly: bool, down: Duration) -> anyhow::Result<()> {
    let mut ground = ground.lock().unwrap_or_else(PoisonError::into_inner);
    let server = ground.servers.get(server)?;
    if cleanly {
        server.stop()?
    } else {
        server.kill()?
    };
    sleep(down);
    server.restart()
}
