//! Opens adapters by the scheme of their URL.
//!
//! Opening an adapter of a server reads its URL and no more: the server is reached at the first use, and whether it can
//! be is what the port's `check` tells. So a process starts, and says what it waits for, while a server is down.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pipeline::{Broker, Clock, Documents, Ledger, MailLimits, Mailer, RetryPolicy, Users};
use url::Url;

const DATABASE: Setting = Setting { name: "DATABASE_URL", expected: "postgres://… or sqlite://PATH" };
const DOCUMENTS: Setting =
    Setting { name: "DOCUMENTS_URL", expected: "mongodb://…/DATABASE, s3://BUCKET/PREFIX or file://DIRECTORY" };
const BROKER: Setting = Setting { name: "BROKER_URL", expected: "amqps://…, amqp://… or sqlite://PATH" };
const MAIL: Setting =
    Setting { name: "MAIL_URL", expected: "ses://REGION, smtps://…, smtp://… or file://DIRECTORY" };

/// Why an adapter could not be opened. It names the setting, never the URL: that may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is none, or of a scheme that this program does not carry.
    #[error("{setting}: {reason}")]
    WrongUrl {
        /// The setting.
        setting: &'static str,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// The server or folder is out of reach.
    #[error("{setting}: cannot open: {reason}")]
    Unavailable {
        /// The setting.
        setting: &'static str,
        /// The reason.
        reason: String,
    },
}

/// The users and the ledger, in one database.
#[derive(Clone)]
pub struct Database(#[cfg(feature = "sql")] Engine);

#[cfg(feature = "sql")]
#[derive(Clone)]
enum Engine {
    #[cfg(feature = "sqlite")]
    Sqlite(crate::sql::sqlite::Pool),
    #[cfg(feature = "postgres")]
    Postgres(crate::sql::postgres::Pool),
}

impl Database {
    /// Opens `DATABASE_URL`: `postgres://USER:PASSWORD@HOST/DATABASE` or `sqlite://PATH`.
    ///
    /// # Errors
    /// The URL is wrong or the file out of reach.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        match DATABASE.scheme(url)? {
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let pool =
                    crate::sql::sqlite::Pool::open(path(url)).await.map_err(|error| DATABASE.unavailable(error))?;
                Ok(Self(Engine::Sqlite(pool)))
            }
            #[cfg(feature = "postgres")]
            "postgres" | "postgresql" => {
                let pool = crate::sql::postgres::Pool::open(url).map_err(|error| DATABASE.wrong(error))?;
                Ok(Self(Engine::Postgres(pool)))
            }
            other => Err(DATABASE.unknown(other)),
        }
    }
}

#[cfg(feature = "sql")]
impl Database {
    /// Whether there is a ledger at this URL, of any version. Nothing is made there.
    ///
    /// # Errors
    /// The URL is wrong or the database out of reach.
    pub async fn is_begun(url: &str) -> Result<bool, OpenError> {
        #[cfg(feature = "sqlite")]
        if DATABASE.scheme(url)? == "sqlite" && crate::sql::sqlite::is_missing(path(url)).await {
            return Ok(false);
        }
        let database = Self::open(url).await?;
        let begun = match &database.0 {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => pool.is_begun().await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => pool.is_begun().await,
        };
        database.close().await;
        begun.map_err(|error| DATABASE.unavailable(error))
    }

    /// Closes its connections. What uses them afterwards fails. A SQLite database is one whole file then.
    pub async fn close(&self) {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => pool.close().await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => pool.close().await,
        }
    }

    /// Brings the schema up to what this program needs.
    ///
    /// # Errors
    /// The database is out of reach, a migration fails, or the schema has gone beyond this program.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        let migrated = match &self.0 {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => pool.migrate().await,
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => pool.migrate().await,
        };
        migrated.map_err(|error| DATABASE.unavailable(error))
    }

    /// The ledger in it, by the database's clock.
    #[must_use]
    pub fn ledger(&self, retry: RetryPolicy) -> Arc<dyn Ledger> {
        self.ledger_by(retry, None)
    }

    /// The ledger in it, by another clock than the database's, as a test needs.
    #[must_use]
    pub fn ledger_at(&self, retry: RetryPolicy, clock: Arc<dyn Clock>) -> Arc<dyn Ledger> {
        self.ledger_by(retry, Some(clock))
    }

    fn ledger_by(&self, retry: RetryPolicy, clock: Option<Arc<dyn Clock>>) -> Arc<dyn Ledger> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => Arc::new(crate::sql::sqlite::ledger::SqlLedger::new(pool.clone(), retry, clock)),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => {
                Arc::new(crate::sql::postgres::ledger::SqlLedger::new(pool.clone(), retry, clock))
            }
        }
    }

    /// The users in it.
    #[must_use]
    pub fn users(&self) -> Arc<dyn Users> {
        match &self.0 {
            #[cfg(feature = "sqlite")]
            Engine::Sqlite(pool) => Arc::new(crate::sql::sqlite::users::SqlUsers::new(pool.clone())),
            #[cfg(feature = "postgres")]
            Engine::Postgres(pool) => Arc::new(crate::sql::postgres::users::SqlUsers::new(pool.clone())),
        }
    }
}

