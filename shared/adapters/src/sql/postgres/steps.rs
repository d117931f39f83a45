//! Steps of the ledger that take one round trip here: PostgreSQL does several statements in one, each whole or not at all.

use jiff::Timestamp;
use pipeline::{BlobId, DocumentClaim, DocumentId, MailId, Message, OutboxEntry, OutboxId, OutboxPolicy, PortError};
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::ledger::{Content, MOST_DOUBLINGS};
use super::{Pool, error, milliseconds};

/// `queued → rendering`, and the outbox row goes.
pub(super) async fn claim_document(
    pool: &Pool,
    document: DocumentId,
    blob: BlobId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<PgRow>, PortError> {
    sqlx::query(
        "with claimed as (
             update documents
             set state = 'rendering', attempt = attempt + 1, attempts = attempts + 1, blob = $2, lease_until = $3
             where id = $1 and state = 'queued' and next_attempt_at <= $4
             returning id, upload, attempt, format
         ), gone as (
             delete from outbox o using claimed c where o.subject = c.id
         )
         select c.upload, c.attempt, c.format, u.raw, u.trace from claimed c join uploads u on u.id = c.upload",
    )
    .bind(document.uuid())
    .bind(blob.uuid())
    .bind(milliseconds(lease_until))
    .bind(milliseconds(now))
    .fetch_optional(pool.connections())
    .await
    .map_err(error("claim a document"))
}

/// `pending → sending`, and the outbox row goes.
pub(super) async fn claim_mail(
    pool: &Pool,
    mail: MailId,
    lease_until: Timestamp,
    now: Timestamp,
) -> Result<Option<PgRow>, PortError> {
    sqlx::query(
        "with claimed as (
             update mails
             set state = 'sending', attempt = attempt + 1, attempts = attempts + 1, lease_until = $2
             where id = $1 and state = 'pending' and next_attempt_at <= $3
               and exists (select 1 from uploads u
                           where u.id = mails.upload and u.generation = mails.generation and u.open = 0)
             returning id, upload, generation, attempt, recipient
         ), gone as (
             delete from outbox o using claimed c where o.subject = c.id
         )
         select upload, generation, attempt, recipient from claimed",
    )
    .bind(mail.uuid())
    .bind(milliseconds(lease_until))
    .bind(milliseconds(now))
    .fetch_optional(pool.connections())
    .await
    .map_err(error("claim a mail"))
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
    let (mail, entry) = (MailId::new(), OutboxId::new());
    let row = sqlx::query(
        "with stored as (
             update documents
             set state = 'stored', bytes = $3, sha256 = $4, file_name = $5, finished_at = $6, lease_until = null,
                 unreachable_since = null, reason = null
             where id = $1 and state = 'rendering' and attempt = $2
             returning upload
         ), closed as (
             update uploads u set open = u.open - 1 from stored s where u.id = s.upload
             returning u.id, u.open, u.generation, u.notify
         ), mailed as (
             insert into mails (id, upload, generation, recipient, state, attempt, attempts, faults, next_attempt_at)
             select $7, id, generation, notify, 'pending', 0, 0, 0, $6 from closed where open <= 0 and notify is not null
             on conflict do nothing
             returning id
         ), queued as (
             insert into outbox (id, kind, subject, trace, due_at, published)
             select $8, 'notify', id, $9, $10, 0 from mailed
         )
         select exists (select 1 from closed) as stored, exists (select 1 from mailed) as mailed",
    )
    .bind(claim.document.uuid())
    .bind(i64::from(claim.attempt))
    .bind(content.bytes)
    .bind(content.sha256)
    .bind(content.file_name)
    .bind(milliseconds(now))
    .bind(mail.uuid())
    .bind(entry.uuid())
    .bind(claim.trace.to_string())
    .bind(milliseconds(policy.first_due(now)))
    .fetch_one(pool.connections())
    .await
    .map_err(error("finish a document"))?;
    if !row.get::<bool, _>("stored") {
        return Ok(None);
    }
    let entry = OutboxEntry { id: entry, message: Message::Notify { mail }, trace: claim.trace };
    Ok(Some(row.get::<bool, _>("mailed").then_some(entry)))
}

/// The broker confirmed these rows' messages.
pub(super) async fn note_published(
    pool: &Pool,
    policy: &OutboxPolicy,
    entries: &[OutboxId],
    now: Timestamp,
) -> Result<(), PortError> {
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.uuid()).collect();
    sqlx::query(
        "update outbox
         set published = published + 1, due_at = $2 + $3 * (1 << cast(least(published, $4) as integer))
         where id = any($1)",
    )
    .bind(ids)
    .bind(milliseconds(now))
    .bind(policy.confirmed_milliseconds())
    .bind(MOST_DOUBLINGS)
    .execute(pool.connections())
    .await
    .map_err(error("confirm outbox rows"))?;
    Ok(())
}
