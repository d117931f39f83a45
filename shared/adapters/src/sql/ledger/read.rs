//! What the API shows.

use std::collections::HashMap;

use jiff::Timestamp;
use pipeline::{
    BlobId, BrandingId, Document, DocumentId, ErrorKind, Mail, MailId, PortError, StoredDocument, Upload, UploadFilter,
    UploadId, UserId,
};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{Pool, error, list, timestamp};
use super::attempt::{email, format};
use super::{Connection, Row, outbox, redrive};

const DOCUMENTS: &str = concat!(
    "select id, upload, format, state, attempts, reason, finished_at, blob, bytes, sha256, file_name, style_version,
            report
     from documents where upload ",
    in_list!("$1")
);

const MAILS: &str = concat!(
    "select id, upload, generation, recipient, state, attempts, reason, finished_at
     from mails where upload ",
    in_list!("$1"),
    " order by generation"
);

pub(super) async fn upload(pool: &Pool, id: UploadId) -> Result<Option<Upload>, PortError> {
    let mut connection = pool.connections().acquire().await.map_err(error("read an upload"))?;
    uploads_by_id(&mut connection, &[id.uuid()]).await?.remove(&id.uuid()).transpose()
}

/// The uploads that there are of these. One that cannot be read holds up no other.
pub(in super::super) async fn uploads_by_id(
    connection: &mut Connection,
    ids: &[Uuid],
) -> Result<HashMap<Uuid, Result<Upload, PortError>>, PortError> {
    let rows = sqlx::query(concat!(
        "select id, owner, invoice_number, branding, trace, created_at from uploads where id ",
        in_list!("$1")
    ))
    .bind(list(ids))
    .fetch_all(&mut *connection)
    .await
    .map_err(error("read uploads"))?;
    let uploads = whole(connection, &rows).await?;
    Ok(rows.iter().map(|row| row.get("id")).zip(uploads).collect())
}

pub(super) async fn uploads(
    pool: &Pool,
    filter: &UploadFilter,
    after: Option<UploadId>,
    limit: u32,
) -> Result<Vec<Upload>, PortError> {
    let mut connection = pool.connections().acquire().await.map_err(error("list uploads"))?;
    let rows = sqlx::query(
        "select id, owner, invoice_number, branding, trace, created_at from uploads u
         where ($1 is null or owner = $1) and ($2 is null or id < $2) and ($3 is null or invoice_number = $3)
           and ($4 is null or $4 = case
               when open > 0 then 'processing'
               when exists (select 1 from documents d where d.upload = u.id and d.state = 'failed') then 'failed'
               else 'stored' end)
           and ($5 is null
                or exists (select 1 from documents d
                           where d.upload = u.id and d.state = 'failed' and lower(d.reason) like $5 escape '\\')
                or exists (select 1 from mails m
                           where m.upload = u.id and m.state in ('failed', 'unknown') and m.generation = u.generation
                             and lower(m.reason) like $5 escape '\\'))
         order by id desc limit $6",
    )
    .bind(filter.owner.map(UserId::uuid))
    .bind(after.map(UploadId::uuid))
    .bind(filter.invoice_number.as_deref())
    .bind(filter.state.map(pipeline::UploadState::name))
    .bind(filter.reason.as_deref().map(redrive::contains))
    .bind(i64::from(limit))
    .fetch_all(&mut *connection)
    .await
    .map_err(error("list uploads"))?;
    whole(&mut connection, &rows).await?.into_iter().collect()
}

/// The stored documents `d` of uploads `u`.
macro_rules! stored {
    () => {
        "select d.upload, d.format, d.finished_at, d.blob, d.bytes, d.sha256, d.file_name, d.style_version, d.report,
                u.owner
         from documents d join uploads u on u.id = d.upload where d.state = 'stored' "
    };
}

pub(super) async fn stored(pool: &Pool, blob: BlobId) -> Result<Option<StoredDocument>, PortError> {
    let row = sqlx::query(concat!(
        stored!(),
        "and (d.blob = $1 or d.id = (select r.document from replaced_blobs r where r.blob = $1))"
    ))
    .bind(blob.uuid())
    .fetch_optional(pool.connections())
    .await
    .map_err(error("read a stored document"))?;
    row.as_ref().map(|row| stored_document(row, UserId::from(row.get::<Uuid, _>("owner")))).transpose()
}

