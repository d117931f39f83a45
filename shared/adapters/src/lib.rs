//! The servers behind the ports: one module a technology, each behind a cargo feature. [`open`] alone maps URL
//! schemes to them.

#[cfg(feature = "amqp")]
mod amqp;
#[cfg(any(feature = "gridfs", feature = "sql"))]
mod batches;
#[cfg(feature = "contract")]
pub mod contract;
#[cfg(any(feature = "ses", feature = "smtp"))]
mod envelope;
#[cfg(feature = "folder")]
mod folder;
#[cfg(feature = "gridfs")]
mod gridfs;
pub mod open;
#[cfg(feature = "outbox-folder")]
mod outbox_folder;
#[cfg(any(feature = "amqp", feature = "ses", feature = "smtp"))]
mod parameters;
#[cfg(any(feature = "gridfs", feature = "s3"))]
mod pieces;
#[cfg(feature = "s3")]
mod s3;
#[cfg(feature = "ses")]
mod ses;
#[cfg(feature = "smtp")]
mod smtp;
#[cfg(feature = "sql")]
mod sql;
#[cfg(feature = "sqlite-queue")]
mod sqlite_queue;
#[cfg(any(feature = "gridfs", feature = "s3", feature = "folder"))]
mod stored_before;
#[cfg(any(feature = "folder", feature = "outbox-folder"))]
mod unfinished;
