//! Secrets that a single machine makes for itself, once, and keeps in a file.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::settings::Secret;

/// Readable and writable by the owner alone.
const MODE: u32 = 0o600;

/// Why a secret could not be read or made. The secret is not in it.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct SecretFileError {
    path: PathBuf,
    reason: io::Error,
}

/// The text of a secret file. Where there is none, `make` is called and its text stored, readable by the owner alone.
///
/// Of several processes that make it at the same time one wins, and all get the winner's text.
///
/// # Errors
/// The file or its folder cannot be read or written.
pub fn read_or_create(path: &Path, make: impl FnOnce() -> Secret) -> Result<Secret, SecretFileError> {
    let told = |reason| SecretFileError { path: path.to_owned(), reason };
    match read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read.map_err(told),
    }
    create(path, &make()).map_err(told)?;
    read(path).map_err(told)
}

fn read(path: &Path) -> io::Result<Secret> {
    let text = fs::read_to_string(path)?;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        tracing::warn!(path = %path.display(), "others than the owner may read this secret: chmod 600 it");
    }
    Ok(Secret::new(text))
}

/// Writes a file of another name and links it, so that nobody sees a half-written secret. Linking fails where the
/// name is taken, as `O_EXCL` does.
fn create(path: &Path, secret: &Secret) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let temporary = folder.join(format!(".{}", Uuid::now_v7()));
    let written = write(&temporary, secret).and_then(|()| fs::hard_link(&temporary, path));
    let removed = fs::remove_file(&temporary);
    match written {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => removed?,
    }
    fs::File::open(folder)?.sync_all()
}

fn write(path: &Path, secret: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(path)?;
    file.write_all(secret.expose().as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;

    use super::{Secret, Uuid, read_or_create};

    #[test]
    fn a_secret_is_made_once_and_for_the_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys/secret");
        let made = read_or_create(&path, || Secret::new("one".to_owned())).unwrap();
        let again = read_or_create(&path, || Secret::new("two".to_owned())).unwrap();
        assert_eq!((made.expose(), again.expose()), ("one", "one"));
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(path.parent().unwrap().read_dir().unwrap().count(), 1, "no temporary file is left");
    }

    #[test]
    fn several_makers_agree() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let make = || read_or_create(&path, || Secret::new(Uuid::now_v7().to_string())).unwrap();
        let all: Vec<Secret> = thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(make)).collect();
            makers.into_iter().map(|maker| maker.join().unwrap()).collect()
        });
        assert!(all.iter().all(|secret| *secret == all[0]));
    }

    #[test]
    fn an_unusable_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = read_or_create(&file.join("secret"), || Secret::new(String::new())).unwrap_err();
        assert!(error.to_string().contains("secret"), "{error}");
    }
}
