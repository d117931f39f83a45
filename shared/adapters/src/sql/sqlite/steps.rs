//! Steps of the ledger that PostgreSQL does in one statement and SQLite in one transaction.

use jiff::Timestamp;
use pipeline::{BlobId, DocumentClaim, DocumentId, MailId, OutboxEntry, OutboxId, OutboxPolicy, PortError};
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use super::ledger::{Content, MOST_DOUBLINGS, close};
use super::{Engine, Pool, error, milliseconds};

/// `queued → rendering`, and the outbox row goes.
pub(super) async fn claim_document(
    pool: &Pool,
    document: DocumentId,
    blob: BlobId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<SqliteRow>, PortError> {
    let mut transaction = pool.begin().await?;
    let claimed = sqlx::query(
        "update documents
         set state = 'rendering', attempt = attempt + 1, attempts = attempts + 1, blob = $2, lease_until = $3
         where id = $1 and state = 'queued' and next_attempt_at <= $4
         returning upload, attempt, format,
             (select raw from uploads where uploads.id = documents.upload) as raw,
             (select trace from uploads where uploads.id = documents.upload) as trace",
    )
    .bind(document.uuid())
    .bind(blob.uuid())
    .bind(milliseconds(lease_until))
    .bind(milliseconds(now))
    .fetch_optional(&mut *transaction)
    .await
    .map_err(error("claim a document"))?;
    end_claim(transaction, document.uuid(), claimed).await
}

/// `pending → sending`, and the outbox row goes.
pub(super) async fn claim_mail(
    pool: &Pool,
    mail: MailId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<SqliteRow>, PortError> {
    let mut transaction = pool.begin().await?;
    let claimed = sqlx::query(
        "update mails
         set state = 'sending', attempt = attempt + 1, attempts = attempts + 1, lease_until = $2
         where id = $1 and state = 'pending' and next_attempt_at <= $3
           and exists (select 1 from uploads u
                       where u.id = mails.upload and u.generation = mails.generation and u.open = 0)
         returning upload, generation, attempt, recipient",
    )
    .bind(mail.uuid())
    .bind(milliseconds(lease_until))
    .bind(milliseconds(now))
    .fetch_optional(&mut *transaction)
    .await
    .map_err(error("claim a mail"))?;
    end_claim(transaction, mail.uuid(), claimed).await
}

async fn end_claim(
    mut transaction: sqlx::Transaction<'static, Engine>,
    subject: Uuid,
    claimed: Option<SqliteRow>,
) -> Result<Option<SqliteRow>, PortError> {
    if claimed.is_some() {
        let gone = sqlx::query("delete from outbox where subject = $1").bind(subject).execute(&mut *transaction).await;
        gone.map_err(error("delete an outbox row"))?;
    }
    transaction.commit().await.map_err(error("commit"))?;
    Ok(claimed)
}

/// `rendering → stored`, one document less is open, and the last one brings the mail with its outbox row: the outer
/// `None` where another attempt holds the document.
pub(super) async fn store_document(
    pool: &Pool,
    policy: &OutboxPolicy,
    claim: &DocumentClaim,
    content: &Content<'_>,
    now: Timestamp,
) -> Result<Option<Option<OutboxEntry>>, PortError> {
    let mut transaction = pool.begin().await?;
    let stored = sqlx::query(
        "update documents
         set state = 'stored', bytes = $3, sha256 = $4, file_name = $5, finished_at = $6, lease_until = null,
             unreachable_since = null, reason = null
         where id = $1 and state = 'rendering' and attempt = $2",
    )
    .bind(claim.document.uuid())
    .bind(i64::from(claim.attempt))
    .bind(content.bytes)
    .bind(content.sha256)
    .bind(content.file_name)
    .bind(milliseconds(now))
    .execute(&mut *transaction)
    .await
    .map_err(error("finish a document"))?;
    if stored.rows_affected() == 0 {
        return Ok(None);
    }
    let publish = close(&mut transaction, claim.upload, policy, now).await?;
    transaction.commit().await.map_err(error("commit"))?;
    Ok(Some(publish))
}

/// The broker confirmed these rows' messages.
pub(super) async fn note_published(
    pool: &Pool,
    policy: &OutboxPolicy,
    entries: &[OutboxId],
    now: Timestamp,
) -> Result<(), PortError> {
    let mut transaction = pool.begin().await?;
    for entry in entries {
        sqlx::query(
            "update outbox
             set published = published + 1, due_at = $2 + $3 * (1 << min(published, $4))
             where id = $1",
        )
        .bind(entry.uuid())
        .bind(milliseconds(now))
        .bind(policy.confirmed_milliseconds())
        .bind(MOST_DOUBLINGS)
        .execute(&mut *transaction)
        .await
        .map_err(error("confirm an outbox row"))?;
    }
    transaction.commit().await.map_err(error("commit"))
}
