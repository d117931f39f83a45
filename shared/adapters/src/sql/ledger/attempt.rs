//! Steps 3, 4, 6 and 8 of the protocol: attempts at documents and mails. Both live by the same columns and rules.

use std::time::Duration;

use pipeline::{
    BlobId, BrandingId, Claim, DocumentClaim, DocumentId, DocumentOutcome, Email, ErrorKind, Finish, Format, MailClaim,
    MailId, MailOutcome, Message, OutboxEntry, OutboxPolicy, PortError, RetryPolicy, TraceId, Upload, UploadId,
    Verdict,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::error;
use super::{Connection, Now, Row, SqlLedger, commit, outbox, redrive};

const RUNNING_DOCUMENT: &str = concat!(
    "select faults, unreachable_since, cast(0 as bigint) as unknowns from documents where id = $1 and state = 'rendering' and attempt = $2",
    row_lock!("for update")
);
const RUNNING_MAIL: &str = concat!(
    "select faults, unreachable_since, unknowns from mails where id = $1 and state = 'sending' and attempt = $2",
    row_lock!("for update")
);

/// The document or mail, where it waits for an attempt.
const WAITING_DOCUMENT: &str = concat!(
    "select d.next_attempt_at, u.trace from documents d join uploads u on u.id = d.upload
     where d.id = $1 and d.state = 'queued'",
    row_lock!("for update of d")
);
const WAITING_MAIL: &str = concat!(
    "select m.next_attempt_at, u.trace from mails m join uploads u on u.id = m.upload
     where m.id = $1 and m.state = 'pending' and u.generation = m.generation and u.open = 0",
    row_lock!("for update of m")
);
/// The time of an attempt that waits for nothing, whatever the clock says.
pub(in super::super) const AT_ONCE: i64 = 0;

/// `queued → rendering`.
pub(in super::super) struct ClaimingDocument {
    pub(in super::super) document: DocumentId,
    pub(in super::super) blob: BlobId,
}

/// `rendering → stored`.
pub(in super::super) struct Storing {
    pub(in super::super) claim: DocumentClaim,
    pub(in super::super) bytes: i64,
    pub(in super::super) sha256: [u8; 32],
    pub(in super::super) file_name: String,
    pub(in super::super) style_version: i64,
    pub(in super::super) report: Option<String>,
}

/// `sending → sent`.
pub(in super::super) struct Sent {
    pub(in super::super) mail: MailId,
    pub(in super::super) attempt: u32,
}

/// What the ledger must know of a running attempt to end it.
pub(super) struct Attempt {
    faults: i64,
    unreachable_since: Option<i64>,
    /// Attempts of unknown outcome before it. A document has none: what an attempt stores is nobody's until it ends.
    unknowns: i64,
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
    unknowns: i64,
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
    /// Or it did: nobody knows.
    Unknown(&'a str),
}

impl Attempt {
    pub(super) fn read(row: &Row) -> Self {
        Self {
            faults: row.get("faults"),
            unreachable_since: row.get("unreachable_since"),
            unknowns: row.get("unknowns"),
        }
    }

    pub(super) fn fault<'a>(&self, reason: &'a str, policy: &RetryPolicy) -> Setback<'a> {
        let faults = self.faults + 1;
        let verdict = policy.after_fault(u32::try_from(faults).unwrap_or(u32::MAX));
        Setback { reason, faults, unreachable_since: None, unknowns: self.unknowns, verdict }
    }

    pub(super) fn unknown<'a>(&self, reason: &'a str, policy: &RetryPolicy) -> Setback<'a> {
        let unknowns = self.unknowns + 1;
        let verdict = policy.after_unknown(u32::try_from(unknowns).unwrap_or(u32::MAX));
        Setback { reason, faults: self.faults, unreachable_since: None, unknowns, verdict }
    }

    fn missed<'a>(&self, miss: &Miss<'a>, policy: &RetryPolicy, now: Now) -> Setback<'a> {
        let Self { faults, unreachable_since, unknowns } = *self;
        match *miss {
            Miss::Fault(reason) => self.fault(reason, policy),
            Miss::Unknown(reason) => self.unknown(reason, policy),
            Miss::Unreachable(reason) => {
                // A time to come is one of a clock that was set back since.
                let since = unreachable_since.filter(|since| *since <= now.due).unwrap_or(now.due);
                let elapsed = Duration::from_millis(now.due.abs_diff(since));
                let verdict = policy.after_unreachable(elapsed);
                Setback { reason, faults, unreachable_since: Some(since), unknowns, verdict }
            }
            Miss::Failed(reason) => Setback { reason, faults, unreachable_since, unknowns, verdict: Verdict::GiveUp },
        }
    }
}

