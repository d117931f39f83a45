//! The steps that each upload takes, for many at a time in one transaction: the disk is waited for once.

use pipeline::{
    BrandingId, DocumentClaim, Idempotency, MailClaim, MailId, NewDocument, NewUpload, OutboxEntry, OutboxId, PortError,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row as _, SqliteConnection, Transaction};
use uuid::Uuid;

use super::ledger::{
    AT_ONCE, AcceptedAt, Base, ClaimingDocument, Now, Sent, Storing, close, document_claim, idempotency_key_life,
    insert_entry, mail_claim, render_messages, uploads_by_id,
};
use super::{Engine, error};
use crate::batches::Answers;

async fn commit(transaction: Transaction<'static, Engine>) -> Result<(), PortError> {
    transaction.commit().await.map_err(error("commit"))
}

/// Uploads, their documents and outbox rows. `None` where the idempotency key was used within its life.
pub(super) async fn accept(base: &Base, uploads: &[NewUpload]) -> Answers<Option<AcceptedAt>> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let mut accepted = Vec::with_capacity(uploads.len());
    for upload in uploads {
        accepted.push(Ok(accept_one(&mut transaction, base, upload, now).await?));
    }
    commit(transaction).await?;
    Ok(accepted)
}

async fn accept_one(
    connection: &mut SqliteConnection,
    base: &Base,
    upload: &NewUpload,
    now: Now,
) -> Result<Option<AcceptedAt>, PortError> {
    if let Some(idempotency) = &upload.idempotency
        && !reserve_key(connection, upload, idempotency, now).await?
    {
        return Ok(None);
    }
    insert_upload(connection, upload, now).await?;
    let publish = render_messages(upload);
    for (document, entry) in upload.documents.iter().zip(&publish) {
        insert_document(connection, upload, document).await?;
        insert_entry(connection, entry, now.after(base.retry.outbox.first)).await?;
    }
    Ok(Some(AcceptedAt { at: now.at, publish }))
}

/// `false` where the owner's key was used within its life.
async fn reserve_key(
    connection: &mut SqliteConnection,
    upload: &NewUpload,
    Idempotency { key, fingerprint }: &Idempotency,
    now: Now,
) -> Result<bool, PortError> {
    let too_old = now.at - idempotency_key_life();
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
    .bind(now.at)
    .execute(connection)
    .await
    .map_err(error("store an idempotency key"))?;
    Ok(inserted.rows_affected() == 1)
}

async fn insert_upload(connection: &mut SqliteConnection, upload: &NewUpload, now: Now) -> Result<(), PortError> {
    let open = i64::try_from(upload.documents.len()).unwrap_or(i64::MAX);
    sqlx::query(
        "insert into uploads (id, owner, invoice_number, raw, notify, trace, open, generation, created_at, branding)
         values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)",
    )
    .bind(upload.id.uuid())
    .bind(upload.owner.uuid())
    .bind(&upload.invoice_number)
    .bind(upload.raw.uuid())
    .bind(upload.notify.as_ref().map(pipeline::Email::as_str))
    .bind(upload.trace.to_string())
    .bind(open)
    .bind(now.at)
    .bind(upload.branding.map(BrandingId::uuid))
    .execute(connection)
    .await
    .map_err(error("store an upload"))?;
    Ok(())
}

async fn insert_document(
    connection: &mut SqliteConnection,
    upload: &NewUpload,
    document: &NewDocument,
) -> Result<(), PortError> {
    sqlx::query(
        "insert into documents (id, upload, format, state, attempt, attempts, faults, next_attempt_at)
         values ($1, $2, $3, 'queued', 0, 0, 0, $4)",
    )
    .bind(document.id.uuid())
    .bind(upload.id.uuid())
    .bind(document.format.name())
    .bind(AT_ONCE)
    .execute(connection)
    .await
    .map_err(error("store a document"))?;
    Ok(())
}

/// The broker has confirmed these rows' messages.
pub(super) async fn confirm(base: &Base, calls: &[OutboxId]) -> Answers<()> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    for entry in calls {
        sqlx::query("update outbox set published = published + 1, due_at = $2 where id = $1")
            .bind(entry.uuid())
            .bind(now.after(base.retry.outbox.confirmed))
            .execute(&mut *transaction)
            .await
            .map_err(error("confirm an outbox row"))?;
    }
    commit(transaction).await?;
    Ok(calls.iter().map(|_| Ok(())).collect())
}

