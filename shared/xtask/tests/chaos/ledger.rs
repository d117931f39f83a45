//! The ledger, seen from outside.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use url::Url;
use uuid::Uuid;

use crate::arena::name_of_its_own;

/// Five times a second, for longer than a server is down.
const READ_ONLY_TRIES: u32 = 300;

/// A database of the run's own.
pub(crate) struct Ledger {
    server: String,
    name: String,
    pub(crate) url: String,
}

/// A document as the ledger has it.
pub(crate) struct Row {
    pub(crate) format: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) blob: Option<Uuid>,
    pub(crate) sha256: Option<Vec<u8>>,
}

/// What is not at rest.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Unrest {
    pub(crate) documents: i64,
    pub(crate) mails: i64,
    pub(crate) outbox: i64,
    /// Of the documents those that are queued though no outbox row asks for them: never so at any moment.
    pub(crate) rowless: i64,
    /// Of the outbox rows those that count as published and were due 5 s ago: a sweeper would have taken them by now.
    pub(crate) overdue: i64,
}

impl Ledger {
    pub(crate) async fn create(server: &str) -> anyhow::Result<Self> {
        let name = name_of_its_own();
        execute(server, format!("create database {name}")).await?;
        let mut url = Url::parse(server)?;
        url.set_path(&name);
        Ok(Self { server: server.to_owned(), name, url: url.into() })
    }

    pub(crate) async fn forget_that_formats_are_unique(&self) -> anyhow::Result<()> {
        execute(&self.url, "alter table documents drop constraint documents_upload_format_key".to_owned()).await
    }

    /// New sessions may write or not; open ones that may are ended. Tried again while the server is down.
    pub(crate) async fn set_read_only(&self, on: bool) -> anyhow::Result<()> {
        let mut tries = 1;
        loop {
            match self.try_to_set_read_only(on).await {
                Err(_) if tries < READ_ONLY_TRIES => tries += 1,
                done => return done,
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn try_to_set_read_only(&self, on: bool) -> anyhow::Result<()> {
        let name = &self.name;
        execute(&self.server, format!("alter database {name} set default_transaction_read_only = {on}")).await?;
        if on {
            let end = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'");
            execute(&self.server, end).await?;
        }
        Ok(())
    }

    pub(crate) async fn unrest(&self) -> anyhow::Result<Unrest> {
        let row = sqlx::query(
            "select (select count(*) from documents where state in ('queued', 'rendering')) as documents,
                    (select count(*) from mails where state in ('pending', 'sending')) as mails,
                    (select count(*) from outbox) as outbox,
                    (select count(*) from documents d where state = 'queued'
                         and not exists (select 1 from outbox o where o.subject = d.id)) as rowless,
                    (select count(*) from outbox
                         where published > 0 and due_at < extract(epoch from now()) * 1000 - 5000) as overdue",
        );
        let row = row.fetch_one(&mut self.connect().await?).await?;
        Ok(Unrest {
            documents: row.get("documents"),
            mails: row.get("mails"),
            outbox: row.get("outbox"),
            rowless: row.get("rowless"),
            overdue: row.get("overdue"),
        })
    }

    pub(crate) async fn is_at_work(&self) -> anyhow::Result<bool> {
        let rendering = sqlx::query_scalar("select exists (select 1 from documents where state = 'rendering')");
        Ok(rendering.fetch_one(&mut self.connect().await?).await?)
    }

    /// Each upload's documents.
    pub(crate) async fn uploads(&self) -> anyhow::Result<BTreeMap<Uuid, Vec<Row>>> {
        let mut connection = self.connect().await?;
        let ids: Vec<Uuid> = sqlx::query_scalar("select id from uploads").fetch_all(&mut connection).await?;
        let mut uploads: BTreeMap<Uuid, Vec<Row>> = ids.into_iter().map(|id| (id, Vec::new())).collect();
        let rows = sqlx::query("select upload, format, state, reason, blob, sha256 from documents");
        for row in rows.fetch_all(&mut connection).await? {
            uploads.entry(row.get("upload")).or_default().push(Row {
                format: row.get("format"),
                state: row.get("state"),
                reason: row.get("reason"),
                blob: row.get("blob"),
                sha256: row.get("sha256"),
            });
        }
        Ok(uploads)
    }

    /// Uploads whose mail the mail server may have accepted.
    pub(crate) async fn perhaps_told(&self) -> anyhow::Result<BTreeSet<Uuid>> {
        let ids = sqlx::query_scalar("select upload from mails where state = 'unknown'");
        let ids: Vec<Uuid> = ids.fetch_all(&mut self.connect().await?).await?;
        Ok(ids.into_iter().collect())
    }

    /// Uploads whose count of open documents is not that of their documents that are not final.
    pub(crate) async fn miscounted(&self) -> anyhow::Result<i64> {
        let count = sqlx::query_scalar(
            "select count(*) from uploads u where open <> (
                 select count(*) from documents d where d.upload = u.id and d.state in ('queued', 'rendering'))",
        );
        Ok(count.fetch_one(&mut self.connect().await?).await?)
    }

    /// Every blob that a row names.
    pub(crate) async fn blobs(&self) -> anyhow::Result<BTreeSet<Uuid>> {
        let ids = "select raw from uploads union select blob from documents where state = 'stored'";
        let ids: Vec<Uuid> = sqlx::query_scalar(ids).fetch_all(&mut self.connect().await?).await?;
        Ok(ids.into_iter().collect())
    }

    /// Some documents, final or not.
    pub(crate) async fn some_documents(&self) -> anyhow::Result<Vec<Uuid>> {
        let ids = sqlx::query_scalar("select id from documents order by id desc limit 20");
        Ok(ids.fetch_all(&mut self.connect().await?).await?)
    }

    pub(crate) async fn remove(self) -> anyhow::Result<()> {
        execute(&self.server, format!("drop database {} with (force)", self.name)).await
    }

    async fn connect(&self) -> anyhow::Result<PgConnection> {
        Ok(PgConnection::connect(&self.url).await?)
    }
}

async fn execute(url: &str, statement: String) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await?;
    Ok(())
}
