//! Steps 3, 4, 6 and 8 of the protocol: attempts at documents and mails. Both live by the same columns and rules.

use jiff::Timestamp;
use pipeline::{
    BlobId, BrandingId, DocumentClaim, DocumentId, DocumentOutcome, Email, ErrorKind, Finish, Format, MailClaim,
    MailId, MailOutcome, Message, OutboxEntry, OutboxPolicy, PortError, RetryPolicy, TraceId, Upload, UploadId,
    Verdict,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, milliseconds, timestamp};
use super::{Connection, Row, SqlLedger, commit, outbox, redrive};

const RUNNING_DOCUMENT: &str = concat!(
    "select faults, unreachable_since from documents where id = $1 and state = 'rendering' and attempt = $2",
    row_lock!("for update")
);
const RUNNING_MAIL: &str = concat!(
    "select faults, unreachable_since from mails where id = $1 and state = 'sending' and attempt = $2",
    row_lock!("for update")
);

/// `queued → rendering`.
pub(in super::super) struct ClaimingDocument {
    pub(in super::super) document: DocumentId,
    pub(in super::super) blob: BlobId,
    pub(in super::super) lease_until: Timestamp,
    pub(in super::super) at: Timestamp,
}

/// `rendering → stored`.
pub(in super::super) struct Storing {
    pub(in super::super) claim: DocumentClaim,
    pub(in super::super) bytes: i64,
    pub(in super::super) sha256: [u8; 32],
    pub(in super::super) file_name: String,
    pub(in super::super) style_version: i64,
    pub(in super::super) at: Timestamp,
}

/// `pending → sending`.
pub(in super::super) struct ClaimingMail {
    pub(in super::super) mail: MailId,
    pub(in super::super) lease_until: Timestamp,
    pub(in super::super) at: Timestamp,
}

/// `sending → sent`.
pub(in super::super) struct Sent {
    pub(in super::super) mail: MailId,
    pub(in super::super) attempt: u32,
    pub(in super::super) at: Timestamp,
}

/// What the ledger must know of a running attempt to end it.
pub(super) struct Attempt {
    faults: i64,
    unreachable_since: Option<i64>,
}

/// A document whose attempt ends.
pub(super) struct Rendering {
    pub(super) id: DocumentId,
    pub(super) upload: UploadId,
    pub(super) trace: TraceId,
}

/// How an attempt that did not succeed goes on.
pub(super) struct Setback<'a> {
    reason: &'a str,
    faults: i64,
    unreachable_since: Option<i64>,
    verdict: Verdict,
}

/// Why an attempt did not succeed.
enum Miss<'a> {
    /// It never can.
    Failed(&'a str),
    /// By a fault that counts.
    Fault(&'a str),
    /// A server was out of reach.
    Unreachable(&'a str),
}

impl Attempt {
    pub(super) fn read(row: &Row) -> Self {
        Self { faults: row.get("faults"), unreachable_since: row.get("unreachable_since") }
    }

    pub(super) fn fault<'a>(&self, reason: &'a str, policy: &RetryPolicy, now: Timestamp) -> Setback<'a> {
        let faults = self.faults + 1;
        let verdict = policy.after_fault(u32::try_from(faults).unwrap_or(u32::MAX), now);
        Setback { reason, faults, unreachable_since: None, verdict }
    }

    fn missed<'a>(&self, miss: &Miss<'a>, policy: &RetryPolicy, now: Timestamp) -> Result<Setback<'a>, PortError> {
        match *miss {
            Miss::Fault(reason) => Ok(self.fault(reason, policy, now)),
            Miss::Unreachable(reason) => {
                let since = self.unreachable_since.unwrap_or(milliseconds(now));
                let verdict = policy.after_unreachable(timestamp(since)?, now);
                Ok(Setback { reason, faults: self.faults, unreachable_since: Some(since), verdict })
            }
            Miss::Failed(reason) => {
                let (faults, unreachable_since) = (self.faults, self.unreachable_since);
                Ok(Setback { reason, faults, unreachable_since, verdict: Verdict::GiveUp })
            }
        }
    }
}

impl SqlLedger {
    pub(super) async fn begin_rendering(
        &self,
        document: DocumentId,
        blob: BlobId,
        now: Timestamp,
    ) -> Result<Option<DocumentClaim>, PortError> {
        let lease_until = self.retry.lease_until(now);
        self.claiming_documents.call(ClaimingDocument { document, blob, lease_until, at: now }).await
    }

    pub(super) async fn end_rendering(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let miss = match outcome {
            DocumentOutcome::Stored { bytes, sha256, file_name, style_version } => {
                let storing = Storing {
                    claim: claim.clone(),
                    bytes: i64::try_from(*bytes).unwrap_or(i64::MAX),
                    sha256: *sha256,
                    file_name: file_name.clone(),
                    style_version: i64::from(*style_version),
                    at: now,
                };
                let stored = self.storing.call(storing).await?;
                return Ok(stored.map_or(Finish::Fenced, |publish| Finish::Recorded { publish }));
            }
            DocumentOutcome::Failed { reason } => Miss::Failed(reason),
            DocumentOutcome::Fault { reason } => Miss::Fault(reason),
            DocumentOutcome::Unreachable { reason } => Miss::Unreachable(reason),
        };
        let mut transaction = self.pool.begin().await?;
        let running = running(&mut transaction, RUNNING_DOCUMENT, claim.document.uuid(), claim.attempt).await?;
        let Some(attempt) = running else { return Ok(Finish::Fenced) };
        let setback = attempt.missed(&miss, &self.retry, now)?;
        let document = Rendering { id: claim.document, upload: claim.upload, trace: claim.trace };
        let publish = set_document_back(&mut transaction, document, &setback, &self.retry.outbox, now).await?;
        commit(transaction).await?;
        Ok(Finish::Recorded { publish })
    }

