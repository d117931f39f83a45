//! What processes took, as /proc tells it.

use std::collections::BTreeMap;
use std::fs;

/// Clock ticks a second in /proc (`sysconf(_SC_CLK_TCK)`, 100 on every Linux).
const TICKS: f64 = 100.0;

/// Of a process with all that it started.
#[derive(Default)]
pub(crate) struct Usage {
    /// Time on a processor.
    pub(crate) cpu_seconds: f64,
    /// The root's largest resident memory.
    pub(crate) peak_mebibytes: f64,
}

struct Process {
    id: u32,
    parent: u32,
    /// Its own and that of its ended children.
    ticks: u64,
}

impl Usage {
    pub(crate) fn of_all(processes: &[(String, u32)]) -> Vec<Self> {
        let all = running();
        processes.iter().map(|(_, root)| Self::of(*root, &all)).collect()
    }

    fn of(root: u32, all: &BTreeMap<u32, Process>) -> Self {
        let ticks: u64 = all.values().filter(|process| descends(process, root, all)).map(|process| process.ticks).sum();
        Self { cpu_seconds: ticks as f64 / TICKS, peak_mebibytes: peak(root).unwrap_or_default() }
    }
}

fn descends(process: &Process, root: u32, all: &BTreeMap<u32, Process>) -> bool {
    process.id == root || all.get(&process.parent).is_some_and(|parent| descends(parent, root, all))
}

fn running() -> BTreeMap<u32, Process> {
    let entries = fs::read_dir("/proc").into_iter().flatten().filter_map(Result::ok);
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id| Some((id, read(id)?))).collect()
}

/// proc(5), /proc/[pid]/stat: the fields behind the name, which stands in parentheses.
fn read(id: u32) -> Option<Process> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = (11..=14).filter_map(|field| fields.get(field)?.parse::<u64>().ok()).sum();
    Some(Process { id, parent: fields.get(1)?.parse().ok()?, ticks })
}

fn peak(id: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
