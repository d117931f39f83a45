//! What documents look like, and what the user adds to them (beyond the norm).

use std::fmt;

use serde::{Serialize, Serializer};

use crate::picture::Logo;
use crate::text::Text;

/// How the document is to look (beyond the norm).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Presentation {
    /// The seller's logo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo: Option<Logo>,
    /// How wide the logo is printed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_width: Option<LogoWidth>,
    /// On which side of the page the logo stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logo_side: Option<Side>,
    /// The colour of accents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accent_color: Option<Color>,
    /// The form of the document's head.
    #[serde(rename = "style", skip_serializing_if = "Option::is_none")]
    pub layout: Option<Layout>,
    /// The size of the pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    /// A word that is printed beside the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// The form of CSV files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub csv_dialect: Option<CsvDialect>,
    /// What stands at the foot of each page, under the legal data of the seller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub footer: Option<Footer>,
    /// The language and country whose words and forms of numbers and dates the document uses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<Locale>,
    /// What the tax is called in the document, for example `VAT`, `GST` or `Sales tax`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_name: Option<String>,
}

/// Choices that JSON names by a word each.
macro_rules! choices {
    ($(
        $(#[$choice:meta])*
        pub enum $name:ident {
            $( $(#[$variant:meta])* $value:ident = $word:literal, )+
        }
    )+) => { $(
        $(#[$choice])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
        pub enum $name {
            $( $(#[$variant])* #[serde(rename = $word)] $value, )+
        }

        impl $name {
            /// The name that JSON uses.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$value => $word, )+
                }
            }

            /// The one of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $( $word => Some(Self::$value), )+
                    _ => None,
                }
            }
        }
    )+ };
}

choices! {
    /// The form of a document's head: one of the two styles.
    pub enum Layout {
        /// Seller to the left, title to the right, thin rules.
        #[default]
        Classic = "classic",
        /// Title first, over a band in the accent colour.
        Modern = "modern",
    }

    /// The size of a page.
    pub enum Paper {
        /// 210 × 297 mm (ISO 216).
        #[default]
        A4 = "a4",
        /// 8.5 × 11 inches (ANSI Y14.1).
        Letter = "letter",
    }

    /// A side of the page, as it is read from left to right; from right to left it is the other one.
    pub enum Side {
        /// Where lines begin.
        #[default]
        Left = "left",
        /// Where lines end.
        Right = "right",
    }

    /// A word about the state of the document, beside its title.
    pub enum Mark {
        /// Not issued yet.
        #[default]
        Draft = "draft",
        /// Paid already.
        Paid = "paid",
        /// Not the original.
        Copy = "copy",
    }

    /// The form of a CSV file.
    pub enum CsvDialect {
        /// RFC 4180 to the letter: commas, UTF-8 without a mark, a decimal point.
        #[default]
        Rfc4180 = "rfc4180",
        /// For Excel in English: commas, a byte order mark, a decimal point.
        Excel = "excel",
        /// For Excel in German and its neighbours: semicolons, a byte order mark, a decimal comma.
        ExcelDe = "excel-de",
    }
}

/// The width of a logo in millimetres: from [`LogoWidth::LEAST`] to [`LogoWidth::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct LogoWidth(pub(crate) u16);

impl LogoWidth {
    /// The smallest width.
    pub const LEAST: u16 = 5;
    /// The largest width: what is between the margins of a page.
    pub const MOST: u16 = 170;

    /// The width in millimetres.
    #[must_use]
    pub const fn millimetres(self) -> u16 {
        self.0
    }
}

/// A text at the foot of each page: at most [`Footer::CHARACTERS`] in [`Footer::LINES`], so that it leaves the page to
/// the invoice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Footer(pub(crate) Text);

impl Footer {
    /// The most characters.
    pub const CHARACTERS: usize = 300;
    /// The most lines.
    pub const LINES: usize = 4;

    /// The text.
    #[must_use]
    pub const fn text(&self) -> &Text {
        &self.0
    }
}

/// A colour of the sRGB space (IEC 61966-2-1), written `#1a73e8`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Color {
    /// Red, 0 to 255.
    pub red: u8,
    /// Green, 0 to 255.
    pub green: u8,
    /// Blue, 0 to 255.
    pub blue: u8,
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl Serialize for Color {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A language and, perhaps, a country (BCP 47), for example `de-AT`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct Locale(pub(crate) String);

impl Locale {
    /// The whole tag.
    #[must_use]
    pub fn tag(&self) -> &str {
        &self.0
    }

    /// The language alone (ISO 639), for example `de`.
    #[must_use]
    pub fn language(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

/// A free field that the user adds to the document (beyond the norm).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct CustomField {
    /// Its name, as it is to be printed.
    pub name: String,
    /// Its value.
    pub value: String,
}
