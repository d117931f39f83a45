//! The invoice as a whole.

use jiff::civil::Date;
use serde::Serialize;

use super::{
    Adjustment, Balance, CustomField, Delivery, DocumentReference, EarlyPaymentDiscount, Lines, Mark, Note,
    ObjectIdentifier, OtherTax, Party, Payee, Payment, Period, Prepayment, Presentation, Rounding, SupportingDocument,
    TaxGroup, TaxPointCode, Totals, TypeCode, WithholdingTax,
};
use crate::figures::{Currency, Decimal};
use crate::text::Text;

/// An invoice or credit note of EN 16931-1: checked, and with every derived figure.
///
/// It is made by [`parse`](crate::parse) alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Invoice {
    /// The number (BT-1).
    pub number: String,
    /// The date of issue (BT-2).
    pub issue_date: Date,
    /// The kind of document (BT-3).
    pub type_code: TypeCode,
    /// The currency of all amounts (BT-5).
    pub currency: Currency,
    /// The currency in which the VAT is reported, where it is another one (BT-6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_currency: Option<Currency>,
    /// How many units of that currency one unit of the invoice's currency is worth (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_exchange_rate: Option<Decimal>,
    /// The day on which the VAT becomes due (BT-7).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_point_date: Option<Date>,
    /// Which day makes the VAT due (BT-8).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_point_code: Option<TaxPointCode>,
    /// The last day of payment (BT-9): as given, else from the days of the payment terms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_date: Option<Date>,
    /// The reference by which the buyer routes the invoice (BT-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_reference: Option<String>,
    /// The project (BT-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_reference: Option<String>,
    /// The contract (BT-12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_reference: Option<String>,
    /// The buyer's purchase order (BT-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase_order_reference: Option<String>,
    /// The seller's sales order (BT-14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_order_reference: Option<String>,
    /// The receiving advice (BT-15).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receiving_advice_reference: Option<String>,
    /// The despatch advice (BT-16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub despatch_advice_reference: Option<String>,
    /// The call for tenders or the lot (BT-17).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tender_or_lot_reference: Option<String>,
    /// The object that is invoiced (BT-18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invoiced_object: Option<ObjectIdentifier>,
    /// Where the buyer books the invoice (BT-19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub buyer_accounting_reference: Option<String>,
    /// The terms of payment in words (BT-20).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment_terms: Option<Text>,
    /// Discounts for early payment (beyond the norm).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub early_payment_discounts: Vec<EarlyPaymentDiscount>,
    /// Notes (BG-1).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// The business process (BT-23).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_process: Option<String>,
    /// The specification that the invoice follows (BT-24).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub specification: Option<String>,
    /// Invoices that this one follows, corrects or credits (BG-3).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub preceding_invoices: Vec<DocumentReference>,
    /// Who sells (BG-4).
    pub seller: Party,
    /// Who buys (BG-7).
    pub buyer: Party,
    /// Who is paid, where that is not the seller (BG-10).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payee: Option<Payee>,
    /// Who represents the seller before the tax office (BG-11).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_representative: Option<Party>,
    /// Where and when was delivered (BG-13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// The invoicing period (BG-14).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    /// How the invoice is to be paid (BG-16).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<Payment>,
    /// The allowances of the document (BG-20).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowances: Vec<Adjustment>,
    /// The charges of the document (BG-21).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub charges: Vec<Adjustment>,
    /// The totals (BG-22).
    pub totals: Totals,
    /// The VAT breakdown (BG-23), by category and then by falling rate.
    pub tax_breakdown: Vec<TaxGroup>,
    /// Deposits that make up what is paid already (beyond the norm; their sum is BT-113).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prepayments: Vec<Prepayment>,
    /// Documents that support the claim (BG-24).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub supporting_documents: Vec<SupportingDocument>,
    /// The lines (BG-25), at least one, and what stands between them.
    pub lines: Lines,
    /// Whether the prices that were sent include tax (beyond the norm).
    pub prices_include_tax: bool,
    /// Taxes other than VAT (beyond the norm).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub other_taxes: Vec<OtherTax>,
    /// Taxes that the buyer withholds (beyond the norm).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub withholding_taxes: Vec<WithholdingTax>,
    /// Free fields (beyond the norm).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<CustomField>,
    /// How the document is to look (beyond the norm).
    pub presentation: Presentation,
    /// The figures that were rounded, and from what.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roundings: Vec<Rounding>,
}

impl Invoice {
    /// How the document stands under its mark: that of its own presentation, or the one that it is rendered with.
    #[must_use]
    pub fn balance(&self, mark: Option<Mark>) -> Balance {
        let amount = self.totals.amount_to_pay;
        if amount.is_negative() {
            return Balance::BelowZero(amount);
        }
        if self.type_code.is_credit_note() {
            return Balance::Credited(amount);
        }
        let was_prepaid = amount.is_zero() && !self.totals.prepaid_amount.is_zero();
        match (mark, amount.is_zero()) {
            _ if was_prepaid => Balance::Paid(amount),
            (_, true) => Balance::Nothing(amount),
            (Some(Mark::Paid), false) => Balance::Paid(amount),
            (_, false) => Balance::Due(amount),
        }
    }
}
