//! The steps that each upload takes, for many at a time in one statement each: whole or not at all, and one round trip.
//!
//! Rows that another statement locks in another order could make the two wait for each other. So uploads are locked in the
//! order of their ids, and a confirm passes over rows that are locked: their claims are deleting them.
//!
//! Each statement reads the server's clock once, see `present!`.

use std::collections::HashMap;

use pipeline::{
    BrandingId, DocumentClaim, MailClaim, MailId, Message, Mutation, NewUpload, OutboxEntry, OutboxId, PortError,
};
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};
use uuid::Uuid;

use super::error;
use super::ledger::{
    AT_ONCE, AcceptedAt, Base, ClaimingDocument, Sent, Storing, document_claim, idempotency_key_life, length,
    mail_claim, render_messages, uploads_by_id,
};
use crate::batches::Answers;

/// The start of a statement that knows the present as `present.at`. Its first argument is the time that a test gives.
macro_rules! present {
    ($($statement:literal),+ $(,)?) => {
        concat!(
            "with present as materialized (select coalesce($1::bigint, ",
            wall_clock!(),
            ") as at), ",
            $($statement),+
        )
    };
}

/// A column of what goes together.
fn column<I, T>(calls: &[I], value: impl Fn(&I) -> T) -> Vec<T> {
    calls.iter().map(value).collect()
}

/// Uploads, their documents and outbox rows. `None` where the idempotency key was used within its life.
pub(super) async fn accept(base: &Base, uploads: &[NewUpload]) -> Answers<Option<AcceptedAt>> {
    let entries = column(uploads, render_messages);
    let documents: Vec<_> = uploads
        .iter()
        .zip(&entries)
        .flat_map(|(upload, entries)| {
            upload.documents.iter().zip(entries).map(move |(document, entry)| (upload, document, entry))
        })
        .collect();
    let key = |upload: &NewUpload| upload.idempotency.as_ref().map(|idempotency| idempotency.key.clone());
    let fingerprint = |upload: &NewUpload| upload.idempotency.as_ref().map(|given| given.fingerprint.to_vec());
    let accepted: Vec<(Uuid, i64)> = sqlx::query_as(present!(
        "offered as (
             select o.*, p.at
             from present p, unnest($2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::bigint[],
                                    $9::text[], $10::bytea[], $11::uuid[])
                 as o(id, owner, invoice_number, raw, notify, trace, open, key, fingerprint, branding)
         ), first_of_key as (
             select distinct on (owner, key) * from offered where key is not null order by owner, key
         ), reserved as (
             insert into idempotency_keys as k (owner, key, fingerprint, upload, created_at)
             select owner, key, fingerprint, id, at from first_of_key order by owner, key
             on conflict (owner, key) do update
                 set fingerprint = excluded.fingerprint, upload = excluded.upload, created_at = excluded.created_at
                 where k.created_at < excluded.created_at - $18
             returning upload
         ), accepted as (
             insert into uploads (id, owner, invoice_number, raw, notify, trace, open, generation, created_at, branding)
             select id, owner, invoice_number, raw, notify, trace, open, 1, at, branding from offered
             where key is null or id in (select upload from reserved)
             returning id, created_at
         ), documented as (
             select d.*, a.created_at + $17 as due_at
             from accepted a join unnest($12::uuid[], $13::uuid[], $14::text[], $15::uuid[], $16::text[])
                 as d(id, upload, format, entry, trace) on d.upload = a.id
         ), queued as (
             insert into documents (id, upload, format, state, attempt, attempts, faults, next_attempt_at)
             select id, upload, format, 'queued', 0, 0, 0, $19 from documented
         ), messages as (
             insert into outbox (id, kind, subject, trace, due_at, published)
             select entry, 'render', id, trace, due_at, 0 from documented
         )
         select a.id, p.at from accepted a, present p"
    ))
    .bind(base.clock.given())
    .bind(column(uploads, |upload| upload.id.uuid()))
    .bind(column(uploads, |upload| upload.owner.uuid()))
    .bind(column(uploads, |upload| upload.invoice_number.clone()))
    .bind(column(uploads, |upload| upload.raw.uuid()))
    .bind(column(uploads, |upload| upload.notify.as_ref().map(|notify| notify.as_str().to_owned())))
    .bind(column(uploads, |upload| upload.trace.to_string()))
    .bind(column(uploads, |upload| i64::try_from(upload.documents.len()).unwrap_or(i64::MAX)))
    .bind(column(uploads, key))
    .bind(column(uploads, fingerprint))
    .bind(column(uploads, |upload| upload.branding.map(BrandingId::uuid)))
    .bind(column(&documents, |(_, document, _)| document.id.uuid()))
    .bind(column(&documents, |(upload, ..)| upload.id.uuid()))
    .bind(column(&documents, |(_, document, _)| document.format.name()))
    .bind(column(&documents, |(.., entry)| entry.id.uuid()))
    .bind(column(&documents, |(.., entry)| entry.trace.to_string()))
    .bind(length(base.retry.outbox.first))
    .bind(idempotency_key_life())
    .bind(AT_ONCE)
    .fetch_all(base.pool.connections())
    .await
    .map_err(error("accept uploads"))?;
    let accepted: HashMap<Uuid, i64> = accepted.into_iter().collect();
    let answer = |(upload, publish): (&NewUpload, _)| {
        Ok(accepted.get(&upload.id.uuid()).map(|at| AcceptedAt { at: *at, publish }))
    };
    Ok(uploads.iter().zip(entries).map(answer).collect())
}