impl SqlLedger {
    pub(super) async fn begin_rendering(
        &self,
        document: DocumentId,
        blob: BlobId,
    ) -> Result<Claim<DocumentClaim>, PortError> {
        match self.claiming_documents.call(ClaimingDocument { document, blob }).await? {
            Some(claim) => Ok(Claim::Claimed(claim)),
            None => self.not_claimed(WAITING_DOCUMENT, Message::Render { document }).await,
        }
    }

    pub(super) async fn end_rendering(
        &self,
        claim: &DocumentClaim,
        outcome: &DocumentOutcome,
    ) -> Result<Finish, PortError> {
        let miss = match outcome {
            DocumentOutcome::Stored { bytes, sha256, file_name, style_version, report } => {
                let storing = Storing {
                    claim: claim.clone(),
                    bytes: i64::try_from(*bytes).unwrap_or(i64::MAX),
                    sha256: *sha256,
                    file_name: file_name.clone(),
                    style_version: i64::from(*style_version),
                    report: report.clone(),
                };
                let stored = self.storing.call(storing).await?;
                return Ok(stored.map_or(Finish::Fenced, |publish| Finish::Recorded { publish }));
            }
            DocumentOutcome::Failed { reason } => Miss::Failed(reason),
            DocumentOutcome::Fault { reason } => Miss::Fault(reason),
            DocumentOutcome::Unreachable { reason } => Miss::Unreachable(reason),
        };
        let mut transaction = self.base.pool.begin().await?;
        let running = running(&mut transaction, RUNNING_DOCUMENT, claim.document.uuid(), claim.attempt).await?;
        let Some(attempt) = running else { return Ok(Finish::Fenced) };
        let now = self.base.clock.now(&mut transaction).await?;
        let setback = attempt.missed(&miss, &self.base.retry, now);
        let document = Rendering { id: claim.document, upload: claim.upload, trace: claim.trace };
        let publish = set_document_back(&mut transaction, document, &setback, &self.base.retry.outbox, now).await?;
        commit(transaction).await?;
        Ok(Finish::Recorded { publish })
    }

    pub(super) async fn begin_sending(&self, mail: MailId) -> Result<Claim<MailClaim>, PortError> {
        if let Some(claim) = self.claiming_mails.call(mail).await? {
            return Ok(Claim::Claimed(claim));
        }
        self.end_superseded_mail(mail).await?;
        self.not_claimed(WAITING_MAIL, Message::Notify { mail }).await
    }

