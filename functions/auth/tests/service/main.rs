//! The real router over a real socket, on a real database file. Time is set by the tests, so nothing sleeps.
#![allow(clippy::unwrap_used)]

mod api_keys;
mod app;
mod keys;
mod login;
mod openapi;
mod settings;
mod users;
mod validate;
