//! A server's disk runs full: uploads are refused before they are accepted, and nothing that was accepted is lost.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use sqlx::{Connection as _, PgConnection};
use uuid::Uuid;
use xtask::servers::{Kind, Servers};
use xtask::small_disk::SmallDisk;

use crate::offer::{Outcomes, offer};
use crate::{Ground, REST_LIMIT};

const RATE: f64 = 20.0;
const TIME: Duration = Duration::from_secs(20);
/// How long the pack may take to come back by itself, once its server does.
const RECOVERY_LIMIT: Duration = Duration::from_secs(60);

pub(crate) async fn full(binaries: &Path, servers: &mut Servers, kind: Kind) -> anyhow::Result<()> {
    let disk = SmallDisk::under(servers, kind)?;
    let outcome = run_full(binaries, servers, kind, &disk).await;
    servers.get(kind)?.stop()?;
    outcome
}

async fn run_full(binaries: &Path, servers: &mut Servers, kind: Kind, disk: &SmallDisk) -> anyhow::Result<()> {
    let ground = Ground::start(binaries, &servers.environment()).await?;
    let before = offer(&ground.load, RATE, Duration::from_secs(5)).await?;
    ensure!(before.others.is_empty(), "before the disk is full: {before}");
    disk.fill()?;
    let during = offer(&ground.load, RATE, TIME).await?;
    println!("full disk    {kind:?}, {RATE}/s for {} s: {during}", TIME.as_secs());
    check(&during)?;
    disk.free()?;
    // It may have ended, for it could not write; and it may be up again by itself.
    servers.get(kind)?.kill()?;
    servers.get(kind)?.restart()?;
    let waited = recovered(&ground).await?;
    let accepted = [before.accepted, during.accepted].concat();
    all_are_stored(&ground.database.url, &accepted).await?;
    println!(
        "             with room again it accepts after {waited:.1} s, and all {} that were accepted are stored",
        accepted.len()
    );
    Ok(())
}

/// Uploads are accepted or refused with 503, and nothing else.
fn check(outcomes: &Outcomes) -> anyhow::Result<()> {
    let refused = outcomes.others.get("503").copied().unwrap_or_default();
    ensure!(refused > 0, "a full disk was not noticed");
    ensure!(outcomes.others.len() == 1, "a full disk was answered otherwise than 503");
    Ok(())
}

/// Waits until each of these uploads has its document.
async fn all_are_stored(url: &str, uploads: &[Uuid]) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    let begun = Instant::now();
    loop {
        let stored: i64 =
            sqlx::query_scalar("select count(*) from documents where upload = any($1) and state = 'stored'")
                .bind(uploads)
                .fetch_one(&mut connection)
                .await?;
        if stored.unsigned_abs() as usize == uploads.len() {
            return Ok(());
        }
        ensure!(begun.elapsed() < REST_LIMIT, "only {stored} of {} accepted uploads are stored", uploads.len());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Seconds until an upload is accepted.
async fn recovered(ground: &Ground) -> anyhow::Result<f64> {
    let begun = Instant::now();
    while begun.elapsed() < RECOVERY_LIMIT {
        if ground.load.send().await.is_ok_and(|answer| answer.status().is_success()) {
            return Ok(begun.elapsed().as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("no upload is accepted {} s after there is room again", RECOVERY_LIMIT.as_secs())
}
