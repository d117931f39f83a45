//! How long housekeeping takes on a large install: a pass over every blob, orphans that go, uploads beyond their retention.
//!
//! `cargo xtask bench housekeeping` starts PostgreSQL and the document stores, and runs this.
#![allow(clippy::print_stdout, clippy::disallowed_methods)] // It prints a table, on the system's clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adapters::open::Database;
use anyhow::{Context as _, ensure};
use clap::{Parser, ValueEnum};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use host::SystemClock;
use host::settings::{Settings, Variables};
use pipeline::{BlobId, Bucket, DocumentsExt as _, claim_store};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};
use sweeper::{Bulk, Sweeper};
use tempfile::TempDir;
use uuid::Uuid;

/// Blobs stored at a time.
const IN_FLIGHT: usize = 32;
/// Rows inserted by one statement.
const INSERTED_TOGETHER: usize = 10_000;
/// How long ago the uploads arrived, in milliseconds: 50 days.
const AGE: i64 = 50 * 24 * 3600 * 1000;

/// Measures housekeeping on uploads of one document each, which makes two blobs each.
#[derive(Parser)]
struct Arguments {
    #[arg(long, default_value_t = 50_000)]
    uploads: usize,
    /// The document stores.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "folder,gridfs,s3")]
    stores: Vec<Store>,
    /// Cargo says so to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Store {
    Folder,
    #[value(name = "gridfs")]
    GridFs,
    S3,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let uploads = arguments.uploads;
    println!("{uploads} uploads with a document each: {} blobs", 2 * uploads);
    println!(
        "{:<8} {:>10} {:>22} {:>22} {:>24}",
        "store", "filled in", "a pass", "one that deletes 10 %", "retention and a pass"
    );
    for store in arguments.stores {
        measure(store, uploads).await?;
    }
    Ok(())
}

async fn measure(store: Store, uploads: usize) -> anyhow::Result<()> {
    let folder = TempDir::new()?;
    let name = format!("bench_{}", Uuid::now_v7().simple());
    let server = variable("TEST_POSTGRES_URL")?;
    execute(&server, format!("create database {name}")).await?;
    let database_url = with_path(&server, &name);
    let documents_url = match store {
        Store::Folder => format!("file://{}/documents", folder.path().display()),
        Store::GridFs => with_path(&variable("TEST_MONGODB_URL")?, &name),
        Store::S3 => with_path(&variable("TEST_S3_URL")?, &name),
    };
    let broker = format!("sqlite://{}/broker.sqlite", folder.path().display());
    let settings = Settings::read(Variables::new(|name| match name {
        "DATABASE_URL" => Some(database_url.clone()),
        "DOCUMENTS_URL" => Some(documents_url.clone()),
        "BROKER_URL" => Some(broker.clone()),
        "RETENTION_DAYS" => Some("30".to_owned()),
        _ => None,
    }))?;
    Database::open(&database_url).await?.migrate().await?;
    let mut sweeper = Sweeper::open(&settings, Arc::new(SystemClock)).await?;
    claim_store(&*sweeper.ledger, &*sweeper.documents).await?;
    sweeper.orphan_grace = Duration::ZERO;

    let begun = Instant::now();
    let blobs = fill(&sweeper, &database_url, uploads).await?;
    let filled = begun.elapsed();

    let begun = Instant::now();
    let pass = sweeper.remove_all_orphans(Bulk::Stop).await?;
    let checked = begun.elapsed();
    ensure!(pass.set_aside == 0 && pass.deleted == 0, "no blob was an orphan: {pass:?}");

    // A tenth of the uploads' raw blobs become orphans.
    let orphans = uploads / 10;
    forget_uploads(&database_url, &blobs[..orphans]).await?;
    let set_aside = sweeper.remove_all_orphans(Bulk::Delete).await?;
    ensure!(set_aside.set_aside == 2 * orphans, "all of them are found: {set_aside:?}");
    let begun = Instant::now();
    let deleted = sweeper.remove_all_orphans(Bulk::Delete).await?;
    let deleting = begun.elapsed();
    ensure!(deleted.deleted == 2 * orphans, "all of them go: {deleted:?}");

    let (begun, mut slices, mut removed) = (Instant::now(), 0, 0);
    loop {
        let done = sweeper.keep_house().await;
        slices += 1;
        removed += done.uploads;
        if removed == uploads - orphans {
            break;
        }
        ensure!(done.goes_on, "{removed} uploads are gone: {done:?}");
    }
    let retention = begun.elapsed();
    println!(
        "{:<8} {:>8.1} s {:>22} {:>22} {:>24}",
        format!("{store:?}").to_lowercase(),
        filled.as_secs_f64(),
        rate(2 * uploads, checked, "blobs"),
        rate(2 * uploads, deleting, "blobs"),
        format!("{} in {slices}", rate(removed, retention, "uploads")),
    );
    drop(sweeper);
    execute(&server, format!("drop database {name} with (force)")).await
}