/// Opens `DOCUMENTS_URL`: `mongodb://HOST/DATABASE`, `s3://BUCKET/PREFIX` or `file://DIRECTORY`.
///
/// # Errors
/// The URL is wrong or the folder out of reach.
#[allow(clippy::unused_async)] // Without the features of servers.
pub async fn documents(url: &str) -> Result<Arc<dyn Documents>, OpenError> {
    match DOCUMENTS.scheme(url)? {
        #[cfg(feature = "folder")]
        "file" => {
            let folder = crate::folder::Folder::open(path(url)).await.map_err(|error| DOCUMENTS.unavailable(error))?;
            Ok(Arc::new(folder))
        }
        #[cfg(feature = "gridfs")]
        "mongodb" | "mongodb+srv" => {
            Ok(Arc::new(crate::gridfs::GridFs::open(url).await.map_err(|reason| DOCUMENTS.wrong(reason))?))
        }
        #[cfg(feature = "s3")]
        "s3" => {
            let url = DOCUMENTS.parsed(url)?;
            Ok(Arc::new(crate::s3::S3::open(&url).await.map_err(|reason| DOCUMENTS.wrong(reason))?))
        }
        other => Err(DOCUMENTS.unknown(other)),
    }
}

/// Opens `BROKER_URL`: `amqps://`, `amqp://` or `sqlite://PATH`. `visibility` is how long a delivery may stay unsettled
/// before it comes again (the embedded broker only).
///
/// # Errors
/// The URL is wrong or the file out of reach.
#[allow(clippy::unused_async)] // Without the features of servers.
#[cfg_attr(not(feature = "sqlite-queue"), allow(unused_variables))]
pub async fn broker(url: &str, visibility: Duration) -> Result<Arc<dyn Broker>, OpenError> {
    match BROKER.scheme(url)? {
        #[cfg(feature = "sqlite-queue")]
        "sqlite" => {
            let pool = crate::sql::sqlite::Pool::open(path(url)).await.map_err(|error| BROKER.unavailable(error))?;
            Ok(Arc::new(crate::sqlite_queue::SqliteQueue::new(pool, visibility)))
        }
        #[cfg(feature = "amqp")]
        "amqp" | "amqps" => {
            let url = BROKER.parsed(url)?;
            Ok(Arc::new(crate::amqp::Amqp::open(&url).map_err(|reason| BROKER.wrong(reason))?))
        }
        other => Err(BROKER.unknown(other)),
    }
}

/// Opens `MAIL_URL`: `ses://REGION`, `smtps://`, `smtp://` or `file://DIRECTORY`. The limits are those of servers.
///
/// # Errors
/// The URL is wrong or the folder out of reach.
#[allow(clippy::unused_async)] // Without the features of servers.
#[cfg_attr(not(any(feature = "ses", feature = "smtp")), allow(unused_variables))]
pub async fn mailer(url: &str, limits: MailLimits) -> Result<Arc<dyn Mailer>, OpenError> {
    match MAIL.scheme(url)? {
        #[cfg(feature = "outbox-folder")]
        "file" => {
            let folder =
                crate::outbox_folder::OutboxFolder::open(path(url)).await.map_err(|error| MAIL.unavailable(error))?;
            Ok(Arc::new(folder))
        }
        #[cfg(feature = "ses")]
        "ses" => {
            let url = MAIL.parsed(url)?;
            Ok(Arc::new(crate::ses::Ses::open(&url, limits).await.map_err(|reason| MAIL.wrong(reason))?))
        }
        #[cfg(feature = "smtp")]
        "smtp" | "smtps" => {
            let url = MAIL.parsed(url)?;
            Ok(Arc::new(crate::smtp::Smtp::open(&url, limits).map_err(|reason| MAIL.wrong(reason))?))
        }
        other => Err(MAIL.unknown(other)),
    }
}

struct Setting {
    name: &'static str,
    expected: &'static str,
}

impl Setting {
    fn scheme<'a>(&self, url: &'a str) -> Result<&'a str, OpenError> {
        let is_url = Url::parse(url).is_ok() || path(url) != Path::new(url);
        let scheme = url.split_once("://").map(|(scheme, _)| scheme).filter(|_| is_url);
        scheme.ok_or_else(|| self.wrong(format!("not a URL, expected {}", self.expected)))
    }

    #[cfg_attr(not(any(feature = "s3", feature = "amqp", feature = "ses", feature = "smtp")), allow(dead_code))]
    fn parsed(&self, url: &str) -> Result<Url, OpenError> {
        Url::parse(url).map_err(|error| self.wrong(format!("{error}, expected {}", self.expected)))
    }

    fn unknown(&self, scheme: &str) -> OpenError {
        self.wrong(format!("this program does not know the scheme {scheme:?}, expected {}", self.expected))
    }

    fn wrong(&self, reason: impl ToString) -> OpenError {
        OpenError::WrongUrl { setting: self.name, reason: reason.to_string() }
    }

    #[cfg_attr(not(any(feature = "sql", feature = "folder", feature = "outbox-folder")), allow(dead_code))]
    fn unavailable(&self, error: impl ToString) -> OpenError {
        OpenError::Unavailable { setting: self.name, reason: error.to_string() }
    }
}

/// The path of a `file://` or `sqlite://` URL. Unlike other URLs these may name a relative path: `sqlite://.data/x`.
fn path(url: &str) -> &Path {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    Path::new(path.split_once('?').map_or(path, |(path, _)| path))
}
