//! Step 2 of the protocol: a row is published again and again until the claim that its message asks for deletes it.
//!
//! `published` counts the confirms since the row was last taken. At 0 the row is due at `due_at`. Otherwise its message is
//! in the queue as far as anybody knows, and from `due_at` on it may be looked for.

use pipeline::{DocumentId, ErrorKind, MailId, Message, OutboxEntry, OutboxId, PortError, Queue, TraceId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::error;
use super::{Base, Connection, Now, Row, commit};

/// Whether a row is there, and taking them: those to be published, `= 0`, or those whose message was confirmed a while
/// ago, `> 0`. What is due further ahead than any wait is due: the clock was set back.
macro_rules! look {
    ($published:literal) => {
        concat!(
            "select 1 from outbox where published ",
            $published,
            " and kind = $1 and (due_at <= $2 or due_at > $3) limit 1"
        )
    };
}
macro_rules! take {
    ($published:literal) => {
        concat!(
            "update outbox set due_at = $4, published = 0
             where id in (select id from outbox
                          where published ",
            $published,
            " and kind = $1 and (due_at <= $2 or due_at > $3) order by due_at, id limit $5",
            row_lock!("for update skip locked"),
            ") returning id, kind, subject, trace"
        )
    };
}

pub(super) async fn insert(
    connection: &mut Connection,
    message: Message,
    trace: TraceId,
    due_at: i64,
) -> Result<OutboxEntry, PortError> {
    let entry = OutboxEntry { id: OutboxId::new(), message, trace };
    insert_entry(connection, &entry, due_at).await?;
    Ok(entry)
}

pub(in super::super) async fn insert_entry(
    connection: &mut Connection,
    entry: &OutboxEntry,
    due_at: i64,
) -> Result<(), PortError> {
    let (kind, subject) = (kind(entry.message.queue()), subject(&entry.message));
    sqlx::query("insert into outbox (id, kind, subject, trace, due_at, published) values ($1, $2, $3, $4, $5, 0)")
        .bind(entry.id.uuid())
        .bind(kind)
        .bind(subject)
        .bind(entry.trace.to_string())
        .bind(due_at)
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

/// The kind of the rows whose messages a queue carries.
const fn kind(queue: Queue) -> &'static str {
    match queue {
        Queue::Invoices => "render",
        Queue::Notifications => "notify",
    }
}

const fn subject(message: &Message) -> Uuid {
    match message {
        Message::Render { document } => document.uuid(),
        Message::Notify { mail } => mail.uuid(),
    }
}

/// Has the message published when its subject's next attempt is due, whatever became of those before it.
pub(super) async fn postpone(
    connection: &mut Connection,
    message: Message,
    trace: TraceId,
    due_at: i64,
) -> Result<(), PortError> {
    sqlx::query(
        "insert into outbox (id, kind, subject, trace, due_at, published) values ($1, $2, $3, $4, $5, 0)
         on conflict (subject) do update set due_at = excluded.due_at, published = 0",
    )
    .bind(OutboxId::new().uuid())
    .bind(kind(message.queue()))
    .bind(subject(&message))
    .bind(trace.to_string())
    .bind(due_at)
    .execute(connection)
    .await
    .map_err(error("put off an outbox row"))?;
    Ok(())
}

pub(super) async fn due(
    base: &Base,
    queue: Queue,
    depth: Option<u64>,
    limit: u32,
) -> Result<Vec<OutboxEntry>, PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("look for due outbox rows"))?;
    let now = base.clock.now(&mut connection).await?;
    let mut missing = 0;
    if let Some(depth) = depth
        && any(&mut connection, base, queue, now, look!("> 0")).await?
    {
        missing = missing_messages(&mut connection, queue, depth, limit).await?;
    }
    // A look that locks nothing first: mostly nothing is due.
    if missing == 0 && !any(&mut connection, base, queue, now, look!("= 0")).await? {
        return Ok(Vec::new());
    }
    drop(connection);
    let mut transaction = base.pool.begin().await?;
    let mut rows = take(&mut transaction, base, queue, now, i64::from(limit), take!("= 0")).await?;
    let room = i64::from(limit) - i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if missing.min(room) > 0 {
        rows.extend(take(&mut transaction, base, queue, now, missing.min(room), take!("> 0")).await?);
    }
    commit(transaction).await?;
    Ok(rows.iter().filter_map(readable).collect())
}

async fn any(
    connection: &mut Connection,
    base: &Base,
    queue: Queue,
    now: Now,
    statement: &'static str,
) -> Result<bool, PortError> {
    let any: Option<i32> = sqlx::query_scalar(statement)
        .bind(kind(queue))
        .bind(now.due)
        .bind(now.after(base.longest_wait_of_rows()))
        .fetch_optional(connection)
        .await
        .map_err(error("look for due outbox rows"))?;
    Ok(any.is_some())
}

/// Messages that rows wait for and the queue does not hold, as far as the limit asks. A copy too many counts as one that
/// is there, so a long queue grows by no more than what its consumers hold.
async fn missing_messages(connection: &mut Connection, queue: Queue, depth: u64, limit: u32) -> Result<i64, PortError> {
    let depth = i64::try_from(depth).unwrap_or(i64::MAX);
    let waiting: i64 = sqlx::query_scalar(
        "select count(*) from (select 1 from outbox where published > 0 and kind = $1 limit $2) waiting",
    )
    .bind(kind(queue))
    .bind(depth.saturating_add(i64::from(limit)))
    .fetch_one(connection)
    .await
    .map_err(error("count what waits"))?;
    Ok((waiting - depth).max(0))
}

async fn take(
    connection: &mut Connection,
    base: &Base,
    queue: Queue,
    now: Now,
    limit: i64,
    statement: &'static str,
) -> Result<Vec<Row>, PortError> {
    sqlx::query(statement)
        .bind(kind(queue))
        .bind(now.due)
        .bind(now.after(base.longest_wait_of_rows()))
        .bind(now.after(base.retry.outbox.taken))
        .bind(limit)
        .fetch_all(connection)
        .await
        .map_err(error("take due outbox rows"))
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