/// Stores the blobs through the port and writes the rows of uploads that were stored 50 days ago. Answers the raw blobs.
async fn fill(sweeper: &Sweeper, database: &str, uploads: usize) -> anyhow::Result<Vec<Uuid>> {
    let pool = PgPool::connect(database).await?;
    let mut raw_blobs = Vec::with_capacity(uploads);
    while raw_blobs.len() < uploads {
        let count = INSERTED_TOGETHER.min(uploads - raw_blobs.len());
        let blobs: Vec<(BlobId, BlobId)> = (0..count).map(|_| (BlobId::new(), BlobId::new())).collect();
        let puts = blobs.iter().flat_map(|(raw, document)| [(Bucket::Raw, *raw), (Bucket::Processed, *document)]);
        let puts = puts.map(|(bucket, blob)| sweeper.documents.put_bytes(bucket, blob, "{}".into()));
        stream::iter(puts).buffer_unordered(IN_FLIGHT).try_for_each(async |_| Ok(())).await?;
        let (raw, documents): (Vec<Uuid>, Vec<Uuid>) =
            blobs.iter().map(|(raw, document)| (raw.uuid(), document.uuid())).unzip();
        insert(&pool, &raw, &documents).await?;
        raw_blobs.extend(raw);
    }
    sqlx::query("analyze").execute(&pool).await?;
    Ok(raw_blobs)
}

/// A row's id is its blob's: each table has ids of its own.
async fn insert(pool: &PgPool, raw: &[Uuid], documents: &[Uuid]) -> anyhow::Result<()> {
    sqlx::query(
        "insert into uploads (id, owner, invoice_number, raw, trace, open, generation, created_at)
         select id, gen_random_uuid(), 'INV-1', id, '00000000000000000000000000000000', 0, 0,
             (extract(epoch from now()) * 1000)::bigint - $2
         from unnest($1::uuid[]) id",
    )
    .bind(raw)
    .bind(AGE)
    .execute(pool)
    .await?;
    sqlx::query(
        "insert into documents (id, upload, format, state, attempt, attempts, faults, next_attempt_at, finished_at, blob,
             bytes, sha256, file_name)
         select id, upload, 'pdf', 'stored', 1, 1, 0, 0, (extract(epoch from now()) * 1000)::bigint - $3, id,
             2, sha256('{}'), 'INV-1.pdf'
         from unnest($1::uuid[], $2::uuid[]) of_upload (id, upload)",
    )
    .bind(documents)
    .bind(raw)
    .bind(AGE)
    .execute(pool)
    .await?;
    sqlx::query(
        "insert into mails (id, upload, generation, recipient, state, attempt, attempts, faults, next_attempt_at, finished_at)
         select id, id, 0, 'buyer@example.com', 'sent', 1, 1, 0, 0, (extract(epoch from now()) * 1000)::bigint - $2
         from unnest($1::uuid[]) id",
    )
    .bind(raw)
    .bind(AGE)
    .execute(pool)
    .await?;
    Ok(())
}

/// Takes uploads out of the ledger, whose blobs stay.
async fn forget_uploads(database: &str, uploads: &[Uuid]) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(database).await?;
    for deletion in ["delete from mails where upload = any($1)", "delete from documents where upload = any($1)"] {
        sqlx::query(deletion).bind(uploads).execute(&mut connection).await?;
    }
    sqlx::query("delete from uploads where id = any($1)").bind(uploads).execute(&mut connection).await?;
    Ok(())
}

fn rate(count: usize, time: Duration, of: &str) -> String {
    let seconds = time.as_secs_f64();
    format!("{seconds:.1} s, {:.0} {of}/s", count as f64 / seconds)
}

fn variable(name: &str) -> anyhow::Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not given: run `cargo xtask bench housekeeping`"))
}

/// The same server, another database or prefix.
fn with_path(url: &str, path: &str) -> String {
    let (start, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = start.split_once("://").unwrap_or(("", start));
    let authority = rest.split('/').next().unwrap_or(rest);
    let query = if query.is_empty() { String::new() } else { format!("?{query}") };
    format!("{scheme}://{authority}/{path}{query}")
}

async fn execute(server: &str, statement: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(server).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}
