//! What the name of an invoice of the gallery chooses: `NAME.modern.json` the layout, `NAME.last.json` the last page.

use std::path::Path;

use render::{Layout, Style};

/// What a picture of an invoice shows.
pub(crate) struct Choice {
    pub(crate) style: Style,
    is_of_last_page: bool,
}

impl Choice {
    /// The words between the name and the extension choose; without them it is the first page in the usual style.
    pub(crate) fn of(input: &Path) -> Self {
        let stem = input.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let words: Vec<&str> = stem.split('.').skip(1).collect();
        let mut style = Style::default();
        if words.contains(&"modern") {
            style.layout = Layout::Modern;
        }
        Self { style, is_of_last_page: words.contains(&"last") }
    }

    /// The number of the page, by what `pdfinfo` says of the document; none where that names no pages.
    pub(crate) fn page<'a>(&self, information: &'a str) -> Option<&'a str> {
        let count = information.lines().find_map(|line| line.strip_prefix("Pages:"))?.trim();
        Some(if self.is_of_last_page { count } else { "1" })
    }
}
