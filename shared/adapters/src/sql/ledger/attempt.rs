//! Steps 3, 4, 6 and 8 of the protocol: attempts at documents and mails. Both live by the same columns and rules.

use jiff::Timestamp;
use pipeline::{
    BlobId, DocumentClaim, DocumentId, DocumentOutcome, Email, ErrorKind, Finish, Format, MailClaim, MailId,
    MailOutcome, Message, OutboxEntry, PortError, RetryPolicy, TraceId, UploadId, Verdict,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, milliseconds, timestamp};
use super::{Connection, SqlLedger, commit, outbox, read, redrive};

/// What the ledger must know of a running attempt to end it.
pub(super) struct Attempt {
    faults: i64,
    unreachable_since: Option<i64>,
}

/// How an attempt that did not succeed goes on.
pub(super) struct Setback<'a> {
    reason: &'a str,
    faults: i64,
    unreachable_since: Option<i64>,
    verdict: Verdict,
}

impl Attempt {
    pub(super) fn read(row: &<super::Engine as sqlx::Database>::Row) -> Self {
        Self { faults: row.get("faults"), unreachable_since: row.get("unreachable_since") }
    }

    pub(super) fn fault<'a>(&self, reason: &'a str, policy: &RetryPolicy, now: Timestamp) -> Setback<'a> {
        let faults = self.faults + 1;
        let verdict = policy.after_fault(u32::try_from(faults).unwrap_or(u32::MAX), now);
        Setback { reason, faults, unreachable_since: None, verdict }
    }

    fn unreachable<'a>(&self, reason: &'a str, policy: &RetryPolicy, now: Timestamp) -> Result<Setback<'a>, PortError> {
        let since = self.unreachable_since.unwrap_or(milliseconds(now));
        let verdict = policy.after_unreachable(timestamp(since)?, now);
        Ok(Setback { reason, faults: self.faults, unreachable_since: Some(since), verdict })
    }

    const fn failed<'a>(&self, reason: &'a str) -> Setback<'a> {
        let (faults, unreachable_since) = (self.faults, self.unreachable_since);
        Setback { reason, faults, unreachable_since, verdict: Verdict::GiveUp }
    }
}

