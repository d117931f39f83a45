//! The forms in which a document of an invoice can be had.

use std::fmt;
use std::str::FromStr;

/// A form in which an invoice is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// Portable Document Format (ISO 32000), for people.
    Pdf,
    /// Office Open XML workbook (ISO/IEC 29500), `.xlsx`.
    Excel,
    /// Comma-separated values (RFC 4180), one row per invoice line.
    Csv,
    /// EN 16931 in Universal Business Language 2.1.
    Ubl,
    /// EN 16931 in UN/CEFACT Cross Industry Invoice D16B.
    Cii,
    /// XRechnung (Germany) in UBL.
    XRechnung,
    /// XRechnung (Germany) in CII.
    XRechnungCii,
    /// Peppol BIS Billing 3.
    Peppol,
    /// Factur-X, which Germany calls ZUGFeRD: a PDF document that carries the invoice as XML.
    FacturX,
    /// Factur-X by the rules of the French reform.
    FacturXFr,
}

/// The text names no format we know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "invalid format. supported: pdf, excel, csv, ubl, cii, xrechnung, xrechnung-cii, peppol, factur-x, factur-x-fr"
)]
pub struct UnknownFormat;

const PDF: &str = "application/pdf";
const XML: &str = "application/xml";

impl Format {
    /// All formats, in the order in which they are listed to people.
    pub const ALL: [Self; 10] = [
        Self::Pdf,
        Self::Excel,
        Self::Csv,
        Self::Ubl,
        Self::Cii,
        Self::XRechnung,
        Self::XRechnungCii,
        Self::Peppol,
        Self::FacturX,
        Self::FacturXFr,
    ];

    /// The formats that a law or a standard defines: not every invoice can become one.
    pub const LEGAL: [Self; 7] =
        [Self::Ubl, Self::Cii, Self::XRechnung, Self::XRechnungCii, Self::Peppol, Self::FacturX, Self::FacturXFr];

    /// Whether a law or a standard defines it, by whose rules an invoice is then judged.
    #[must_use]
    pub const fn is_legal(self) -> bool {
        !matches!(self, Self::Pdf | Self::Excel | Self::Csv)
    }

    /// Whether the document has pages for people.
    #[must_use]
    pub const fn is_pdf(self) -> bool {
        matches!(self, Self::Pdf | Self::FacturX | Self::FacturXFr)
    }

    /// The name that the API and the ledger use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Excel => "excel",
            Self::Csv => "csv",
            Self::Ubl => "ubl",
            Self::Cii => "cii",
            Self::XRechnung => "xrechnung",
            Self::XRechnungCii => "xrechnung-cii",
            Self::Peppol => "peppol",
            Self::FacturX => "factur-x",
            Self::FacturXFr => "factur-x-fr",
        }
    }

    /// The file name extension, without the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Excel => "xlsx",
            Self::Csv => "csv",
            Self::Pdf | Self::FacturX | Self::FacturXFr => "pdf",
            Self::Ubl | Self::Cii | Self::XRechnung | Self::XRechnungCii | Self::Peppol => "xml",
        }
    }

    /// The media type (IANA registry) with its parameters.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Excel => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Csv => "text/csv; charset=utf-8; header=present",
            Self::Pdf | Self::FacturX | Self::FacturXFr => PDF,
            Self::Ubl | Self::Cii | Self::XRechnung | Self::XRechnungCii | Self::Peppol => XML,
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

    /// Reads a format's name in any case; `xlsx` is another name of `excel`, `zugferd` of `factur-x`.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let name = text.trim().to_ascii_lowercase();
        let name = match name.as_str() {
            "xlsx" => "excel",
            "zugferd" => "factur-x",
            name => name,
        };
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_in_any_case() {
        for format in Format::ALL {
            assert_eq!(format.name().to_ascii_uppercase().parse(), Ok(format));
        }
        assert_eq!("XLSX".parse(), Ok(Format::Excel));
        assert_eq!("ZUGFeRD".parse(), Ok(Format::FacturX));
        assert_eq!("docx".parse::<Format>(), Err(UnknownFormat));
    }

    #[test]
    fn the_error_names_every_format() {
        let names: Vec<_> = Format::ALL.into_iter().map(Format::name).collect();
        assert_eq!(UnknownFormat.to_string(), format!("invalid format. supported: {}", names.join(", ")));
    }

    #[test]
    fn legal_formats_are_those_that_are_listed_as_such() {
        let legal: Vec<_> = Format::ALL.into_iter().filter(|format| format.is_legal()).collect();
        assert_eq!(legal, Format::LEGAL);
    }
}