    async fn end_superseded_mail(&self, mail: MailId) -> Result<(), PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        end_superseded(&mut transaction, mail, now).await?;
        commit(transaction).await
    }

    /// Why a claim got nothing. Where an attempt is still to come, the outbox has its message when it is due: the one that
    /// brought the caller here is about to be acknowledged.
    async fn not_claimed<C>(&self, waiting: &'static str, message: Message) -> Result<Claim<C>, PortError> {
        let subject = match message {
            Message::Render { document } => document.uuid(),
            Message::Notify { mail } => mail.uuid(),
        };
        let look = sqlx::query(waiting).bind(subject).fetch_optional(self.base.pool.connections()).await;
        if look.map_err(error("look for the next attempt"))?.is_none() {
            return Ok(Claim::Nothing);
        }
        let mut transaction = self.base.pool.begin().await?;
        let row = sqlx::query(waiting).bind(subject).fetch_optional(&mut *transaction).await;
        let Some(row) = row.map_err(error("look for the next attempt"))? else { return Ok(Claim::Nothing) };
        let now = self.base.clock.now(&mut transaction).await?;
        let due_at: i64 = row.get("next_attempt_at");
        if due_at <= now.due || due_at > now.after(self.base.longest_wait()) {
            // It became due since.
            return Ok(Claim::NotDue(Duration::ZERO));
        }
        outbox::postpone(&mut transaction, message, outbox::trace(&row.get::<String, _>("trace"))?, due_at).await?;
        commit(transaction).await?;
        Ok(Claim::NotDue(Duration::from_millis(due_at.abs_diff(now.due))))
    }

    pub(super) async fn end_sending(&self, claim: &MailClaim, outcome: &MailOutcome) -> Result<Finish, PortError> {
        let miss = match outcome {
            MailOutcome::Sent => {
                let sent = self.sending.call(Sent { mail: claim.mail, attempt: claim.attempt }).await?;
                return Ok(if sent { Finish::Recorded { publish: None } } else { Finish::Fenced });
            }
            MailOutcome::Failed { reason } => Miss::Failed(reason),
            MailOutcome::Fault { reason } => Miss::Fault(reason),
            MailOutcome::Unreachable { reason } => Miss::Unreachable(reason),
            MailOutcome::Unknown { reason } => Miss::Unknown(reason),
        };
        let mut transaction = self.base.pool.begin().await?;
        let running = running(&mut transaction, RUNNING_MAIL, claim.mail.uuid(), claim.attempt).await?;
        let Some(attempt) = running else { return Ok(Finish::Fenced) };
        let now = self.base.clock.now(&mut transaction).await?;
        let setback = attempt.missed(&miss, &self.base.retry, now);
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
    now: Now,
) -> Result<Option<OutboxEntry>, PortError> {
    let (state, next_attempt_at, finished_at) = match setback.verdict {
        Verdict::RetryAfter(wait) => ("queued", now.after(wait), None),
        Verdict::GiveUp => ("failed", AT_ONCE, Some(now.at)),
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
    .bind(next_attempt_at)
    .bind(finished_at)
    .execute(&mut *connection)
    .await
    .map_err(error("set a document back"))?;
    match setback.verdict {
        Verdict::GiveUp => close(connection, document.upload, policy, now).await,
        Verdict::RetryAfter(_) => {
            let message = Message::Render { document: document.id };
            outbox::insert(connection, message, document.trace, next_attempt_at).await.map(|_| None)
        }
    }
}

/// One document of the upload is final. The transaction that makes the last one final writes the mail.
pub(in super::super) async fn close(
    connection: &mut Connection,
    upload: UploadId,
    policy: &OutboxPolicy,
    now: Now,
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
    .bind(AT_ONCE)
    .execute(&mut *connection)
    .await
    .map_err(error("store a mail"))?;
    if inserted.rows_affected() == 0 {
        return Ok(None);
    }
    let trace = outbox::trace(&row.get::<String, _>("trace"))?;
    outbox::insert(connection, Message::Notify { mail }, trace, now.after(policy.first)).await.map(Some)
}

/// Makes the mail pending again, or ends it: as failed, or as unknown where an attempt may have sent it.
pub(super) async fn set_mail_back(
    connection: &mut Connection,
    mail: MailId,
    trace: TraceId,
    setback: &Setback<'_>,
    now: Now,
) -> Result<(), PortError> {
    let (state, next_attempt_at, finished_at) = match setback.verdict {
        Verdict::RetryAfter(wait) => ("pending", now.after(wait), None),
        Verdict::GiveUp if setback.unknowns > 0 => ("unknown", AT_ONCE, Some(now.at)),
        Verdict::GiveUp => ("failed", AT_ONCE, Some(now.at)),
    };
    sqlx::query(
        "update mails
         set state = $2, faults = $3, unreachable_since = $4, reason = $5, next_attempt_at = $6, finished_at = $7,
             lease_until = null, unknowns = $8
         where id = $1",
    )
    .bind(mail.uuid())
    .bind(state)
    .bind(setback.faults)
    .bind(setback.unreachable_since)
    .bind(setback.reason)
    .bind(next_attempt_at)
    .bind(finished_at)
    .bind(setback.unknowns)
    .execute(&mut *connection)
    .await
    .map_err(error("set a mail back"))?;
    if let Verdict::RetryAfter(_) = setback.verdict {
        outbox::insert(connection, Message::Notify { mail }, trace, next_attempt_at).await?;
        end_superseded(connection, mail, now).await?;
    }
    Ok(())
}

/// Ends a pending mail that a redrive overtook, with its outbox row, which no claim would ever delete.
async fn end_superseded(connection: &mut Connection, mail: MailId, now: Now) -> Result<(), PortError> {
    let ended = sqlx::query(
        "update mails
         set state = case when unknowns > 0 then 'unknown' else 'failed' end, reason = $2, finished_at = $3
         where id = $1 and state = 'pending'
           and generation < (select generation from uploads where uploads.id = mails.upload)",
    )
    .bind(mail.uuid())
    .bind(redrive::SUPERSEDED)
    .bind(now.at)
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
