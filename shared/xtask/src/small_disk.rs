//! A small disk under a server, to be filled.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::servers::{Kind, Servers};

const SIZE: &str = "size=600m";

/// A server's data on a file system of its own, in memory. It is unmounted when dropped.
pub struct SmallDisk(PathBuf);

impl SmallDisk {
    /// Moves a server's data to it. Needs root, and a server that is a process of this machine.
    pub fn under(servers: &mut Servers, kind: Kind) -> anyhow::Result<Self> {
        let process = servers.get(kind)?.process().context("a server in a container has its disk elsewhere")?;
        // MongoDB stays in the folder around its data, PostgreSQL enters it.
        let folder = fs::read_link(format!("/proc/{process}/cwd"))?;
        let data = if folder.ends_with("data") { folder } else { folder.join("data") };
        servers.get(kind)?.stop()?;
        let disk = Self::take(data)?;
        servers.get(kind)?.restart()?;
        Ok(disk)
    }

    fn take(data: PathBuf) -> anyhow::Result<Self> {
        let before = data.with_extension("before");
        fs::rename(&data, &before)?;
        fs::create_dir(&data)?;
        run("mount", &["-t", "tmpfs", "-o", SIZE, "tmpfs", &data.to_string_lossy()])
            .context("a full disk is played by a small tmpfs, which only root can mount")?;
        let disk = Self(data);
        let (from, to) = (format!("{}/.", before.display()), disk.0.to_string_lossy().into_owned());
        run("cp", &["-a", &from, &to])?;
        Ok(disk)
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Leaves no byte free.
    pub fn fill(&self) -> anyhow::Result<()> {
        let mut file = File::create(self.filler())?;
        for bytes in [1 << 20, 1 << 12, 1] {
            while file.write_all(&vec![0; bytes]).is_ok() {}
        }
        Ok(())
    }

    /// Gives back what [`Self::fill`] took.
    pub fn free(&self) -> anyhow::Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        if let Err(error) = run("umount", &["--lazy", &self.0.to_string_lossy()]) {
            println!("{error:#}");
        }
    }
}

fn run(program: &str, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(program).args(arguments).status().with_context(|| format!("cannot start {program}"))?;
    ensure!(status.success(), "{program} {}: {status}", arguments.join(" "));
    Ok(())
}
