//! Files that are being written. They have a name of their own until they are whole.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::fs;

/// Nobody writes this long without a pause: an unfinished file that was not written to since is nobody's.
const STALE_AFTER: Duration = Duration::from_secs(3600);

/// An unfinished file, removed when the attempt to write it ends, also where its future is dropped.
pub(crate) struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        match std::fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "an unfinished file stays for now");
            }
            _ => {}
        }
    }
}

/// Removes what a killed process left in a folder: files that this function knows by their name as unfinished and that
/// are stale.
pub(crate) async fn remove_stale(folder: &Path, is_unfinished: fn(&str) -> bool) -> io::Result<()> {
    let mut entries = fs::read_dir(folder).await?;
    while let Some(entry) = entries.next_entry().await? {
        if !entry.file_name().to_str().is_some_and(is_unfinished) || !is_stale(&entry).await {
            continue;
        }
        match fs::remove_file(entry.path()).await {
            Ok(()) => tracing::info!(file = %entry.path().display(), "removed an unfinished file"),
            Err(error) => tracing::warn!(%error, file = %entry.path().display(), "cannot remove an unfinished file"),
        }
    }
    Ok(())
}

/// By the clock that gives files their times: the system's.
async fn is_stale(entry: &fs::DirEntry) -> bool {
    let Ok(metadata) = entry.metadata().await else { return false };
    let age = metadata.modified().ok().and_then(|modified| modified.elapsed().ok());
    metadata.is_file() && age.is_some_and(|age| age > STALE_AFTER)
}
