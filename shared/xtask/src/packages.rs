//! Debian packages: installs the missing ones, with consent, and leaves no service running that they bring.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{IsTerminal as _, Write as _, stdin};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use crate::{interruption, process, programs};

/// A package's scripts ask it before they start a service; 101 forbids it.
const SERVICE_POLICY: (&str, &str) = ("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n");

/// Debian makes a database of its own when PostgreSQL is installed, unless one of these files says no.
const CLUSTER_FOLDER: &str = "/etc/postgresql-common/createcluster.d";
const CLUSTER_SETTINGS: (&str, &str) = ("cargo-xtask.conf", "create_main_cluster = false\n");

/// Installs what is missing. Asks on a terminal before, unless `go_ahead`.
pub(crate) fn require(go_ahead: bool, missing: impl Fn() -> Vec<&'static str>) -> anyhow::Result<()> {
    let wanted = missing();
    if wanted.is_empty() {
        return Ok(());
    }
    let names = wanted.join(" ");
    ensure!(programs::is_there("apt-get"), "missing, to be installed with your system's package manager: {names}");
    let apt = apt_get();
    let install = format!("{} install --no-install-recommends {names}", apt.join(" "));
    if !go_ahead && !agreed(&install)? {
        bail!("missing: {names}. Run `{install}`, or this chore with `--yes`");
    }
    // From here on Ctrl-C must not leave the files that keep services quiet.
    interruption::watch()?;
    let _quiet = if programs::is_root() { Some(NoServices::arrange()?) } else { None };
    run_apt(&apt, &["update", "-qq"])?;
    run_apt(&apt, &[&["install", "-y", "-qq", "--no-install-recommends"], wanted.as_slice()].concat())?;
    let still_missing = missing();
    ensure!(still_missing.is_empty(), "installed, yet their programs are not found: {still_missing:?}");
    Ok(())
}

/// While it lives, packages that are installed start nothing. What was there before stays as it was.
#[derive(Default)]
struct NoServices {
    made: Vec<PathBuf>,
}

impl NoServices {
    fn arrange() -> anyhow::Result<Self> {
        let mut arranged = Self::default();
        let (policy, script) = SERVICE_POLICY;
        arranged.write(Path::new(policy), script, 0o755)?;
        let (name, settings) = CLUSTER_SETTINGS;
        arranged.write(&Path::new(CLUSTER_FOLDER).join(name), settings, 0o644)?;
        Ok(arranged)
    }

    /// Writes a file, and its folders, unless it is there.
    fn write(&mut self, path: &Path, content: &str, mode: u32) -> anyhow::Result<()> {
        if path.exists() {
            return Ok(());
        }
        let absent = path.ancestors().skip(1).take_while(|folder| !folder.exists());
        for folder in absent.collect::<Vec<_>>().into_iter().rev() {
            fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
            self.made.push(folder.to_owned());
        }
        let file = OpenOptions::new().write(true).create_new(true).open(path);
        let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
        self.made.push(path.to_owned());
        file.write_all(content.as_bytes())?;
        file.set_permissions(Permissions::from_mode(mode))?;
        Ok(())
    }
}

impl Drop for NoServices {
    fn drop(&mut self) {
        // A folder into which a package has put something stays.
        for path in self.made.iter().rev() {
            let _ = if path.is_dir() { fs::remove_dir(path) } else { fs::remove_file(path) };
        }
    }
}

/// apt-get, through sudo for anyone but root.
fn apt_get() -> Vec<&'static str> {
    let mut apt = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"];
    if !programs::is_root() && programs::is_there("sudo") {
        apt.insert(0, "sudo");
    }
    apt
}

fn run_apt(apt: &[&str], arguments: &[&str]) -> anyhow::Result<()> {
    let line = [apt, arguments].concat();
    process::run(line[0], &line[1..])
}

fn agreed(install: &str) -> anyhow::Result<bool> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    println!("This chore needs missing packages. Run `{install}`? [y/N]");
    let mut answer = String::new();
    stdin().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace;

    #[test]
    fn takes_away_what_it_made_and_nothing_else() -> anyhow::Result<()> {
        let base = workspace::tools()?.join(format!("test-no-services-{}", std::process::id()));
        let (there, new) = (base.join("there"), base.join("new/folder/file"));
        fs::create_dir_all(&base)?;
        fs::write(&there, "mine")?;
        let mut arranged = NoServices::default();
        arranged.write(&there, "theirs", 0o644)?;
        arranged.write(&new, "temporary", 0o755)?;
        assert_eq!(fs::metadata(&new)?.permissions().mode() & 0o777, 0o755);
        drop(arranged);
        assert_eq!(fs::read_to_string(&there)?, "mine");
        assert!(!base.join("new").exists());
        fs::remove_dir_all(base)?;
        Ok(())
    }
}
