//! Accounts, API keys and login counters. Each method is one statement or one transaction.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use pipeline::{
    ApiKey, ApiKeyId, Email, ErrorKind, LoginFailures, NewApiKey, PasswordHash, PortError, User, UserId, Users,
};
use sqlx::FromRow;
use uuid::Uuid;

use super::{Pool, error, milliseconds, repeated, timestamp};

/// The users in a SQL database.
pub(crate) struct SqlUsers {
    pool: Pool,
}

impl SqlUsers {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self { pool }
    }

    pub(super) async fn insert_login_failure(
        &self,
        subject: &str,
        at: Timestamp,
        too_old: Timestamp,
    ) -> Result<(), PortError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("delete from login_failures where failed_at < $1")
            .bind(milliseconds(too_old))
            .execute(&mut *transaction)
            .await
            .map_err(error("forget failed logins"))?;
        sqlx::query("insert into login_failures (subject, failed_at) values ($1, $2)")
            .bind(subject)
            .bind(milliseconds(at))
            .execute(&mut *transaction)
            .await
            .map_err(error("count a failed login"))?;
        transaction.commit().await.map_err(error("count a failed login"))
    }

    /// Mostly there are none. Then nothing is written, and a login needs no database that takes writes.
    async fn delete_login_failures(&self, subject: &str) -> Result<(), PortError> {
        let any: Option<i32> = sqlx::query_scalar("select 1 from login_failures where subject = $1 limit 1")
            .bind(subject)
            .fetch_optional(self.pool.connections())
            .await
            .map_err(error("read failed logins"))?;
        if any.is_none() {
            return Ok(());
        }
        sqlx::query("delete from login_failures where subject = $1")
            .bind(subject)
            .execute(self.pool.connections())
            .await
            .map_err(error("forget failed logins"))?;
        Ok(())
    }
}

#[derive(FromRow)]
struct UserRow {
    id: Uuid,
    email: String,
    roles: String,
    password_phc: String,
    enabled: bool,
    created_at: i64,
}

#[derive(FromRow)]
struct ApiKeyRow {
    key_id: Uuid,
    owner: Uuid,
    name: String,
    prefix: String,
    sha256: Vec<u8>,
    scopes: String,
    key_created_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
}

#[derive(FromRow)]
struct ApiKeyAndOwnerRow {
    #[sqlx(flatten)]
    key: ApiKeyRow,
    #[sqlx(flatten)]
    owner: UserRow,
}

impl TryFrom<UserRow> for User {
    type Error = PortError;

    fn try_from(row: UserRow) -> Result<Self, PortError> {
        Ok(Self {
            id: row.id.into(),
            email: stored(&row.email)?,
            roles: words(&row.roles)?,
            password: PasswordHash::from_phc(row.password_phc),
            enabled: row.enabled,
            created_at: timestamp(row.created_at)?,
        })
    }
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = PortError;

    fn try_from(row: ApiKeyRow) -> Result<Self, PortError> {
        let key = NewApiKey {
            id: row.key_id.into(),
            owner: row.owner.into(),
            name: row.name,
            prefix: row.prefix,
            sha256: row.sha256.try_into().map_err(|_| wrong_value("an API key's hash has not 32 bytes"))?,
            scopes: words(&row.scopes)?,
            created_at: timestamp(row.key_created_at)?,
        };
        let last_used_at = row.last_used_at.map(timestamp).transpose()?;
        let revoked_at = row.revoked_at.map(timestamp).transpose()?;
        Ok(Self { key, last_used_at, revoked_at })
    }
}

/// Reads what [`joined`] wrote.
fn words<T>(text: &str) -> Result<BTreeSet<T>, PortError>
where
    T: FromStr + Ord,
    T::Err: Display,
{
    text.split_whitespace().map(stored).collect()
}

fn joined<T: ToString>(set: &BTreeSet<T>) -> String {
    let words: Vec<String> = set.iter().map(ToString::to_string).collect();
    words.join(" ")
}

fn stored<T>(text: &str) -> Result<T, PortError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse().map_err(|error: T::Err| wrong_value(error.to_string()))
}

fn wrong_value(reason: impl Into<String>) -> PortError {
    PortError::new(ErrorKind::Internal, "a stored value is wrong").with_source(reason.into())
}

#[async_trait]
impl Users for SqlUsers {
    async fn create(&self, user: &User) -> Result<(), PortError> {
        sqlx::query(
            "insert into users (id, email, roles, password_phc, enabled, created_at) values ($1, $2, $3, $4, $5, $6)",
        )
        .bind(user.id.uuid())
        .bind(user.email.as_str())
        .bind(joined(&user.roles))
        .bind(user.password.as_phc())
        .bind(user.enabled)
        .bind(milliseconds(user.created_at))
        .execute(self.pool.connections())
        .await
        .map_err(error("store a user"))?;
        Ok(())
    }

    async fn by_email(&self, email: &Email) -> Result<Option<User>, PortError> {
        let row: Option<UserRow> =
            sqlx::query_as("select id, email, roles, password_phc, enabled, created_at from users where email = $1")
                .bind(email.as_str())
                .fetch_optional(self.pool.connections())
                .await
                .map_err(error("read a user"))?;
        row.map(User::try_from).transpose()
    }