impl SqlLedger {
    pub(super) async fn begin_rendering(
        &self,
        document: DocumentId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<DocumentClaim>, PortError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "update documents
             set state = 'rendering', attempt = attempt + 1, attempts = attempts + 1, blob = $2, lease_until = $3
             where id = $1 and state = 'queued' and next_attempt_at <= $4
             returning upload, attempt, format,
                 (select raw from uploads where uploads.id = documents.upload) as raw,
                 (select trace from uploads where uploads.id = documents.upload) as trace",
        )
        .bind(document.uuid())
        .bind(blob.uuid())
        .bind(milliseconds(self.retry.lease_until(now)))
        .bind(milliseconds(now))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("claim a document"))?;
        let Some(row) = row else { return Ok(None) };
        outbox::delete(&mut transaction, document.uuid()).await?;
        let claim = DocumentClaim {
            document,
            upload: UploadId::from(row.get::<Uuid, _>("upload")),
            attempt: fence(row.get("attempt"))?,
            format: format(&row.get::<String, _>("format"))?,
            raw: BlobId::from(row.get::<Uuid, _>("raw")),
            blob,
            trace: outbox::trace(&row.get::<String, _>("trace"))?,
        };
        commit(transaction).await?;
        Ok(Some(claim))
    }

    pub(super) async fn end_rendering(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "select faults, unreachable_since from documents
             where id = $1 and state = 'rendering' and attempt = $2",
        )
        .bind(claim.document.uuid())
        .bind(i64::from(claim.attempt))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("read a running attempt"))?;
        let Some(row) = row else { return Ok(Finish::Fenced) };
        let attempt = Attempt::read(&row);
        let setback = match outcome {
            DocumentOutcome::Stored { bytes, sha256, file_name } => {
                store(&mut transaction, claim.document, *bytes, sha256, file_name, now).await?;
                let publish = close(&mut transaction, claim.upload, now).await?;
                commit(transaction).await?;
                return Ok(Finish::Recorded { publish });
            }
            DocumentOutcome::Failed { reason } => attempt.failed(reason),
            DocumentOutcome::Fault { reason } => attempt.fault(reason, &self.retry, now),
            DocumentOutcome::Unreachable { reason } => attempt.unreachable(reason, &self.retry, now)?,
        };
        let publish =
            set_document_back(&mut transaction, claim.document, claim.upload, claim.trace, &setback, now).await?;
        commit(transaction).await?;
        Ok(Finish::Recorded { publish })
    }

    pub(super) async fn begin_sending(&self, mail: MailId, now: Timestamp) -> Result<Option<MailClaim>, PortError> {
        let mut transaction = self.pool.begin().await?;
        if end_superseded(&mut transaction, mail, now).await? {
            commit(transaction).await?;
            return Ok(None);
        }
        let row = sqlx::query(
            "update mails
             set state = 'sending', attempt = attempt + 1, attempts = attempts + 1, lease_until = $2
             where id = $1 and state = 'pending' and next_attempt_at <= $3
               and exists (select 1 from uploads u
                           where u.id = mails.upload and u.generation = mails.generation and u.open = 0)
             returning upload, generation, attempt, recipient",
        )
        .bind(mail.uuid())
        .bind(milliseconds(self.retry.lease_until(now)))
        .bind(milliseconds(now))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("claim a mail"))?;
        let Some(row) = row else { return Ok(None) };
        outbox::delete(&mut transaction, mail.uuid()).await?;
        let upload = read::upload_in(&mut transaction, UploadId::from(row.get::<Uuid, _>("upload"))).await?;
        let claim = MailClaim {
            mail,
            generation: fence(row.get("generation"))?,
            attempt: fence(row.get("attempt"))?,
            to: email(&row.get::<String, _>("recipient"))?,
            upload: upload.ok_or_else(|| PortError::new(ErrorKind::Internal, "a mail without its upload"))?,
        };
        commit(transaction).await?;
        Ok(Some(claim))
    }

    pub(super) async fn end_sending(
        &self,
        claim: &MailClaim,
        outcome: &MailOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let mut transaction = self.pool.begin().await?;
        let row = sqlx::query(
            "select faults, unreachable_since from mails where id = $1 and state = 'sending' and attempt = $2",
        )
        .bind(claim.mail.uuid())
        .bind(i64::from(claim.attempt))
        .fetch_optional(&mut *transaction)
        .await
        .map_err(error("read a running attempt"))?;
        let Some(row) = row else { return Ok(Finish::Fenced) };
        let attempt = Attempt::read(&row);
        let setback = match outcome {
            MailOutcome::Sent => {
                mark_sent(&mut transaction, claim.mail, now).await?;
                commit(transaction).await?;
                return Ok(Finish::Recorded { publish: None });
            }
            MailOutcome::Failed { reason } => attempt.failed(reason),
            MailOutcome::Fault { reason } => attempt.fault(reason, &self.retry, now),
            MailOutcome::Unreachable { reason } => attempt.unreachable(reason, &self.retry, now)?,
        };
        set_mail_back(&mut transaction, claim.mail, claim.upload.trace, &setback, now).await?;
        commit(transaction).await?;
        Ok(Finish::Recorded { publish: None })
    }
}

async fn store(
    connection: &mut Connection,
    document: DocumentId,
    bytes: u64,
    sha256: &[u8; 32],
    file_name: &str,
    now: Timestamp,
) -> Result<(), PortError> {
    sqlx::query(
        "update documents
         set state = 'stored', bytes = $2, sha256 = $3, file_name = $4, finished_at = $5, lease_until = null,
             unreachable_since = null, reason = null
         where id = $1",
    )
    .bind(document.uuid())
    .bind(i64::try_from(bytes).unwrap_or(i64::MAX))
    .bind(sha256.as_slice())
    .bind(file_name)
    .bind(milliseconds(now))
    .execute(connection)
    .await
    .map_err(error("finish a document"))?;
    Ok(())
}

/// Queues the document again, or fails it and closes it.
pub(super) async fn set_document_back(
    connection: &mut Connection,
    document: DocumentId,
    upload: UploadId,
    trace: TraceId,
    setback: &Setback<'_>,
    now: Timestamp,
) -> Result<Option<OutboxEntry>, PortError> {
    let (state, next_attempt_at, finished_at) = match setback.verdict {
        Verdict::RetryAt(time) => ("queued", time, None),
        Verdict::GiveUp => ("failed", now, Some(milliseconds(now))),
    };
    sqlx::query(
        "update documents
         set state = $2, faults = $3, unreachable_since = $4, reason = $5, next_attempt_at = $6, finished_at = $7,
             lease_until = null, blob = null
         where id = $1",
    )
    .bind(document.uuid())
    .bind(state)
    .bind(setback.faults)
    .bind(setback.unreachable_since)
    .bind(setback.reason)
    .bind(milliseconds(next_attempt_at))
    .bind(finished_at)
    .execute(&mut *connection)
    .await
    .map_err(error("set a document back"))?;
    match setback.verdict {
        Verdict::GiveUp => close(connection, upload, now).await,
        Verdict::RetryAt(time) => {
            outbox::insert(connection, Message::Render { document }, trace, time).await.map(|_| None)
        }
    }
}

