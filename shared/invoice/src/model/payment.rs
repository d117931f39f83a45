//! How and when the invoice is to be paid.

use jiff::civil::Date;
use serde::Serialize;

use crate::code_lists::PaymentMeansCode;
use crate::figures::{Amount, Decimal};
use crate::json::json_object;

/// How the invoice is to be paid (BG-16).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Payment {
    /// The means of payment (UNTDID 4461; BT-81).
    pub means: PaymentMeansCode,
    /// The means of payment in words (BT-82).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub means_text: Option<String>,
    /// What the payer is to write on the payment (BT-83).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remittance_information: Option<String>,
    /// Where it can be paid online: an address of `https` or `http` (beyond the norm).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Accounts to which it can be transferred (BG-17).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub credit_transfers: Vec<CreditTransfer>,
    /// The card with which it was paid (BG-18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub card: Option<Card>,
    /// The direct debit with which it is collected (BG-19).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direct_debit: Option<DirectDebit>,
}

json_object! {
    /// An account to which is paid (BG-17): an IBAN or another account number.
    pub struct CreditTransfer {
        /// The IBAN (ISO 13616; BT-84), in the answer without spaces.
        #[schemars(example = &"GB33 BUKB 2020 1555 5555 55")]
        pub iban: Option<String>,
        /// The account number, where there is no IBAN (BT-84).
        #[schemars(example = &"00012345678")]
        pub account_number: Option<String>,
        /// The name of the account (BT-85).
        #[schemars(example = &"Harbour & Pine Ltd")]
        pub account_name: Option<String>,
        /// The bank: a BIC (ISO 9362) or a national clearing code (BT-86).
        #[schemars(example = &"BUKBGB22")]
        pub bank: Option<String>,
    }

    /// A payment card (BG-18).
    pub struct Card {
        /// The last digits of its number, at most the first six and the last four (BT-87).
        #[schemars(example = &"1234")]
        pub number: String,
        /// The name on it (BT-88).
        #[schemars(example = &"Ana Moreno")]
        pub holder: Option<String>,
    }

    /// A direct debit (BG-19).
    pub struct DirectDebit {
        /// The mandate (BT-89).
        #[schemars(example = &"MANDATE-0042")]
        pub mandate: Option<String>,
        /// The creditor identifier that the bank gave (BT-90).
        #[schemars(example = &"DE98ZZZ09999999999")]
        pub creditor_id: Option<String>,
        /// The account that is debited (BT-91).
        #[schemars(example = &"ES9121000418450200051332")]
        pub debited_account: Option<String>,
    }
}

/// A discount for early payment (beyond the norm; its text belongs to the payment terms, BT-20).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct EarlyPaymentDiscount {
    /// Days after the date of issue.
    pub days: u32,
    /// The last day on which it is granted.
    pub until: Date,
    /// The percentage of the amount due.
    pub percent: Decimal,
    /// The discount.
    pub amount: Amount,
    /// What is to be paid then.
    pub amount_to_pay: Amount,
}

/// A deposit that was paid before (beyond the norm; its amount is part of BT-113).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Prepayment {
    /// The number of the invoice or receipt of the deposit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What was paid, with tax.
    pub amount: Amount,
    /// The rate of the tax in it, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_rate: Option<Decimal>,
    /// The tax in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax_amount: Option<Amount>,
}

/// How an invoice or a credit note stands: what is still to be paid, or why nothing is.
///
/// Every document takes the figure that it ends with from here, and shows ways to pay by it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Balance {
    /// The buyer still has to pay this, which is more than nothing.
    Due(Amount),
    /// The seller credits this, which is not below zero: the document is a credit note.
    Credited(Amount),
    /// Nothing is left: this, which is more than nothing, was paid after what is prepaid, or all was prepaid.
    Paid(Amount),
    /// The sum is nothing, and nothing was paid.
    Nothing(Amount),
    /// The sum is below zero: the seller owes it.
    BelowZero(Amount),
}

impl Balance {
    /// The figure that the document ends with; zero where it is paid.
    #[must_use]
    pub const fn amount(self) -> Amount {
        match self {
            Self::Due(amount) | Self::Credited(amount) | Self::BelowZero(amount) | Self::Nothing(amount) => amount,
            Self::Paid(amount) => Amount::zero(amount.currency()),
        }
    }

    /// What the buyer still has to pay; zero where there is nothing to be paid.
    #[must_use]
    pub const fn left_to_pay(self) -> Amount {
        match self {
            Self::Due(amount) => amount,
            other => Amount::zero(other.amount().currency()),
        }
    }
}
