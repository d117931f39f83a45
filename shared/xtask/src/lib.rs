//! The project's own chores, and the servers that they start.
#![allow(clippy::print_stdout)] // A chore talks to people.

pub mod chores;
pub mod containers;
mod einvoice;
pub mod pack;
pub mod servers;
pub mod small_disk;

mod arrows;
mod bench;
mod capacity;
mod chaos;
mod charts;
mod fuzz;
mod gallery;
mod images;
mod interruption;
mod lambda_watch;
mod openapi;
mod packages;
mod page;
mod pdfa;
mod pressure;
mod process;
mod process_tree;
mod programs;
mod service;
mod steps;
mod template;
mod tools;
mod workspace;
mod yaml;
