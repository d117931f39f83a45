use std::sync::Arc;
use std::time::Duration;

use host::settings::{AppEnv, Settings};
use host::token::{Authenticator, FixedKeys, Verifier};
use ipnet::IpNet;
use pipeline::{Clock, Users};

use crate::accounts::{AccountError, Accounts};
use crate::login_throttle::LoginThrottle;
use crate::password_hashing::PasswordHashing;
use crate::signing_keys::{SigningKeys, SigningKeysError};
use crate::token_issuer::TokenIssuer;

/// File in `DATA_DIR` that keeps the signing keys where `TOKEN_KEYS` is not given.
const KEY_FILE: &str = "token-keys.pem";

/// What an [`AuthState`] is made of.
pub struct AuthConfig {
    /// Keeps accounts, API keys and login counters.
    pub users: Arc<dyn Users>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// The keys that sign tokens.
    pub keys: SigningKeys,
    /// Claim `iss` of tokens: the service's public URL.
    pub issuer: String,
    /// Life of a token.
    pub token_ttl: Duration,
    /// The networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
}

/// What the routes work with. Cloning it is cheap.
#[derive(Clone)]
pub struct AuthState(Arc<Parts>);

struct Parts {
    accounts: Accounts,
    authenticator: Authenticator,
    issuer: TokenIssuer,
    throttle: LoginThrottle,
    trusted_proxies: Vec<IpNet>,
}

/// Why auth cannot start. It names the setting.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `TOKEN_KEYS`, or the file that stands in for it.
    #[error("TOKEN_KEYS: {0}")]
    Keys(#[from] SigningKeysError),
    /// Keys that are made at the start would differ from process to process.
    #[error("TOKEN_KEYS: production needs the keys that sign tokens")]
    NoKeys,
    /// The demo user's password is public.
    #[error("APP_ENV: production must not have the demo user; remove its account or change its password")]
    DemoUser,
    /// The database.
    #[error("DATABASE_URL: {0}")]
    Accounts(#[from] AccountError),
}

impl AuthState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(config: AuthConfig) -> Self {
        let AuthConfig { users, clock, keys, issuer, token_ttl, trusted_proxies } = config;
        let own_keys = Arc::new(FixedKeys::new(keys.public()));
        let verifier = Verifier::new(issuer.clone(), own_keys, Arc::clone(&clock));
        Self(Arc::new(Parts {
            authenticator: Authenticator::new(verifier, Arc::clone(&users), Arc::clone(&clock)),
            accounts: Accounts::new(Arc::clone(&users), Arc::clone(&clock)),
            throttle: LoginThrottle::new(users, Arc::clone(&clock)),
            issuer: TokenIssuer { keys, issuer, life: token_ttl, clock },
            trusted_proxies,
        }))
    }

    /// Makes the state that the settings ask for. Without `TOKEN_KEYS` the keys are in `DATA_DIR`, made once.
    ///
    /// # Errors
    /// The keys are wrong, the users are out of reach, or production has the demo user.
    pub async fn from_settings(
        settings: &Settings,
        users: Arc<dyn Users>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let keys = match &settings.keys.token_keys {
            Some(keys) => SigningKeys::parse(keys.expose())?,
            None if settings.app_env == AppEnv::Production => return Err(StartError::NoKeys),
            None => SigningKeys::read_or_create(&settings.data_dir.join(KEY_FILE))?,
        };
        let state = Self::new(AuthConfig {
            users,
            clock,
            keys,
            issuer: settings.public_url.clone(),
            token_ttl: settings.keys.token_ttl,
            trusted_proxies: settings.trusted_proxies.clone(),
        });
        if settings.app_env == AppEnv::Production && state.accounts().demo_user_can_log_in().await? {
            return Err(StartError::DemoUser);
        }
        Ok(state)
    }

    /// Finds out who a request acts for: also for other functions in the same process.
    #[must_use]
    pub fn authenticator(&self) -> &Authenticator {
        &self.0.authenticator
    }

    /// Manages users and API keys.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.0.accounts
    }

    pub(crate) fn hashing(&self) -> &PasswordHashing {
        self.0.accounts.hashing()
    }

    pub(crate) fn issuer(&self) -> &TokenIssuer {
        &self.0.issuer
    }

    pub(crate) fn throttle(&self) -> &LoginThrottle {
        &self.0.throttle
    }

    pub(crate) fn trusted_proxies(&self) -> &[IpNet] {
        &self.0.trusted_proxies
    }
}
