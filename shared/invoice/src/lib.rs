//! The invoice model of EN 16931, its JSON, its arithmetic and its rules.
//!
//! [`parse`] takes a JSON document in the flat or in the full form and gives a computed, checked [`Invoice`], or all
//! of its faults. The crate is pure: no input or output, no clock, nothing asynchronous.
//!
//! ```
//! let json = br#"{
//!   "number": "HP-2026-0093",
//!   "issue_date": "2026-03-09",
//!   "currency": "GBP",
//!   "seller": { "name": "Harbour & Pine Ltd", "address": "14 Quay Street, Bristol BS1 4QT" },
//!   "buyer": { "name": "Example Reading Rooms" },
//!   "payment_terms": 30,
//!   "tax_rate": 20,
//!   "lines": [
//!     { "name": "Oak shelving unit", "quantity": 3, "unit_price": "418.50" }
//!   ]
//! }"#;
//! let parsed = invoice::parse(json, &invoice::ParseOptions::default())?;
//! assert_eq!(parsed.invoice.totals.payable_amount.to_string(), "1506.60");
//! # Ok::<(), invoice::Rejected>(())
//! ```

#![cfg_attr(test, allow(clippy::unwrap_used))]

/// What drawings are made of.
pub mod drawing {
    pub use crate::picture::{Fill, Segment, Shape, Stroke};
}

mod branding;
mod code_lists;
mod compute;
mod figures;
mod finding;
mod flat;
mod format;
mod input;
mod json;
mod model;
mod options;
mod parse;
mod picture;
mod rules;
mod schema;
mod terms;
mod text;

pub use branding::{Branding, MailTexts};
pub use code_lists::{
    AllowanceReasonCode, ChargeReasonCode, CountryCode, ElectronicAddressScheme, ExemptionReasonCode, IdentifierScheme,
    ItemClassificationScheme, NoteSubjectCode, PaymentMeansCode, ReferenceQualifier, UnitCode,
};
pub use figures::{Amount, Currency, Decimal, DecimalError, UnknownCurrency};
pub use finding::Finding;
pub use format::{Format, UnknownFormat};
pub use model::*;
pub use options::{Limits, ParseOptions};
pub use parse::{Parsed, Rejected, parse};
pub use picture::{Drawing, Logo, LogoContent, LogoError};
pub use schema::{branding_json_schema, json_schema};
pub use text::Text;
