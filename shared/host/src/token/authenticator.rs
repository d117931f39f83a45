use std::collections::BTreeSet;
use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderValue};
use jiff::{SignedDuration, Timestamp};
use pipeline::{ApiKey, Clock, PortError, Role, Users};

use super::{Credential, PlainApiKey, Principal, TokenError, Verifier};
use crate::problem::Problem;

/// How exact the time of a key's last use is.
const TOUCH_INTERVAL: SignedDuration = SignedDuration::from_mins(1);

/// Why a request has no principal.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticationError {
    /// It carries no bearer credential: no `Authorization` header, several, or another scheme.
    #[error("a bearer token or API key is needed: Authorization: Bearer …")]
    Missing,
    /// Its token is refused.
    #[error("{0}")]
    Token(TokenError),
    /// Its API key is malformed, unknown, revoked, or of a disabled user: which of them is not told.
    #[error("the API key is not valid")]
    ApiKey,
    /// A server that is needed for the answer is out of reach.
    #[error("cannot authenticate: {0}")]
    Unavailable(PortError),
}

impl From<TokenError> for AuthenticationError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::KeysUnavailable(error) => Self::Unavailable(error),
            refused => Self::Token(refused),
        }
    }
}

impl From<AuthenticationError> for Problem {
    /// 401 with a challenge (RFC 6750 section 3), or 503.
    fn from(error: AuthenticationError) -> Self {
        let detail = error.to_string();
        match error {
            AuthenticationError::Unavailable(error) => Self::from(error),
            AuthenticationError::Missing => Self::unauthorized(detail),
            AuthenticationError::Token(_) | AuthenticationError::ApiKey => Self::unauthorized(detail).with_header(
                WWW_AUTHENTICATE,
                HeaderValue::from_static("Bearer realm=\"invoices\", error=\"invalid_token\""),
            ),
        }
    }
}

/// Finds out who a request acts for.
#[derive(Clone)]
pub struct Authenticator {
    verifier: Arc<Verifier>,
    users: Arc<dyn Users>,
    clock: Arc<dyn Clock>,
}

impl Authenticator {
    /// Verifies tokens with `verifier` and looks API keys up among `users`.
    #[must_use]
    pub fn new(verifier: Verifier, users: Arc<dyn Users>, clock: Arc<dyn Clock>) -> Self {
        Self { verifier: Arc::new(verifier), users, clock }
    }

    /// The issuer whose tokens are accepted.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.verifier.issuer()
    }

    /// The principal of a request with these headers.
    ///
    /// # Errors
    /// It has no valid credential, or a server that is needed is out of reach.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, AuthenticationError> {
        let credential = bearer(headers).ok_or(AuthenticationError::Missing)?;
        if PlainApiKey::is_meant_by(credential) {
            return self.authenticate_api_key(credential).await;
        }
        Ok(self.verifier.verify(credential).await?.into())
    }

    async fn authenticate_api_key(&self, credential: &str) -> Result<Principal, AuthenticationError> {
        let presented: PlainApiKey = credential.parse().map_err(|_| AuthenticationError::ApiKey)?;
        let found = self.users.key_by_prefix(presented.prefix()).await.map_err(AuthenticationError::Unavailable)?;
        let (stored, owner) = found.ok_or(AuthenticationError::ApiKey)?;
        let same = verify_slices_are_equal(&stored.key.sha256, &presented.sha256()).is_ok();
        if !same || stored.revoked_at.is_some() || !owner.enabled {
            return Err(AuthenticationError::ApiKey);
        }
        self.note_use(&stored, self.clock.now()).await;
        Ok(Principal {
            user: owner.id,
            email: owner.email,
            roles: BTreeSet::from([Role::User]),
            credential: Credential::ApiKey(stored.key.id),
            scopes: stored.key.scopes,
        })
    }

    /// A request does not fail because its time could not be noted.
    async fn note_use(&self, stored: &ApiKey, now: Timestamp) {
        if stored.last_used_at.is_some_and(|last| now.duration_since(last) < TOUCH_INTERVAL) {
            return;
        }
        if let Err(error) = self.users.touch_key(stored.key.id, now).await {
            tracing::warn!(%error, "cannot note the use of an API key");
        }
    }
}

/// The credential of scheme `Bearer`, in any case (RFC 9110 section 11.1). Two headers have no meaning.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
    let credential = credential.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("Bearer") && !credential.is_empty()).then_some(credential)
}

#[cfg(test)]
mod tests;
