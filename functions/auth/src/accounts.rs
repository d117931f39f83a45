use std::collections::BTreeSet;
use std::sync::Arc;

use host::problem::{Fault, Problem};
use host::token::PlainApiKey;
use http::StatusCode;
use pipeline::{ApiKey, ApiKeyId, Clock, Email, ErrorKind, NewApiKey, PortError, Role, Scope, User, UserId, Users};

use crate::password::{Password, WeakPassword};
use crate::password_hashing::{HashingError, PasswordHashing};

/// Mail address of the demo user, which exists only where `APP_ENV` is not production.
pub const DEMO_EMAIL: &str = "test@example.com";
/// Password of the demo user.
pub const DEMO_PASSWORD: &str = "password";

const LONGEST_KEY_NAME: usize = 100;

/// Why an account or an API key was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Another account has this address.
    #[error("there is a user with this mail address already")]
    EmailTaken,
    /// There is no such account or key.
    #[error("there is no such user or API key")]
    NotFound,
    /// The password is too weak.
    #[error(transparent)]
    WeakPassword(#[from] WeakPassword),
    /// An account needs a role.
    #[error("a user needs at least one role: user, admin")]
    NoRole,
    /// A key needs a scope.
    #[error("an API key needs at least one scope: invoices:read, invoices:write")]
    NoScope,
    /// A key's name is empty, too long or not printable.
    #[error("an API key needs a name of at most {LONGEST_KEY_NAME} printable characters")]
    KeyName,
    /// The password could not be hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// The database refuses or is out of reach.
    #[error(transparent)]
    Users(#[from] PortError),
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let detail = error.to_string();
        let (pointer, rule) = match error {
            AccountError::EmailTaken => return Self::new(StatusCode::CONFLICT, detail),
            AccountError::NotFound => return Self::not_found(),
            AccountError::Hashing(error) => return error.into(),
            AccountError::Users(error) => return error.into(),
            AccountError::WeakPassword(_) => ("/password", "password-strength"),
            AccountError::NoRole => ("/roles", "role-needed"),
            AccountError::NoScope => ("/scopes", "scope-needed"),
            AccountError::KeyName => ("/name", "name-length"),
        };
        let fault = Fault {
            pointer: pointer.to_owned(),
            message: detail.clone(),
            rule: rule.to_owned(),
            term: None,
            expected: None,
            found: None,
            formats: Vec::new(),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail).with_faults(vec![fault], Vec::new())
    }
}

/// Changes to an account; absent members stay as they are.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    /// The new password.
    pub password: Option<String>,
    /// The new roles.
    pub roles: Option<BTreeSet<Role>>,
    /// Whether it may log in from now on.
    pub enabled: Option<bool>,
}

/// Manages users and API keys, for the routes and for command lines. Cloning it is cheap.
#[derive(Clone)]
pub struct Accounts {
    users: Arc<dyn Users>,
    clock: Arc<dyn Clock>,
    hashing: PasswordHashing,
}

impl Accounts {
    /// Works on these users.
    #[must_use]
    pub fn new(users: Arc<dyn Users>, clock: Arc<dyn Clock>) -> Self {
        Self { users, clock, hashing: PasswordHashing::new() }
    }

    pub(crate) const fn hashing(&self) -> &PasswordHashing {
        &self.hashing
    }

    /// Makes an account.
    ///
    /// # Errors
    /// The address is taken, the password is too weak, no role is given, or the database is out of reach.
    pub async fn create(&self, email: Email, password: String, roles: BTreeSet<Role>) -> Result<User, AccountError> {
        let password = Password::new(password, &email)?;
        self.store(email, password, roles).await
    }

    /// Makes the demo user, with the password that everybody knows, unless there is an account with its address.
    /// `true` where it was made. Never call it in production.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn ensure_demo_user(&self) -> Result<bool, AccountError> {
        let Ok(email) = DEMO_EMAIL.parse::<Email>() else { return Ok(false) };
        if self.by_email(&email).await?.is_some() {
            return Ok(false);
        }
        match self.store(email, Password::demo(), BTreeSet::from([Role::User])).await {
            Ok(_) => Ok(true),
            Err(AccountError::EmailTaken) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the demo user's well-known password opens an account.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn demo_user_can_log_in(&self) -> Result<bool, AccountError> {
        let Ok(email) = DEMO_EMAIL.parse::<Email>() else { return Ok(false) };
        let Some(user) = self.by_email(&email).await?.filter(|user| user.enabled) else { return Ok(false) };
        let slot = self.hashing.slot().await?;
        Ok(slot.verify(DEMO_PASSWORD.to_owned(), Some(user.password)).await?)
    }

