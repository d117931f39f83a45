//! Model to PDF: no invoice panics, and the file can be read again.

#![no_main]

use invoice::Format;
use libfuzzer_sys::fuzz_target;
use render_fuzz::{Wish, document};

fuzz_target!(|wish: Wish| {
    let Some((_, bytes)) = document(&wish, Format::Pdf) else { return };
    let pdf = lopdf::Document::load_mem(&bytes).expect("a PDF");
    assert!(!pdf.get_pages().is_empty());
});
