//! The README's walk through the functions that `cargo lambda watch` runs, with `local triggers` in AWS's place.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::process::{self, command};
use crate::workspace::{self, root};
use crate::{process_tree, template};

const WALK: &str = "shared/xtask/lambda/walk.sh";
/// What cargo-lambda.toml says.
const DATA_DIR: &str = "../.invoices-lambda";
const ADDRESS: &str = "http://127.0.0.1:9000";
/// Everything is built before.
const WALK_LIMIT: Duration = Duration::from_secs(300);

/// Builds the functions, has them run by cargo-lambda on a free port and an empty data folder, and walks.
pub(crate) fn walk() -> anyhow::Result<()> {
    process::cargo(&["build", "--features", "lambda"])?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let base = format!("http://127.0.0.1:{port}");
    let folder = Folder::create(&base)?;
    let _watch = Running::start(&folder.log("watch.log"), &mut watch(&folder, port)?)?;
    let triggers = workspace::target()?.join("debug/local");
    let mut triggers = command(triggers, &["triggers", "--address", &base, "--sweep-every", "5s"]);
    triggers.env("DATA_DIR", folder.data());
    let _triggers = Running::start(&folder.log("triggers.log"), &mut triggers)?;
    let mut walk = command("bash", &[WALK]);
    walk.env("BASE", &base).env("PORT", port.to_string()).env("DATA", folder.data()).env("WORK", folder.work());
    walk.env("PATH", template::lambda_path()?);
    let walked = process::status_within(&mut walk, WALK_LIMIT)?;
    ensure!(walked.success(), "the walk failed: {walked}\n{}", folder.logs());
    Ok(())
}

/// cargo-lambda takes its settings from the folder that it is started in, and nothing else changes them.
fn watch(folder: &Folder, port: u16) -> anyhow::Result<std::process::Command> {
    let (manifest, port) = (root().join("Cargo.toml"), port.to_string());
    let manifest = manifest.to_string_lossy();
    let arguments = ["lambda", "watch", "-A", "127.0.0.1", "-P", &port, "--manifest-path", &manifest];
    let mut command = command(template::cargo_lambda()?, &arguments);
    command.env("PATH", template::lambda_path()?).current_dir(folder.settings());
    Ok(command)
}

/// What a walk writes: outside of the clone, everything in which is watched. It goes with the walk.
struct Folder(PathBuf);

impl Folder {
    fn create(base: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("invoices-watch-{}", std::process::id()));
        fs::create_dir(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let folder = Self(folder);
        for place in [folder.settings(), folder.work()] {
            fs::create_dir(place)?;
        }
        symlink(root().join("events"), folder.work().join("events"))?;
        let settings = fs::read_to_string(root().join("cargo-lambda.toml"))?;
        let settings = settings.replace(DATA_DIR, &folder.data().to_string_lossy()).replace(ADDRESS, base);
        fs::write(folder.settings().join("CargoLambda.toml"), settings)?;
        Ok(folder)
    }

    /// Ours, but for the data folder and the address.
    fn settings(&self) -> PathBuf {
        self.0.join("settings")
    }

    /// The functions make it.
    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// Where the commands run.
    fn work(&self) -> PathBuf {
        self.0.join("work")
    }

    fn log(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn logs(&self) -> String {
        let read = |name| fs::read_to_string(self.log(name)).unwrap_or_default();
        format!("{}\n{}", read("watch.log"), read("triggers.log"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A program that ends, with all that it started, when this is dropped.
struct Running(Child);

impl Running {
    fn start(log: &Path, command: &mut std::process::Command) -> anyhow::Result<Self> {
        let output = File::create(log)?;
        let command = command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let name = command.get_program().to_string_lossy().into_owned();
        Ok(Self(command.spawn().with_context(|| format!("cannot start {name}"))?))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = process_tree::kill_tree(self.0.id());
        let _ = self.0.wait();
    }
}
