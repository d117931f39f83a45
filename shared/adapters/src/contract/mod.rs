//! The suites that every adapter of a port passes, each on its real server. They assert and so panic on a breach.

#![allow(clippy::missing_panics_doc, clippy::unwrap_used)]

mod brandings;
pub mod broker;
pub mod documents;
pub mod ledger;
mod ledger_clock;
mod ledger_mails;
pub mod ledger_model;
mod ledger_upkeep;
pub mod mailer;
pub mod store_records;
mod timed;
pub mod users;

pub use timed::{At, Timed};
