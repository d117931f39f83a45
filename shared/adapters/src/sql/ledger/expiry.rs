//! Step 6 of the protocol: an attempt whose lease has expired is one that crashed.

use std::fmt::Display;

use pipeline::{DocumentId, Expired, MailId, PortError, TraceId, UploadId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::error;
use super::attempt::{Attempt, Rendering, set_document_back, set_mail_back};
use super::{Connection, Now, Row, SqlLedger, commit, outbox};

const EXPIRED: &str = "the attempt did not end within its lease";
const HANDED_OVER: &str = "the attempt ended while the mail server had the mail: it may have accepted it";

impl SqlLedger {
    pub(super) async fn expire_leases(&self, limit: u32) -> Result<Expired, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        self.shorten_leases(&mut transaction, now).await?;
        let documents = self.expire_documents(&mut transaction, now, limit).await?;
        let mails = self.expire_mails(&mut transaction, now, limit).await?;
        commit(transaction).await?;
        Ok(Expired { documents, mails })
    }

    /// A lease that ends further ahead than any can was taken before the clock was set back. Its attempt may live, so it
    /// gets a whole one.
    async fn shorten_leases(&self, connection: &mut Connection, now: Now) -> Result<(), PortError> {
        let lease = self.base.retry.lease;
        for statement in [
            "update documents set lease_until = $1 where state = 'rendering' and lease_until > $2",
            "update mails set lease_until = $1 where state = 'sending' and lease_until > $2",
        ] {
            let shortened = sqlx::query(statement)
                .bind(now.after(lease))
                .bind(now.after(lease.saturating_mul(2)))
                .execute(&mut *connection)
                .await;
            shortened.map_err(error("shorten leases"))?;
        }
        Ok(())
    }

    async fn expire_documents(&self, connection: &mut Connection, now: Now, limit: u32) -> Result<usize, PortError> {
        let rows = sqlx::query(concat!(
            "select d.id, d.upload, d.faults, d.unreachable_since, cast(0 as bigint) as unknowns, u.trace
             from documents d join uploads u on u.id = d.upload
             where d.state = 'rendering' and d.lease_until < $1 order by d.lease_until limit $2",
            row_lock!("for update of d skip locked"),
        ))
        .bind(now.due)
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await
        .map_err(error("look for expired leases"))?;
        let mut expired = 0;
        for row in &rows {
            let id = DocumentId::from(row.get::<Uuid, _>("id"));
            let Some(trace) = trace(row, id) else { continue };
            let document = Rendering { id, upload: UploadId::from(row.get::<Uuid, _>("upload")), trace };
            let setback = Attempt::read(row).fault(EXPIRED, &self.base.retry);
            set_document_back(connection, document, &setback, &self.base.retry.outbox, now).await?;
            expired += 1;
        }
        Ok(expired)
    }

    async fn expire_mails(&self, connection: &mut Connection, now: Now, limit: u32) -> Result<usize, PortError> {
        let rows = sqlx::query(concat!(
            "select m.id, m.faults, m.unreachable_since, m.unknowns, m.attempt, m.handed_over, u.trace
             from mails m join uploads u on u.id = m.upload
             where m.state = 'sending' and m.lease_until < $1 order by m.lease_until limit $2",
            row_lock!("for update of m skip locked"),
        ))
        .bind(now.due)
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await
        .map_err(error("look for expired leases"))?;
        let mut expired = 0;
        for row in &rows {
            let mail = MailId::from(row.get::<Uuid, _>("id"));
            let Some(trace) = trace(row, mail) else { continue };
            let attempt = Attempt::read(row);
            let setback = if row.get::<i64, _>("handed_over") == row.get::<i64, _>("attempt") {
                attempt.unknown(HANDED_OVER, &self.base.retry)
            } else {
                attempt.fault(EXPIRED, &self.base.retry)
            };
            set_mail_back(connection, mail, trace, &setback, now).await?;
            expired += 1;
        }
        Ok(expired)
    }
}

/// A row that cannot be read is told and left out, so that it does not hold up the others.
fn trace(row: &Row, id: impl Display) -> Option<TraceId> {
    let read = row.try_get::<String, _>("trace").map_err(error("read a trace"));
    match read.and_then(|text| outbox::trace(&text)) {
        Ok(trace) => Some(trace),
        Err(error) => {
            tracing::error!(%id, %error, "an expired attempt cannot be ended");
            None
        }
    }
}
