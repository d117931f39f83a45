//! Step 5 of the protocol: blobs that no row names. They are set aside first, and deleted by a later pass.

use std::time::Duration;

use pipeline::{BlobId, Bucket, ErrorKind, OrphanPass, PassPhase, PortError};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, list};
use super::store_identity::count;
use super::{Base, commit, length};

/// A holder that makes no step for so long has lost the pass.
const HELD_FOR: Duration = Duration::from_secs(60);
const REMOVING: &str = "removing";

/// That no row names `$blob`, a blob of the bucket.
macro_rules! raw_is_unnamed {
    ($blob:literal) => {
        concat!(
            " not exists (select 1 from uploads where raw = ",
            $blob,
            ") and not exists (select 1 from brandings where logo = ",
            $blob,
            ") "
        )
    };
}

macro_rules! processed_is_unnamed {
    ($blob:literal) => {
        concat!(" not exists (select 1 from documents where blob = ", $blob, ") ")
    };
}

/// A statement for each bucket.
struct Statements {
    unnamed: &'static str,
    set_aside: &'static str,
    due: &'static str,
}

const RAW: Statements = Statements {
    unnamed: concat!("select listed.id", from_list!("$1"), "where", raw_is_unnamed!("listed.id")),
    set_aside: concat!(
        "insert into orphans (bucket, blob, set_aside_at) select 'raw', listed.id, $2",
        from_list!("$1"),
        "where",
        raw_is_unnamed!("listed.id"),
        "on conflict do nothing"
    ),
    due: concat!(
        "select blob from orphans
         where bucket = 'raw' and set_aside_at <= $1 and ($2 is null or blob > $2) and",
        raw_is_unnamed!("orphans.blob"),
        "order by blob limit $3"
    ),
};

const PROCESSED: Statements = Statements {
    unnamed: concat!("select listed.id", from_list!("$1"), "where", processed_is_unnamed!("listed.id")),
    set_aside: concat!(
        "insert into orphans (bucket, blob, set_aside_at) select 'processed', listed.id, $2",
        from_list!("$1"),
        "where",
        processed_is_unnamed!("listed.id"),
        "on conflict do nothing"
    ),
    due: concat!(
        "select blob from orphans
         where bucket = 'processed' and set_aside_at <= $1 and ($2 is null or blob > $2) and",
        processed_is_unnamed!("orphans.blob"),
        "order by blob limit $3"
    ),
};

/// Those that were set aside and are named again.
const NAMED_AGAIN: [&str; 2] = [
    concat!("delete from orphans where bucket = 'raw' and not (", raw_is_unnamed!("orphans.blob"), ")"),
    concat!("delete from orphans where bucket = 'processed' and not (", processed_is_unnamed!("orphans.blob"), ")"),
];

const fn statements(bucket: Bucket) -> &'static Statements {
    match bucket {
        Bucket::Raw => &RAW,
        Bucket::Processed => &PROCESSED,
    }
}

fn ids(blobs: &[BlobId]) -> Vec<Uuid> {
    blobs.iter().map(|blob| blob.uuid()).collect()
}

fn blobs(ids: Vec<Uuid>) -> Vec<BlobId> {
    ids.into_iter().map(BlobId::from).collect()
}

pub(super) async fn unreferenced(base: &Base, bucket: Bucket, listed: &[BlobId]) -> Result<Vec<BlobId>, PortError> {
    let unnamed = sqlx::query_scalar(statements(bucket).unnamed).bind(list(&ids(listed)));
    let unnamed: Vec<Uuid> = unnamed.fetch_all(base.pool.connections()).await.map_err(error("look for references"))?;
    Ok(blobs(unnamed))
}

const fn phase_name(phase: PassPhase) -> &'static str {
    match phase {
        PassPhase::Listing(bucket) => bucket.name(),
        PassPhase::Removing => REMOVING,
    }
}

fn phase(name: &str) -> Result<PassPhase, PortError> {
    let bucket = Bucket::ALL.into_iter().find(|bucket| bucket.name() == name);
    match bucket {
        Some(bucket) => Ok(PassPhase::Listing(bucket)),
        None if name == REMOVING => Ok(PassPhase::Removing),
        None => Err(PortError::new(ErrorKind::Internal, format!("unknown phase {name:?} of a pass"))),
    }
}

