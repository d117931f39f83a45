//! Step 5 of the protocol and what else is removed: uploads and idempotency keys.

use std::collections::HashMap;
use std::time::Duration;

use pipeline::{Actor, BlobId, Bucket, PortError, RemovedUpload, UploadId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, list};
use super::{Base, Connection, Now, SqlLedger, commit, redrive};

/// Of the uploads in a list. In this order: rows before those that they refer to.
const DELETIONS: [&str; 7] = [
    concat!("delete from outbox where subject in (select id from documents where upload", in_list!("$1"), ")"),
    concat!("delete from outbox where subject in (select id from mails where upload", in_list!("$1"), ")"),
    concat!("delete from mails where upload", in_list!("$1")),
    concat!("delete from replaced_blobs where document in (select id from documents where upload", in_list!("$1"), ")"),
    concat!("delete from documents where upload", in_list!("$1")),
    concat!("delete from idempotency_keys where upload", in_list!("$1")),
    concat!("delete from uploads where id", in_list!("$1")),
];

const BLOBS: &str = concat!(
    "select upload, blob, 'processed' as bucket from documents where state = 'stored' and upload",
    in_list!("$1"),
    "union all select id, raw, 'raw' from uploads where id",
    in_list!("$1")
);

impl SqlLedger {
    pub(super) async fn remove_upload(
        &self,
        id: UploadId,
        actor: &Actor,
    ) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        lock_documents(&mut transaction, &[id.uuid()]).await?;
        let removed = remove(&mut transaction, &[id.uuid()], actor, now).await?;
        commit(transaction).await?;
        Ok(removed.into_iter().next().map(|upload| upload.blobs))
    }

    /// Choosing and removing are one transaction: nothing is retried in between.
    pub(super) async fn remove_finished_uploads(
        &self,
        age: Duration,
        limit: u32,
    ) -> Result<Vec<RemovedUpload>, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        let before = now.before(age);
        let old = finished(&mut transaction, before, limit).await?;
        lock_documents(&mut transaction, &old).await?;
        // A redrive may have come first.
        let old = still_finished(&mut transaction, before, &old).await?;
        let removed = remove(&mut transaction, &old, &Actor::Sweeper, now).await?;
        commit(transaction).await?;
        Ok(removed)
    }
}

/// Answers those that there were, each with its blobs that nobody is writing: the raw one and those of stored documents.
async fn remove(
    connection: &mut Connection,
    uploads: &[Uuid],
    actor: &Actor,
    now: Now,
) -> Result<Vec<RemovedUpload>, PortError> {
    if uploads.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(BLOBS).bind(list(uploads)).fetch_all(&mut *connection).await;
    let mut blobs: HashMap<Uuid, Vec<(Bucket, BlobId)>> = HashMap::new();
    for row in rows.map_err(error("read the blobs of uploads"))? {
        let is_raw = row.get::<String, _>("bucket") == Bucket::Raw.name();
        let bucket = if is_raw { Bucket::Raw } else { Bucket::Processed };
        let blob = BlobId::from(row.get::<Uuid, _>("blob"));
        blobs.entry(row.get("upload")).or_default().push((bucket, blob));
    }
    for deletion in DELETIONS {
        let deleted = sqlx::query(deletion).bind(list(uploads)).execute(&mut *connection).await;
        deleted.map_err(error("delete uploads"))?;
    }
    let mut removed = Vec::with_capacity(blobs.len());
    for upload in uploads {
        let Some(mut blobs) = blobs.remove(upload) else { continue };
        blobs.sort_by_key(|(bucket, _)| *bucket == Bucket::Raw);
        removed.push(RemovedUpload { upload: UploadId::from(*upload), blobs });
    }
    let ids: Vec<Uuid> = removed.iter().map(|removed| removed.upload.uuid()).collect();
    redrive::audit_all(connection, actor, "delete", &ids, "", now).await?;
    Ok(removed)
}

/// Everybody who changes rows of an upload locks its documents first: a removal waits for them, and they then
/// find nothing.
async fn lock_documents(connection: &mut Connection, uploads: &[Uuid]) -> Result<(), PortError> {
    sqlx::query(concat!(
        "select 1 from documents where upload",
        in_list!("$1"),
        "order by id",
        row_lock!("for update")
    ))
    .bind(list(uploads))
    .execute(connection)
    .await
    .map_err(error("lock documents"))?;
    Ok(())
}

/// That all of an upload `u` became final before `$1` and no mail of it is still to be sent.
macro_rules! is_finished {
    () => {
        "open = 0 and (select max(d.finished_at) from documents d where d.upload = u.id) < $1
         and not exists (select 1 from mails m where m.upload = u.id and m.state in ('pending', 'sending'))"
    };
}

async fn finished(connection: &mut Connection, before: i64, limit: u32) -> Result<Vec<Uuid>, PortError> {
    // What finished before a time arrived before it too: that condition is there for its index.
    let ids = sqlx::query_scalar(concat!(
        "select id from uploads u where created_at < $1 and ",
        is_finished!(),
        " order by created_at limit $2"
    ))
    .bind(before)
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await;
    ids.map_err(error("look for old uploads"))
}

async fn still_finished(connection: &mut Connection, before: i64, uploads: &[Uuid]) -> Result<Vec<Uuid>, PortError> {
    let ids = sqlx::query_scalar(concat!("select id from uploads u where id", in_list!("$2"), "and ", is_finished!()))
        .bind(before)
        .bind(list(uploads))
        .fetch_all(connection)
        .await;
    ids.map_err(error("look at old uploads again"))
}

pub(super) async fn forget_idempotency_keys(base: &Base, age: Duration) -> Result<(), PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("forget idempotency keys"))?;
    let now = base.clock.now(&mut connection).await?;
    sqlx::query("delete from idempotency_keys where created_at < $1")
        .bind(now.before(age))
        .execute(&mut *connection)
        .await
        .map_err(error("forget idempotency keys"))?;
    Ok(())
}
