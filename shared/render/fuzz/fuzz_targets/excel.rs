//! Model to Excel: no invoice panics, and the file is a zip archive to its end.

#![no_main]

use invoice::Format;
use libfuzzer_sys::fuzz_target;
use render_fuzz::{Wish, document};

/// The end of the central directory (APPNOTE 4.3.16), without a comment.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: usize = 22;

fuzz_target!(|wish: Wish| {
    let Some((_, bytes)) = document(&wish, Format::Excel) else { return };
    assert!(bytes.starts_with(b"PK\x03\x04"));
    assert!(bytes[bytes.len() - END_LENGTH..].starts_with(END));
});
