//! The forms in which a document of an invoice can be had.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A form in which an invoice is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Portable Document Format (ISO 32000), for people.
    Pdf,
    /// Office Open XML workbook (ISO/IEC 29500), `.xlsx`.
    Excel,
    /// Comma-separated values (RFC 4180), one row per invoice line.
    Csv,
}

/// The text names no format we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid format. supported: pdf, excel, csv")]
pub struct UnknownFormat;

impl Format {
    /// All formats, in the order in which they are listed to people.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Excel, Self::Csv];

    /// The name that the API and the ledger use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Excel => "excel",
            Self::Csv => "csv",
        }
    }

    /// The file name extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Excel => "xlsx",
            Self::Csv => "csv",
        }
    }

    /// The media type (IANA registry) with its parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads a format's name in any case; `xlsx` is another name of `excel`.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text.trim().to_ascii_lowercase().as_str() {
            "pdf" => Ok(Self::Pdf),
            "excel" | "xlsx" => Ok(Self::Excel),
            "csv" => Ok(Self::Csv),
            _ => Err(UnknownFormat),
        }
    }
}
