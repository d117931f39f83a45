//! Login, token keys, users and API keys.
//!
//! [`router`] serves an [`AuthState`]: `POST /login` gives a token for a mail address and a password, `POST /validate`
//! tells other services what a credential is worth, `/.well-known/jwks.json` publishes the keys that verify tokens,
//! and `/users` manages accounts and API keys. [`Accounts`] is the same management for command lines.

mod accounts;
mod basic;
mod client_address;
pub mod commands;
mod login_throttle;
mod password;
mod password_hashing;
mod routes;
mod signing_keys;
mod state;
mod token_issuer;

pub use accounts::{AccountChange, AccountError, Accounts, DEMO_EMAIL, DEMO_PASSWORD};
pub use password::WeakPassword;
pub use password_hashing::HashingError;
pub use routes::{openapi, router};
pub use signing_keys::{SigningKeys, SigningKeysError};
pub use state::{AuthConfig, AuthState, DemoUser, StartError};
