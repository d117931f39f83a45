//! Step 1 of the protocol: a committed transaction is what a 2xx promises.

use pipeline::{
    Acceptance, ErrorKind, IDEMPOTENCY_KEY_LIFE, Idempotency, Message, NewDocument, NewUpload, OutboxEntry, OutboxId,
    PortError, UploadId, UserId,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, timestamp};
use super::SqlLedger;

/// An upload that the ledger has.
pub(in super::super) struct AcceptedAt {
    pub(in super::super) at: i64,
    pub(in super::super) publish: Vec<OutboxEntry>,
}

/// How often an upload is offered to the ledger where its idempotency key comes and goes.
const TRIES: u32 = 2;

impl SqlLedger {
    pub(super) async fn accept_upload(&self, upload: &NewUpload) -> Result<Acceptance, PortError> {
        self.base.pool.admit_upload()?;
        // An earlier request's key that is deleted before its answer is read leaves the key to this one.
        for _ in 0..TRIES {
            if let Some(acceptance) = self.try_to_accept(upload).await? {
                return Ok(acceptance);
            }
        }
        Err(PortError::new(ErrorKind::Unreachable, "the idempotency key is being deleted again and again"))
    }

    async fn try_to_accept(&self, upload: &NewUpload) -> Result<Option<Acceptance>, PortError> {
        if let Some(AcceptedAt { at, publish }) = self.accepting.call(upload.clone()).await? {
            return Ok(Some(Acceptance::Accepted { at: timestamp(at)?, publish }));
        }
        let Some(Idempotency { key, fingerprint }) = &upload.idempotency else {
            return Err(PortError::new(ErrorKind::Internal, "an upload without a key was not accepted"));
        };
        self.earlier_answer(upload.owner, key, fingerprint).await
    }

    /// `None` where the key is gone again.
    async fn earlier_answer(
        &self,
        owner: UserId,
        key: &str,
        fingerprint: &[u8; 32],
    ) -> Result<Option<Acceptance>, PortError> {
        let row = sqlx::query("select upload, fingerprint from idempotency_keys where owner = $1 and key = $2")
            .bind(owner.uuid())
            .bind(key)
            .fetch_optional(self.base.pool.connections())
            .await
            .map_err(error("read an idempotency key"))?;
        let Some(row) = row else { return Ok(None) };
        let same = row.get::<Vec<u8>, _>("fingerprint") == fingerprint;
        let winner = UploadId::from(row.get::<Uuid, _>("upload"));
        Ok(Some(if same { Acceptance::Repeated(winner) } else { Acceptance::Conflict }))
    }
}

/// How long a key lives, in milliseconds.
pub(in super::super) fn idempotency_key_life() -> i64 {
    i64::try_from(IDEMPOTENCY_KEY_LIFE.as_millis()).unwrap_or(i64::MAX)
}

/// The outbox rows of an accepted upload.
pub(in super::super) fn render_messages(upload: &NewUpload) -> Vec<OutboxEntry> {
    let entry = |document: &NewDocument| OutboxEntry {
        id: OutboxId::new(),
        message: Message::Render { document: document.id },
        trace: upload.trace,
    };
    upload.documents.iter().map(entry).collect()
}
