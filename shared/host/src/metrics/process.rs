//! The process itself, under the names that every Prometheus client library gives them.

use std::fmt;
use std::fs;

use pipeline::Clock as _;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

use crate::SystemClock;

/// Ticks per second of the times in `/proc` (proc_pid_stat(5)): 100 on every architecture that Rust has Linux for,
/// whatever the kernel's own clock.
const TICKS_PER_SECOND: f64 = 100.0;

/// Reads `/proc` whenever it is asked; elsewhere than on Linux there is nothing to tell but the start.
#[derive(Debug)]
pub(super) struct Process {
    /// When it was first asked for, in seconds since 1970.
    started: f64,
}

impl Default for Process {
    fn default() -> Self {
        Self { started: SystemClock.now().as_duration().as_secs_f64() }
    }
}

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut tell = |name, help, value: &dyn Told| value.tell(&mut encoder, name, help);
        tell(
            "process_start_time_seconds",
            "When the process began, in seconds since 1970",
            &ConstGauge::new(self.started),
        )?;
        if let Some(seconds) = cpu_seconds() {
            tell("process_cpu_seconds", "Processor time used, in seconds", &ConstCounter::new(seconds))?;
        }
        if let Some(bytes) = resident_bytes() {
            tell("process_resident_memory_bytes", "Memory in use, in bytes", &ConstGauge::new(bytes))?;
        }
        if let Some(files) = open_files() {
            tell("process_open_fds", "Open file descriptors", &ConstGauge::new(files))?;
        }
        Ok(())
    }
}

trait Told {
    fn tell(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result;
}

impl<M: EncodeMetric> Told for M {
    fn tell(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result {
        self.encode(encoder.encode_descriptor(name, help, None, self.metric_type())?)
    }
}

/// User and system time: fields 14 and 15, counted behind the program's name, which may contain anything.
fn cpu_seconds() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    ticks.sum::<Result<u32, _>>().ok().map(|ticks| f64::from(ticks) / TICKS_PER_SECOND)
}

fn resident_bytes() -> Option<i64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: i64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn open_files() -> Option<i64> {
    i64::try_from(fs::read_dir("/proc/self/fd").ok()?.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::{cpu_seconds, open_files, resident_bytes};

    #[test]
    #[cfg(target_os = "linux")]
    fn the_process_is_seen() {
        assert!(cpu_seconds().is_some());
        assert!(resident_bytes().is_some_and(|bytes| bytes > 1 << 20));
        assert!(open_files().is_some_and(|files| files > 2));
    }
}
