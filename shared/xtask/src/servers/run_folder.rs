//! The folder of one run: the servers' data, keys and logs.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::{leftovers, secret};
use crate::{interruption, workspace};

/// A folder that goes when dropped, except for the logs of a run that failed.
pub(crate) struct RunFolder {
    path: PathBuf,
    keeps_logs: bool,
    // Tells other runs that this one lives.
    _lock: File,
}

impl RunFolder {
    /// Makes it where the users of the servers can reach it, and clears away what a killed run left.
    pub(crate) fn create() -> anyhow::Result<Self> {
        let home = home()?;
        leftovers::clear(&home)?;
        let path = home.join(format!("{}-{}", std::process::id(), &secret::random()?[..8]));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        // It is locked before it has the name by which others find it.
        let new = path.join("new-lock");
        let lock = File::create(&new)?;
        lock.lock()?;
        fs::rename(new, path.join(leftovers::LOCK))?;
        let folder = Self { path, keeps_logs: true, _lock: lock };
        fs::set_permissions(&folder.path, fs::Permissions::from_mode(0o755))?;
        fs::create_dir(folder.logs())?;
        Ok(folder)
    }

    /// Where a file or folder of this run lies.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a folder that only this process's user may enter.
    pub(crate) fn make(&self, name: &str) -> anyhow::Result<PathBuf> {
        let path = self.join(name);
        fs::create_dir(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        Ok(path)
    }

    /// Where a server writes its log.
    pub(crate) fn log(&self, server: &str) -> PathBuf {
        self.logs().join(format!("{server}.log"))
    }

    /// Where all logs lie.
    pub(crate) fn logs(&self) -> PathBuf {
        self.join("logs")
    }

    /// Says whether the logs are still wanted when this run is over.
    pub(crate) fn keep_logs(&mut self, keep: bool) {
        self.keeps_logs = keep;
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.keeps_logs || interruption::requested() {
            let _ = fs::remove_dir_all(&self.path);
            return;
        }
        let logs = self.logs();
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        for path in entries.map(|entry| entry.path()).filter(|path| *path != logs) {
            let _ = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        }
    }
}

/// Where the folders of all runs lie.
fn home() -> anyhow::Result<PathBuf> {
    let near = workspace::tools()?.join("servers");
    fs::create_dir_all(&near)?;
    if is_open_to_all(&near) {
        return Ok(near);
    }
    // Of this user alone: its content is trusted.
    let far = std::env::temp_dir().join(format!("invoice-servers-{}", fs::metadata(&near)?.uid()));
    DirBuilder::new().recursive(true).mode(0o755).create(&far)?;
    ensure!(
        fs::symlink_metadata(&far)?.uid() == fs::metadata(&near)?.uid(),
        "{} belongs to somebody else",
        far.display()
    );
    Ok(far)
}

/// Whether every user may pass through this folder and those above it.
fn is_open_to_all(folder: &Path) -> bool {
    let is_open = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0);
    folder.ancestors().all(is_open)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_a_private_one_is_not_open() -> anyhow::Result<()> {
        let base = std::env::temp_dir().join(format!("open-{}", secret::random()?));
        let inner = base.join("inner");
        fs::create_dir_all(&inner)?;
        fs::set_permissions(&base, fs::Permissions::from_mode(0o755))?;
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755))?;
        assert!(is_open_to_all(&inner));
        fs::set_permissions(&base, fs::Permissions::from_mode(0o700))?;
        assert!(!is_open_to_all(&inner));
        fs::remove_dir_all(base)?;
        Ok(())
    }

    #[test]
    fn only_the_logs_of_a_failed_run_stay() -> anyhow::Result<()> {
        let mut folder = RunFolder::create()?;
        let (path, log) = (folder.path.clone(), folder.log("one"));
        fs::write(&log, "why")?;
        folder.make("data")?;
        fs::write(folder.join("file"), "")?;
        folder.keep_logs(true);
        drop(folder);
        assert_eq!(fs::read_to_string(&log)?, "why");
        assert_eq!(fs::read_dir(&path)?.count(), 1);
        fs::remove_dir_all(&path)?;

        let mut folder = RunFolder::create()?;
        folder.keep_logs(false);
        let path = folder.path.clone();
        drop(folder);
        assert!(!path.exists());
        Ok(())
    }
}
