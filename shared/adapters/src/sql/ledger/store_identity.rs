//! Which ledger it is, so that its document store is known as its own; and whether its clock can be trusted with ages.

use std::time::Duration;

use pipeline::{Actor, ClockReading, ErrorKind, LedgerId, LedgerIdentity, PortError, UploadId};
use sqlx::Row as _;
use uuid::Uuid;

use super::super::{error, timestamp};
use super::{Base, commit, length, redrive};

/// Two looks at the clock that lie further apart: it jumped, or nobody looked for so long.
const JUMP: Duration = Duration::from_secs(24 * 3600);
/// After a jump so much time passes before anything is removed for its age.
const REST: Duration = Duration::from_secs(24 * 3600);

pub(super) async fn read(base: &Base) -> Result<LedgerIdentity, PortError> {
    let row = sqlx::query("select id, generation from ledger_identity")
        .fetch_one(base.pool.connections())
        .await
        .map_err(error("read the ledger's id"))?;
    let id = LedgerId::from(row.get::<Uuid, _>("id"));
    Ok(LedgerIdentity { id, generation: count(row.get("generation"))? })
}

pub(super) async fn raise_generation(base: &Base) -> Result<u64, PortError> {
    let raised = sqlx::query_scalar("update ledger_identity set generation = generation + 1 returning generation")
        .fetch_one(base.pool.connections())
        .await;
    count(raised.map_err(error("raise the ledger's generation"))?)
}

pub(super) async fn record_adoption(
    base: &Base,
    generation: u64,
    actor: &Actor,
    detail: &str,
) -> Result<(), PortError> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    sqlx::query("update ledger_identity set generation = $1 where generation < $1")
        .bind(i64::try_from(generation).unwrap_or(i64::MAX))
        .execute(&mut *transaction)
        .await
        .map_err(error("raise the ledger's generation"))?;
    for forgotten in [
        "delete from orphans",
        "update store_pass set phase = null, after_blob = null, held_until = 0, checked = 0, blobs = 0",
    ] {
        let forgotten = sqlx::query(forgotten).execute(&mut *transaction).await;
        forgotten.map_err(error("forget the pass over the store before"))?;
    }
    // It is about no upload.
    let nil = UploadId::from(Uuid::nil());
    redrive::audit(&mut transaction, actor, "adopt-store", nil, detail, now).await?;
    commit(transaction).await
}

pub(super) async fn look_at_clock(base: &Base) -> Result<ClockReading, PortError> {
    let mut transaction = base.pool.begin().await?;
    let now = base.clock.now(&mut transaction).await?;
    let steady_since: i64 = sqlx::query_scalar(
        "update store_pass
         set steady_since = case when abs($1 - looked_at) > $2 then $1 else steady_since end, looked_at = $1
         returning steady_since",
    )
    .bind(now.at)
    .bind(length(JUMP))
    .fetch_one(&mut *transaction)
    .await
    .map_err(error("look at the clock"))?;
    commit(transaction).await?;
    let is_steady = steady_since == 0 || now.at - steady_since >= length(REST);
    Ok(ClockReading { now: timestamp(now.at)?, is_steady })
}

pub(super) fn count(stored: i64) -> Result<u64, PortError> {
    u64::try_from(stored).map_err(|_| PortError::new(ErrorKind::Internal, "a stored number is out of range"))
}