/// One document of the upload is final. Whoever makes the last one final writes the mail.
async fn close(
    connection: &mut Connection,
    upload: UploadId,
    now: Timestamp,
) -> Result<Option<OutboxEntry>, PortError> {
    let row = sqlx::query("update uploads set open = open - 1 where id = $1 returning open, generation, notify, trace")
        .bind(upload.uuid())
        .fetch_one(&mut *connection)
        .await
        .map_err(error("close a document"))?;
    let Some(recipient) = row.get::<Option<String>, _>("notify") else { return Ok(None) };
    if row.get::<i64, _>("open") > 0 {
        return Ok(None);
    }
    let mail = MailId::new();
    let inserted = sqlx::query(
        "insert into mails (id, upload, generation, recipient, state, attempt, attempts, faults, next_attempt_at)
         values ($1, $2, $3, $4, 'pending', 0, 0, 0, $5) on conflict do nothing",
    )
    .bind(mail.uuid())
    .bind(upload.uuid())
    .bind(row.get::<i64, _>("generation"))
    .bind(recipient)
    .bind(milliseconds(now))
    .execute(&mut *connection)
    .await
    .map_err(error("store a mail"))?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    let trace = outbox::trace(&row.get::<String, _>("trace"))?;
    outbox::insert(connection, Message::Notify { mail }, trace, now + outbox::FIRST_DUE).await.map(Some)
}

async fn mark_sent(connection: &mut Connection, mail: MailId, now: Timestamp) -> Result<(), PortError> {
    sqlx::query(
        "update mails
         set state = 'sent', finished_at = $2, lease_until = null, unreachable_since = null, reason = null
         where id = $1",
    )
    .bind(mail.uuid())
    .bind(milliseconds(now))
    .execute(connection)
    .await
    .map_err(error("finish a mail"))?;
    Ok(())
}

/// Makes the mail pending again, or fails it.
pub(super) async fn set_mail_back(
    connection: &mut Connection,
    mail: MailId,
    trace: TraceId,
    setback: &Setback<'_>,
    now: Timestamp,
) -> Result<(), PortError> {
    let (state, next_attempt_at, finished_at) = match setback.verdict {
        Verdict::RetryAt(time) => ("pending", time, None),
        Verdict::GiveUp => ("failed", now, Some(milliseconds(now))),
    };
    sqlx::query(
        "update mails
         set state = $2, faults = $3, unreachable_since = $4, reason = $5, next_attempt_at = $6, finished_at = $7,
             lease_until = null
         where id = $1",
    )
    .bind(mail.uuid())
    .bind(state)
    .bind(setback.faults)
    .bind(setback.unreachable_since)
    .bind(setback.reason)
    .bind(milliseconds(next_attempt_at))
    .bind(finished_at)
    .execute(&mut *connection)
    .await
    .map_err(error("set a mail back"))?;
    if let Verdict::RetryAt(time) = setback.verdict {
        outbox::insert(connection, Message::Notify { mail }, trace, time).await?;
        end_superseded(connection, mail, now).await?;
    }
    Ok(())
}

/// Ends a pending mail that a redrive overtook, with its outbox row, which no claim would ever delete. Answers whether
/// it was one.
async fn end_superseded(connection: &mut Connection, mail: MailId, now: Timestamp) -> Result<bool, PortError> {
    let ended = sqlx::query(
        "update mails set state = 'failed', reason = $2, finished_at = $3
         where id = $1 and state = 'pending'
           and generation < (select generation from uploads where uploads.id = mails.upload)",
    )
    .bind(mail.uuid())
    .bind(redrive::SUPERSEDED)
    .bind(milliseconds(now))
    .execute(&mut *connection)
    .await
    .map_err(error("supersede a mail"))?;
    if ended.rows_affected() == 0 {
        return Ok(false);
    }
    outbox::delete(connection, mail.uuid()).await?;
    Ok(true)
}

fn fence(number: i64) -> Result<u32, PortError> {
    u32::try_from(number).map_err(|_| PortError::new(ErrorKind::Internal, "a stored number is out of range"))
}

pub(super) fn format(name: &str) -> Result<Format, PortError> {
    name.parse().map_err(|_| PortError::new(ErrorKind::Internal, format!("unknown stored format {name:?}")))
}

pub(super) fn email(text: &str) -> Result<Email, PortError> {
    text.parse().map_err(|_| PortError::new(ErrorKind::Internal, "a stored mail address is wrong"))
}
