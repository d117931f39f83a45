use std::collections::HashSet;
use std::sync::Arc;

use jiff::SignedDuration;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, Validation, decode, decode_header};
use pipeline::{Clock, PortError};

use super::{AUDIENCE, Claims, KeyCache, KeySource};

/// How far the clocks of the machines may differ.
const LEEWAY: SignedDuration = SignedDuration::from_secs(30);
/// The same for the claims of a token that is valid from its issue. Somebody has signed it, so that time is past, whatever a
/// clock that was set by an hour says.
const ISSUED_LEEWAY: SignedDuration = SignedDuration::from_hours(2);
/// Longer texts are not looked at.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Why a token is refused.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It is no JWT, or its header asks for what we do not do.
    #[error("the token is malformed")]
    Malformed,
    /// It is not signed with the one accepted algorithm, EdDSA.
    #[error("the token is not signed with EdDSA")]
    WrongAlgorithm,
    /// Its `kid` is missing or names no known key.
    #[error("the token is signed with an unknown key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    WrongSignature,
    /// A claim is missing or of the wrong type.
    #[error("the token lacks a claim")]
    MissingClaim,
    /// It was issued by, or for, somebody else.
    #[error("the token is not for this service")]
    WrongAudienceOrIssuer,
    /// Its `nbf` is in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// Its `exp` is past.
    #[error("the token has expired")]
    Expired,
    /// The keys cannot be had, so nothing can be said.
    #[error("the token keys are out of reach")]
    KeysUnavailable(#[source] PortError),
}

/// Verifies tokens: Ed25519 signatures only, every claim required, at most 30 s of leeway (two hours for the time of issue).
pub struct Verifier {
    keys: KeyCache,
    clock: Arc<dyn Clock>,
    validation: Validation,
    issuer: String,
}

impl Verifier {
    /// Accepts tokens of this issuer (claim `iss`) for [`AUDIENCE`], signed with a key out of the source.
    #[must_use]
    pub fn new(issuer: impl Into<String>, source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        let issuer = issuer.into();
        let keys = KeyCache::new(source, Arc::clone(&clock));
        Self { keys, clock, validation: validation(&issuer), issuer }
    }

    /// The issuer whose tokens are accepted.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The claims of a valid token.
    ///
    /// # Errors
    /// The token is refused, or the keys are out of reach.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let kid = key_id(token)?;
        let key = self.keys.key(&kid).await.map_err(TokenError::KeysUnavailable)?;
        let key = key.ok_or(TokenError::UnknownKey)?;
        let claims = decode::<Claims>(token, &key, &self.validation).map_err(|error| refusal(error.kind()))?.claims;
        self.check_times(&claims)?;
        Ok(claims)
    }

    fn check_times(&self, claims: &Claims) -> Result<(), TokenError> {
        let (now, leeway) = (self.clock.now().as_second(), LEEWAY.as_secs());
        let early = if claims.nbf == claims.iat { ISSUED_LEEWAY.as_secs() } else { leeway };
        if claims.nbf.saturating_sub(early) > now || claims.iat.saturating_sub(early) > now {
            return Err(TokenError::NotYetValid);
        }
        if claims.exp.saturating_add(leeway) <= now {
            return Err(TokenError::Expired);
        }
        Ok(())
    }
}

/// The times are checked by [`Verifier::check_times`]: the library would read the machine's clock.
fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims = HashSet::from(["exp", "nbf", "iss", "aud", "sub"].map(str::to_owned));
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[AUDIENCE]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation
}

/// The `kid` of a token whose header is acceptable (RFC 7515 section 4.1: an extension marked critical is not).
fn key_id(token: &str) -> Result<String, TokenError> {
    if token.len() > LONGEST_TOKEN {
        return Err(TokenError::Malformed);
    }
    let header: Header = decode_header(token).map_err(|_| TokenError::Malformed)?;
    if header.alg != Algorithm::EdDSA {
        return Err(TokenError::WrongAlgorithm);
    }
    let is_jwt = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if !is_jwt || header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    header.kid.ok_or(TokenError::UnknownKey)
}

fn refusal(kind: &ErrorKind) -> TokenError {
    match kind {
        ErrorKind::InvalidSignature => TokenError::WrongSignature,
        ErrorKind::InvalidAlgorithm => TokenError::WrongAlgorithm,
        ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenError::WrongAudienceOrIssuer,
        ErrorKind::MissingRequiredClaim(_) | ErrorKind::Json(_) => TokenError::MissingClaim,
        _ => TokenError::Malformed,
    }
}

#[cfg(test)]
mod tests;
