//! The chart's pods, run for real: the functions' static programs as images, played by Podman on the servers of a test.

mod images;
mod manifest;
mod play;
mod podman;
mod relay;

use std::path::{Path, PathBuf};

use crate::pack::Function;
use crate::servers::Environment;
use crate::{process, programs, workspace};

pub use play::Containers;

use podman::Podman;

/// Runs the pods and the walk through them. Where containers cannot run, it says so and is content.
pub(crate) fn test(servers: &Environment) -> anyhow::Result<()> {
    if let Some(reason) = lacks() {
        return pass_over(reason);
    }
    let binaries = images::build_programs()?;
    let Some(podman) = Podman::find(&binaries.join(Function::Auth.name()))? else {
        return pass_over("Podman starts no container on this machine");
    };
    images::build(&podman, &binaries)?;
    let test = ["test", "--workspace", "--test", "end_to_end", "--", "--ignored", "--nocapture", "containers"];
    process::cargo_with(servers, &test)
}

fn pass_over(reason: &str) -> anyhow::Result<()> {
    println!("passed over: containers cannot run here: {reason}");
    Ok(())
}

/// The Debian packages that containers need, where they can be installed.
pub(crate) fn missing_packages() -> Vec<&'static str> {
    if !(cfg!(target_os = "linux") && programs::is_root() && programs::is_there("apt-get")) {
        return Vec::new();
    }
    let mut missing = Vec::new();
    if !programs::is_there("musl-gcc") {
        missing.push("musl-tools");
    }
    if !programs::is_there("podman") {
        missing.extend(podman::PACKAGES);
    }
    missing
}

fn lacks() -> Option<&'static str> {
    if !cfg!(target_os = "linux") {
        return Some("they need Linux");
    }
    let wanted = [
        ("podman", "Podman is missing"),
        ("musl-gcc", "static programs need musl-gcc, of the package musl-tools"),
        ("rustup", "static programs need a target that rustup brings"),
    ];
    wanted.into_iter().find(|(program, _)| !programs::is_there(program)).map(|(_, reason)| reason)
}

/// Where all that it makes lies, apart from what else Podman keeps on this machine.
fn folder() -> anyhow::Result<PathBuf> {
    let folder = workspace::tools()?.join("containers");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
