//! Opens adapters by the scheme of their URL.

use std::sync::Arc;
use std::time::Duration;

use pipeline::{Broker, Clock, Documents, Ledger, Mailer, RetryPolicy, Users};
use url::Url;

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
pub struct Database {
    #[cfg(feature = "sqlite")]
    pool: crate::sql::Pool,
}

impl Database {
    /// Opens `DATABASE_URL`: `sqlite://PATH`.
    ///
    /// # Errors
    /// The URL is wrong or the database out of reach.
    pub async fn open(url: &str) -> Result<Self, OpenError> {
        match scheme("DATABASE_URL", url, "sqlite://PATH")? {
            #[cfg(feature = "sqlite")]
            "sqlite" => {
                let pool = crate::sql::Pool::open(path(url)).await.map_err(unavailable("DATABASE_URL"))?;
                Ok(Self { pool })
            }
            other => Err(unknown("DATABASE_URL", other, "sqlite://PATH")),
        }
    }

    /// Brings the schema up to what this program needs.
    ///
    /// # Errors
    /// The database is out of reach or a migration fails.
    pub async fn migrate(&self) -> Result<(), OpenError> {
        #[cfg(feature = "sqlite")]
        self.pool.migrate().await.map_err(unavailable("DATABASE_URL"))?;
        Ok(())
    }

    /// The ledger in it.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn ledger(&self, retry: RetryPolicy) -> Arc<dyn Ledger> {
        Arc::new(crate::sql::ledger::SqlLedger::new(self.pool.clone(), retry))
    }

    /// The users in it.
    #[cfg(feature = "sqlite")]
    #[must_use]
    pub fn users(&self) -> Arc<dyn Users> {
        Arc::new(crate::sql::users::SqlUsers::new(self.pool.clone()))
    }
}

/// Opens `DOCUMENTS_URL`: `file://DIRECTORY`.
///
/// # Errors
/// The URL is wrong or the store out of reach.
#[allow(clippy::unused_async)] // Stores on servers connect here.
pub async fn documents(url: &str) -> Result<Arc<dyn Documents>, OpenError> {
    const EXPECTED: &str = "file://DIRECTORY";
    match scheme("DOCUMENTS_URL", url, EXPECTED)? {
        #[cfg(feature = "folder")]
        "file" => {
            let folder = crate::folder::Folder::open(path(url)).await.map_err(unavailable("DOCUMENTS_URL"))?;
            Ok(Arc::new(folder))
        }
        other => Err(unknown("DOCUMENTS_URL", other, EXPECTED)),
    }
}

/// Opens `BROKER_URL`: `sqlite://PATH`. `visibility` is how long a delivery may stay unsettled before it comes again
/// (the embedded broker only).
///
/// # Errors
/// The URL is wrong or the broker out of reach.
#[allow(clippy::unused_async)]
pub async fn broker(url: &str, visibility: Duration, clock: Arc<dyn Clock>) -> Result<Arc<dyn Broker>, OpenError> {
    const EXPECTED: &str = "sqlite://PATH";
    match scheme("BROKER_URL", url, EXPECTED)? {
        #[cfg(feature = "sqlite-queue")]
        "sqlite" => {
            let pool = crate::sql::Pool::open(path(url)).await.map_err(unavailable("BROKER_URL"))?;
            Ok(Arc::new(crate::sqlite_queue::SqliteQueue::new(pool, visibility, clock)))
        }
        other => Err(unknown("BROKER_URL", other, EXPECTED)),
    }
}

/// Opens `MAIL_URL`: `file://DIRECTORY`.
///
/// # Errors
/// The URL is wrong or the mail server out of reach.
#[allow(clippy::unused_async)]
pub async fn mailer(url: &str) -> Result<Arc<dyn Mailer>, OpenError> {
    const EXPECTED: &str = "file://DIRECTORY";
    match scheme("MAIL_URL", url, EXPECTED)? {
        #[cfg(feature = "outbox-folder")]
        "file" => {
            let folder = crate::outbox_folder::OutboxFolder::open(path(url)).await.map_err(unavailable("MAIL_URL"))?;
            Ok(Arc::new(folder))
        }
        other => Err(unknown("MAIL_URL", other, EXPECTED)),
    }
}

fn scheme<'a>(setting: &'static str, url: &'a str, expected: &str) -> Result<&'a str, OpenError> {
    let is_url = Url::parse(url).is_ok() || path(url) != std::path::Path::new(url);
    let scheme = url.split_once("://").map(|(scheme, _)| scheme).filter(|_| is_url);
    scheme.ok_or_else(|| OpenError::WrongUrl { setting, reason: format!("not a URL, expected {expected}") })
}

/// The path of a `file://` or `sqlite://` URL. Unlike other URLs these may name a relative path: `sqlite://.data/x`.
fn path(url: &str) -> &std::path::Path {
    let path = url.split_once("://").map_or(url, |(_, path)| path);
    std::path::Path::new(path.split_once('?').map_or(path, |(path, _)| path))
}

fn unknown(setting: &'static str, scheme: &str, expected: &str) -> OpenError {
    let reason = format!("this program does not know the scheme {scheme:?}, expected {expected}");
    OpenError::WrongUrl { setting, reason }
}

fn unavailable<E: std::fmt::Display>(setting: &'static str) -> impl Fn(E) -> OpenError {
    move |error| OpenError::Unavailable { setting, reason: error.to_string() }
}
