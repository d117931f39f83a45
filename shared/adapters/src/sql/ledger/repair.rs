//! Stored documents whose file was lost or altered are made again.

use std::collections::BTreeMap;

use pipeline::{Actor, BlobId, DocumentId, Message, OutboxEntry, PortError, UploadId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, list};
use super::attempt::AT_ONCE;
use super::{Base, commit, outbox, redrive};

pub(super) async fn make_again(base: &Base, blobs: &[BlobId], actor: &Actor) -> Result<Vec<OutboxEntry>, PortError> {
    let ids: Vec<Uuid> = blobs.iter().map(|blob| blob.uuid()).collect();
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    sqlx::query(concat!(
        "insert into replaced_blobs (blob, document) select blob, id from documents where state = 'stored' and blob",
        in_list!("$1")
    ))
    .bind(list(&ids))
    .execute(&mut *transaction)
    .await
    .map_err(error("remember replaced blobs"))?;
    let rows = sqlx::query(concat!(
        "update documents
         set state = 'queued', attempts = 0, faults = 0, unreachable_since = null, reason = null, finished_at = null,
             next_attempt_at = $2
         where state = 'stored' and blob",
        in_list!("$1"),
        "returning id, upload, (select trace from uploads where uploads.id = documents.upload) as trace"
    ))
    .bind(list(&ids))
    .bind(AT_ONCE)
    .fetch_all(&mut *transaction)
    .await
    .map_err(error("queue documents again"))?;
    let (mut entries, mut reopened) = (Vec::with_capacity(rows.len()), BTreeMap::<Uuid, i64>::new());
    for row in &rows {
        let message = Message::Render { document: DocumentId::from(row.get::<Uuid, _>("id")) };
        let trace = outbox::trace(&row.get::<String, _>("trace"))?;
        entries.push(outbox::insert(&mut transaction, message, trace, now.after(base.retry.outbox.first)).await?);
        *reopened.entry(row.get("upload")).or_default() += 1;
    }
    for (upload, documents) in reopened {
        // Of the same generation, whose mail there is already.
        let open = sqlx::query("update uploads set open = open + $2 where id = $1").bind(upload).bind(documents);
        open.execute(&mut *transaction).await.map_err(error("reopen an upload"))?;
        let detail = format!("documents: {documents}");
        redrive::audit(&mut transaction, actor, "make-again", UploadId::from(upload), &detail, now).await?;
    }
    commit(transaction).await?;
    Ok(entries)
}
