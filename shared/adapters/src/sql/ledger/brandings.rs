//! Versions of brandings. What an upload names stays.

use std::collections::HashMap;
use std::time::Duration;

use pipeline::{BlobId, BrandingId, ErrorKind, PortError, StoredBranding, UserId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{Pool, error, list, milliseconds, timestamp};
use super::{Base, Row, commit};
use crate::batches::Answers;

/// How often a branding is offered where another one of the same user is put at the same time.
const TRIES: u32 = 3;

pub(super) async fn put(base: &Base, branding: &StoredBranding) -> Result<(), PortError> {
    let mut tries = 1;
    loop {
        match try_to_put(base, branding).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && tries < TRIES => tries += 1,
            put => return put,
        }
    }
}

async fn try_to_put(base: &Base, branding: &StoredBranding) -> Result<(), PortError> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    sqlx::query("update brandings set ended_at = $2 where owner = $1 and ended_at is null")
        .bind(branding.owner.uuid())
        .bind(now.at)
        .execute(&mut *transaction)
        .await
        .map_err(error("end a branding"))?;
    sqlx::query("insert into brandings (id, owner, content, logo, created_at) values ($1, $2, $3, $4, $5)")
        .bind(branding.id.uuid())
        .bind(branding.owner.uuid())
        .bind(&branding.content)
        .bind(branding.logo.map(BlobId::uuid))
        .bind(milliseconds(branding.created_at))
        .execute(&mut *transaction)
        .await
        .map_err(error("store a branding"))?;
    commit(transaction).await
}

/// For many uploads at a time, as the steps are.
pub(super) async fn of_owners(base: &Base, owners: &[UserId]) -> Answers<Option<StoredBranding>> {
    let ids: Vec<Uuid> = owners.iter().map(|owner| owner.uuid()).collect();
    let rows = sqlx::query(concat!(
        "select id, owner, content, logo, created_at from brandings where ended_at is null and owner ",
        in_list!("$1")
    ))
    .bind(list(&ids))
    .fetch_all(base.pool.connections())
    .await
    .map_err(error("read users' brandings"))?;
    let current: HashMap<Uuid, &Row> = rows.iter().map(|row| (row.get("owner"), row)).collect();
    Ok(ids.iter().map(|owner| current.get(owner).map(|row| stored(row)).transpose()).collect())
}

pub(super) async fn by_id(pool: &Pool, id: BrandingId) -> Result<Option<StoredBranding>, PortError> {
    let row = sqlx::query("select id, owner, content, logo, created_at from brandings where id = $1")
        .bind(id.uuid())
        .fetch_optional(pool.connections())
        .await
        .map_err(error("read a branding"))?;
    row.as_ref().map(stored).transpose()
}

pub(super) async fn end(base: &Base, owner: UserId) -> Result<bool, PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("end a branding"))?;
    let now = base.clock.now(&mut connection).await?;
    let ended = sqlx::query("update brandings set ended_at = $2 where owner = $1 and ended_at is null")
        .bind(owner.uuid())
        .bind(now.at)
        .execute(&mut *connection)
        .await
        .map_err(error("end a branding"))?;
    Ok(ended.rows_affected() == 1)
}

pub(super) async fn forget(base: &Base, age: Duration) -> Result<(), PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("forget brandings"))?;
    let now = base.clock.now(&mut connection).await?;
    sqlx::query(
        "delete from brandings
         where ended_at < $1 and not exists (select 1 from uploads u where u.branding = brandings.id)",
    )
    .bind(now.before(age))
    .execute(&mut *connection)
    .await
    .map_err(error("forget brandings"))?;
    Ok(())
}

fn stored(row: &Row) -> Result<StoredBranding, PortError> {
    Ok(StoredBranding {
        id: BrandingId::from(row.get::<Uuid, _>("id")),
        owner: UserId::from(row.get::<Uuid, _>("owner")),
        content: row.get("content"),
        logo: row.get::<Option<Uuid>, _>("logo").map(BlobId::from),
        created_at: timestamp(row.get("created_at"))?,
    })
}
