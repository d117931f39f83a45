//! Bearer credentials (RFC 6750): tokens that auth signed (JWT, RFC 7519) and API keys of machines.
//!
//! [`Authenticator`] makes a [`Principal`] of a request's headers. It never calls auth for a token: it verifies the
//! signature with a key out of a [`KeySource`], cached and refreshed in [`KeyCache`].

mod api_key;
mod authenticator;
mod claims;
mod key_cache;
mod key_source;
mod principal;
#[cfg(feature = "remote-keys")]
mod remote_keys;
#[cfg(test)]
mod testing;
mod verifier;

pub use api_key::{InvalidApiKey, PlainApiKey};
pub use authenticator::{AuthenticationError, Authenticator};
pub use claims::Claims;
pub use key_cache::KeyCache;
pub use key_source::{FixedKeys, InvalidKeySet, KeySource};
pub use principal::{Credential, Principal};
#[cfg(feature = "remote-keys")]
pub use remote_keys::RemoteKeys;
pub use verifier::{TokenError, Verifier};

/// Claim `aud` of our tokens: the service that they are for.
pub const AUDIENCE: &str = "invoices";