    /// At most `limit` accounts in ascending order of id, beginning after `after`.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn list(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, AccountError> {
        Ok(self.users.list(after, limit).await?)
    }

    /// The account with this address.
    ///
    /// # Errors
    /// The database is out of reach.
    pub async fn by_email(&self, email: &Email) -> Result<Option<User>, AccountError> {
        Ok(self.users.by_email(email).await?)
    }

    /// The account with this id.
    ///
    /// # Errors
    /// There is none, or the database is out of reach.
    pub async fn get(&self, id: UserId) -> Result<User, AccountError> {
        self.users.by_id(id).await?.ok_or(AccountError::NotFound)
    }

    /// Changes an account. Tokens that were issued before stay valid until they expire; API keys of a disabled account
    /// stop working at once.
    ///
    /// # Errors
    /// There is no such account, the password is too weak, no role is left, or the database is out of reach.
    pub async fn change(&self, id: UserId, change: AccountChange) -> Result<User, AccountError> {
        let mut user = self.get(id).await?;
        if let Some(roles) = change.roles {
            user.roles = roles;
        }
        if user.roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        if let Some(password) = change.password {
            let password = Password::new(password, &user.email)?;
            user.password = self.hashing.slot().await?.hash(password).await?;
        }
        user.enabled = change.enabled.unwrap_or(user.enabled);
        match self.users.update(&user).await {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(AccountError::NotFound),
            updated => Ok(updated.map(|()| user)?),
        }
    }

    /// Gives the account with this address a new password.
    ///
    /// # Errors
    /// As [`Accounts::change`].
    pub async fn set_password(&self, email: &Email, password: String) -> Result<User, AccountError> {
        let user = self.by_email(email).await?.ok_or(AccountError::NotFound)?;
        self.change(user.id, AccountChange { password: Some(password), ..AccountChange::default() }).await
    }

    /// Makes an API key. The plain key is shown to its owner now or never: only its hash is kept.
    ///
    /// # Errors
    /// There is no such account, the name or the scopes are wrong, or the database is out of reach.
    pub async fn add_key(
        &self,
        owner: UserId,
        name: &str,
        scopes: BTreeSet<Scope>,
    ) -> Result<(NewApiKey, PlainApiKey), AccountError> {
        let name = name.trim();
        let name_ok = (1..=LONGEST_KEY_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !name_ok {
            return Err(AccountError::KeyName);
        }
        if scopes.is_empty() {
            return Err(AccountError::NoScope);
        }
        let owner = self.get(owner).await?.id;
        let plain = PlainApiKey::generate();
        let key = NewApiKey {
            id: ApiKeyId::new(),
            owner,
            name: name.to_owned(),
            prefix: plain.prefix().to_owned(),
            sha256: plain.sha256(),
            scopes,
            created_at: self.clock.now(),
        };
        self.users.add_key(&key).await?;
        Ok((key, plain))
    }

    /// The API keys of an account, newest first, revoked ones too.
    ///
    /// # Errors
    /// There is no such account, or the database is out of reach.
    pub async fn keys(&self, owner: UserId) -> Result<Vec<ApiKey>, AccountError> {
        let owner = self.get(owner).await?.id;
        Ok(self.users.keys(owner).await?)
    }

    /// Revokes an account's API key, at once and for good. Twice does nothing more.
    ///
    /// # Errors
    /// The account has no such key, or the database is out of reach.
    pub async fn revoke_key(&self, owner: UserId, id: ApiKeyId) -> Result<(), AccountError> {
        let revoked = self.users.revoke_key(owner, id, self.clock.now()).await?;
        if revoked { Ok(()) } else { Err(AccountError::NotFound) }
    }

    async fn store(&self, email: Email, password: Password, roles: BTreeSet<Role>) -> Result<User, AccountError> {
        if roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        let password = self.hashing.slot().await?.hash(password).await?;
        let user = User { id: UserId::new(), email, roles, password, enabled: true, created_at: self.clock.now() };
        match self.users.create(&user).await {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(AccountError::EmailTaken),
            created => Ok(created.map(|()| user)?),
        }
    }
}
