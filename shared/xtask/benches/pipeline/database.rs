//! The ledger, seen from outside: how far the documents are.

use std::time::Duration;

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::time::Instant;
use url::Url;
use uuid::Uuid;

/// A database of the benchmark's own.
pub(crate) struct Database {
    server: String,
    name: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn create(server: &str) -> anyhow::Result<Self> {
        let name = format!("bench_{}", Uuid::now_v7().simple());
        execute(server, format!("create database {name}")).await?;
        let mut url = Url::parse(server)?;
        url.set_path(&name);
        Ok(Self { server: server.to_owned(), name, url: url.into() })
    }

    /// Waits until this number of documents is stored.
    pub(crate) async fn all_are_stored(&self, count: usize, limit: Duration) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let deadline = Instant::now() + limit;
        loop {
            let stored: i64 = sqlx::query_scalar("select count(*) from documents where state = 'stored'")
                .fetch_one(&mut connection)
                .await?;
            if stored.unsigned_abs() as usize >= count {
                return Ok(());
            }
            ensure!(Instant::now() < deadline, "only {stored} of {count} documents are stored");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Milliseconds from the upload to the stored document, of the last uploads: p50, p95, p99.
    pub(crate) async fn latencies(&self, uploads: usize) -> anyhow::Result<[i64; 3]> {
        let mut connection = PgConnection::connect(&self.url).await?;
        let mut times: Vec<i64> = sqlx::query_scalar(
            "select d.finished_at - u.created_at from documents d join uploads u on u.id = d.upload
             order by u.id desc limit $1",
        )
        .bind(i64::try_from(uploads)?)
        .fetch_all(&mut connection)
        .await?;
        times.sort_unstable();
        let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1)));
        Ok([50, 95, 99].map(|percent| at(percent).copied().unwrap_or_default()))
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        execute(&self.server, format!("drop database {} with (force)", self.name)).await
    }
}

async fn execute(url: &str, statement: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}