    async fn by_id(&self, id: UserId) -> Result<Option<User>, PortError> {
        let row: Option<UserRow> =
            sqlx::query_as("select id, email, roles, password_phc, enabled, created_at from users where id = $1")
                .bind(id.uuid())
                .fetch_optional(self.pool.connections())
                .await
                .map_err(error("read a user"))?;
        row.map(User::try_from).transpose()
    }

    async fn list(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, PortError> {
        let rows: Vec<UserRow> = sqlx::query_as(
            "select id, email, roles, password_phc, enabled, created_at from users
             where id > $1 order by id limit $2",
        )
        .bind(after.map_or(Uuid::nil(), UserId::uuid))
        .bind(i64::from(limit))
        .fetch_all(self.pool.connections())
        .await
        .map_err(error("list users"))?;
        rows.into_iter().map(User::try_from).collect()
    }

    async fn update(&self, user: &User) -> Result<(), PortError> {
        let updated = sqlx::query("update users set roles = $2, password_phc = $3, enabled = $4 where id = $1")
            .bind(user.id.uuid())
            .bind(joined(&user.roles))
            .bind(user.password.as_phc())
            .bind(user.enabled)
            .execute(self.pool.connections())
            .await
            .map_err(error("change a user"))?;
        if updated.rows_affected() == 0 {
            return Err(PortError::new(ErrorKind::NotFound, "cannot change a user: there is none with this id"));
        }
        Ok(())
    }

    async fn add_key(&self, key: &NewApiKey) -> Result<(), PortError> {
        sqlx::query(
            "insert into api_keys (id, owner, name, prefix, sha256, scopes, created_at)
             values ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(key.id.uuid())
        .bind(key.owner.uuid())
        .bind(&key.name)
        .bind(&key.prefix)
        .bind(key.sha256.as_slice())
        .bind(joined(&key.scopes))
        .bind(milliseconds(key.created_at))
        .execute(self.pool.connections())
        .await
        .map_err(error("store an API key"))?;
        Ok(())
    }

    async fn keys(&self, owner: UserId) -> Result<Vec<ApiKey>, PortError> {
        let rows: Vec<ApiKeyRow> = sqlx::query_as(
            "select id as key_id, owner, name, prefix, sha256, scopes, created_at as key_created_at, last_used_at,
                    revoked_at
             from api_keys where owner = $1 order by id desc",
        )
        .bind(owner.uuid())
        .fetch_all(self.pool.connections())
        .await
        .map_err(error("list API keys"))?;
        rows.into_iter().map(ApiKey::try_from).collect()
    }

    async fn key_by_prefix(&self, prefix: &str) -> Result<Option<(ApiKey, User)>, PortError> {
        let row: Option<ApiKeyAndOwnerRow> = sqlx::query_as(
            "select k.id as key_id, k.owner, k.name, k.prefix, k.sha256, k.scopes, k.created_at as key_created_at,
                    k.last_used_at, k.revoked_at,
                    u.id, u.email, u.roles, u.password_phc, u.enabled, u.created_at
             from api_keys k join users u on u.id = k.owner where k.prefix = $1",
        )
        .bind(prefix)
        .fetch_optional(self.pool.connections())
        .await
        .map_err(error("read an API key"))?;
        row.map(|row| Ok((row.key.try_into()?, row.owner.try_into()?))).transpose()
    }

    async fn revoke_key(&self, owner: UserId, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError> {
        let revoked =
            sqlx::query("update api_keys set revoked_at = coalesce(revoked_at, $3) where id = $1 and owner = $2")
                .bind(id.uuid())
                .bind(owner.uuid())
                .bind(milliseconds(at))
                .execute(self.pool.connections())
                .await
                .map_err(error("revoke an API key"))?;
        Ok(revoked.rows_affected() == 1)
    }

    async fn touch_key(&self, id: ApiKeyId, at: Timestamp) -> Result<(), PortError> {
        sqlx::query(
            "update api_keys set last_used_at = $2 where id = $1 and (last_used_at is null or last_used_at < $2)",
        )
        .bind(id.uuid())
        .bind(milliseconds(at))
        .execute(self.pool.connections())
        .await
        .map_err(error("note the use of an API key"))?;
        Ok(())
    }

    async fn record_login_failure(&self, subject: &str, at: Timestamp, window: Duration) -> Result<(), PortError> {
        let window = SignedDuration::try_from(window).unwrap_or(SignedDuration::MAX);
        let too_old = at.checked_sub(window).unwrap_or(Timestamp::MIN);
        // Twice where the outcome of the first try is unknown: rather one failure too many than one too few.
        repeated(|| self.insert_login_failure(subject, at, too_old)).await
    }

    async fn login_failures(&self, subject: &str, since: Timestamp) -> Result<LoginFailures, PortError> {
        let (count, latest): (i64, Option<i64>) = sqlx::query_as(
            "select count(*), max(failed_at) from login_failures where subject = $1 and failed_at >= $2",
        )
        .bind(subject)
        .bind(milliseconds(since))
        .fetch_one(self.pool.connections())
        .await
        .map_err(error("read failed logins"))?;
        let latest = latest.map(timestamp).transpose()?;
        Ok(LoginFailures { count: u32::try_from(count).unwrap_or(u32::MAX), latest })
    }

    async fn clear_login_failures(&self, subject: &str) -> Result<(), PortError> {
        repeated(|| self.delete_login_failures(subject)).await
    }

    async fn check(&self) -> Result<(), PortError> {
        self.pool.check().await
    }
}
