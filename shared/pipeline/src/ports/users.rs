//! User accounts, machines' keys, and the counters that slow guessing down.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::PortError;
use crate::email::Email;
use crate::ids::{ApiKeyId, UserId};

/// What a user may do beyond working with their own invoices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Works with their own invoices.
    User,
    /// Also manages users and keys and reads every invoice.
    Admin,
}

/// What a machine's key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// Read and download the owner's invoices.
    #[serde(rename = "invoices:read")]
    InvoicesRead,
    /// Upload, preview, validate and delete the owner's invoices.
    #[serde(rename = "invoices:write")]
    InvoicesWrite,
}

impl Role {
    /// The name that the API and the ledger use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "user" => Ok(Self::User),
            "admin" => Ok(Self::Admin),
            other => Err(format!("unknown role {other:?}. known: user, admin")),
        }
    }
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::InvoicesRead, Self::InvoicesWrite];

    /// The name that the API and the ledger use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvoicesRead => "invoices:read",
            Self::InvoicesWrite => "invoices:write",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|scope| scope.name() == text)
            .ok_or_else(|| format!("unknown scope {text:?}. known: invoices:read, invoices:write"))
    }
}

/// A password's hash as a PHC string. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string, as the hashing library wrote it.
    #[must_use]
    pub const fn from_phc(phc: String) -> Self {
        Self(phc)
    }

    /// The PHC string.
    #[must_use]
    pub fn as_phc(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// An account.
#[derive(Debug, Clone)]
pub struct User {
    /// Its id: `sub` of its tokens.
    pub id: UserId,
    /// Its address, unique.
    pub email: Email,
    /// Its roles, never empty.
    pub roles: BTreeSet<Role>,
    /// Its password's hash.
    pub password: PasswordHash,
    /// Whether it may log in.
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A key to be stored.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// The user it acts for.
    pub owner: UserId,
    /// What the owner calls it.
    pub name: String,
    /// The visible beginning by which it is found, unique.
    pub prefix: String,
    /// SHA-256 of the whole key (its secret part has 256 random bits, so a slow hash adds nothing).
    pub sha256: [u8; 32],
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A stored key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// The key as it was made.
    pub key: NewApiKey,
    /// When it was last accepted, to the minute or so.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// Failed logins of one account or address within a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LoginFailures {
    /// How many.
    pub count: u32,
    /// When the latest was.
    pub latest: Option<Timestamp>,
}

/// Keeps accounts, keys and login counters.
#[async_trait]
pub trait Users: Send + Sync {
    /// Stores a new account.
    ///
    /// # Errors
    /// `AlreadyExists` where the address is taken; `Unreachable`.
    async fn create(&self, user: &User) -> Result<(), PortError>;

    /// The account with this address.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn by_email(&self, email: &Email) -> Result<Option<User>, PortError>;

    /// The account with this id.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError>;

    /// At most `limit` accounts in ascending order of id, beginning after `after`.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn list(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, PortError>;

    /// Replaces password, roles and whether the account is enabled.
    ///
    /// # Errors
    /// `NotFound`, `Unreachable`.
    async fn update(&self, user: &User) -> Result<(), PortError>;

    /// Stores a new key.
    ///
    /// # Errors
    /// `AlreadyExists` where the prefix is taken; `Unreachable`.
    async fn add_key(&self, key: &NewApiKey) -> Result<(), PortError>;

    /// The keys of one owner, newest first.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn keys(&self, owner: UserId) -> Result<Vec<ApiKey>, PortError>;

    /// The key with this prefix and its owner, revoked or not.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn key_by_prefix(&self, prefix: &str) -> Result<Option<(ApiKey, User)>, PortError>;

    /// Revokes an owner's key; `false` where the owner has no such key.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn revoke_key(&self, owner: UserId, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError>;

    /// Notes that a key was used.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn touch_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), PortError>;

    /// Counts a failed login of a subject (an account or a client address) and forgets those older than `window`.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn record_login_failure(&self, subject: &str, at: Timestamp, window: Duration) -> Result<(), PortError>;

    /// The failed logins of a subject since a time.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn login_failures(&self, subject: &str, since: Timestamp) -> Result<LoginFailures, PortError>;

    /// Forgets the failed logins of a subject.
    ///
    /// # Errors
    /// `Unreachable`.
    async fn clear_login_failures(&self, subject: &str) -> Result<(), PortError>;

    /// Whether the database answers and its schema is the one that this program needs.
    ///
    /// # Errors
    /// `Unreachable`; `Rejected` where the schema is older.
    async fn check(&self) -> Result<(), PortError>;
}
