//! What kind of document it is, and the documents that it refers to.

use std::fmt;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::code_lists::NoteSubjectCode;
use crate::json::json_object;
use crate::schema::IsoDate;
use crate::text::Text;

/// The kind of document (BT-3): a code of UNTDID 1001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TypeCode {
    pub(crate) code: &'static str,
    pub(crate) is_credit_note: bool,
}

impl TypeCode {
    /// The commercial invoice, `380`.
    pub const INVOICE: Self = Self { code: "380", is_credit_note: false };
    /// The credit note, `381`.
    pub const CREDIT_NOTE: Self = Self { code: "381", is_credit_note: true };

    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// Whether the document gives money back; its amounts are positive all the same.
    #[must_use]
    pub const fn is_credit_note(self) -> bool {
        self.is_credit_note
    }
}

impl Default for TypeCode {
    fn default() -> Self {
        Self::INVOICE
    }
}

impl Serialize for TypeCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

/// Which day makes the VAT due, where it is not a date of its own (BT-8): a code of UNTDID 2005.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[non_exhaustive]
pub enum TaxPointCode {
    /// The date of the invoice, `3`.
    #[default]
    #[serde(rename = "3")]
    IssueDate,
    /// The date of delivery, `35`.
    #[serde(rename = "35")]
    DeliveryDate,
    /// The date of payment, `432`.
    #[serde(rename = "432")]
    PaymentDate,
}

impl TaxPointCode {
    /// The code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::IssueDate => "3",
            Self::DeliveryDate => "35",
            Self::PaymentDate => "432",
        }
    }
}

json_object! {
    /// A note about the whole invoice (BG-1); a text alone is taken as its text.
    pub struct Note or text {
        /// The text (BT-22).
        #[schemars(example = &"Goods remain our property until paid in full.")]
        pub text: Text,
        /// What it is about (UNTDID 4451; BT-21).
        #[schemars(example = &"AAI")]
        pub subject: Option<NoteSubjectCode>,
    }

    /// An invoice that this one follows, corrects or credits (BG-3).
    pub struct DocumentReference {
        /// Its number (BT-25).
        #[schemars(example = &"HP-2026-0087")]
        pub number: String,
        /// Its date of issue (BT-26).
        #[schemars(with = "Option<IsoDate>", example = &"2026-02-27")]
        pub issue_date: Option<Date>,
    }

    /// A document that supports the claim (BG-24).
    pub struct SupportingDocument {
        /// Its reference (BT-122).
        #[schemars(example = &"TIMESHEET-2026-03")]
        pub reference: String,
        /// What it is (BT-123).
        #[schemars(example = &"Time sheet of March")]
        pub description: Option<String>,
        /// Where it can be had (BT-124).
        #[schemars(example = &"https://files.harbour-pine.example/timesheet.pdf")]
        pub url: Option<String>,
        /// The document itself (BT-125).
        #[schemars(example = Attachment::example())]
        pub attachment: Option<Attachment>,
    }

    /// A file that travels inside the invoice (BT-125).
    pub struct Attachment {
        /// Its name (BT-125-2).
        #[schemars(example = &"timesheet.csv")]
        pub file_name: String,
        /// Its media type (BT-125-1): `application/pdf`, `image/png`, `image/jpeg`, `text/csv`, or that of an
        /// `.xlsx` or `.ods` workbook.
        #[schemars(example = &"text/csv")]
        pub media_type: String,
        /// Its bytes in Base64 (RFC 4648, section 4).
        #[schemars(example = &"ZGF5LGhvdXJzCg==")]
        pub content: Base64,
    }
}

/// The bytes of a file, written in Base64 (RFC 4648, section 4).
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Base64(pub(crate) Vec<u8>);

impl Base64 {
    /// The bytes themselves.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

impl Serialize for Base64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(&self.0, &STANDARD))
    }
}
