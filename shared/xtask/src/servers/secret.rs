//! Passwords for servers of one run.

use std::fs::File;
use std::io::Read as _;

use anyhow::Context as _;

/// 128 random bits as letters and digits, which no URL and no file of settings needs to escape.
pub(crate) fn random() -> anyhow::Result<String> {
    let mut bytes = [0; 16];
    let mut source = File::open("/dev/urandom").context("cannot open /dev/urandom")?;
    source.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
