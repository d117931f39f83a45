//! Totals of the document.

use serde::Serialize;

use crate::figures::Amount;

/// The totals of the invoice (BG-22), and what is beyond the norm after them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Totals {
    /// The sum of the lines' net amounts (BT-106).
    pub line_total: Amount,
    /// The sum of the document's allowances (BT-107); zero without any.
    pub allowance_total: Amount,
    /// The sum of the document's charges (BT-108); zero without any.
    pub charge_total: Amount,
    /// The total without VAT: lines less allowances plus charges (BT-109).
    pub total_without_tax: Amount,
    /// The VAT of all groups (BT-110).
    pub tax_total: Amount,
    /// The same in the currency of the tax office (BT-111), which [`Amount::currency`] names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_total_in_tax_currency: Option<Amount>,
    /// The total with VAT (BT-112).
    pub total_with_tax: Amount,
    /// What is paid already (BT-113); zero without any.
    pub prepaid_amount: Amount,
    /// What is added to round the amount due (BT-114), or to keep the gross that the customer saw; zero without any.
    pub rounding_amount: Amount,
    /// The amount due: total with VAT less prepaid plus rounding (BT-115).
    pub payable_amount: Amount,
    /// The sum of the taxes other than VAT (beyond the norm); zero without any.
    pub other_tax_total: Amount,
    /// The sum of the withholding taxes (beyond the norm); zero without any.
    pub withholding_total: Amount,
    /// What is to be paid in the end: amount due plus other taxes less withholding taxes (beyond the norm).
    pub amount_to_pay: Amount,
}

/// A figure that was rounded, and what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rounding {
    /// Where the figure stands in the computed invoice (RFC 6901).
    pub pointer: String,
    /// The digits of the figure before it was rounded; a quotient without end is given to 18 decimals.
    pub unrounded: String,
    /// The figure after it was rounded.
    pub rounded: Amount,
}
