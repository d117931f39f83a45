//! Step 2 of the protocol: the broker's confirms, noted many at a time.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use pipeline::{OutboxId, OutboxPolicy, PortError};

use super::super::{Pool, steps};

/// Confirms that are to be noted. While one caller notes what has gathered, the next gather: under load a statement
/// carries many.
#[derive(Default)]
pub(super) struct Notes {
    gathered: Mutex<Vec<OutboxId>>,
    turn: tokio::sync::Mutex<()>,
}

impl Notes {
    /// Answers once it is noted, by this caller or by another. Of a statement that fails only its own caller hears: a
    /// confirm that is not noted means no more than a message that is published again.
    pub(super) async fn published(
        &self,
        pool: &Pool,
        policy: &OutboxPolicy,
        entry: OutboxId,
        now: Timestamp,
    ) -> Result<(), PortError> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
        let _turn = self.turn.lock().await;
        let gathered = std::mem::take(&mut *self.gathered.lock().unwrap_or_else(PoisonError::into_inner));
        if gathered.is_empty() {
            return Ok(());
        }
        steps::note_published(pool, policy, &gathered, now).await
    }
}
