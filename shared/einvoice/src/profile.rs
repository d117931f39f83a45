//! The profiles: which specification, syntax and rules a legal format has.

use invoice::{Format, Invoice};

use crate::hybrid::Hybrid;

/// A way of writing EN 16931-1 in a syntax, with the rules of those who receive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Profile {
    /// EN 16931 without additions, in UBL 2.1.
    Ubl,
    /// EN 16931 without additions, in CII D16B.
    Cii,
    /// XRechnung 3.0 (Germany) in UBL.
    XRechnung,
    /// XRechnung 3.0 (Germany) in CII.
    XRechnungCii,
    /// Peppol BIS Billing 3.
    Peppol,
    /// Peppol BIS Self-Billing 3: the buyer writes the invoice.
    PeppolSelfBilling,
    /// Factur-X 1.09 (ZUGFeRD 2.5), profile BASIC.
    FacturXBasic,
    /// Factur-X 1.09 (ZUGFeRD 2.5), profile EN 16931.
    FacturX,
    /// Factur-X 1.09 (ZUGFeRD 2.5), profile EXTENDED.
    FacturXExtended,
    /// ZUGFeRD 2.5, profile XRECHNUNG.
    FacturXXRechnung,
    /// Factur-X 1.09, profile EN 16931, with the rules of the French reform (BR-FR).
    FacturXFr,
}

/// The syntax of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// OASIS Universal Business Language 2.1.
    Ubl,
    /// UN/CEFACT Cross Industry Invoice D16B.
    Cii,
}

/// A set of rules, each of which has its own table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleSet {
    /// EN 16931-1 as CEN's artefacts 1.3.16 judge it.
    En16931,
    /// XRechnung 3.0.2 (BR-DE).
    XRechnung,
    /// Peppol BIS Billing 3 of May 2026, with its rules of single countries.
    Peppol,
    /// Factur-X 1.09.
    FacturX,
    /// Factur-X 1.09, what its profile BASIC leaves out.
    FacturXBasic,
    /// The French reform: BR-FR of the exchange between platforms (Flux 2).
    France,
}

impl RuleSet {
    /// The name of the set and its edition, as the report of a document states it.
    #[must_use]
    pub const fn edition(self) -> &'static str {
        match self {
            Self::En16931 => "EN 16931 1.3.16",
            Self::XRechnung => "XRechnung 3.0.2",
            Self::Peppol => "Peppol BIS Billing 2026.5",
            Self::FacturX => "Factur-X 1.09",
            Self::FacturXBasic => "Factur-X 1.09 BASIC",
            Self::France => "BR-FR Flux 2 (Factur-X 1.09)",
        }
    }
}

/// A row of the table of profiles.
#[derive(Debug, Clone, Copy)]
struct Row {
    profile: Profile,
    syntax: Syntax,
    /// BT-24.
    specification: &'static str,
    /// BT-23, where the data name none.
    process: Option<&'static str>,
    rules: &'static [RuleSet],
    /// How a PDF carries it, for profiles of hybrid documents.
    hybrid: Option<Hybrid>,
}

const EN16931: &str = "urn:cen.eu:en16931:2017";
const XRECHNUNG: &str = "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0";
const PEPPOL: &str = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0";
const PEPPOL_SELF_BILLING: &str = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:selfbilling:3.0";
const FACTUR_X_BASIC: &str = "urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic";
const FACTUR_X_EXTENDED: &str = "urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended";
const BILLING: Option<&str> = Some("urn:fdc:peppol.eu:2017:poacc:billing:01:1.0");
const SELF_BILLING: Option<&str> = Some("urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0");

