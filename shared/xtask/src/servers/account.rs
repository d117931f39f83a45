//! The system's own users, under which some servers insist to run.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use crate::process;

/// A user of this system.
#[derive(Clone, Copy)]
pub(crate) struct Account {
    user: u32,
    group: u32,
}

impl Account {
    /// Looks a user up by name.
    pub(crate) fn find(name: &str) -> anyhow::Result<Self> {
        let number = |what| -> anyhow::Result<u32> {
            process::output("id", &[what, name])?.trim().parse().with_context(|| format!("id {what} {name}"))
        };
        Ok(Self { user: number("-u")?, group: number("-g")? })
    }

    /// Makes a program run as this user.
    pub(crate) fn run(self, command: &mut Command) -> &mut Command {
        command.uid(self.user).gid(self.group)
    }

    /// Makes a folder that nobody else may enter.
    pub(crate) fn make_folder(self, path: &Path) -> anyhow::Result<()> {
        fs::create_dir(path)?;
        self.own(path, 0o700)
    }

    /// Writes a file that nobody else may read.
    pub(crate) fn write(self, path: &Path, content: impl AsRef<[u8]>) -> anyhow::Result<()> {
        fs::write(path, "")?;
        self.own(path, 0o600)?;
        fs::write(path, content)?;
        Ok(())
    }

    fn own(self, path: &Path, mode: u32) -> anyhow::Result<()> {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        chown(path, Some(self.user), Some(self.group)).with_context(|| format!("chown {}", path.display()))
    }
}
