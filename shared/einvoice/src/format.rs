//! The names of the legal formats, as people ask for them.

use std::fmt;
use std::str::FromStr;

/// A legal format: what a user asks for. The profile follows from it and from the invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// EN 16931 in Universal Business Language 2.1.
    Ubl,
    /// EN 16931 in UN/CEFACT Cross Industry Invoice.
    Cii,
    /// XRechnung (Germany) in UBL.
    XRechnung,
    /// XRechnung (Germany) in CII.
    XRechnungCii,
    /// Peppol BIS Billing 3.
    Peppol,
    /// Factur-X, which Germany calls ZUGFeRD: a PDF that carries the invoice as XML.
    FacturX,
    /// Factur-X by the rules of the French reform.
    FacturXFr,
}

/// The text names no legal format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownFormat;

impl Format {
    /// All of them, in the order in which they are listed to people.
    pub const ALL: [Self; 7] =
        [Self::Ubl, Self::Cii, Self::XRechnung, Self::XRechnungCii, Self::Peppol, Self::FacturX, Self::FacturXFr];

    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ubl => "ubl",
            Self::Cii => "cii",
            Self::XRechnung => "xrechnung",
            Self::XRechnungCii => "xrechnung-cii",
            Self::Peppol => "peppol",
            Self::FacturX => "factur-x",
            Self::FacturXFr => "factur-x-fr",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no legal format")
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads a name in any case; `zugferd` is another name of `factur-x`.
    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let name = text.trim().to_ascii_lowercase();
        let name = if name == "zugferd" { Self::FacturX.name() } else { name.as_str() };
        Self::ALL.into_iter().find(|format| format.name() == name).ok_or(UnknownFormat)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for format in Format::ALL {
            assert_eq!(format.name().to_ascii_uppercase().parse(), Ok(format));
        }
        assert_eq!("ZUGFeRD".parse(), Ok(Format::FacturX));
        assert_eq!("pdf".parse::<Format>(), Err(UnknownFormat));
    }
}
