//! The computed invoice: what was sent, checked, with every derived figure.

mod adjustment;
mod delivery;
mod document;
mod identifier;
mod invoice;
mod line;
mod lines;
mod party;
mod payment;
mod presentation;
mod read;
mod tax;
mod totals;

pub use adjustment::{Adjustment, AdjustmentReason};
pub use delivery::{Delivery, Period};
pub use document::{Attachment, Base64, DocumentReference, Note, SupportingDocument, TaxPointCode, TypeCode};
pub use identifier::{ElectronicAddress, Identifier, ItemIdentifier, ObjectIdentifier};
pub use invoice::Invoice;
pub use line::{ItemAttribute, ItemClassification, Line, LinePrice};
pub use lines::{LineEntry, Lines, Subtotal};
pub(crate) use lines::{SentBetween, SentInterlude, sent_pointer};
pub use party::{Contact, Party, Payee, PostalAddress};
pub use payment::{Balance, Card, CreditTransfer, DirectDebit, EarlyPaymentDiscount, Payment, Prepayment};
pub use presentation::{
    Color, CsvDialect, CustomField, Footer, Layout, Locale, LogoWidth, Mark, Paper, Presentation, Side,
};
pub use tax::{OtherTax, TaxCategory, TaxGroup, WithholdingTax};
pub use totals::{Rounding, Totals};
