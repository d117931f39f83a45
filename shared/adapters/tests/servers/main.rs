//! The contract suites on real servers, one module an adapter. `cargo xtask test` starts the servers and names them in
//! the environment.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod amqp;
mod environment;
#[path = "../events/mod.rs"]
mod events;
mod gridfs;
mod pgbouncer;
mod postgres;
mod races;
mod read_only;
mod relay;
mod s3;
mod ses;
mod smtp;
