//! Step 5 of the protocol and what else is removed: uploads, blobs that no row names, idempotency keys.

use std::time::Duration;

use pipeline::{Actor, BlobId, Bucket, PortError, RemovedUpload, UploadId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{Pool, error};
use super::{Base, Connection, Now, SqlLedger, commit, redrive};

/// In this order: rows before those that they refer to.
const DELETIONS: [&str; 6] = [
    "delete from outbox where subject in (select id from documents where upload = $1)",
    "delete from outbox where subject in (select id from mails where upload = $1)",
    "delete from mails where upload = $1",
    "delete from documents where upload = $1",
    "delete from idempotency_keys where upload = $1",
    "delete from uploads where id = $1",
];

impl SqlLedger {
    pub(super) async fn remove_upload(
        &self,
        id: UploadId,
        actor: &Actor,
    ) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        let blobs = remove(&mut transaction, id, actor, now).await?;
        commit(transaction).await?;
        Ok(blobs)
    }

    /// Choosing and removing are one transaction: nothing is begun anew in between.
    pub(super) async fn remove_finished_uploads(
        &self,
        age: Duration,
        limit: u32,
    ) -> Result<Vec<RemovedUpload>, PortError> {
        let mut transaction = self.base.pool.begin().await?;
        let now = self.base.clock.now(&mut transaction).await?;
        let before = now.before(age);
        let mut removed = Vec::new();
        for upload in finished(&mut transaction, before, None, limit).await? {
            lock_documents(&mut transaction, upload).await?;
            // A redrive may have come first.
            if finished(&mut transaction, before, Some(upload), 1).await?.is_empty() {
                continue;
            }
            if let Some(blobs) = remove(&mut transaction, upload, &Actor::Sweeper, now).await? {
                removed.push(RemovedUpload { upload, blobs });
            }
        }
        commit(transaction).await?;
        Ok(removed)
    }
}

async fn remove(
    connection: &mut Connection,
    id: UploadId,
    actor: &Actor,
    now: Now,
) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
    lock_documents(connection, id).await?;
    let Some(blobs) = blobs_of(connection, id).await? else { return Ok(None) };
    for deletion in DELETIONS {
        let deleted = sqlx::query(deletion).bind(id.uuid()).execute(&mut *connection).await;
        deleted.map_err(error("delete an upload"))?;
    }
    redrive::audit(connection, actor, "delete", id, "", now).await?;
    Ok(Some(blobs))
}

/// Everybody who changes rows of an upload locks its documents first: whoever removes it waits for them, and they then
/// find nothing.
async fn lock_documents(connection: &mut Connection, upload: UploadId) -> Result<(), PortError> {
    sqlx::query(concat!("select 1 from documents where upload = $1 order by id", row_lock!("for update")))
        .bind(upload.uuid())
        .execute(connection)
        .await
        .map_err(error("lock documents"))?;
    Ok(())
}

/// Uploads that are finished, or the one that is asked about.
async fn finished(
    connection: &mut Connection,
    before: i64,
    upload: Option<UploadId>,
    limit: u32,
) -> Result<Vec<UploadId>, PortError> {
    // What finished before a time arrived before it too: that condition is there for its index.
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select id from uploads u
         where open = 0 and created_at < $1 and ($3 is null or id = $3)
           and (select max(d.finished_at) from documents d where d.upload = u.id) < $1
           and not exists (select 1 from mails m where m.upload = u.id and m.state in ('pending', 'sending'))
         order by created_at limit $2",
    )
    .bind(before)
    .bind(i64::from(limit))
    .bind(upload.map(UploadId::uuid))
    .fetch_all(connection)
    .await
    .map_err(error("look for old uploads"))?;
    Ok(ids.into_iter().map(UploadId::from).collect())
}

/// The blobs that nobody is writing: the raw one and those of stored documents. `None`: no such upload.
async fn blobs_of(connection: &mut Connection, id: UploadId) -> Result<Option<Vec<(Bucket, BlobId)>>, PortError> {
    let raw: Option<Uuid> = sqlx::query_scalar("select raw from uploads where id = $1")
        .bind(id.uuid())
        .fetch_optional(&mut *connection)
        .await
        .map_err(error("read an upload"))?;
    let Some(raw) = raw else { return Ok(None) };
    let stored = sqlx::query("select blob from documents where upload = $1 and state = 'stored'")
        .bind(id.uuid())
        .fetch_all(connection)
        .await
        .map_err(error("read documents"))?;
    let stored = stored.iter().map(|row| (Bucket::Processed, BlobId::from(row.get::<Uuid, _>("blob"))));
    Ok(Some(stored.chain([(Bucket::Raw, BlobId::from(raw))]).collect()))
}

pub(super) async fn unreferenced(pool: &Pool, bucket: Bucket, blobs: &[BlobId]) -> Result<Vec<BlobId>, PortError> {
    let statement = match bucket {
        Bucket::Raw => "select 1 from uploads where raw = $1 union all select 1 from brandings where logo = $1 limit 1",
        Bucket::Processed => "select 1 from documents where blob = $1 limit 1",
    };
    let mut connection = pool.connections().acquire().await.map_err(error("look for references"))?;
    let mut unreferenced = Vec::new();
    for blob in blobs {
        let found: Option<i32> = sqlx::query_scalar(statement)
            .bind(blob.uuid())
            .fetch_optional(&mut *connection)
            .await
            .map_err(error("look for references"))?;
        if found.is_none() {
            unreferenced.push(*blob);
        }
    }
    Ok(unreferenced)
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