pub(super) async fn take_pass(base: &Base, holder: Uuid) -> Result<Option<OrphanPass>, PortError> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?.at;
    // A time further ahead than a holder can have set it is of a clock that was set back since.
    let row = sqlx::query(concat!(
        "select phase, after_blob, blobs from store_pass
         where holder = $1 or held_until <= $2 or held_until > $2 + $3",
        row_lock!("for update")
    ))
    .bind(holder)
    .bind(now)
    .bind(length(HELD_FOR))
    .fetch_optional(&mut *transaction)
    .await
    .map_err(error("take the pass over the store"))?;
    let Some(row) = row else { return Ok(None) };
    let under_way: Option<String> = row.get("phase");
    let is_new = under_way.is_none();
    let pass = OrphanPass {
        phase: under_way.as_deref().map_or(Ok(PassPhase::Removing), phase)?,
        after: row.get::<Option<Uuid>, _>("after_blob").map(BlobId::from).filter(|_| !is_new),
        blobs: count(row.get("blobs"))?,
        is_new,
    };
    sqlx::query(
        "update store_pass
         set holder = $1, held_until = $2, checked = case when phase is null then 0 else checked end,
             after_blob = case when phase is null then null else after_blob end, phase = coalesce(phase, $3)",
    )
    .bind(holder)
    .bind(now + length(HELD_FOR))
    .bind(REMOVING)
    .execute(&mut *transaction)
    .await
    .map_err(error("take the pass over the store"))?;
    if is_new {
        // The clock was set back since: their age counts from now on.
        let ahead = sqlx::query("update orphans set set_aside_at = $1 where set_aside_at > $1").bind(now);
        ahead.execute(&mut *transaction).await.map_err(error("correct the times of orphans"))?;
    }
    commit(transaction).await?;
    Ok(Some(pass))
}

pub(super) async fn note_page(
    base: &Base,
    holder: Uuid,
    bucket: Bucket,
    page: &[BlobId],
) -> Result<Option<u64>, PortError> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?.at;
    let noted = sqlx::query(
        "update store_pass set after_blob = coalesce($4, after_blob), checked = checked + $5, held_until = $3
         where holder = $1 and held_until > $2",
    )
    .bind(holder)
    .bind(now)
    .bind(now + length(HELD_FOR))
    .bind(page.last().map(|last| last.uuid()))
    .bind(i64::try_from(page.len()).unwrap_or(i64::MAX))
    .execute(&mut *transaction)
    .await
    .map_err(error("note a page of the store"))?;
    if noted.rows_affected() == 0 {
        return Ok(None);
    }
    let set_aside = sqlx::query(statements(bucket).set_aside).bind(list(&ids(page))).bind(now);
    let set_aside = set_aside.execute(&mut *transaction).await.map_err(error("set orphans aside"))?;
    commit(transaction).await?;
    Ok(Some(set_aside.rows_affected()))
}

pub(super) async fn set_phase(base: &Base, holder: Uuid, phase: Option<PassPhase>) -> Result<bool, PortError> {
    let mut connection =
        base.pool.connections().acquire().await.map_err(error("go on with the pass over the store"))?;
    let now = base.clock.now(&mut connection).await?.at;
    let set = sqlx::query(
        "update store_pass
         set phase = $3, after_blob = null, held_until = case when $3 is null then 0 else $4 end,
             blobs = case when $3 is null and phase = 'processed' then checked else blobs end
         where holder = $1 and held_until > $2",
    )
    .bind(holder)
    .bind(now)
    .bind(phase.map(phase_name))
    .bind(now + length(HELD_FOR))
    .execute(&mut *connection)
    .await
    .map_err(error("go on with the pass over the store"))?;
    Ok(set.rows_affected() == 1)
}

pub(super) async fn release_pass(base: &Base, holder: Uuid) -> Result<(), PortError> {
    let released = sqlx::query("update store_pass set held_until = 0 where holder = $1").bind(holder);
    released.execute(base.pool.connections()).await.map_err(error("release the pass over the store"))?;
    Ok(())
}

pub(super) async fn count_due(base: &Base, age: Duration) -> Result<u64, PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("count orphans"))?;
    for named_again in NAMED_AGAIN {
        let forgotten = sqlx::query(named_again).execute(&mut *connection).await;
        forgotten.map_err(error("forget what is named again"))?;
    }
    let due = sqlx::query_scalar("select count(*) from orphans where set_aside_at <= $1")
        .bind(base.clock.now(&mut connection).await?.before(age))
        .fetch_one(&mut *connection)
        .await;
    count(due.map_err(error("count orphans"))?)
}

pub(super) async fn due(
    base: &Base,
    bucket: Bucket,
    age: Duration,
    after: Option<BlobId>,
    limit: u32,
) -> Result<Vec<BlobId>, PortError> {
    let mut connection = base.pool.connections().acquire().await.map_err(error("look for due orphans"))?;
    let due: Vec<Uuid> = sqlx::query_scalar(statements(bucket).due)
        .bind(base.clock.now(&mut connection).await?.before(age))
        .bind(after.map(BlobId::uuid))
        .bind(i64::from(limit))
        .fetch_all(&mut *connection)
        .await
        .map_err(error("look for due orphans"))?;
    Ok(blobs(due))
}

pub(super) async fn forget(base: &Base, bucket: Bucket, deleted: &[BlobId]) -> Result<(), PortError> {
    sqlx::query(concat!("delete from orphans where bucket = $2 and blob ", in_list!("$1")))
        .bind(list(&ids(deleted)))
        .bind(bucket.name())
        .execute(base.pool.connections())
        .await
        .map_err(error("forget deleted orphans"))?;
    Ok(())
}
