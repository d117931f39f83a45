//! The database: one of the test's own on the server.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use url::Url;
use uuid::Uuid;

const TABLES: [&str; 4] = ["uploads", "documents", "mails", "outbox"];

pub(crate) struct Database {
    server: String,
    name: String,
    pub(crate) url: String,
}

impl Database {
    pub(crate) async fn create(server: &str) -> Self {
        let name = format!("test_{}", Uuid::now_v7().simple());
        execute(server, format!("create database {name}")).await;
        let mut url = Url::parse(server).unwrap();
        url.set_path(&name);
        Self { server: server.to_owned(), name, url: url.into() }
    }

    /// Moves every time in it into the past.
    pub(crate) async fn grow_older(&self, age: Duration) {
        let age = age.as_millis();
        execute(&self.url, format!("update uploads set created_at = created_at - {age}")).await;
        execute(&self.url, format!("update documents set finished_at = finished_at - {age}")).await;
    }

    /// How many rows the ledger has.
    pub(crate) async fn rows(&self) -> i64 {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let mut rows = 0;
        for table in TABLES {
            let count = AssertSqlSafe(format!("select count(*) from {table}"));
            rows += sqlx::query_scalar::<_, i64>(count).fetch_one(&mut connection).await.unwrap();
        }
        rows
    }

    /// How many documents are in each state.
    pub(crate) async fn documents(&self) -> BTreeMap<String, i64> {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let counts = sqlx::query_as("select state, count(*) from documents group by state");
        counts.fetch_all(&mut connection).await.unwrap().into_iter().collect()
    }

    /// The ids of all uploads.
    pub(crate) async fn uploads(&self) -> BTreeSet<Uuid> {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        sqlx::query_scalar("select id from uploads").fetch_all(&mut connection).await.unwrap().into_iter().collect()
    }

    /// Lets nobody write a row of an upload.
    pub(crate) async fn hold_uploads(&self) -> Standstill {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let lock = "begin; lock table uploads in share mode";
        sqlx::raw_sql(lock).execute(&mut connection).await.unwrap();
        Standstill(connection)
    }

    pub(crate) async fn remove(self) {
        execute(&self.server, format!("drop database {} with (force)", self.name)).await;
    }
}

/// It ends with its transaction.
pub(crate) struct Standstill(PgConnection);

impl Standstill {
    pub(crate) async fn end(mut self) {
        sqlx::raw_sql("rollback").execute(&mut self.0).await.unwrap();
    }
}

async fn execute(url: &str, statement: String) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
}
