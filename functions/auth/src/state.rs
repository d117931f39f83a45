use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use host::Shutdown;
use host::problem::Problem;
use host::readiness::{Readiness, Server};
use host::settings::{AppEnv, Need, Settings, base_path};
use host::token::{Authenticator, FixedKeys, Verifier};
use http::StatusCode;
use ipnet::IpNet;
use pipeline::{Clock, Users};

use crate::accounts::{AccountError, Accounts};
use crate::login_throttle::LoginThrottle;
use crate::password_hashing::PasswordHashing;
use crate::signing_keys::{SigningKeys, SigningKeysError};
use crate::token_issuer::TokenIssuer;

/// File in `DATA_DIR` that keeps the signing keys where `TOKEN_KEYS` is not given.
const KEY_FILE: &str = "token-keys.pem";
/// Between two looks for the demo user while the database is out of reach.
const DEMO_USER_PERIOD: Duration = Duration::from_secs(1);

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
    /// What is done about the demo user.
    pub demo_user: DemoUser,
}

/// What the routes work with. Cloning it is cheap.
#[derive(Clone)]
pub struct AuthState(Arc<Parts>);

struct Parts {
    users: Arc<dyn Users>,
    accounts: Accounts,
    authenticator: Authenticator,
    issuer: TokenIssuer,
    throttle: LoginThrottle,
    trusted_proxies: Vec<IpNet>,
    demo_user: DemoUser,
    /// Whether what is to be done about the demo user is done.
    is_demo_user_settled: AtomicBool,
}

/// What auth does about the demo user, whose password everybody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DemoUser {
    /// It exists from the start: a newcomer logs in with it.
    Made,
    /// Nobody logs in while it could.
    Forbidden,
    /// Nothing.
    Ignored,
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

impl From<StartError> for Problem {
    /// The demo user is the operator's affair: the log has it.
    fn from(error: StartError) -> Self {
        match error {
            StartError::Accounts(error) => error.into(),
            other => {
                tracing::error!(error = %other, "logins are refused");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "logins are refused until the service is set up safely")
            }
        }
    }
}

impl AuthState {
    /// What auth asks of the settings.
    pub const NEEDS: [Need; 3] = [Need::Database, Need::PublicUrl, Need::TokenKeys];

    /// Puts the parts together.
    #[must_use]
    pub fn new(config: AuthConfig) -> Self {
        let AuthConfig { users, clock, keys, issuer, token_ttl, trusted_proxies, demo_user } = config;
        let own_keys = Arc::new(FixedKeys::new(keys.public()));
        let verifier = Verifier::new(issuer.clone(), own_keys, Arc::clone(&clock));
        Self(Arc::new(Parts {
            authenticator: Authenticator::new(verifier, Arc::clone(&users), Arc::clone(&clock)),
            accounts: Accounts::new(Arc::clone(&users), Arc::clone(&clock)),
            throttle: LoginThrottle::new(Arc::clone(&users), Arc::clone(&clock)),
            users,
            issuer: TokenIssuer { keys, issuer, life: token_ttl, clock },
            trusted_proxies,
            demo_user,
            is_demo_user_settled: AtomicBool::new(demo_user == DemoUser::Ignored),
        }))
    }

    /// Makes the state that the settings ask for. Without `TOKEN_KEYS` the keys are in `DATA_DIR`, made once.
    ///
    /// # Errors
    /// The keys are wrong.
    pub fn from_settings(
        settings: &Settings,
        users: Arc<dyn Users>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, StartError> {
        let keys = match &settings.keys.token_keys {
            Some(keys) => SigningKeys::parse(keys.expose())?,
            None if settings.app_env == AppEnv::Production => return Err(StartError::NoKeys),
            None => SigningKeys::read_or_create(&settings.data_dir.join(KEY_FILE))?,
        };
        Ok(Self::new(AuthConfig {
            users,
            clock,
            keys,
            issuer: settings.public_url.clone(),
            token_ttl: settings.keys.token_ttl,
            trusted_proxies: settings.trusted_proxies.clone(),
            demo_user: match settings.app_env {
                AppEnv::Production => DemoUser::Forbidden,
                AppEnv::Development => DemoUser::Made,
            },
        }))
    }

    /// Makes the demo user, or finds out that it cannot log in where it must not: once, with a database that answers.
    /// Nobody logs in before.
    ///
    /// # Errors
    /// The demo user can log in where it must not, or the database is out of reach.
    pub async fn settle_demo_user(&self) -> Result<(), StartError> {
        let Parts { accounts, demo_user, is_demo_user_settled, .. } = &*self.0;
        if is_demo_user_settled.load(Ordering::Acquire) {
            return Ok(());
        }
        match demo_user {
            DemoUser::Made => drop(accounts.ensure_demo_user().await?),
            DemoUser::Forbidden if accounts.demo_user_can_log_in().await? => return Err(StartError::DemoUser),
            DemoUser::Forbidden | DemoUser::Ignored => {}
        }
        is_demo_user_settled.store(true, Ordering::Release);
        Ok(())
    }

    /// As [`Self::settle_demo_user`], however long the database is out of reach, until the shutdown begins.
    ///
    /// # Errors
    /// The demo user can log in where it must not: the process must end, so the shutdown is begun.
    pub async fn wait_to_settle_demo_user(&self, shutdown: &Shutdown) -> Result<(), StartError> {
        while !shutdown.is_cancelled() {
            match self.settle_demo_user().await {
                Err(StartError::Accounts(error)) => tracing::debug!(%error, "the demo user is not settled yet"),
                settled => return settled.inspect_err(|_| shutdown.cancel()),
            }
            shutdown.run_until_cancelled(tokio::time::sleep(DEMO_USER_PERIOD)).await;
        }
        Ok(())
    }

    /// Whether the servers that auth needs answer.
    #[must_use]
    pub fn readiness(&self, shutdown: &Shutdown) -> Readiness {
        Readiness::new(shutdown, [Server::Users(Arc::clone(&self.0.users))])
    }

    /// What stands before each route for clients.
    pub(crate) fn base_path(&self) -> &str {
        base_path(self.0.authenticator.issuer())
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