/// The broker has confirmed these rows' messages.
pub(super) async fn confirm(base: &Base, entries: &[OutboxId]) -> Answers<()> {
    sqlx::query(present!(
        "free as (select id from outbox where id = any($2) for update skip locked)
         update outbox o set published = o.published + 1, due_at = p.at + $3
         from present p, free f where o.id = f.id"
    ))
    .bind(base.clock.given())
    .bind(column(entries, |entry| entry.uuid()))
    .bind(length(base.retry.outbox.confirmed))
    .execute(base.pool.connections())
    .await
    .map_err(error("confirm outbox rows"))?;
    if Mutation::OutboxGoneAtPublish.is_on() {
        let gone = sqlx::query("delete from outbox where id = any($1)").bind(column(entries, |entry| entry.uuid()));
        gone.execute(base.pool.connections()).await.map_err(error("delete outbox rows"))?;
    }
    Ok(entries.iter().map(|_| Ok(())).collect())
}

/// `queued → rendering`, and the outbox rows go. One of several calls for a document gets it.
pub(super) async fn claim_documents(base: &Base, calls: &[ClaimingDocument]) -> Answers<Option<DocumentClaim>> {
    let rows = sqlx::query(present!(
        "asked as (
             select * from unnest($2::uuid[], $3::uuid[]) as a(id, blob)
         ), claimed as (
             update documents d
             set state = 'rendering', attempt = d.attempt + 1, attempts = d.attempts + 1, blob = a.blob,
                 lease_until = p.at + $4
             from asked a, present p
             where d.id = a.id and d.state = 'queued'
               and (d.next_attempt_at <= p.at or d.next_attempt_at > p.at + $5)
             returning d.id, d.upload, d.attempt, d.format, d.blob
         ), gone as (
             delete from outbox o using claimed c where o.subject = c.id
         )
         select c.id, c.upload, c.attempt, c.format, c.blob, u.raw, u.branding, u.trace
         from claimed c join uploads u on u.id = c.upload"
    ))
    .bind(base.clock.given())
    .bind(column(calls, |call| call.document.uuid()))
    .bind(column(calls, |call| call.blob.uuid()))
    .bind(length(base.retry.lease))
    .bind(length(base.longest_wait()))
    .fetch_all(base.pool.connections())
    .await
    .map_err(error("claim documents"))?;
    let claimed: HashMap<(Uuid, Uuid), _> =
        rows.iter().map(|row| ((row.get("id"), row.get("blob")), document_claim(row))).collect();
    Ok(answers(calls, claimed, |call| (call.document.uuid(), call.blob.uuid())))
}

