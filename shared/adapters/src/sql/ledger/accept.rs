//! Step 1 of the protocol: a committed transaction is what a 2xx promises.

use jiff::{SignedDuration, Timestamp};
use pipeline::{Acceptance, ErrorKind, IDEMPOTENCY_KEY_LIFE, Message, NewUpload, PortError, UploadId, UserId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, milliseconds};
use super::{Connection, SqlLedger, commit, outbox};

/// How often an upload is offered to the ledger where its idempotency key comes and goes.
const TRIES: u32 = 2;

impl SqlLedger {
    pub(super) async fn accept_upload(&self, upload: &NewUpload) -> Result<Acceptance, PortError> {
        // An earlier request's key that is deleted before its answer is read leaves the key to this one.
        for _ in 0..TRIES {
            if let Some(acceptance) = self.try_to_accept(upload).await? {
                return Ok(acceptance);
            }
        }
        Err(PortError::new(ErrorKind::Unreachable, "the idempotency key is being deleted again and again"))
    }

    async fn try_to_accept(&self, upload: &NewUpload) -> Result<Option<Acceptance>, PortError> {
        let mut transaction = self.pool.begin().await?;
        if let Some(idempotency) = &upload.idempotency {
            let reserved = reserve_key(&mut transaction, upload, &idempotency.key, &idempotency.fingerprint).await?;
            if !reserved {
                transaction.rollback().await.map_err(error("roll back"))?;
                return self.earlier_answer(upload.owner, &idempotency.key, &idempotency.fingerprint).await;
            }
        }
        insert_upload(&mut transaction, upload).await?;
        let mut entries = Vec::with_capacity(upload.documents.len());
        for document in &upload.documents {
            insert_document(&mut transaction, upload, document).await?;
            let message = Message::Render { document: document.id };
            let due = self.retry.outbox.first_due(upload.at);
            entries.push(outbox::insert(&mut transaction, message, upload.trace, due).await?);
        }
        commit(transaction).await?;
        Ok(Some(Acceptance::Accepted(entries)))
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
            .fetch_optional(self.pool.connections())
            .await
            .map_err(error("read an idempotency key"))?;
        let Some(row) = row else { return Ok(None) };
        let same = row.get::<Vec<u8>, _>("fingerprint") == fingerprint;
        let winner = UploadId::from(row.get::<Uuid, _>("upload"));
        Ok(Some(if same { Acceptance::Repeated(winner) } else { Acceptance::Conflict }))
    }
}

/// `false` where the owner's key was used within its life.
async fn reserve_key(
    connection: &mut Connection,
    upload: &NewUpload,
    key: &str,
    fingerprint: &[u8; 32],
) -> Result<bool, PortError> {
    let too_old = milliseconds(oldest_living_key(upload.at));
    sqlx::query("delete from idempotency_keys where owner = $1 and key = $2 and created_at < $3")
        .bind(upload.owner.uuid())
        .bind(key)
        .bind(too_old)
        .execute(&mut *connection)
        .await
        .map_err(error("forget an idempotency key"))?;
    let inserted = sqlx::query(
        "insert into idempotency_keys (owner, key, fingerprint, upload, created_at) values ($1, $2, $3, $4, $5)
         on conflict do nothing",
    )
    .bind(upload.owner.uuid())
    .bind(key)
    .bind(fingerprint.as_slice())
    .bind(upload.id.uuid())
    .bind(milliseconds(upload.at))
    .execute(connection)
    .await
    .map_err(error("store an idempotency key"))?;
    Ok(inserted.rows_affected() == 1)
}

fn oldest_living_key(now: Timestamp) -> Timestamp {
    now - SignedDuration::try_from(IDEMPOTENCY_KEY_LIFE).unwrap_or_default()
}

async fn insert_upload(connection: &mut Connection, upload: &NewUpload) -> Result<(), PortError> {
    let open = i64::try_from(upload.documents.len()).unwrap_or(i64::MAX);
    sqlx::query(
        "insert into uploads (id, owner, invoice_number, raw, notify, trace, open, generation, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8)",
    )
    .bind(upload.id.uuid())
    .bind(upload.owner.uuid())
    .bind(&upload.invoice_number)
    .bind(upload.raw.uuid())
    .bind(upload.notify.as_ref().map(pipeline::Email::as_str))
    .bind(upload.trace.to_string())
    .bind(open)
    .bind(milliseconds(upload.at))
    .execute(connection)
    .await
    .map_err(error("store an upload"))?;
    Ok(())
}

async fn insert_document(
    connection: &mut Connection,
    upload: &NewUpload,
    document: &pipeline::NewDocument,
) -> Result<(), PortError> {
    sqlx::query(
        "insert into documents (id, upload, format, state, attempt, attempts, faults, next_attempt_at)
         values ($1, $2, $3, 'queued', 0, 0, 0, $4)",
    )
    .bind(document.id.uuid())
    .bind(upload.id.uuid())
    .bind(document.format.name())
    .bind(milliseconds(upload.at))
    .execute(connection)
    .await
    .map_err(error("store a document"))?;
    Ok(())
}