#[rustfmt::skip]
const TABLE: [Row; 11] = {
    use Profile as P;
    use RuleSet as R;
    use Syntax::{Cii, Ubl};
    [
        Row { profile: P::Ubl, syntax: Ubl, specification: EN16931, process: None, rules: &[R::En16931], hybrid: None },
        Row { profile: P::Cii, syntax: Cii, specification: EN16931, process: None, rules: &[R::En16931], hybrid: None },
        Row { profile: P::XRechnung, syntax: Ubl, specification: XRECHNUNG, process: BILLING, rules: &[R::En16931, R::XRechnung], hybrid: None },
        Row { profile: P::XRechnungCii, syntax: Cii, specification: XRECHNUNG, process: BILLING, rules: &[R::En16931, R::XRechnung], hybrid: None },
        Row { profile: P::Peppol, syntax: Ubl, specification: PEPPOL, process: BILLING, rules: &[R::En16931, R::Peppol], hybrid: None },
        Row { profile: P::PeppolSelfBilling, syntax: Ubl, specification: PEPPOL_SELF_BILLING, process: SELF_BILLING, rules: &[R::En16931, R::Peppol], hybrid: None },
        Row { profile: P::FacturXBasic, syntax: Cii, specification: FACTUR_X_BASIC, process: None, rules: &[R::En16931, R::FacturX, R::FacturXBasic], hybrid: Some(Hybrid::BASIC) },
        Row { profile: P::FacturX, syntax: Cii, specification: EN16931, process: None, rules: &[R::En16931, R::FacturX], hybrid: Some(Hybrid::EN16931) },
        Row { profile: P::FacturXExtended, syntax: Cii, specification: FACTUR_X_EXTENDED, process: None, rules: &[R::En16931, R::FacturX], hybrid: Some(Hybrid::EXTENDED) },
        Row { profile: P::FacturXXRechnung, syntax: Cii, specification: XRECHNUNG, process: BILLING, rules: &[R::En16931, R::XRechnung, R::FacturX], hybrid: Some(Hybrid::XRECHNUNG) },
        Row { profile: P::FacturXFr, syntax: Cii, specification: EN16931, process: None, rules: &[R::En16931, R::FacturX, R::France], hybrid: Some(Hybrid::EN16931) },
    ]
};

static PROFILES: [Row; 11] = TABLE;

impl Profile {
    /// All profiles, in the order of their table.
    pub const ALL: [Self; 11] = {
        let mut all = [Self::Ubl; 11];
        let mut index = 0;
        while index < all.len() {
            all[index] = TABLE[index].profile;
            index += 1;
        }
        all
    };

    /// The profile of a legal format for this invoice; none of any other format.
    ///
    /// An invoice that the buyer issues (type 389 or 261) takes Peppol's profile for that. Of Factur-X the data name
    /// the profile by its specification (BT-24); without one it is EN 16931.
    #[must_use]
    pub fn of(format: Format, invoice: &Invoice) -> Option<Self> {
        Some(match format {
            Format::Pdf | Format::Excel | Format::Csv => return None,
            Format::Ubl => Self::Ubl,
            Format::Cii => Self::Cii,
            Format::XRechnung => Self::XRechnung,
            Format::XRechnungCii => Self::XRechnungCii,
            Format::Peppol if is_self_billed(invoice) => Self::PeppolSelfBilling,
            Format::Peppol => Self::Peppol,
            Format::FacturX => Self::of_factur_x(invoice.specification.as_deref()),
            Format::FacturXFr => Self::FacturXFr,
        })
    }

    fn of_factur_x(specification: Option<&str>) -> Self {
        match specification {
            Some(FACTUR_X_BASIC) => Self::FacturXBasic,
            Some(FACTUR_X_EXTENDED) => Self::FacturXExtended,
            Some(text) if text.contains(":xrechnung_") => Self::FacturXXRechnung,
            _ => Self::FacturX,
        }
    }

    const fn row(self) -> &'static Row {
        &PROFILES[self as usize]
    }

    /// The syntax.
    #[must_use]
    pub const fn syntax(self) -> Syntax {
        self.row().syntax
    }

    /// The identifier of the specification (BT-24).
    #[must_use]
    pub const fn specification(self) -> &'static str {
        self.row().specification
    }

    /// The business process (BT-23) of an invoice that names none.
    #[must_use]
    pub const fn process(self) -> Option<&'static str> {
        self.row().process
    }

    /// The rules that it is judged by.
    #[must_use]
    pub const fn rule_sets(self) -> &'static [RuleSet] {
        self.row().rules
    }

    /// How a PDF carries the document; `None` for profiles that are XML alone.
    #[must_use]
    pub const fn hybrid(self) -> Option<Hybrid> {
        self.row().hybrid
    }

    /// Whether a specification (BT-24) is that of a profile, whose own rules only that keeps.
    pub(crate) fn is_known(specification: &str) -> bool {
        PROFILES.iter().any(|row| row.specification == specification)
    }

    pub(crate) fn has(self, rules: RuleSet) -> bool {
        self.rule_sets().contains(&rules)
    }

    pub(crate) const fn is_peppol(self) -> bool {
        matches!(self, Self::Peppol | Self::PeppolSelfBilling)
    }

    /// Whether the specification is EN 16931's own, so that the data may name a usage of it in its place.
    pub(crate) const fn is_plain(self) -> bool {
        matches!(self, Self::Ubl | Self::Cii)
    }
}

/// Whether the buyer issues the document (UNTDID 1001: 389 self-billed invoice, 261 self-billed credit note).
pub(crate) fn is_self_billed(invoice: &Invoice) -> bool {
    matches!(invoice.type_code.code(), "389" | "261")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_profile_has_its_own_row() {
        for profile in Profile::ALL {
            assert_eq!(profile.row().profile, profile);
        }
    }
}
