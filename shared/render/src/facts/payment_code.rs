//! What the payer's telephone reads from the page: a credit transfer, or a link.

use std::borrow::Cow;

use invoice::{Amount, Balance, CreditTransfer, Invoice, Payment};

use crate::wording::Wording;

/// A code to be scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PaymentCode<'a> {
    /// What stands under it.
    pub(crate) caption: &'static str,
    /// What it says.
    pub(crate) content: Cow<'a, str>,
}

/// The countries and territories of SEPA (EPC409-09), as their IBANs begin.
const SEPA_COUNTRIES: [&str; 42] = [
    "AD", "AL", "AT", "BE", "BG", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GI", "GR", "HR", "HU",
    "IE", "IS", "IT", "LI", "LT", "LU", "LV", "MC", "MD", "ME", "MK", "MT", "NL", "NO", "PL", "PT", "RO", "RS", "SE",
    "SI", "SK", "SM", "VA",
];
/// Means of payment by which the payer transfers money of his own accord (UNTDID 4461): not defined, credit transfer,
/// to a bank account, SEPA credit transfer.
const TRANSFERS: [&str; 4] = ["1", "30", "42", "58"];
/// The largest amount in cents (EPC069-12, AT-04): 999,999,999.99 euro.
const LARGEST_AMOUNT: i128 = 99_999_999_999;
/// The most characters of the payee's name (EPC069-12, AT-21).
const NAME_CHARACTERS: usize = 70;
/// The most characters of a text for the payee (EPC069-12, AT-05).
const TEXT_CHARACTERS: usize = 140;
/// The most bytes of the whole (EPC069-12, 2.2).
const MOST_BYTES: usize = 331;
/// Longer links would make codes that telephones do not read off paper of this size.
const LINK_BYTES: usize = 331;

/// The codes of the payment block; none where nothing is left to be paid.
pub(crate) fn payment_codes<'a>(invoice: &'a Invoice, balance: Balance, wording: &Wording) -> Vec<PaymentCode<'a>> {
    let (Some(payment), Balance::Due(due)) = (&invoice.payment, balance) else { return Vec::new() };
    let transfer = credit_transfer(invoice, payment, due).map(Cow::Owned);
    let transfer = transfer.map(|content| PaymentCode { caption: wording.scan_to_transfer, content });
    let link = payment.link.as_deref().filter(|link| link.len() <= LINK_BYTES).map(Cow::Borrowed);
    let link = link.map(|content| PaymentCode { caption: wording.scan_to_pay_online, content });
    transfer.into_iter().chain(link).collect()
}

/// A SEPA credit transfer as EPC069-12 writes it in version 002, in UTF-8; none where the invoice is not to be paid by
/// one, or where its reference would not fit whole.
fn credit_transfer(invoice: &Invoice, payment: &Payment, due: Amount) -> Option<String> {
    let is_euro = due.currency().code() == "EUR" && due.minor_units() <= LARGEST_AMOUNT;
    if !is_euro || !TRANSFERS.contains(&payment.means.code()) {
        return None;
    }
    let (account, iban) = payment.credit_transfers.iter().find_map(sepa_account)?;
    let name = account.account_name.as_deref().or(invoice.payee.as_ref().map(|payee| payee.name.as_str()));
    let name: String = on_one_line(name.unwrap_or(&invoice.seller.name)).chars().take(NAME_CHARACTERS).collect();
    let bank = account.bank.as_deref().filter(|bank| is_bic(bank)).unwrap_or_default();
    let reference = on_one_line(payment.remittance_information.as_deref().unwrap_or(&invoice.number));
    let (structured, text) =
        creditor_reference(&reference).map_or((String::new(), reference), |structured| (structured, String::new()));
    if text.chars().count() > TEXT_CHARACTERS {
        return None;
    }
    let lines = ["BCD", "002", "1", "SCT", bank, &name, iban, &format!("EUR{due}"), "", &structured, &text];
    let content = lines.join("\n").trim_end().to_owned();
    (!name.is_empty() && content.len() <= MOST_BYTES).then_some(content)
}

fn sepa_account(account: &CreditTransfer) -> Option<(&CreditTransfer, &str)> {
    let iban = account.iban.as_deref()?;
    SEPA_COUNTRIES.contains(&iban.get(..2)?).then_some((account, iban))
}

/// A line of the code is a line: what would break it becomes a space.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether it has the form of a BIC (ISO 9362).
fn is_bic(bank: &str) -> bool {
    let is_letter = |byte: &u8| byte.is_ascii_uppercase();
    matches!(bank.len(), 8 | 11)
        && bank.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && bank.as_bytes()[..6].iter().all(is_letter)
}

/// The reference without spaces, where it is a creditor reference (ISO 11649) with a right checksum.
fn creditor_reference(text: &str) -> Option<String> {
    let compact: String = text.chars().filter(|character| *character != ' ').collect::<String>().to_ascii_uppercase();
    let is_shaped = (5..=25).contains(&compact.len())
        && compact.starts_with("RF")
        && compact.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && compact[2..4].bytes().all(|byte| byte.is_ascii_digit());
    if !is_shaped {
        return None;
    }
    let turned = compact[4..].chars().chain(compact[..4].chars());
    let remainder = turned
        .filter_map(|character| character.to_digit(36))
        .fold(0, |rest, value| if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 });
    (remainder == 1).then_some(compact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn creditor_references_are_known_by_their_checksum() {
        assert_eq!(creditor_reference("RF18 5390 0754 7034").as_deref(), Some("RF18539007547034"));
        assert_eq!(creditor_reference("RF19539007547034"), None);
        assert_eq!(creditor_reference("RF18"), None);
        assert_eq!(creditor_reference("RE-2026-0417"), None);
    }

    #[test]
    fn banks_without_a_bic_are_left_out() {
        assert!(is_bic("BYLADEM1001") && is_bic("COBADEFF"));
        assert!(!is_bic("12030000") && !is_bic("BYLADEM100") && !is_bic("Sparkasse"));
    }
}
