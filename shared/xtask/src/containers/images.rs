//! The functions' images, from static programs and the last stage of the Dockerfile: no other image is needed.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use super::podman::Podman;
use super::{folder, text};
use crate::pack::Function;
use crate::workspace::root;
use crate::{process, workspace};

const DOCKERFILE: &str = "k8s-fallback/Dockerfile";

/// Where Debian and its relatives keep the public certificate authorities.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The registry part of the images' names: Podman looks for them nowhere else.
pub(super) const REGISTRY: &str = "localhost";

/// Builds the functions for a C library that is linked into them. Answers the folder of their programs.
pub(super) fn build_programs() -> anyhow::Result<PathBuf> {
    let target = format!("{}-unknown-linux-musl", std::env::consts::ARCH);
    process::run("rustup", &["target", "add", &target])?;
    let features = Function::ALL.map(|function| format!("{function}/container")).join(",");
    let mut build = vec!["build", "--locked", "--target", &target, "--no-default-features", "--features", &features];
    for function in Function::ALL {
        build.extend(["--package", function.name()]);
    }
    // They are looked at from outside alone.
    process::cargo_with(&[("CARGO_PROFILE_DEV_DEBUG".to_owned(), "0".to_owned())], &build)?;
    Ok(workspace::target()?.join(target).join("debug"))
}

/// Builds an image of each.
pub(super) fn build(podman: &Podman, binaries: &Path) -> anyhow::Result<()> {
    let recipe = last_stage(&fs::read_to_string(root().join(DOCKERFILE))?)?;
    for function in Function::ALL {
        let context = folder()?.join(function.name());
        fill(&context, binaries, function, &recipe)?;
        let (argument, name) = (format!("FUNCTION={function}"), format!("{REGISTRY}/{function}-service"));
        // The other format knows no health check.
        let build = ["build", "--quiet", "--format", "docker", "--build-arg", &argument, "--tag", &name];
        podman.output(&[build.as_slice(), &[&text(&context)]].concat())?;
        let bytes = podman.output(&["image", "inspect", "--format", "{{.Size}}", &name])?;
        println!("{name}: {:.1} MB, not optimised", bytes.trim().parse::<f64>()? / 1e6);
    }
    podman.output(&["image", "prune", "--force"]).map(|_| ())
}

/// What the stage before leaves, and what is made of it.
fn fill(context: &Path, binaries: &Path, function: Function, recipe: &str) -> anyhow::Result<()> {
    if context.exists() {
        fs::remove_dir_all(context)?;
    }
    let image = context.join("image");
    for folder in ["usr/local/bin", "etc/ssl/certs"] {
        fs::create_dir_all(image.join(folder))?;
    }
    let program = format!("usr/local/bin/{function}");
    fs::copy(binaries.join(function.name()), image.join(&program))?;
    symlink(program, image.join("function"))?;
    fs::copy(AUTHORITIES, image.join(AUTHORITIES.trim_start_matches('/')))
        .with_context(|| format!("{AUTHORITIES} is missing: it comes with the package ca-certificates"))?;
    fs::create_dir(context.join("data"))?;
    fs::write(context.join("Dockerfile"), recipe)?;
    Ok(())
}

/// The last stage, which takes files from the folder that it is built in instead of the stage before.
fn last_stage(dockerfile: &str) -> anyhow::Result<String> {
    let start = dockerfile.rfind("\nFROM ").context("the Dockerfile has one stage")? + 1;
    let stage = &dockerfile[start..];
    ensure!(stage.starts_with("FROM scratch\n"), "the last stage stands on another image");
    let stage = stage.replace("--from=build --chown", "--chown").replace("--from=build ", "");
    let stage = stage.replace("COPY /image/", "COPY image/").replace(" /data /data", " data /data");
    ensure!(!stage.contains("--from="), "the last stage takes files from elsewhere:\n{stage}");
    Ok(stage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_stage_stands_alone() -> anyhow::Result<()> {
        let stage = last_stage(&fs::read_to_string(root().join(DOCKERFILE))?)?;
        for line in ["FROM scratch", "COPY image/ /", "COPY --chown=65532:65532 data /data", "USER 65532:65532"] {
            assert!(stage.lines().any(|found| found == line), "{line}: {stage}");
        }
        assert!(last_stage("FROM a\nRUN b\n").is_err());
        assert!(last_stage("FROM a\nRUN b\n\nFROM debian\n").is_err());
        Ok(())
    }
}
