//! The code lists of EN 16931-1, each a type whose values are in the list.
//!
//! The lists are those of the norm's official validation artefacts; a value borrows its text from the list.

use std::fmt;
use std::sync::LazyLock;

use serde::Serialize;

use crate::finding::Finding;
use crate::json::{FromJson, Node, Path, Reader};

/// A code list as a table in alphabetical order, made at the first use.
pub(crate) type CodeList = LazyLock<Vec<&'static str>>;

/// The types of invoices (BT-3): UNTDID 1001, as far as EN 16931-1 allows it.
pub(crate) static INVOICE_TYPES: CodeList =
    LazyLock::new(|| table(include_str!("code_lists/invoice_type_untdid_1001.txt")));

/// The types of credit notes (BT-3): UNTDID 1001, as far as EN 16931-1 allows it.
pub(crate) static CREDIT_NOTE_TYPES: CodeList =
    LazyLock::new(|| table(include_str!("code_lists/credit_note_type_untdid_1001.txt")));

fn table(codes: &'static str) -> Vec<&'static str> {
    let mut codes: Vec<_> = codes.split_ascii_whitespace().collect();
    codes.sort_unstable();
    codes
}

/// Finds a code in its list.
pub(crate) fn find(list: &CodeList, code: &str) -> Option<&'static str> {
    let position = list.binary_search(&code).ok()?;
    Some(list[position])
}

macro_rules! code_lists {
    ($( $(#[$meta:meta])* $name:ident = $file:literal, $rule:literal, $what:literal; )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(&'static str);

        impl $name {
            fn list() -> &'static CodeList {
                static LIST: CodeList = LazyLock::new(|| table(include_str!(concat!("code_lists/", $file))));
                &LIST
            }

            /// The code, if the list has it; letters are capitals.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                find(Self::list(), code).map(Self)
            }

            /// The code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self("")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.0)
            }
        }

        impl FromJson for $name {
            fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
                read_code(node, at, reader, Self::list(), $rule, $what).map(Self).unwrap_or_default()
            }
        }
    )* };
}

/// Reads a code, written as a text or, where it consists of digits, as a number.
fn read_code(
    node: &Node,
    at: &Path<'_>,
    reader: &mut Reader,
    list: &CodeList,
    rule: &'static str,
    what: &str,
) -> Option<&'static str> {
    let (Node::String(text) | Node::Number(text)) = node else {
        reader.wrong_kind(at, what, node);
        return None;
    };
    // BR-CL-22 compares the codes of the VATEX list in capitals.
    let is_any_case = rule == "BR-CL-22";
    let found = if is_any_case { find(list, &text.trim().to_ascii_uppercase()) } else { find(list, text.trim()) };
    if found.is_none() {
        let shown: String = text.chars().take(80).collect();
        let message = format!("{shown:?} is not {what}");
        reader.fault(Finding::new(at.pointer(), rule, message).expected(what).found(shown));
    }
    found
}

code_lists! {
    /// A country: an alpha-2 code of ISO 3166-1, or `1A` (Kosovo) or `XI` (Northern Ireland).
    CountryCode = "country_iso_3166.txt", "BR-CL-14", "a country code of ISO 3166-1, such as DE";
    /// A unit of measure: a code of UN/ECE Recommendation 20, or of Recommendation 21 with `X` before it.
    UnitCode = "unit_rec_20.txt", "BR-CL-23", "a unit code of UN/ECE Recommendation 20, such as C62 (one) or HUR (hour)";
    /// Why an allowance is given: a code of UNTDID 5189 (`95` is a discount).
    AllowanceReasonCode = "allowance_reason_untdid_5189.txt", "BR-CL-19", "an allowance reason code of UNTDID 5189, such as 95 (discount)";
    /// Why a charge is made: a code of UNTDID 7161 (`FC` is freight).
    ChargeReasonCode = "charge_reason_untdid_7161.txt", "BR-CL-20", "a charge reason code of UNTDID 7161, such as FC (freight)";
    /// Why a supply is exempt from VAT: a code of the VATEX list.
    ExemptionReasonCode = "exemption_reason_vatex.txt", "BR-CL-22", "an exemption reason code of the VATEX list, such as VATEX-EU-132";
    /// What a note is about: a code of UNTDID 4451.
    NoteSubjectCode = "note_subject_untdid_4451.txt", "BR-CL-08", "a subject code of UNTDID 4451, such as AAI";
    /// What a reference identifies: a code of UNTDID 1153.
    ReferenceQualifier = "reference_qualifier_untdid_1153.txt", "BR-CL-07", "a reference qualifier of UNTDID 1153, such as ABT";
    /// Who issues an identifier: a code of ISO/IEC 6523 (`0088` is GS1's GLN), or `SEPA` for a bank's creditor identifier.
    IdentifierScheme = "identifier_scheme_iso_6523.txt", "BR-CL-10", "an identifier scheme of ISO/IEC 6523, such as 0088 (GLN)";
    /// What kind of electronic address it is: a code of the EAS list (`EM` is electronic mail).
    ElectronicAddressScheme = "electronic_address_scheme_eas.txt", "BR-CL-25", "an electronic address scheme of the EAS list, such as EM (electronic mail)";
    /// In which system an item is classified: a code of UNTDID 7143 (`TSP` is UNSPSC).
    ItemClassificationScheme = "item_classification_untdid_7143.txt", "BR-CL-13", "an item classification scheme of UNTDID 7143, such as TSP (UNSPSC)";
    /// How an invoice is paid: a code of UNTDID 4461 (`30` credit transfer, `58` SEPA credit transfer, `48` card).
    PaymentMeansCode = "payment_means_untdid_4461.txt", "BR-CL-16", "a payment means code of UNTDID 4461, such as 30 (credit transfer)";
}

impl UnitCode {
    /// One, the unit of what is counted.
    pub const ONE: Self = Self("C62");
}
