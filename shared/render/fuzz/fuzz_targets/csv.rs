//! Model to CSV: no invoice panics, every entry is a row of as many cells, and no cell is a formula.

#![no_main]

use csv::ReaderBuilder;
use invoice::Format;
use libfuzzer_sys::fuzz_target;
use render_fuzz::{Wish, document};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fuzz_target!(|wish: Wish| {
    let Some((invoice, bytes)) = document(&wish, Format::Csv) else { return };
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let header = &text[..text.iter().position(|byte| *byte == b'\r').expect("a header")];
    let delimiter = if header.contains(&b';') { b';' } else { b',' };
    let mut reader = ReaderBuilder::new().delimiter(delimiter).from_reader(text);
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>().expect("rows of as many cells");
    assert_eq!(rows.len(), invoice.lines.entry_count());
    assert!(rows.iter().flatten().all(|cell| !is_formula(cell)));
});

/// What a spreadsheet would compute; a negative number it may.
fn is_formula(cell: &str) -> bool {
    let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ','));
    cell.starts_with(['=', '+', '@', '\t', '\r']) || cell.strip_prefix('-').is_some_and(|rest| !is_number(rest))
}