/// `pending → sending`, and the outbox rows go. One of several calls for a mail gets it.
pub(super) async fn claim_mails(base: &Base, mails: &[MailId]) -> Answers<Option<MailClaim>> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("claim mails"))?;
    let rows = sqlx::query(present!(
        "claimed as (
             update mails m
             set state = 'sending', attempt = m.attempt + 1, attempts = m.attempts + 1, lease_until = p.at + $3
             from present p
             where m.id = any($2) and m.state = 'pending'
               and (m.next_attempt_at <= p.at or m.next_attempt_at > p.at + $4)
               and exists (select 1 from uploads u
                           where u.id = m.upload and u.generation = m.generation and u.open = 0)
             returning m.id, m.upload, m.generation, m.attempt, m.recipient
         ), gone as (
             delete from outbox o using claimed c where o.subject = c.id
         )
         select id, upload, generation, attempt, recipient from claimed"
    ))
    .bind(base.clock.given())
    .bind(column(mails, |mail| mail.uuid()))
    .bind(length(base.retry.lease))
    .bind(length(base.longest_wait()))
    .fetch_all(&mut *connection)
    .await
    .map_err(error("claim mails"))?;
    if rows.is_empty() {
        return Ok(mails.iter().map(|_| Ok(None)).collect());
    }
    let mut uploads = uploads_by_id(&mut connection, &column(&rows, |row| row.get("upload"))).await?;
    // What is missing was deleted since the claim, the mail with it.
    let claim = |row: &PgRow| {
        let upload = uploads.remove(&row.get::<Uuid, _>("upload"))?;
        Some((row.get("id"), upload.and_then(|upload| mail_claim(row, upload))))
    };
    let claimed: HashMap<Uuid, _> = rows.iter().filter_map(claim).collect();
    Ok(answers(mails, claimed, |mail| mail.uuid()))
}

const STORE: &str = present!("done as (
             select d.*, p.at
             from present p, unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bytea[], $6::text[], $7::bigint[],
                                    $8::uuid[], $9::uuid[], $12::text[])
                 as d(id, attempt, bytes, sha256, file_name, style_version, mail, entry, report)
         ), stored as (
             update documents d
             set state = 'stored', bytes = done.bytes, sha256 = done.sha256, file_name = done.file_name,
                 style_version = done.style_version, report = done.report, finished_at = done.at, lease_until = null,
                 unreachable_since = null, reason = null
             from done where d.id = done.id
               and d.state = 'rendering' and d.attempt = done.attempt
             returning d.id, d.attempt, d.upload, done.at, done.mail, done.entry
         ), closing as (
             select distinct on (upload) upload, count(*) over (partition by upload) as documents, at, mail, entry
             from stored order by upload, id
         ), locked as (
             select u.id from uploads u join closing c on c.upload = u.id order by u.id for update of u
         ), closed as (
             update uploads u set open = u.open - c.documents
             from closing c join locked l on l.id = c.upload where u.id = c.upload
             returning u.id, u.open, u.generation, u.notify, u.trace, c.at, c.mail, c.entry
         ), mailed as (
             insert into mails (id, upload, generation, recipient, state, attempt, attempts, faults, next_attempt_at)
             select mail, id, generation, notify, 'pending', 0, 0, 0, $11 from closed where open <= 0 and notify is not null
             on conflict do nothing
             returning id
         ), messages as (
             insert into outbox (id, kind, subject, trace, due_at, published)
             select c.entry, 'notify', c.mail, c.trace, c.at + $10, 0 from closed c join mailed m on m.id = c.mail
         )
         select s.id, s.attempt, exists (select 1 from mailed m where m.id = s.mail) as mailed from stored s");

