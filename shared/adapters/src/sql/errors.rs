//! Every error of a database, sorted by its code: the one place that knows SQLSTATEs and SQLite's result codes.
//!
//! The statements of this program are constants. So an error depends on a call's own data only where its code says so:
//! a broken constraint, a value out of range. Every other error tells of the state of the database (it is full, read-only,
//! being restarted, restored or migrated, or its rights are wrong) and would meet any call. Such an error is never a reason
//! to be done with a message.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use pipeline::{ErrorKind, PortError};

/// Sessions are distrusted this often at most: while a database refuses, each is replaced once in this time.
const DISTRUST_PERIOD: Duration = Duration::from_secs(1);

/// What an error of a database asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// The same call may succeed later.
    Retry,
    /// The same call may succeed later, and in another session: this one and its contemporaries leave the pool.
    Reconnect,
    /// The call contradicts what is stored.
    Refuse,
    /// The call's own data are beyond the database: no other try helps.
    GiveUp,
}

/// The errors of one engine, and which of its sessions they left usable. One per process: what breaks one session, such
/// as a failover or a full disk, rarely breaks it alone.
pub(super) struct Errors {
    by_code: fn(&str) -> Remedy,
    distrusted: Mutex<Option<Instant>>,
}

impl Errors {
    pub(super) const fn new(by_code: fn(&str) -> Remedy) -> Self {
        Self { by_code, distrusted: Mutex::new(None) }
    }

    /// The port's error for one of the database; `context` says what was being done.
    pub(super) fn port_error(&self, context: &str, source: sqlx::Error) -> PortError {
        let remedy = self.remedy(&source);
        if remedy == Remedy::Reconnect {
            self.distrust(Instant::now());
        }
        PortError::new(kind(&source, remedy), format!("cannot {context}")).with_source(source)
    }

    /// Whether a session of this age may be used.
    pub(super) fn trusts(&self, age: Duration) -> bool {
        let distrusted = *self.distrusted.lock().unwrap_or_else(PoisonError::into_inner);
        distrusted.is_none_or(|distrusted| age < distrusted.elapsed())
    }

    fn distrust(&self, now: Instant) {
        let mut distrusted = self.distrusted.lock().unwrap_or_else(PoisonError::into_inner);
        if distrusted.is_none_or(|before| now.saturating_duration_since(before) >= DISTRUST_PERIOD) {
            *distrusted = Some(now);
        }
    }

    fn remedy(&self, error: &sqlx::Error) -> Remedy {
        match error {
            sqlx::Error::Database(database) => database.code().map_or(Remedy::Retry, |code| (self.by_code)(&code)),
            // The driver and the server disagree about the session.
            sqlx::Error::Protocol(_) | sqlx::Error::BeginFailed | sqlx::Error::InvalidSavePointStatement => {
                Remedy::Reconnect
            }
            sqlx::Error::RowNotFound => Remedy::Refuse,
            // A stored value, or an argument, is not what the program expects.
            sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnIndexOutOfBounds { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. } => Remedy::GiveUp,
            // No way to the server. A connection that broke leaves the pool as it is.
            _ => Remedy::Retry,
        }
    }
}

fn kind(error: &sqlx::Error, remedy: Remedy) -> ErrorKind {
    match (remedy, error) {
        (Remedy::Retry | Remedy::Reconnect, _) => ErrorKind::Unreachable,
        (Remedy::Refuse, sqlx::Error::RowNotFound) => ErrorKind::NotFound,
        (Remedy::Refuse, sqlx::Error::Database(error)) if error.is_unique_violation() => ErrorKind::AlreadyExists,
        (Remedy::Refuse, _) => ErrorKind::Rejected,
        (Remedy::GiveUp, _) => ErrorKind::Internal,
    }
}

/// By SQLSTATE (PostgreSQL documentation, appendix A), mostly by its class, the first two characters.
#[cfg(any(feature = "postgres", test))]
pub(super) fn of_postgres(code: &str) -> Remedy {
    match code.get(..2).unwrap_or_default() {
        // A time limit or an operator cancelled the statement; its session is sound.
        "57" if code == "57014" => Remedy::Retry,
        // A statement that the session prepared under this name already, or whose plan the schema has overtaken.
        "42" if code == "42P05" => Remedy::Reconnect,
        // Feature not supported (an overtaken plan; a standby), invalid transaction state (read-only; aborted), unknown
        // prepared statement, operator intervention, internal error.
        "0A" | "25" | "26" | "57" | "XX" => Remedy::Reconnect,
        // Integrity constraints, and a view's check.
        "23" | "44" => Remedy::Refuse,
        // Cardinality, data, and limits of the program.
        "21" | "22" | "54" => Remedy::GiveUp,
        // Connections, authorization, rollbacks such as those of deadlocks, syntax and rights, resources, objects that are
        // in use or not there, system errors, and what is unknown here.
        _ => Remedy::Retry,
    }
}

/// By primary result code (<https://www.sqlite.org/rescode.html>), the low byte of an extended one.
#[cfg(any(feature = "sqlite", test))]
pub(super) fn of_sqlite(code: &str) -> Remedy {
    const PERM: u32 = 3;
    const BUSY: u32 = 5;
    const LOCKED: u32 = 6;
    const PROTOCOL: u32 = 15;
    const TOO_BIG: u32 = 18;
    const CONSTRAINT: u32 = 19;
    const MISMATCH: u32 = 20;
    const AUTH: u32 = 23;
    const RANGE: u32 = 25;
    match code.parse::<u32>().map(|code| code & 0xff) {
        Ok(PERM | BUSY | LOCKED | PROTOCOL | AUTH) => Remedy::Retry,
        Ok(CONSTRAINT) => Remedy::Refuse,
        Ok(TOO_BIG | MISMATCH | RANGE) => Remedy::GiveUp,
        // FULL, IOERR, NOMEM and others end a transaction behind the driver's back; READONLY and CORRUPT tell of a file
        // that was replaced; ERROR of a missing table or of a transaction within a transaction.
        _ => Remedy::Reconnect,
    }
}

#[cfg(test)]
mod tests;
