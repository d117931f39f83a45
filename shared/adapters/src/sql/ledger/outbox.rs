//! Step 2 of the protocol: a row is published again and again until the claim that its message asks for deletes it.

use jiff::Timestamp;
use pipeline::{DocumentId, ErrorKind, MailId, Message, OutboxEntry, OutboxId, OutboxPolicy, PortError, TraceId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{Pool, error, milliseconds};
use super::{Connection, Row, commit};

/// The broker has confirmed a row's message.
pub(in super::super) struct Confirmed {
    pub(in super::super) entry: OutboxId,
    pub(in super::super) at: Timestamp,
}

pub(super) async fn insert(
    connection: &mut Connection,
    message: Message,
    trace: TraceId,
    due: Timestamp,
) -> Result<OutboxEntry, PortError> {
    let entry = OutboxEntry { id: OutboxId::new(), message, trace };
    insert_entry(connection, &entry, due).await?;
    Ok(entry)
}

pub(in super::super) async fn insert_entry(
    connection: &mut Connection,
    entry: &OutboxEntry,
    due: Timestamp,
) -> Result<(), PortError> {
    let (kind, subject) = match entry.message {
        Message::Render { document } => ("render", document.uuid()),
        Message::Notify { mail } => ("notify", mail.uuid()),
    };
    sqlx::query("insert into outbox (id, kind, subject, trace, due_at, published) values ($1, $2, $3, $4, $5, 0)")
        .bind(entry.id.uuid())
        .bind(kind)
        .bind(subject)
        .bind(entry.trace.to_string())
        .bind(milliseconds(due))
        .execute(connection)
        .await
        .map_err(error("store an outbox row"))?;
    Ok(())
}

/// The claim was made: the message has done its work.
pub(super) async fn delete(connection: &mut Connection, subject: Uuid) -> Result<(), PortError> {
    sqlx::query("delete from outbox where subject = $1")
        .bind(subject)
        .execute(connection)
        .await
        .map_err(error("delete an outbox row"))?;
    Ok(())
}

pub(super) async fn due(
    pool: &Pool,
    policy: &OutboxPolicy,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxEntry>, PortError> {
    // A look that locks nothing first: mostly nothing is due.
    let any: Option<i32> = sqlx::query_scalar("select 1 from outbox where due_at <= $1 limit 1")
        .bind(milliseconds(now))
        .fetch_optional(pool.connections())
        .await
        .map_err(error("look for due outbox rows"))?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    let mut transaction = pool.begin().await?;
    let rows = sqlx::query(concat!(
        "update outbox set due_at = $2
         where id in (select id from outbox where due_at <= $1 order by due_at limit $3",
        row_lock!("for update skip locked"),
        ") returning id, kind, subject, trace",
    ))
    .bind(milliseconds(now))
    .bind(milliseconds(policy.taken_until(now)))
    .bind(i64::from(limit))
    .fetch_all(&mut *transaction)
    .await
    .map_err(error("take due outbox rows"))?;
    commit(transaction).await?;
    Ok(rows.iter().filter_map(readable).collect())
}

/// A row that cannot be read is told and left out, so that it does not hold up the others.
fn readable(row: &Row) -> Option<OutboxEntry> {
    match entry(row) {
        Ok(entry) => Some(entry),
        Err(error) => {
            let outbox_id = row.try_get::<Uuid, _>("id").unwrap_or_default();
            tracing::error!(%outbox_id, %error, "an outbox row cannot be read");
            None
        }
    }
}

fn entry(row: &Row) -> Result<OutboxEntry, PortError> {
    let (id, subject, kind, text) = columns(row).map_err(error("read an outbox row"))?;
    let message = match kind.as_str() {
        "render" => Message::Render { document: DocumentId::from(subject) },
        "notify" => Message::Notify { mail: MailId::from(subject) },
        other => return Err(PortError::new(ErrorKind::Internal, format!("unknown outbox kind {other:?}"))),
    };
    Ok(OutboxEntry { id: OutboxId::from(id), message, trace: trace(&text)? })
}

fn columns(row: &Row) -> Result<(Uuid, Uuid, String, String), sqlx::Error> {
    Ok((row.try_get("id")?, row.try_get("subject")?, row.try_get("kind")?, row.try_get("trace")?))
}

pub(super) fn trace(text: &str) -> Result<TraceId, PortError> {
    text.parse().map_err(|source| PortError::new(ErrorKind::Internal, "a stored trace id is wrong").with_source(source))
}