/// `queued → rendering`, and the outbox rows go. One of several calls for a document gets it.
pub(super) async fn claim_documents(base: &Base, calls: &[ClaimingDocument]) -> Answers<Option<DocumentClaim>> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let mut claims = Vec::with_capacity(calls.len());
    for call in calls {
        let row = sqlx::query(
            "update documents
             set state = 'rendering', attempt = attempt + 1, attempts = attempts + 1, blob = $2, lease_until = $3
             where id = $1 and state = 'queued' and (next_attempt_at <= $4 or next_attempt_at > $5)
             returning id, upload, attempt, format, blob,
                 (select raw from uploads where uploads.id = documents.upload) as raw,
                 (select branding from uploads where uploads.id = documents.upload) as branding,
                 (select trace from uploads where uploads.id = documents.upload) as trace",
        )
        .bind(call.document.uuid())
        .bind(call.blob.uuid())
        .bind(now.after(base.retry.lease))
        .bind(now.due)
        .bind(now.after(base.longest_wait()))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("claim a document"))?;
        delete_entry(&mut transaction, row.as_ref()).await?;
        claims.push(row.as_ref().map(document_claim).transpose());
    }
    commit(transaction).await?;
    Ok(claims)
}

/// `pending → sending`, and the outbox rows go. One of several calls for a mail gets it.
pub(super) async fn claim_mails(base: &Base, mails: &[MailId]) -> Answers<Option<MailClaim>> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let mut claims = Vec::with_capacity(mails.len());
    for mail in mails {
        let row = sqlx::query(
            "update mails
             set state = 'sending', attempt = attempt + 1, attempts = attempts + 1, lease_until = $2
             where id = $1 and state = 'pending' and (next_attempt_at <= $3 or next_attempt_at > $4)
               and exists (select 1 from uploads u
                           where u.id = mails.upload and u.generation = mails.generation and u.open = 0)
             returning id, upload, generation, attempt, recipient",
        )
        .bind(mail.uuid())
        .bind(now.after(base.retry.lease))
        .bind(now.due)
        .bind(now.after(base.longest_wait()))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("claim a mail"))?;
        delete_entry(&mut transaction, row.as_ref()).await?;
        claims.push(match &row {
            Some(row) => claim_of(&mut transaction, row).await.transpose(),
            None => Ok(None),
        });
    }
    commit(transaction).await?;
    Ok(claims)
}

async fn claim_of(connection: &mut SqliteConnection, row: &SqliteRow) -> Option<Result<MailClaim, PortError>> {
    let id: Uuid = row.get("upload");
    let mut uploads = match uploads_by_id(connection, &[id]).await {
        Ok(uploads) => uploads,
        Err(error) => return Some(Err(error)),
    };
    uploads.remove(&id).map(|upload| upload.and_then(|upload| mail_claim(row, upload)))
}

/// The claim was made: its message has done its work.
async fn delete_entry(connection: &mut SqliteConnection, claimed: Option<&SqliteRow>) -> Result<(), PortError> {
    let Some(row) = claimed else { return Ok(()) };
    let gone = sqlx::query("delete from outbox where subject = $1").bind(row.get::<Uuid, _>("id"));
    gone.execute(connection).await.map_err(error("delete an outbox row"))?;
    Ok(())
}

/// `rendering → stored`, fewer documents are open, and the last one of an upload brings the mail with its outbox row: the
/// outer `None` where another attempt holds the document.
pub(super) async fn store(base: &Base, calls: &[Storing]) -> Answers<Option<Option<OutboxEntry>>> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let mut stored = Vec::with_capacity(calls.len());
    for call in calls {
        stored.push(Ok(store_one(&mut transaction, base, call, now).await?));
    }
    commit(transaction).await?;
    Ok(stored)
}

async fn store_one(
    connection: &mut SqliteConnection,
    base: &Base,
    call: &Storing,
    now: Now,
) -> Result<Option<Option<OutboxEntry>>, PortError> {
    let stored = sqlx::query(
        "update documents
         set state = 'stored', bytes = $3, sha256 = $4, file_name = $5, finished_at = $6, lease_until = null,
             unreachable_since = null, reason = null, style_version = $7, report = $8
         where id = $1 and state = 'rendering' and attempt = $2",
    )
    .bind(call.claim.document.uuid())
    .bind(i64::from(call.claim.attempt))
    .bind(call.bytes)
    .bind(call.sha256.as_slice())
    .bind(&call.file_name)
    .bind(now.at)
    .bind(call.style_version)
    .bind(&call.report)
    .execute(&mut *connection)
    .await
    .map_err(error("finish a document"))?;
    if stored.rows_affected() == 0 {
        return Ok(None);
    }
    close(connection, call.claim.upload, &base.retry.outbox, now).await.map(Some)
}

/// `sending → sent`: `false` where another attempt holds the mail.
pub(super) async fn mark_sent(base: &Base, calls: &[Sent]) -> Answers<bool> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let mut sent = Vec::with_capacity(calls.len());
    for call in calls {
        let updated = sqlx::query(
            "update mails
             set state = 'sent', finished_at = $3, lease_until = null, unreachable_since = null, reason = null
             where id = $1 and state = 'sending' and attempt = $2",
        )
        .bind(call.mail.uuid())
        .bind(i64::from(call.attempt))
        .bind(now.at)
        .execute(&mut *transaction)
        .await
        .map_err(error("finish a mail"))?;
        sent.push(Ok(updated.rows_affected() == 1));
    }
    commit(transaction).await?;
    Ok(sent)
}
