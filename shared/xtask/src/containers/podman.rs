//! Podman, with images, networks and containers of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use super::text;
use crate::process;

/// What it needs on Debian, beside what is always there.
pub(super) const PACKAGES: [&str; 9] =
    ["podman", "buildah", "runc", "netavark", "aardvark-dns", "iptables", "uidmap", "conmon", "catatonit"];

/// For machines without systemd, or where a container may not have more than this process.
const MODEST: &str = "\
[containers]
default_ulimits = [\"nofile=1024:1024\", \"nproc=1024:1024\"]
[engine]
cgroup_manager = \"cgroupfs\"
runtime = \"runc\"
";

/// A container's start, or the end of one.
const LIMIT: Duration = Duration::from_secs(180);

/// An image that has nothing but one program.
const TRIAL: &str = "localhost/trial";

/// Podman as it works on this machine.
pub(super) struct Podman {
    folder: PathBuf,
    settings: Option<PathBuf>,
}

impl Podman {
    /// Finds out with a container of its own whether and how Podman works here. `program` is a static one that knows
    /// `--version`.
    pub(super) fn find(program: &Path) -> anyhow::Result<Option<Self>> {
        // Whatever fails afterwards is the containers' fault.
        process::run(program, &["--version"])?;
        let folder = super::folder()?;
        let modest = folder.join("containers.conf");
        fs::write(&modest, MODEST)?;
        let context = folder.join("trial");
        fs::create_dir_all(&context)?;
        fs::copy(program, context.join("program"))?;
        fs::write(context.join("Dockerfile"), "FROM scratch\nCOPY program /program\nENTRYPOINT [\"/program\"]\n")?;
        let mut faults = Vec::new();
        for settings in [None, Some(modest)] {
            let podman = Self { folder: folder.clone(), settings };
            let build = podman.output(&["build", "--quiet", "--tag", TRIAL, &text(&context)]);
            let tried = build.and_then(|_| podman.output(&["run", "--rm", TRIAL, "--version"]));
            match tried {
                Ok(_) => return podman.remembered().map(Some),
                Err(error) => faults.push(format!("{error:#}")),
            }
        }
        println!("{}", faults.join("\n"));
        Ok(None)
    }

    /// The one that was found before.
    pub(super) fn found() -> anyhow::Result<Self> {
        let folder = super::folder()?;
        let settings = fs::read_to_string(folder.join("found")).context("`cargo xtask test --full` runs this")?;
        Ok(Self { folder, settings: Some(settings.into()).filter(|path: &PathBuf| !path.as_os_str().is_empty()) })
    }

    fn remembered(self) -> anyhow::Result<Self> {
        let settings = self.settings.as_deref().map(text).unwrap_or_default();
        fs::write(self.folder.join("found"), settings)?;
        Ok(self)
    }

    /// Does something, and answers what it prints.
    pub(super) fn output(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.folder.join(format!("output-{}", std::process::id()));
        let (out, err) = (fs::File::create(&output)?, output.with_extension("err"));
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(out).stderr(fs::File::create(&err)?);
        let status = process::status_within(&mut command, LIMIT)?;
        let (printed, told) = (fs::read_to_string(&output)?, fs::read_to_string(&err)?);
        fs::remove_file(output)?;
        fs::remove_file(err)?;
        ensure!(status.success(), "podman {} failed: {status}: {printed}{told}", arguments.join(" "));
        Ok(printed)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let place = |name| text(&self.folder.join(name));
        let mut command = process::command("podman", &[]);
        command.args(["--root", &place("images"), "--runroot", &place("run")]);
        command.args(["--network-config-dir", &place("networks"), "--log-level", "error"]).args(arguments);
        if let Some(settings) = &self.settings {
            command.env("CONTAINERS_CONF", settings);
        }
        command
    }
}
