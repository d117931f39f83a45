//! Step 7 of the protocol: what failed is retried.

use std::collections::BTreeMap;

use pipeline::{
    Actor, DocumentId, MailId, Message, OutboxPolicy, PortError, Redrive, RedriveFilter, TraceId, UploadId,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, list};
use super::attempt::AT_ONCE;
use super::{Connection, Now, Row, SqlLedger, commit, outbox};

/// The reason of a mail whose place the next generation's takes.
pub(super) const SUPERSEDED: &str = "superseded by a later redrive";

impl SqlLedger {
    pub(super) async fn redrive_failed(&self, filter: &RedriveFilter, actor: &Actor) -> Result<Redrive, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        let policy = &self.base.retry.outbox;
        let mut redrive = Redrive::default();
        let reopened = requeue_documents(&mut transaction, filter, policy, now, &mut redrive).await?;
        // A mail tells of final documents: where some are queued again, the next generation's will.
        for upload in requeue_mails(&mut transaction, filter, policy, now, &mut redrive).await? {
            audit(&mut transaction, actor, "redrive", UploadId::from(upload), "mail", now).await?;
        }
        for (upload, documents) in reopened {
            reopen(&mut transaction, upload, documents).await?;
            supersede_mails(&mut transaction, upload, now).await?;
            let detail = format!("documents: {documents}");
            audit(&mut transaction, actor, "redrive", UploadId::from(upload), &detail, now).await?;
        }
        commit(transaction).await?;
        Ok(redrive)
    }
}

/// Answers how many documents of which upload are queued again.
async fn requeue_documents(
    connection: &mut Connection,
    filter: &RedriveFilter,
    policy: &OutboxPolicy,
    now: Now,
    redrive: &mut Redrive,
) -> Result<BTreeMap<Uuid, i64>, PortError> {
    let rows = sqlx::query(
        "update documents
         set state = 'queued', attempts = 0, faults = 0, unreachable_since = null, reason = null, finished_at = null,
             next_attempt_at = $3
         where state = 'failed' and ($1 is null or upload = $1) and ($2 is null or lower(reason) like $2 escape '\\')
         returning id, upload, (select trace from uploads where uploads.id = documents.upload) as trace",
    )
    .bind(filter.upload.map(UploadId::uuid))
    .bind(filter.reason.as_deref().map(contains))
    .bind(AT_ONCE)
    .fetch_all(&mut *connection)
    .await
    .map_err(error("redrive documents"))?;
    let mut reopened = BTreeMap::new();
    for row in &rows {
        let message = Message::Render { document: DocumentId::from(row.get::<Uuid, _>("id")) };
        publish(connection, message, row, now.after(policy.first), redrive).await?;
        *reopened.entry(row.get("upload")).or_insert(0) += 1;
    }
    redrive.documents = rows.len();
    Ok(reopened)
}

/// Answers the uploads whose mail is pending again.
async fn requeue_mails(
    connection: &mut Connection,
    filter: &RedriveFilter,
    policy: &OutboxPolicy,
    now: Now,
    redrive: &mut Redrive,
) -> Result<Vec<Uuid>, PortError> {
    let rows = sqlx::query(
        "update mails
         set state = 'pending', attempts = 0, faults = 0, unreachable_since = null, reason = null, finished_at = null,
             next_attempt_at = $3, unknowns = 0
         where (state = 'failed' or state = 'unknown' and $1 is not null) and ($1 is null or upload = $1) and ($2 is null or lower(reason) like $2 escape '\\')
           and generation = (select generation from uploads where uploads.id = mails.upload)
           and not exists (select 1 from documents d
                           where d.upload = mails.upload and d.state not in ('stored', 'failed'))
         returning id, upload, (select trace from uploads where uploads.id = mails.upload) as trace",
    )
    .bind(filter.upload.map(UploadId::uuid))
    .bind(filter.reason.as_deref().map(contains))
    .bind(AT_ONCE)
    .fetch_all(&mut *connection)
    .await
    .map_err(error("redrive mails"))?;
    for row in &rows {
        let message = Message::Notify { mail: MailId::from(row.get::<Uuid, _>("id")) };
        publish(connection, message, row, now.after(policy.first), redrive).await?;
    }
    redrive.mails = rows.len();
    Ok(rows.iter().map(|row| row.get("upload")).collect())
}

async fn publish(
    connection: &mut Connection,
    message: Message,
    row: &Row,
    due_at: i64,
    redrive: &mut Redrive,
) -> Result<(), PortError> {
    let trace: TraceId = outbox::trace(&row.get::<String, _>("trace"))?;
    redrive.publish.push(outbox::insert(connection, message, trace, due_at).await?);
    Ok(())
}

async fn reopen(connection: &mut Connection, upload: Uuid, documents: i64) -> Result<(), PortError> {
    sqlx::query("update uploads set open = open + $2, generation = generation + 1 where id = $1")
        .bind(upload)
        .bind(documents)
        .execute(connection)
        .await
        .map_err(error("reopen an upload"))?;
    Ok(())
}

/// Ends the mails that wait: they would tell of documents that are no longer final. One that is being sent is ended by
/// its attempt.
async fn supersede_mails(connection: &mut Connection, upload: Uuid, now: Now) -> Result<(), PortError> {
    let superseded: Vec<Uuid> = sqlx::query_scalar(
        "update mails
         set state = case when unknowns > 0 then 'unknown' else 'failed' end, reason = $2, finished_at = $3
         where upload = $1 and state = 'pending' returning id",
    )
    .bind(upload)
    .bind(SUPERSEDED)
    .bind(now.at)
    .fetch_all(&mut *connection)
    .await
    .map_err(error("supersede mails"))?;
    for mail in superseded {
        outbox::delete(connection, mail).await?;
    }
    Ok(())
}

/// A `like` pattern for texts that contain this one, in lower case.
pub(super) fn contains(text: &str) -> String {
    let escaped = text.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    format!("%{escaped}%")
}

pub(super) async fn audit(
    connection: &mut Connection,
    actor: &Actor,
    action: &'static str,
    upload: UploadId,
    detail: &str,
    now: Now,
) -> Result<(), PortError> {
    audit_all(connection, actor, action, &[upload.uuid()], detail, now).await
}

/// The same entry for each of these uploads.
pub(super) async fn audit_all(
    connection: &mut Connection,
    actor: &Actor,
    action: &'static str,
    uploads: &[Uuid],
    detail: &str,
    now: Now,
) -> Result<(), PortError> {
    let actor = match actor {
        Actor::User(user) => format!("user {user}"),
        Actor::Operator => "operator".to_owned(),
        Actor::Sweeper => "sweeper".to_owned(),
    };
    sqlx::query(concat!(
        "insert into audit (id, at, actor, action, upload, detail) select ",
        random_uuid!(),
        ", $2, $3, $4, listed.id, $5",
        from_list!("$1")
    ))
    .bind(list(uploads))
    .bind(now.at)
    .bind(actor)
    .bind(action)
    .bind(detail)
    .execute(connection)
    .await
    .map_err(error("write the audit"))?;
    Ok(())
}
