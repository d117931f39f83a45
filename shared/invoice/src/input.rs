//! The full form: an invoice as it is written by hand, before anything is computed.

mod document;
mod entry;
mod line;
mod payment;

pub(crate) use document::{CustomFields, InvoiceInput, TaxExemptionInput, TotalsInput};
pub(crate) use entry::{EntryKind, LinesInput};
pub(crate) use line::{AdjustmentInput, LineInput};
pub(crate) use payment::{
    Days, EarlyPaymentDiscountInput, OtherTaxInput, PaymentInput, PaymentTermsInput, PrepaymentInput,
    WithholdingTaxInput,
};
