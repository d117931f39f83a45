//! Allowances, which lower an amount, and charges, which raise it.

use serde::Serialize;

use super::TaxCategory;
use crate::figures::{Amount, Decimal};

/// An allowance or a charge of the invoice (BG-20, BG-21) or of one line (BG-27, BG-28), computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Adjustment {
    /// The amount without tax; an allowance is subtracted, a charge is added; negative only where its base is
    /// (BT-92, BT-99; line BT-136, BT-141).
    pub amount: Amount,
    /// The amount that a percentage was taken of (BT-93, BT-100; line BT-137, BT-142).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_amount: Option<Amount>,
    /// The percentage (BT-94, BT-101; line BT-138, BT-143).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<Decimal>,
    /// The amount with tax, where the invoice's prices include it (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount_with_tax: Option<Amount>,
    /// The tax category (BT-95, BT-102); for one of a line, that of the line (BT-151).
    pub tax_category: TaxCategory,
    /// The tax rate in percent (BT-96, BT-103); for one of a line, that of the line (BT-152). None in category O.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Decimal>,
    /// The names of the taxes other than VAT whose base it changes (beyond the norm); of the document's ones only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_taxes: Vec<String>,
    /// Why it is given or made.
    pub reason: AdjustmentReason,
}

/// Why an allowance is given or a charge is made: a text, a code, or both.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct AdjustmentReason {
    /// The reason in words (BT-97, BT-104; line BT-139, BT-144).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The reason as a code: UNTDID 5189 for an allowance (BT-98; line BT-140), UNTDID 7161 for a charge (BT-105;
    /// line BT-145).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
}
