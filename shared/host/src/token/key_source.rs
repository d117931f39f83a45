use std::str::FromStr;

use async_trait::async_trait;
use jsonwebtoken::jwk::JwkSet;
use pipeline::PortError;

/// Where the public keys that verify tokens come from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The present key set (RFC 7517 section 5).
    ///
    /// # Errors
    /// `Unreachable` where the source does not answer, `Rejected` where its answer is no key set.
    async fn fetch(&self) -> Result<JwkSet, PortError>;
}

/// A key set that is known from the start: `TOKEN_JWKS`, or auth's own.
#[derive(Debug, Clone)]
pub struct FixedKeys(JwkSet);

/// The text is no JWK set.
#[derive(Debug, thiserror::Error)]
#[error("not a JWK set (RFC 7517), expected {{\"keys\":[…]}}: {0}")]
pub struct InvalidKeySet(#[from] serde_json::Error);

impl FixedKeys {
    /// Takes the keys.
    #[must_use]
    pub const fn new(keys: JwkSet) -> Self {
        Self(keys)
    }
}

impl FromStr for FixedKeys {
    type Err = InvalidKeySet;

    fn from_str(json: &str) -> Result<Self, InvalidKeySet> {
        Ok(Self(serde_json::from_str(json)?))
    }
}

#[async_trait]
impl KeySource for FixedKeys {
    async fn fetch(&self) -> Result<JwkSet, PortError> {
        Ok(self.0.clone())
    }
}
