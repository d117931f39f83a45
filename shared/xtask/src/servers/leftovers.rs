//! What runs leave that were killed: servers and folders. The next run ends and removes them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::process_tree;

/// The file in a run's folder that the run holds locked while it lives.
pub(crate) const LOCK: &str = "lock";

/// Ends every server in the run folders whose run is over, and removes these folders, logs too.
pub(crate) fn clear(home: &Path) -> anyhow::Result<()> {
    for entry in fs::read_dir(home)?.flatten() {
        let folder = entry.path();
        let Some(_lock) = take_over(&folder) else { continue };
        for process in process_tree::running()?.into_iter().filter(|process| works_in(*process, &folder)) {
            println!("ending process {process}, which an earlier run left");
            process_tree::kill_tree(process)?;
        }
        fs::remove_dir_all(&folder)?;
    }
    Ok(())
}

/// The lock of a run that ended without clearing up. One that cleared up leaves none.
fn take_over(folder: &Path) -> Option<File> {
    let lock = File::open(folder.join(LOCK)).ok()?;
    lock.try_lock().ok()?;
    Some(lock)
}

/// Whether a process has its working folder there. Every server has; only Linux tells.
fn works_in(process: u32, folder: &Path) -> bool {
    let place: PathBuf = format!("/proc/{process}/cwd").into();
    fs::read_link(place).is_ok_and(|place| place.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::servers::secret;

    #[test]
    fn ends_and_removes_what_a_dead_run_left_and_nothing_else() -> anyhow::Result<()> {
        let home = std::env::temp_dir().join(format!("leftovers-{}", secret::random()?));
        let [left, live, logs] = ["left", "live", "logs"].map(|name| home.join(name));
        for folder in [&left, &live, &logs] {
            fs::create_dir_all(folder)?;
        }
        File::create(left.join(LOCK))?;
        let lock = File::create(live.join(LOCK))?;
        lock.lock()?;
        let mut server = Command::new("sleep").arg("60").current_dir(&left).spawn()?;
        clear(&home)?;
        assert!(!server.wait()?.success(), "it was killed");
        assert_eq!([&left, &live, &logs].map(|folder| folder.exists()), [false, true, true]);
        fs::remove_dir_all(home)?;
        Ok(())
    }
}
