//! The write-ahead log, kept small.
//!
//! SQLite begins the log again only where no reader needs what is in it. Readers that overlap without a gap, and one that
//! takes long, such as a program that makes a copy, let it grow with each write.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use pipeline::{ErrorKind, PortError};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _};

use super::Parts;

/// How long a log may become, in bytes.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// A longer one is written back and its file cut.
    pub(super) kept: u64,
    /// Over a longer one no new work is taken: else a reader that never ends would fill the disk.
    pub(super) most: u64,
}

pub(super) const LIMITS: Limits = Limits { kept: 16 << 20, most: 256 << 20 };
const LOOK_PERIOD: Duration = Duration::from_secs(1);
/// How long a cut waits for readers. Writers wait with it.
const READERS_LIMIT: Duration = Duration::from_millis(250);

/// The log of a database.
pub(super) struct Wal {
    options: SqliteConnectOptions,
    file: PathBuf,
    limits: Limits,
}

impl Wal {
    pub(super) fn new(options: SqliteConnectOptions, limits: Limits) -> Self {
        let mut file = options.get_filename().as_os_str().to_owned();
        file.push("-wal");
        Self { options, file: file.into(), limits }
    }

    /// Passes where the log may grow.
    pub(super) fn check(&self) -> Result<(), PortError> {
        if self.bytes() <= self.limits.most {
            return Ok(());
        }
        let reason = format!(
            "the database's log {} has grown over {} MiB: a program reads the database and does not end; nothing new is \
             accepted until it does",
            self.file.display(),
            self.limits.most >> 20
        );
        Err(PortError::new(ErrorKind::Unreachable, reason))
    }

    /// Brings everything into the database file and empties the log. `false` where a reader does not allow it.
    pub(super) async fn write_back(&self) -> Result<bool, sqlx::Error> {
        self.checkpoint("pragma wal_checkpoint(truncate)").await
    }

    /// Before writers have to wait, the log is written back as far as readers allow while they go on.
    async fn cut_where_long(&self) -> Result<(), sqlx::Error> {
        if self.bytes() > self.limits.kept && self.checkpoint("pragma wal_checkpoint(passive)").await? {
            self.write_back().await?;
        }
        Ok(())
    }

    async fn checkpoint(&self, statement: &'static str) -> Result<bool, sqlx::Error> {
        let mut connection = self.options.clone().busy_timeout(READERS_LIMIT).connect().await?;
        let (busy, pages, written): (i64, i64, i64) = sqlx::query_as(statement).fetch_one(&mut connection).await?;
        connection.close().await?;
        Ok(busy == 0 && pages == written)
    }

    fn bytes(&self) -> u64 {
        self.file.metadata().map_or(0, |metadata| metadata.len())
    }
}

/// Looks after the log for as long as the pool is there.
pub(super) fn keep_small(parts: &Arc<Parts>) {
    let (closed, parts) = (parts.connections.close_event(), Arc::downgrade(parts));
    tokio::spawn(async move {
        tokio::select! {
            () = closed => {}
            () = look_again_and_again(parts) => {}
        }
    });
}

async fn look_again_and_again(parts: Weak<Parts>) {
    loop {
        tokio::time::sleep(LOOK_PERIOD).await;
        let Some(parts) = parts.upgrade() else { return };
        if let Err(error) = parts.wal.cut_where_long().await {
            tracing::warn!(%error, "the database's log cannot be cut");
        }
    }
}