pub(super) async fn stored_documents(
    pool: &Pool,
    after: Option<BlobId>,
    limit: u32,
) -> Result<Vec<StoredDocument>, PortError> {
    let rows = sqlx::query(concat!(stored!(), "and ($1 is null or d.blob > $1) order by d.blob limit $2"))
        .bind(after.map(BlobId::uuid))
        .bind(i64::from(limit))
        .fetch_all(pool.connections())
        .await
        .map_err(error("list stored documents"))?;
    rows.iter().map(|row| stored_document(row, UserId::from(row.get::<Uuid, _>("owner")))).collect()
}

pub(super) async fn raw_blobs(
    pool: &Pool,
    after: Option<BlobId>,
    limit: u32,
) -> Result<Vec<(UploadId, BlobId)>, PortError> {
    let rows: Vec<(Uuid, Uuid)> =
        sqlx::query_as("select id, raw from uploads where $1 is null or raw > $1 order by raw limit $2")
            .bind(after.map(BlobId::uuid))
            .bind(i64::from(limit))
            .fetch_all(pool.connections())
            .await
            .map_err(error("list raw blobs"))?;
    Ok(rows.into_iter().map(|(upload, raw)| (UploadId::from(upload), BlobId::from(raw))).collect())
}

/// The uploads of these rows with their documents and mails.
async fn whole(connection: &mut Connection, rows: &[Row]) -> Result<Vec<Result<Upload, PortError>>, PortError> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.get("id")).collect();
    let documents = sqlx::query(DOCUMENTS).bind(list(&ids)).fetch_all(&mut *connection).await;
    let documents = by_upload(documents.map_err(error("read documents"))?);
    let mails = sqlx::query(MAILS).bind(list(&ids)).fetch_all(&mut *connection).await;
    let mails = by_upload(mails.map_err(error("read mails"))?);
    Ok(rows.iter().zip(&ids).map(|(row, id)| upload_of(row, of(&documents, id), of(&mails, id))).collect())
}

fn of<'a>(found: &'a HashMap<Uuid, Vec<Row>>, upload: &Uuid) -> &'a [Row] {
    found.get(upload).map(Vec::as_slice).unwrap_or_default()
}

fn by_upload(rows: Vec<Row>) -> HashMap<Uuid, Vec<Row>> {
    let mut found: HashMap<Uuid, Vec<Row>> = HashMap::new();
    for row in rows {
        found.entry(row.get("upload")).or_default().push(row);
    }
    found
}

fn upload_of(row: &Row, documents: &[Row], mails: &[Row]) -> Result<Upload, PortError> {
    let owner = UserId::from(row.get::<Uuid, _>("owner"));
    let mut documents: Vec<Document> = documents.iter().map(|row| document(row, owner)).collect::<Result<_, _>>()?;
    // As formats are listed to people.
    documents.sort_by_key(|document| document.format);
    Ok(Upload {
        id: UploadId::from(row.get::<Uuid, _>("id")),
        owner,
        invoice_number: row.get("invoice_number"),
        branding: row.get::<Option<Uuid>, _>("branding").map(BrandingId::from),
        trace: outbox::trace(&row.get::<String, _>("trace"))?,
        created_at: timestamp(row.get("created_at"))?,
        documents,
        mails: mails.iter().map(mail).collect::<Result<_, _>>()?,
    })
}

fn document(row: &Row, owner: UserId) -> Result<Document, PortError> {
    let state = state(row)?;
    Ok(Document {
        id: DocumentId::from(row.get::<Uuid, _>("id")),
        format: format(&row.get::<String, _>("format"))?,
        state,
        attempts: count(row)?,
        reason: row.get("reason"),
        stored: (state == pipeline::DocumentState::Stored).then(|| stored_document(row, owner)).transpose()?,
        finished_at: optional_time(row)?,
    })
}

fn stored_document(row: &Row, owner: UserId) -> Result<StoredDocument, PortError> {
    let broken = || PortError::new(ErrorKind::Internal, "a stored document lacks its figures");
    let sha256: Vec<u8> = row.get("sha256");
    Ok(StoredDocument {
        upload: UploadId::from(row.get::<Uuid, _>("upload")),
        owner,
        blob: BlobId::from(row.get::<Uuid, _>("blob")),
        format: format(&row.get::<String, _>("format"))?,
        file_name: row.get("file_name"),
        bytes: u64::try_from(row.get::<i64, _>("bytes")).map_err(|_| broken())?,
        sha256: sha256.try_into().map_err(|_| broken())?,
        style_version: row
            .get::<Option<i64>, _>("style_version")
            .map(u32::try_from)
            .transpose()
            .map_err(|_| broken())?,
        report: row.get("report"),
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