    pub(super) async fn begin_sending(&self, mail: MailId, now: Timestamp) -> Result<Option<MailClaim>, PortError> {
        let lease_until = self.retry.lease_until(now);
        let claim = self.claiming_mails.call(ClaimingMail { mail, lease_until, at: now }).await?;
        if claim.is_none() {
            self.end_superseded_mail(mail, now).await?;
        }
        Ok(claim)
    }

    async fn end_superseded_mail(&self, mail: MailId, now: Timestamp) -> Result<(), PortError> {
        let mut transaction = self.pool.begin().await?;
        end_superseded(&mut transaction, mail, now).await?;
        commit(transaction).await
    }

    pub(super) async fn end_sending(
        &self,
        claim: &MailClaim,
        outcome: &MailOutcome,
        now: Timestamp,
    ) -> Result<Finish, PortError> {
        let miss = match outcome {
            MailOutcome::Sent => {
                let sent = self.sending.call(Sent { mail: claim.mail, attempt: claim.attempt, at: now }).await?;
                return Ok(if sent { Finish::Recorded { publish: None } } else { Finish::Fenced });
            }
            MailOutcome::Failed { reason } => Miss::Failed(reason),
            MailOutcome::Fault { reason } => Miss::Fault(reason),
            MailOutcome::Unreachable { reason } => Miss::Unreachable(reason),
        };
        let mut transaction = self.pool.begin().await?;
        let running = running(&mut transaction, RUNNING_MAIL, claim.mail.uuid(), claim.attempt).await?;
        let Some(attempt) = running else { return Ok(Finish::Fenced) };
        let setback = attempt.missed(&miss, &self.retry, now)?;
        set_mail_back(&mut transaction, claim.mail, claim.upload.trace, &setback, now).await?;
        commit(transaction).await?;
        Ok(Finish::Recorded { publish: None })
    }
}

/// Reads a claim from what a step returns of it.
pub(in super::super) fn document_claim(row: &Row) -> Result<DocumentClaim, PortError> {
    Ok(DocumentClaim {
        document: DocumentId::from(row.get::<Uuid, _>("id")),
        upload: UploadId::from(row.get::<Uuid, _>("upload")),
        attempt: fence(row.get("attempt"))?,
        format: format(&row.get::<String, _>("format"))?,
        raw: BlobId::from(row.get::<Uuid, _>("raw")),
        branding: row.get::<Option<Uuid>, _>("branding").map(BrandingId::from),
        blob: BlobId::from(row.get::<Uuid, _>("blob")),
        trace: outbox::trace(&row.get::<String, _>("trace"))?,
    })
}

/// Reads a claim from what a step returns of it, and the upload.
pub(in super::super) fn mail_claim(row: &Row, upload: Upload) -> Result<MailClaim, PortError> {
    Ok(MailClaim {
        mail: MailId::from(row.get::<Uuid, _>("id")),
        generation: fence(row.get("generation"))?,
        attempt: fence(row.get("attempt"))?,
        to: email(&row.get::<String, _>("recipient"))?,
        upload,
    })
}

/// The attempt, if it still holds its document or mail.
async fn running(
    connection: &mut Connection,
    statement: &'static str,
    subject: Uuid,
    attempt: u32,
) -> Result<Option<Attempt>, PortError> {
    let row = sqlx::query(statement).bind(subject).bind(i64::from(attempt)).fetch_optional(connection).await;
    Ok(row.map_err(error("read a running attempt"))?.as_ref().map(Attempt::read))
}

/// Queues the document again, or fails it and closes it.
pub(super) async fn set_document_back(
    connection: &mut Connection,
    document: Rendering,
    setback: &Setback<'_>,
    policy: &OutboxPolicy,
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
    .bind(document.id.uuid())
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
        Verdict::GiveUp => close(connection, document.upload, policy, now).await,
        Verdict::RetryAt(time) => {
            let message = Message::Render { document: document.id };
            outbox::insert(connection, message, document.trace, time).await.map(|_| None)
        }
    }
}

/// One document of the upload is final. Whoever makes the last one final writes the mail.
pub(in super::super) async fn close(
    connection: &mut Connection,
    upload: UploadId,
    policy: &OutboxPolicy,
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
    outbox::insert(connection, Message::Notify { mail }, trace, policy.first_due(now)).await.map(Some)
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

/// Ends a pending mail that a redrive overtook, with its outbox row, which no claim would ever delete.
async fn end_superseded(connection: &mut Connection, mail: MailId, now: Timestamp) -> Result<(), PortError> {
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
        return Ok(());
    }
    outbox::delete(connection, mail.uuid()).await
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
