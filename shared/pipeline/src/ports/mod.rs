//! The ports: small traits that the functions use and the adapters implement.

pub(crate) mod broker;
pub(crate) mod clock;
pub(crate) mod documents;
pub(crate) mod error;
pub(crate) mod ledger;
pub(crate) mod mailer;
pub(crate) mod store_records;
pub(crate) mod upload;
pub(crate) mod users;
