//! Where each server of a run comes from.

use std::collections::BTreeMap;
use std::env;

use anyhow::ensure;

use super::{Kind, compose, postgres, rabbitmq};
use crate::programs;

/// Where a server comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Environment variables name one that runs already.
    Given,
    /// The services of `k8s-fallback/compose.yaml`, on a Docker engine.
    Compose,
    /// A program of this machine, started for this run.
    Private,
    /// Nowhere, and what to do about it.
    Missing(String),
}

/// Where all servers of a run come from.
pub struct Plan(BTreeMap<Kind, Source>);

/// What this machine offers.
struct Machine {
    has_docker: bool,
    installs_packages_as_root: bool,
}

impl Plan {
    /// Looks at the environment and at this machine.
    pub fn new() -> Self {
        let machine = Machine::look();
        let is_given = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
        Self(Kind::ALL.into_iter().map(|kind| (kind, source(kind, is_given, &machine))).collect())
    }

    /// Only these servers, and none that runs already: killing them harms nobody.
    pub fn of_its_own(kinds: &[Kind]) -> Self {
        let machine = Machine::look();
        Self(kinds.iter().map(|kind| (*kind, source(*kind, |_| false, &machine))).collect())
    }

    /// Fails where a server cannot be got, saying how it could.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        let reasons: Vec<&str> = self.0.values().filter_map(Source::reason).collect();
        ensure!(reasons.is_empty(), "{}", reasons.join("\n"));
        Ok(())
    }

    /// The servers from one source.
    pub(crate) fn kinds(&self, source: &Source) -> Vec<Kind> {
        self.0.iter().filter(|(_, found)| *found == source).map(|(kind, _)| *kind).collect()
    }

    /// The Debian packages that its private servers lack.
    pub(crate) fn missing_packages(&self) -> Vec<&'static str> {
        let is_private = |kind| self.0.get(&kind) == Some(&Source::Private);
        let mut missing = Vec::new();
        if is_private(Kind::Postgres) && postgres::installed().is_none() {
            missing.push("postgresql");
        }
        if is_private(Kind::RabbitMq) && !rabbitmq::is_installed() {
            missing.push("rabbitmq-server");
        }
        missing
    }
}

impl Machine {
    fn look() -> Self {
        Self {
            has_docker: compose::engine_answers(),
            installs_packages_as_root: programs::is_there("apt-get") && programs::is_root(),
        }
    }
}

impl Default for Plan {
    fn default() -> Self {
        Self::new()
    }
}

impl Source {
    fn reason(&self) -> Option<&str> {
        match self {
            Self::Missing(reason) => Some(reason),
            Self::Given | Self::Compose | Self::Private => None,
        }
    }
}

/// The variables that together name a server which runs already.
fn variables(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Postgres => &["TEST_POSTGRES_URL"],
        Kind::Mongodb => &["TEST_MONGODB_URL"],
        Kind::RabbitMq => &["TEST_AMQP_URL", "TEST_AMQPS_URL"],
        Kind::S3 => &["TEST_S3_URL"],
        Kind::Smtp => &["TEST_SMTP_URL", "TEST_SMTPS_URL", "TEST_SMTP_FOLDER"],
        Kind::Ses => &["TEST_SES_URL"],
    }
}

fn source(kind: Kind, is_given: impl Fn(&str) -> bool, machine: &Machine) -> Source {
    let names = variables(kind);
    let absent: Vec<&str> = names.iter().copied().filter(|name| !is_given(name)).collect();
    if absent.is_empty() {
        return Source::Given;
    }
    if absent.len() < names.len() {
        return Source::Missing(format!(
            "{kind:?}: of {} set all or none: {} is missing",
            names.join(", "),
            absent.join(", ")
        ));
    }
    if compose::service_name(kind).is_none() {
        // Nothing that it needs asks for privileges.
        Source::Private
    } else if machine.has_docker {
        Source::Compose
    } else if machine.installs_packages_as_root {
        Source::Private
    } else {
        Source::Missing(format!(
            "{kind:?} is missing. Either start a Docker engine that this user may use (`docker info` and \
             `docker compose version` must succeed), or run as root on Debian or Ubuntu, or set {}. \
             `cargo xtask test --embedded-only` tests the rest",
            names.join(" and ")
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Machine = Machine { has_docker: false, installs_packages_as_root: false };

    #[test]
    fn a_given_server_comes_before_any_other() {
        let machine = Machine { has_docker: true, installs_packages_as_root: true };
        assert_eq!(source(Kind::Postgres, |_| true, &machine), Source::Given);
        assert_eq!(source(Kind::Smtp, |_| true, &machine), Source::Given);
    }

    #[test]
    fn docker_comes_before_private_servers() {
        let machine = Machine { has_docker: true, installs_packages_as_root: true };
        assert_eq!(source(Kind::RabbitMq, |_| false, &machine), Source::Compose);
        let machine = Machine { has_docker: false, ..machine };
        assert_eq!(source(Kind::RabbitMq, |_| false, &machine), Source::Private);
    }

    #[test]
    fn what_needs_no_privileges_is_always_private() {
        for kind in [Kind::S3, Kind::Smtp, Kind::Ses] {
            assert_eq!(source(kind, |_| false, &BARE), Source::Private);
        }
    }

    #[test]
    fn says_how_to_get_a_missing_server() {
        let source = source(Kind::Mongodb, |_| false, &BARE);
        let reason = source.reason().expect("it is missing");
        for way in ["docker info", "as root", "TEST_MONGODB_URL", "--embedded-only"] {
            assert!(reason.contains(way), "{reason}");
        }
    }

    #[test]
    fn names_the_variable_that_was_forgotten() {
        let source = source(Kind::RabbitMq, |name| name == "TEST_AMQP_URL", &BARE);
        assert!(source.reason().expect("it is missing").ends_with("TEST_AMQPS_URL is missing"));
    }
}
