//! What the caller of [`parse`](crate::parse) decides.

use crate::figures::Currency;

/// How a document is parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseOptions {
    /// The currency of an invoice that names none.
    pub default_currency: Currency,
    /// How large a document may be.
    pub limits: Limits,
    /// Whether the document was read from an e-invoice that another program issued: a line's net amount (BT-131) that is
    /// within 0.02 of its quantity and price is then taken as it is, since the norm leaves its rounding open.
    pub is_imported: bool,
}

impl Default for ParseOptions {
    fn default() -> Self {
        Self { default_currency: Currency::USD, limits: Limits::default(), is_imported: false }
    }
}

/// How large a document may be; what is larger is a fault, never cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Arrays and objects within each other.
    pub depth: usize,
    /// Values of JSON in the whole document.
    pub values: usize,
    /// Characters of a key. No known one has as many; every place within it repeats it.
    pub key_characters: usize,
    /// Invoice lines (BG-25).
    pub lines: usize,
    /// Entries of any other list.
    pub entries: usize,
    /// Characters of a text of one line, such as a name.
    pub line_characters: usize,
    /// Characters of a text of several lines, such as a note.
    pub text_characters: usize,
    /// Line breaks of all texts together, each of which takes a line of a page.
    pub line_breaks: usize,
    /// Bytes of a picture or an attached file.
    pub file_bytes: usize,
    /// Pixels of a picture: what bounds the memory and the time of decoding it.
    pub picture_pixels: u32,
    /// Faults, and as many warnings, that are reported one by one.
    pub findings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            depth: 32,
            values: 500_000,
            key_characters: 100,
            lines: 10_000,
            entries: 1_000,
            line_characters: 1_000,
            text_characters: 10_000,
            line_breaks: 100_000,
            file_bytes: 2 * 1024 * 1024,
            picture_pixels: 4_000_000,
            findings: 1_000,
        }
    }
}
