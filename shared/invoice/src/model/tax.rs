//! Taxes: VAT as EN 16931-1 knows it, and what countries have beside it.

use serde::Serialize;

use crate::code_lists::ExemptionReasonCode;
use crate::figures::{Amount, Decimal};

/// A VAT category (UNTDID 5305, as EN 16931-1 restricts it; BT-95, BT-102, BT-118, BT-151).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize)]
pub enum TaxCategory {
    /// Standard or reduced rate.
    S,
    /// Zero rate.
    Z,
    /// Exempt from tax.
    E,
    /// Reverse charge: the buyer owes the tax.
    AE,
    /// Intra-community supply: exempt, to a buyer in another member state of the European Union.
    K,
    /// Export outside of the European Union: exempt.
    G,
    /// Not subject to VAT.
    #[default]
    O,
    /// The Canary Islands' general indirect tax (IGIC).
    L,
    /// The tax of Ceuta and Melilla (IPSI).
    M,
    /// Split payment: the buyer, a public body of Italy, pays the tax to the state and not to the seller.
    B,
}

impl TaxCategory {
    /// All categories, in the order in which a breakdown lists them.
    pub const ALL: [Self; 10] =
        [Self::S, Self::Z, Self::E, Self::AE, Self::K, Self::G, Self::O, Self::L, Self::M, Self::B];

    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::S => "S",
            Self::Z => "Z",
            Self::E => "E",
            Self::AE => "AE",
            Self::K => "K",
            Self::G => "G",
            Self::O => "O",
            Self::L => "L",
            Self::M => "M",
            Self::B => "B",
        }
    }

    /// The category of a code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.code() == code)
    }

    /// Whether the rate may be other than zero.
    #[must_use]
    pub const fn is_taxed(self) -> bool {
        matches!(self, Self::S | Self::L | Self::M | Self::B)
    }
}

/// A group of the VAT breakdown (BG-23): all of one category and rate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TaxGroup {
    /// The taxable amount (BT-116).
    pub taxable_amount: Amount,
    /// The tax, rounded once for the group (BT-117).
    pub tax_amount: Amount,
    /// The category (BT-118).
    pub category: TaxCategory,
    /// The rate in percent (BT-119). None in category O.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// Why there is no tax, in words (BT-120).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption_reason: Option<String>,
    /// Why there is no tax, as a code (BT-121).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exemption_reason_code: Option<ExemptionReasonCode>,
}

/// A tax that the buyer withholds and pays to the state (beyond the norm, outside of its totals); the VAT of a split
/// payment is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct WithholdingTax {
    /// Its name, for example `IRPF`.
    pub name: String,
    /// The percentage.
    pub rate: Decimal,
    /// What it is taken of; unless said otherwise the total without VAT (BT-109).
    pub base_amount: Amount,
    /// The amount that is withheld.
    pub amount: Amount,
}

/// A tax other than VAT, such as a sales tax (beyond the norm, outside of its totals).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct OtherTax {
    /// Its name, for example `NY sales tax`.
    pub name: String,
    /// The percentage; none where only an amount was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// What it is taken of: the lines that name it, else the total without VAT (BT-109); and the taxes that it is on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_amount: Option<Amount>,
    /// The other taxes that belong to its base, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<String>,
    /// The tax.
    pub amount: Amount,
}
