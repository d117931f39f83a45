//! What a document looks like, as far as the invoice itself does not say.

use invoice::{Color, CsvDialect, Invoice, Layout, Mark, Paper};

/// The version of the looks: it rises whenever the same invoice would give other bytes.
pub const STYLE_VERSION: u32 = 7;

/// The looks of a document. What the invoice's own presentation says goes before it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Style {
    /// The size of the pages; none takes what is usual in the seller's country.
    pub paper: Option<Paper>,
    /// The colour of accents; none takes a dark blue.
    pub accent_color: Option<Color>,
    /// The form of the head, where the invoice names none.
    pub layout: Layout,
    /// A word that is printed beside the title.
    pub mark: Option<Mark>,
    /// The form of CSV files.
    pub csv_dialect: CsvDialect,
}

/// Countries and territories where Letter is the usual size (Unicode CLDR, `paperSize`).
const LETTER_COUNTRIES: [&str; 14] =
    ["BZ", "CA", "CL", "CO", "CR", "GT", "MX", "NI", "PA", "PH", "PR", "SV", "US", "VE"];

const DARK_BLUE: Color = color(0x1f, 0x4b, 0x73);

/// A colour from its three parts; the type is closed to literals outside of its crate.
pub(crate) const fn color(red: u8, green: u8, blue: u8) -> Color {
    Color { red, green, blue }
}

impl Style {
    pub(crate) fn paper_for(&self, invoice: &Invoice) -> Paper {
        let country = invoice.seller.address.as_ref().and_then(|address| address.country);
        let usual = || match country {
            Some(country) if LETTER_COUNTRIES.contains(&country.code()) => Paper::Letter,
            _ => Paper::A4,
        };
        invoice.presentation.paper.or(self.paper).unwrap_or_else(usual)
    }

    pub(crate) fn mark_for(&self, invoice: &Invoice) -> Option<Mark> {
        invoice.presentation.mark.or(self.mark)
    }

    pub(crate) fn csv_dialect_for(&self, invoice: &Invoice) -> CsvDialect {
        invoice.presentation.csv_dialect.unwrap_or(self.csv_dialect)
    }

    pub(crate) fn layout_for(&self, invoice: &Invoice) -> Layout {
        invoice.presentation.layout.unwrap_or(self.layout)
    }

    pub(crate) fn accent_for(&self, invoice: &Invoice) -> Color {
        invoice.presentation.accent_color.or(self.accent_color).unwrap_or(DARK_BLUE)
    }
}
