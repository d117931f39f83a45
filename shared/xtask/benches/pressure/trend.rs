//! Whether anything grows while the load stays the same: the functions' memory, the documents that wait.

use std::fmt;
use std::fs;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use xtask::pack::Function;

use crate::Ground;

const PERIOD: Duration = Duration::from_secs(5);
/// What is filled in the beginning, such as caches and pools, is no growth.
const WARM_UP: f64 = 0.2;
/// Growth of a function's memory in all that is taken for noise, in MiB.
const NOISE: f64 = 4.0;
/// Seconds of the load by which the documents that wait may be more in the end than after the warm-up.
const BACKLOG_SECONDS: f64 = 5.0;

/// A watch that goes on.
pub(crate) struct Watching {
    end: oneshot::Sender<()>,
    samples: JoinHandle<anyhow::Result<Vec<Sample>>>,
}

struct Sample {
    minutes: f64,
    /// Of each function.
    mebibytes: Vec<f64>,
    waiting: f64,
}

/// What was seen.
pub(crate) struct Trend(Vec<Sample>);

impl Trend {
    pub(crate) fn watch(ground: &Ground) -> anyhow::Result<Watching> {
        let processes = Function::ALL.iter().map(|function| ground.pack.process(*function).context("it runs"));
        let processes = processes.collect::<anyhow::Result<Vec<_>>>()?;
        let (end, ended) = oneshot::channel();
        let url = ground.database.url.clone();
        Ok(Watching { end, samples: tokio::spawn(watch(processes, url, ended)) })
    }

    /// # Errors
    /// Memory or the queue has grown.
    pub(crate) fn check(&self, rate: f64) -> anyhow::Result<()> {
        let minutes = self.0.last().zip(self.0.first()).map_or(0.0, |(last, first)| last.minutes - first.minutes);
        for (function, slope) in self.slopes() {
            ensure!(slope * minutes < NOISE, "the memory of {function} grows by {slope:.2} MiB a minute");
        }
        let (begin, end) = self.backlog();
        ensure!(end < begin + BACKLOG_SECONDS * rate, "the documents that wait grew from {begin:.0} to {end:.0}");
        Ok(())
    }

    fn slopes(&self) -> Vec<(Function, f64)> {
        let of = |index: usize| slope(self.0.iter().map(|sample| (sample.minutes, sample.mebibytes[index])));
        Function::ALL.iter().enumerate().map(|(index, function)| (*function, of(index))).collect()
    }

    /// Documents that wait in the first and the last quarter, on average.
    fn backlog(&self) -> (f64, f64) {
        let quarter = (self.0.len() / 4).max(1);
        let mean = |samples: &[Sample]| samples.iter().map(|sample| sample.waiting).sum::<f64>() / samples.len() as f64;
        (mean(&self.0[..quarter]), mean(&self.0[self.0.len() - quarter..]))
    }
}

impl fmt::Display for Trend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "memory, MiB a minute:")?;
        self.slopes().iter().try_for_each(|(function, slope)| write!(f, " {function} {slope:+.2}"))?;
        let (begin, end) = self.backlog();
        write!(f, "; documents that wait: {begin:.0} in the first quarter, {end:.0} in the last")
    }
}

impl Watching {
    pub(crate) async fn end(self) -> anyhow::Result<Trend> {
        // It may have failed, which it says itself.
        let _ = self.end.send(());
        let mut samples = self.samples.await??;
        samples.drain(..(samples.len() as f64 * WARM_UP) as usize);
        ensure!(samples.len() >= 4, "the load was too short to see a trend");
        Ok(Trend(samples))
    }
}

async fn watch(processes: Vec<u32>, url: String, mut ended: oneshot::Receiver<()>) -> anyhow::Result<Vec<Sample>> {
    let mut connection = PgConnection::connect(&url).await?;
    let (begun, mut samples) = (Instant::now(), Vec::new());
    while ended.try_recv().is_err() {
        let mebibytes = processes.iter().map(|process| resident_mebibytes(*process)).collect::<anyhow::Result<_>>()?;
        let waiting: i64 = sqlx::query_scalar("select count(*) from documents where state <> 'stored'")
            .fetch_one(&mut connection)
            .await?;
        samples.push(Sample { minutes: begun.elapsed().as_secs_f64() / 60.0, mebibytes, waiting: waiting as f64 });
        sleep(PERIOD).await;
    }
    Ok(samples)
}

/// A process's resident memory.
pub(crate) fn resident_mebibytes(process: u32) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("it has no VmRSS")?;
    let kibibytes: f64 = line.split_whitespace().next().context("VmRSS is empty")?.parse()?;
    Ok(kibibytes / 1024.0)
}

/// Of the line that is nearest to the points (least squares).
fn slope(points: impl Iterator<Item = (f64, f64)> + Clone) -> f64 {
    let count = points.clone().count() as f64;
    let (x, y) = points.clone().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (products, squares) = points.fold((0.0, 0.0), |(products, squares), point| {
        (products + (point.0 - x) * (point.1 - y), squares + (point.0 - x).powi(2))
    });
    products / squares
}
