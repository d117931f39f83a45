//! Deflate, as PDF's `FlateDecode` wants it.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Compresses what is made for one document: quickly.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Compression::new(6))
}

/// Compresses what is made once and embedded many times: as small as it gets.
pub(crate) fn deflate_small(bytes: &[u8]) -> Vec<u8> {
    compress(bytes, Compression::best())
}

fn compress(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::with_capacity(bytes.len() / 3 + 64), level);
    // A Vec takes every byte, so neither call can fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}
