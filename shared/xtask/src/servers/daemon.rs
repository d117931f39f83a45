//! A program that runs in the background until it is stopped.

use std::fs::OpenOptions;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

use crate::{interruption, process, process_tree, programs};

const PAUSE: Duration = Duration::from_millis(50);

/// How long a server may take to become ready.
const START_LIMIT: Duration = Duration::from_secs(180);

/// How long a server may take to end when asked to; then it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(45);

/// How long a command that prepares a server may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// A background program. Stops when dropped.
pub(crate) struct Daemon {
    name: &'static str,
    command: Command,
    log: PathBuf,
    stop_signal: &'static str,
    child: Option<Child>,
}

impl Daemon {
    /// A program that is not running yet. It gets its own process group: Ctrl-C in the terminal is not for it.
    pub(crate) fn new(name: &'static str, mut command: Command, log: &Path) -> anyhow::Result<Self> {
        write_to_log(&mut command, log)?.stdin(Stdio::null()).process_group(0);
        Ok(Self { name, command, log: log.to_owned(), stop_signal: "TERM", child: None })
    }

    /// The same program, for which another signal than SIGTERM means a clean stop.
    pub(crate) fn stopped_by(mut self, signal: &'static str) -> Self {
        self.stop_signal = signal;
        self
    }

    /// Starts it, again on the same data if it ran before.
    pub(crate) fn start(&mut self) -> anyhow::Result<()> {
        ensure!(!self.is_running()?, "{} is running already", self.name);
        let program = self.command.get_program().to_string_lossy().into_owned();
        self.child = Some(self.command.spawn().with_context(|| programs::cannot_start(&program))?);
        Ok(())
    }

    /// Whether it was started and has not ended.
    pub(crate) fn is_running(&mut self) -> anyhow::Result<bool> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.is_none()),
            None => Ok(false),
        }
    }

    /// The id of its process, if it was started.
    pub(crate) fn process(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Waits until the check succeeds; fails when the program ends before, and after a limit.
    pub(crate) fn wait_until(&mut self, mut check: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<()> {
        let begun = Instant::now();
        loop {
            interruption::check()?;
            let Err(error) = check() else { return Ok(()) };
            let log = self.log.display();
            if let Some(status) = self.child.as_mut().map(Child::try_wait).transpose()?.flatten() {
                bail!("{} ended at once: {status}; see {log}", self.name);
            }
            if begun.elapsed() > START_LIMIT {
                return Err(error.context(format!("{} was not ready within {START_LIMIT:?}; see {log}", self.name)));
            }
            sleep(PAUSE);
        }
    }

    /// Kills it with all that it started, as a power cut would.
    pub(crate) fn kill(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.child.take() {
            process_tree::kill_tree(child.id())?;
            child.wait()?;
        }
        Ok(())
    }

    /// Asks it to end and waits; kills it where it does not.
    pub(crate) fn stop(&mut self) -> anyhow::Result<()> {
        let Some(child) = &mut self.child else { return Ok(()) };
        if child.try_wait()?.is_none() {
            process_tree::signal(child.id(), self.stop_signal)?;
        }
        let begun = Instant::now();
        while child.try_wait()?.is_none() {
            if begun.elapsed() > STOP_LIMIT {
                self.kill()?;
                bail!("{} did not stop within {STOP_LIMIT:?} and was killed; see {}", self.name, self.log.display());
            }
            sleep(PAUSE);
        }
        self.child = None;
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            println!("{error:#}");
        }
    }
}

/// Runs a command that prepares or asks a server; what it prints goes to the server's log.
pub(crate) fn prepare(command: &mut Command, log: &Path) -> anyhow::Result<()> {
    prepare_with_input(command, Stdio::null(), log)
}

/// The same for a command that reads something.
pub(crate) fn prepare_with_input(command: &mut Command, input: Stdio, log: &Path) -> anyhow::Result<()> {
    let status = process::status_within(write_to_log(command, log)?.stdin(input), COMMAND_LIMIT)?;
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    ensure!(status.success(), "{program} failed: {status}; see {}", log.display());
    Ok(())
}

fn write_to_log<'a>(command: &'a mut Command, log: &Path) -> anyhow::Result<&'a mut Command> {
    let output = OpenOptions::new().create(true).append(true).open(log)?;
    Ok(command.stdout(output.try_clone()?).stderr(output))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::servers::secret;

    fn daemon(script: &str) -> anyhow::Result<(Daemon, PathBuf)> {
        let log = std::env::temp_dir().join(format!("daemon-{}.log", secret::random()?));
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Ok((Daemon::new("sleeper", command, &log)?, log))
    }

    #[test]
    fn starts_again_after_a_stop_and_after_a_kill() -> anyhow::Result<()> {
        let (mut daemon, log) = daemon("echo started; exec sleep 60")?;
        let started = |times: usize| {
            let seen = std::fs::read_to_string(&log)?.lines().count();
            ensure!(seen == times, "started {seen} times");
            Ok(())
        };
        daemon.start()?;
        daemon.wait_until(|| started(1))?;
        assert!(daemon.start().is_err(), "it runs already");
        daemon.stop()?;
        daemon.start()?;
        daemon.wait_until(|| started(2))?;
        daemon.kill()?;
        assert!(!daemon.is_running()?);
        std::fs::remove_file(log)?;
        Ok(())
    }

    #[test]
    fn names_the_log_of_one_that_ends_at_once() -> anyhow::Result<()> {
        let (mut daemon, log) = daemon("exit 3")?;
        daemon.start()?;
        let error = daemon.wait_until(|| bail!("not ready")).expect_err("it ended");
        assert!(error.to_string().contains(&log.display().to_string()), "{error:#}");
        std::fs::remove_file(log)?;
        Ok(())
    }
}
