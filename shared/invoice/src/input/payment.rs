//! Payment and the taxes beside VAT as they are written.

use jiff::civil::Date;

use crate::code_lists::PaymentMeansCode;
use crate::figures::Decimal;
use crate::finding::Finding;
use crate::json::{FromJson, Node, Path, Reader, Required, json_object};
use crate::model::{Card, CreditTransfer, DirectDebit};
use crate::schema::IsoDate;
use crate::text::Text;

json_object! {
    /// How the invoice is to be paid (BG-16).
    #[schemars(rename = "Payment")]
    pub(crate) struct PaymentInput {
        /// The means of payment (UNTDID 4461; BT-81); unless said otherwise by what is given beside it: credit transfer
        /// (30, in euro 58), card (48), direct debit (49, in euro 59), else 1.
        #[schemars(example = &"30")]
        pub means: Option<PaymentMeansCode>,
        /// The means of payment in words (BT-82).
        #[schemars(example = &"Credit transfer")]
        pub means_text: Option<String>,
        /// What the payer is to write on the payment (BT-83).
        #[schemars(example = &"HP-2026-0093")]
        pub remittance_information: Option<String>,
        /// Where it can be paid online (beyond the norm): an address of `https` or `http`, printed and as a QR code.
        #[schemars(example = &"https://pay.harbour-pine.example/HP-2026-0093")]
        pub link: Option<String>,
        /// The IBAN to which it is transferred (BT-84), where there is only one account.
        #[schemars(example = &"GB33 BUKB 2020 1555 5555 55")]
        pub iban: Option<String>,
        /// The number of that account, where it has no IBAN (BT-84).
        #[schemars(example = &"00012345678")]
        pub account_number: Option<String>,
        /// The name of that account (BT-85).
        #[schemars(example = &"Harbour & Pine Ltd")]
        pub account_name: Option<String>,
        /// The bank of that account: a BIC (ISO 9362) or a national clearing code (BT-86).
        #[schemars(example = &"BUKBGB22")]
        pub bank: Option<String>,
        /// Further accounts to which it can be transferred (BG-17).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "iban": "GB33BUKB20201555555555", "bank": "BUKBGB22" }]))]
        pub credit_transfers: Vec<CreditTransfer>,
        /// The card with which it was paid (BG-18).
        #[schemars(example = serde_json::json!({ "number": "1234", "holder": "Ana Moreno" }))]
        pub card: Option<Card>,
        /// The direct debit with which it is collected (BG-19).
        #[schemars(example = serde_json::json!({ "mandate": "MANDATE-0042", "creditor_id": "DE98ZZZ09999999999" }))]
        pub direct_debit: Option<DirectDebit>,
    }

    /// When the invoice is to be paid; a text alone is taken as the terms in words, a number as the days.
    #[schemars(rename = "PaymentTerms")]
    pub(crate) struct PaymentTermsInput or text {
        /// The terms in words (BT-20).
        #[schemars(example = &"Payable within 30 days without deduction.")]
        pub text: Option<Text>,
        /// Days from the date of issue to the due date (BT-9), where that is not given.
        #[schemars(example = 30)]
        pub days: Option<Days>,
        /// Discounts for early payment (beyond the norm).
        #[serde(default)]
        #[schemars(example = serde_json::json!([{ "days": 10, "percent": 2 }]))]
        pub discounts: Vec<EarlyPaymentDiscountInput>,
    }

    /// A discount for payment within some days (beyond the norm).
    #[schemars(rename = "EarlyPaymentDiscount")]
    pub(crate) struct EarlyPaymentDiscountInput {
        /// Days from the date of issue.
        #[schemars(example = 10)]
        pub days: Required<Days>,
        /// The percentage of the amount due.
        #[schemars(example = 2)]
        pub percent: Required<Decimal>,
    }

    /// A deposit that was paid before (beyond the norm; its amount is part of BT-113).
    #[schemars(rename = "Prepayment")]
    pub(crate) struct PrepaymentInput {
        /// What was paid, with tax.
        #[schemars(example = &"119.00")]
        pub amount: Required<Decimal>,
        /// The number of the invoice or receipt of the deposit.
        #[schemars(example = &"HP-2026-0081")]
        pub number: Option<String>,
        /// Its date.
        #[schemars(with = "Option<IsoDate>", example = &"2026-02-20")]
        pub date: Option<Date>,
        /// The rate of the tax in it, in percent.
        #[schemars(example = 19)]
        pub tax_rate: Option<Decimal>,
        /// The tax in it; from the rate unless said otherwise, else checked.
        #[schemars(example = &"19.00")]
        pub tax_amount: Option<Decimal>,
    }

    /// A tax that the buyer withholds (beyond the norm, outside of its totals).
    #[schemars(rename = "WithholdingTax")]
    pub(crate) struct WithholdingTaxInput {
        /// Its name.
        #[schemars(example = &"IRPF")]
        pub name: Required<String>,
        /// The percentage.
        #[schemars(example = 15)]
        pub rate: Required<Decimal>,
        /// What it is taken of; the total without VAT (BT-109) unless said otherwise.
        #[schemars(example = &"1000.00")]
        pub base_amount: Option<Decimal>,
    }

    /// A tax other than VAT, such as a sales tax (beyond the norm, outside of its totals): a percentage or an amount.
    #[schemars(rename = "OtherTax")]
    pub(crate) struct OtherTaxInput {
        /// Its name.
        #[schemars(example = &"NY sales tax")]
        pub name: Required<String>,
        /// The percentage.
        #[schemars(example = &"8.875")]
        pub rate: Option<Decimal>,
        /// What it is taken of, unless said otherwise the lines that name it, else the total without VAT (BT-109).
        #[schemars(example = &"1000.00")]
        pub base_amount: Option<Decimal>,
        /// The names of other taxes, before this one in the list, that belong to its base: a tax on a tax.
        #[serde(default)]
        #[schemars(example = serde_json::json!(["Excise"]))]
        pub on: Vec<String>,
        /// The tax, where no percentage is given; else checked.
        #[schemars(example = &"88.75")]
        pub amount: Option<Decimal>,
    }
}

/// A number of days, up to ten years.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(transparent)]
pub(crate) struct Days(pub(crate) u32);

impl FromJson for Days {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        const MOST: u32 = 3650;
        let (Node::Number(text) | Node::String(text)) = node else {
            reader.wrong_kind(at, "a number of days", node);
            return Self::default();
        };
        let days = text.trim().parse().ok().filter(|days| *days <= MOST);
        Self(days.unwrap_or_else(|| {
            let shown: String = text.chars().take(80).collect();
            let finding = Finding::new(at.pointer(), "days", format!("this is no number of days from 0 to {MOST}"));
            reader.fault(finding.found(shown));
            0
        }))
    }
}

impl FromJson for PaymentTermsInput {
    fn has_parts(node: &Node) -> bool {
        matches!(node, Node::Object(_))
    }

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        match node {
            Node::String(_) => Self { text: Some(Text::from_json(node, at, reader)), ..Self::default() },
            Node::Number(_) => Self { days: Some(Days::from_json(node, at, reader)), ..Self::default() },
            _ => Self::from_object(node, at, reader),
        }
    }
}
