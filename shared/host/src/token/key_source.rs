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

    /// Whether it always gives the same keys, so that there is no use in asking again.
    fn is_fixed(&self) -> bool {
        false
    }
}

/// A key set that is known from the start: `TOKEN_JWKS`, or auth's own.
#[derive(Debug, Clone)]
pub struct FixedKeys(JwkSet);

/// The text is no JWK set with a key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("TOKEN_JWKS: expected a JWK set (RFC 7517) with at least one key: {{\"keys\":[…]}}")]
pub struct InvalidKeySet;

impl FixedKeys {
    /// Takes the keys.
    #[must_use]
    pub const fn new(keys: JwkSet) -> Self {
        Self(keys)
    }

    /// Reads the JSON text of a JWK set (setting `TOKEN_JWKS`).
    ///
    /// # Errors
    /// The text is no JWK set, or has no key.
    pub fn parse(json: &str) -> Result<Self, InvalidKeySet> {
        let keys: JwkSet = serde_json::from_str(json).map_err(|_| InvalidKeySet)?;
        if keys.keys.is_empty() { Err(InvalidKeySet) } else { Ok(Self(keys)) }
    }
}

#[async_trait]
impl KeySource for FixedKeys {
    async fn fetch(&self) -> Result<JwkSet, PortError> {
        Ok(self.0.clone())
    }

    fn is_fixed(&self) -> bool {
        true
    }
}
