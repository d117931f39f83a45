//! The servers behind the ports: one module a technology, each behind a cargo feature. [`open`] alone maps URL
//! schemes to them.

#[cfg(feature = "contract")]
pub mod contract;
#[cfg(feature = "folder")]
mod folder;
pub mod open;
#[cfg(feature = "outbox-folder")]
mod outbox_folder;
#[cfg(feature = "sqlite")]
mod sql;
#[cfg(feature = "sqlite-queue")]
mod sqlite_queue;
#[cfg(any(feature = "folder", feature = "outbox-folder"))]
mod unfinished;