/// [`STORE`], or what a test makes of it.
fn store_statement() -> SqlStr {
    if !Mutation::NoFence.is_on() {
        return STORE.into_sql_str();
    }
    AssertSqlSafe(STORE.replace("and d.state = 'rendering' and d.attempt = done.attempt", "")).into_sql_str()
}

/// `rendering → stored`, fewer documents are open, and the last one of an upload brings the mail with its outbox row: the
/// outer `None` where another attempt holds the document.
pub(super) async fn store(base: &Base, calls: &[Storing]) -> Answers<Option<Option<OutboxEntry>>> {
    let mails: Vec<(MailId, OutboxId)> = column(calls, |_| (MailId::new(), OutboxId::new()));
    let rows = sqlx::query(store_statement())
        .bind(base.clock.given())
        .bind(column(calls, |call| call.claim.document.uuid()))
        .bind(column(calls, |call| i64::from(call.claim.attempt)))
        .bind(column(calls, |call| call.bytes))
        .bind(column(calls, |call| call.sha256.to_vec()))
        .bind(column(calls, |call| call.file_name.clone()))
        .bind(column(calls, |call| call.style_version))
        .bind(column(&mails, |(mail, _)| mail.uuid()))
        .bind(column(&mails, |(_, entry)| entry.uuid()))
        .bind(length(base.retry.outbox.first))
        .bind(AT_ONCE)
        .bind(column(calls, |call| call.report.clone()))
        .fetch_all(base.pool.connections())
        .await
        .map_err(error("finish documents"))?;
    let mut stored: HashMap<(Uuid, i64), bool> =
        rows.iter().map(|row| ((row.get("id"), row.get("attempt")), row.get("mailed"))).collect();
    let answer = |(call, (mail, entry)): (&Storing, (MailId, OutboxId))| {
        let DocumentClaim { document, attempt, trace, .. } = call.claim;
        let mailed = stored.remove(&(document.uuid(), i64::from(attempt)));
        let message = OutboxEntry { id: entry, message: Message::Notify { mail }, trace };
        Ok(mailed.map(|mailed| mailed.then_some(message)))
    };
    Ok(calls.iter().zip(mails).map(answer).collect())
}

/// `sending → sent`: `false` where another attempt holds the mail.
pub(super) async fn mark_sent(base: &Base, calls: &[Sent]) -> Answers<bool> {
    let rows = sqlx::query(present!(
        "sent as (select * from unnest($2::uuid[], $3::bigint[]) as s(id, attempt))
         update mails m
         set state = 'sent', finished_at = p.at, lease_until = null, unreachable_since = null, reason = null
         from sent s, present p
         where m.id = s.id and m.state = 'sending' and m.attempt = s.attempt
         returning m.id, m.attempt"
    ))
    .bind(base.clock.given())
    .bind(column(calls, |call| call.mail.uuid()))
    .bind(column(calls, |call| i64::from(call.attempt)))
    .fetch_all(base.pool.connections())
    .await
    .map_err(error("finish mails"))?;
    let mut sent: HashMap<(Uuid, i64), ()> = rows.iter().map(|row| ((row.get("id"), row.get("attempt")), ())).collect();
    let answer = |call: &Sent| Ok(sent.remove(&(call.mail.uuid(), i64::from(call.attempt))).is_some());
    Ok(calls.iter().map(answer).collect())
}

/// Hands what was claimed to the first call that asked for it.
fn answers<I, K: Eq + std::hash::Hash, O>(
    calls: &[I],
    mut claimed: HashMap<K, Result<O, PortError>>,
    key: impl Fn(&I) -> K,
) -> Vec<Result<Option<O>, PortError>> {
    calls.iter().map(|call| claimed.remove(&key(call)).transpose()).collect()
}
