//! What the API shows.

use jiff::Timestamp;
use pipeline::{
    BlobId, Document, DocumentId, ErrorKind, Mail, MailId, PortError, StoredDocument, Upload, UploadFilter, UploadId,
    UserId,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{Pool, error, timestamp};
use super::attempt::{email, format};
use super::{Connection, Row, outbox};

const DOCUMENTS: &str = "
    select d.id, d.upload, d.format, d.state, d.attempts, d.reason, d.finished_at, d.blob, d.bytes, d.sha256,
           d.file_name, u.owner
    from documents d join uploads u on u.id = d.upload
    where d.upload = $1 order by d.format desc";

const MAILS: &str = "
    select id, generation, recipient, state, attempts, reason, finished_at
    from mails where upload = $1 order by generation";

pub(super) async fn upload(pool: &Pool, id: UploadId) -> Result<Option<Upload>, PortError> {
    let mut connection = pool.connections().acquire().await.map_err(error("read an upload"))?;
    upload_in(&mut connection, id).await
}

pub(super) async fn upload_in(connection: &mut Connection, id: UploadId) -> Result<Option<Upload>, PortError> {
    let row = sqlx::query("select id, owner, invoice_number, trace, created_at from uploads where id = $1")
        .bind(id.uuid())
        .fetch_optional(&mut *connection)
        .await
        .map_err(error("read an upload"))?;
    match row {
        Some(row) => whole(connection, &row).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn uploads(
    pool: &Pool,
    filter: &UploadFilter,
    after: Option<UploadId>,
    limit: u32,
) -> Result<Vec<Upload>, PortError> {
    let mut connection = pool.connections().acquire().await.map_err(error("list uploads"))?;
    let rows = sqlx::query(
        "select id, owner, invoice_number, trace, created_at from uploads u
         where ($1 is null or owner = $1) and ($2 is null or id < $2) and ($3 is null or invoice_number = $3)
           and ($4 is null or $4 = case
               when open > 0 then 'processing'
               when exists (select 1 from documents d where d.upload = u.id and d.state = 'failed') then 'failed'
               else 'stored' end)
         order by id desc limit $5",
    )
    .bind(filter.owner.map(UserId::uuid))
    .bind(after.map(UploadId::uuid))
    .bind(filter.invoice_number.as_deref())
    .bind(filter.state.map(pipeline::UploadState::name))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await
    .map_err(error("list uploads"))?;
    let mut uploads = Vec::with_capacity(rows.len());
    for row in &rows {
        uploads.push(whole(&mut connection, row).await?);
    }
    Ok(uploads)
}

pub(super) async fn stored(pool: &Pool, blob: BlobId) -> Result<Option<StoredDocument>, PortError> {
    let row = sqlx::query(
        "select d.upload, d.format, d.finished_at, d.blob, d.bytes, d.sha256, d.file_name, u.owner
         from documents d join uploads u on u.id = d.upload
         where d.blob = $1 and d.state = 'stored'",
    )
    .bind(blob.uuid())
    .fetch_optional(pool.connections())
    .await
    .map_err(error("read a stored document"))?;
    row.as_ref().map(stored_document).transpose()
}

async fn whole(connection: &mut Connection, row: &Row) -> Result<Upload, PortError> {
    let id: Uuid = row.get("id");
    let documents = sqlx::query(DOCUMENTS).bind(id).fetch_all(&mut *connection).await;
    let mails = sqlx::query(MAILS).bind(id).fetch_all(&mut *connection).await;
    Ok(Upload {
        id: UploadId::from(id),
        owner: UserId::from(row.get::<Uuid, _>("owner")),
        invoice_number: row.get("invoice_number"),
        trace: outbox::trace(&row.get::<String, _>("trace"))?,
        created_at: timestamp(row.get("created_at"))?,
        documents: documents.map_err(error("read documents"))?.iter().map(document).collect::<Result<_, _>>()?,
        mails: mails.map_err(error("read mails"))?.iter().map(mail).collect::<Result<_, _>>()?,
    })
}

fn document(row: &Row) -> Result<Document, PortError> {
    let state = state(row)?;
    Ok(Document {
        id: DocumentId::from(row.get::<Uuid, _>("id")),
        format: format(&row.get::<String, _>("format"))?,
        state,
        attempts: count(row)?,
        reason: row.get("reason"),
        stored: (state == pipeline::DocumentState::Stored).then(|| stored_document(row)).transpose()?,
        finished_at: optional_time(row)?,
    })
}

fn stored_document(row: &Row) -> Result<StoredDocument, PortError> {
    let broken = || PortError::new(ErrorKind::Internal, "a stored document lacks its figures");
    let sha256: Vec<u8> = row.get("sha256");
    Ok(StoredDocument {
        upload: UploadId::from(row.get::<Uuid, _>("upload")),
        owner: UserId::from(row.get::<Uuid, _>("owner")),
        blob: BlobId::from(row.get::<Uuid, _>("blob")),
        format: format(&row.get::<String, _>("format"))?,
        file_name: row.get("file_name"),
        bytes: u64::try_from(row.get::<i64, _>("bytes")).map_err(|_| broken())?,
        sha256: sha256.try_into().map_err(|_| broken())?,
        stored_at: optional_time(row)?.ok_or_else(broken)?,
    })
}

fn mail(row: &Row) -> Result<Mail, PortError> {
    let generation = u32::try_from(row.get::<i64, _>("generation"));
    Ok(Mail {
        id: MailId::from(row.get::<Uuid, _>("id")),
        generation: generation.map_err(|_| PortError::new(ErrorKind::Internal, "a stored number is out of range"))?,
        to: email(&row.get::<String, _>("recipient"))?,
        state: state(row)?,
        attempts: count(row)?,
        reason: row.get("reason"),
        finished_at: optional_time(row)?,
    })
}

fn state<S: std::str::FromStr<Err = String>>(row: &Row) -> Result<S, PortError> {
    row.get::<String, _>("state").parse().map_err(|message| PortError::new(ErrorKind::Internal, message))
}

fn count(row: &Row) -> Result<u32, PortError> {
    u32::try_from(row.get::<i64, _>("attempts"))
        .map_err(|_| PortError::new(ErrorKind::Internal, "a stored number is out of range"))
}

fn optional_time(row: &Row) -> Result<Option<Timestamp>, PortError> {
    row.get::<Option<i64>, _>("finished_at").map(timestamp).transpose()
}
