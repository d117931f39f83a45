//! The ledger's clock: one for all that use it, so that what is due does not depend on whose message came first.

use std::sync::Arc;
use std::time::Duration;

use pipeline::{Clock, PortError};

use super::super::{error, milliseconds, steady};
use super::Connection;

/// The database's clock, or the one that a test gives.
#[derive(Clone, Default)]
pub(in super::super) struct LedgerClock(pub(super) Option<Arc<dyn Clock>>);

/// The present.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Now {
    /// For people, and for ages such as retention: milliseconds since 1970.
    pub(in super::super) at: i64,
    /// For what is due: milliseconds of a clock that all who use the database share, see [`steady`].
    pub(in super::super) due: i64,
}

impl LedgerClock {
    pub(in super::super) async fn now(&self, connection: &mut Connection) -> Result<Now, PortError> {
        if let Some(at) = self.given() {
            return Ok(Now { at, due: at });
        }
        let at = sqlx::query_scalar(concat!("select ", wall_clock!())).fetch_one(connection).await;
        let at = at.map_err(error("read the clock"))?;
        Ok(Now { at, due: steady(at) })
    }

    /// The time of the clock that a test gives.
    pub(in super::super) fn given(&self) -> Option<i64> {
        self.0.as_ref().map(|clock| milliseconds(clock.now()))
    }
}

impl Now {
    /// When a wait that begins now is over.
    pub(in super::super) fn after(self, wait: Duration) -> i64 {
        self.due.saturating_add(length(wait))
    }

    /// What is older than this age lies before the answer.
    pub(super) fn before(self, age: Duration) -> i64 {
        self.at.saturating_sub(length(age))
    }
}

/// A span in the unit of the ledger's times.
pub(in super::super) fn length(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}
