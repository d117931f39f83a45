//! Processes with all that they started, as `ps` shows them.

use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::process;

/// How long killed processes may take to be gone.
const GONE_LIMIT: Duration = Duration::from_secs(60);

/// One line of `ps`.
#[derive(Clone, Copy)]
struct Entry {
    process: u32,
    parent: u32,
    group: u32,
    is_zombie: bool,
}

/// Sends a signal to one process.
pub(crate) fn signal(process: u32, name: &str) -> anyhow::Result<()> {
    signal_all(&[process], name)
}

/// Sends a signal to a process and to everything that it started.
pub(crate) fn signal_tree(root: u32, name: &str) -> anyhow::Result<()> {
    signal_all(&members(&entries()?, root), name)
}

/// Kills a process and everything that it started, and waits until they are gone.
pub(crate) fn kill_tree(root: u32) -> anyhow::Result<()> {
    // Halted, it starts no more while we look.
    signal(root, "STOP")?;
    let doomed = members(&entries()?, root);
    signal_all(&doomed, "KILL")?;
    let begun = Instant::now();
    while begun.elapsed() < GONE_LIMIT {
        let lives = |entry: &Entry| doomed.contains(&entry.process) && !entry.is_zombie;
        if !entries()?.iter().any(lives) {
            return Ok(());
        }
        sleep(Duration::from_millis(10));
    }
    bail!("of the killed processes {doomed:?} some still run")
}

/// All processes of this machine.
pub(crate) fn running() -> anyhow::Result<Vec<u32>> {
    Ok(entries()?.iter().filter(|entry| !entry.is_zombie).map(|entry| entry.process).collect())
}

/// One that has ended meanwhile is no fault.
fn signal_all(processes: &[u32], name: &str) -> anyhow::Result<()> {
    let mut kill = Command::new("kill");
    kill.arg(format!("-{name}")).args(processes.iter().map(u32::to_string)).stderr(Stdio::null());
    kill.status().context("cannot start kill: it comes with the package procps")?;
    Ok(())
}

fn entries() -> anyhow::Result<Vec<Entry>> {
    let lines = process::output("ps", &["-A", "-o", "pid=,ppid=,pgid=,stat="])?;
    Ok(lines.lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<Entry> {
    let mut words = line.split_whitespace();
    let mut number = || words.next()?.parse().ok();
    let (process, parent, group) = (number()?, number()?, number()?);
    Some(Entry { process, parent, group, is_zombie: words.next()?.starts_with('Z') })
}

/// The process, those of its group, and whatever any of them started.
fn members(entries: &[Entry], root: u32) -> Vec<u32> {
    let mut members = vec![root];
    members.extend(entries.iter().filter(|entry| entry.group == root).map(|entry| entry.process));
    let mut next = 0;
    while next < members.len() {
        let started = entries.iter().filter(|entry| entry.parent == members[next]).map(|entry| entry.process);
        let started: Vec<u32> = started.filter(|process| !members.contains(process)).collect();
        members.extend(started);
        next += 1;
    }
    members.sort_unstable();
    members.dedup();
    members
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_has_the_group_and_all_descendants_of_its_root() {
        let lines = "1 0 1 Ss\n10 1 10 S\n11 10 10 S\n12 1 10 S\n13 12 13 Ss\n14 13 13 Z+\n20 1 20 R\nnonsense";
        let entries: Vec<Entry> = lines.lines().filter_map(parse).collect();
        assert_eq!(members(&entries, 10), [10, 11, 12, 13, 14]);
        assert_eq!(members(&entries, 20), [20]);
        assert!(entries[5].is_zombie);
    }

    #[test]
    fn kills_what_a_process_started() -> anyhow::Result<()> {
        let mut shell = Command::new("sh").args(["-c", "sleep 60 & sleep 60 & wait"]).spawn()?;
        while members(&entries()?, shell.id()).len() < 3 {
            sleep(Duration::from_millis(10));
        }
        let members = members(&entries()?, shell.id());
        kill_tree(shell.id())?;
        shell.wait()?;
        assert!(!entries()?.iter().any(|entry| members.contains(&entry.process) && !entry.is_zombie));
        Ok(())
    }
}
