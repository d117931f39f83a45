//! How the invoice is to be paid.

use iban::Iban;
use url::Url;

use crate::finding::{Finding, Findings};
use crate::input::{InvoiceInput, PaymentInput};
use crate::model::CreditTransfer;

pub(super) fn check_payment(input: &InvoiceInput, findings: &mut Findings) {
    let Some(payment) = &input.payment else {
        return;
    };
    check_short_account(payment, findings);
    if let Some(link) = &payment.link {
        check_link(link, findings);
    }
    for (index, transfer) in payment.credit_transfers.iter().enumerate() {
        check_transfer(transfer, &format!("/payment/credit_transfers/{index}"), findings);
    }
    let needs_account = payment.means.is_some_and(|means| matches!(means.code(), "30" | "58"));
    let has_account =
        payment.iban.is_some() || payment.account_number.is_some() || !payment.credit_transfers.is_empty();
    if needs_account && !has_account {
        let message = "a credit transfer needs an account: an iban or an account_number";
        findings.fault(Finding::new("/payment/iban".to_owned(), "BR-61", message));
    }
    if let Some(card) = &payment.card {
        check_card(&card.number, findings);
    }
    let debited = payment.direct_debit.as_ref().and_then(|debit| debit.debited_account.as_deref());
    // An account that begins like an IBAN is meant to be one; others have no form of their own.
    if let Some(account) = debited.filter(|account| looks_like_iban(account)) {
        check_iban(account, "/payment/direct_debit/debited_account".to_owned(), findings);
    }
}

/// Checks the one account that stands directly in the payment.
fn check_short_account(payment: &PaymentInput, findings: &mut Findings) {
    let account = CreditTransfer {
        iban: payment.iban.clone(),
        account_number: payment.account_number.clone(),
        account_name: payment.account_name.clone(),
        bank: payment.bank.clone(),
    };
    if account != CreditTransfer::default() {
        check_transfer(&account, "/payment", findings);
    }
}

fn check_transfer(transfer: &CreditTransfer, pointer: &str, findings: &mut Findings) {
    match (&transfer.iban, &transfer.account_number) {
        (Some(iban), None) => check_iban(iban, format!("{pointer}/iban"), findings),
        (None, None) => {
            let message = "an account has an iban or an account_number";
            findings.fault(Finding::new(format!("{pointer}/iban"), "BR-50", message));
        }
        (Some(_), Some(_)) => {
            let message = "an account has an iban or an account_number, not both";
            findings.fault(Finding::new(format!("{pointer}/account_number"), "account-number", message));
        }
        (None, Some(_)) => {}
    }
}

/// Checks that a link is one that a payer's telephone opens in its browser, and nothing else.
fn check_link(link: &str, findings: &mut Findings) {
    let is_web = Url::parse(link).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host());
    if !is_web || link.chars().any(char::is_whitespace) {
        let finding = Finding::new("/payment/link".to_owned(), "payment-link", "this is no address of a web page");
        findings.fault(finding.expected("an address such as https://pay.example/1").found(link));
    }
}

fn looks_like_iban(account: &str) -> bool {
    let bytes = account.as_bytes();
    bytes.len() > 4 && bytes[..2].iter().all(u8::is_ascii_uppercase) && bytes[2..4].iter().all(u8::is_ascii_digit)
}

/// Checks an IBAN's checksum and the length and form that its country has (ISO 13616).
fn check_iban(iban: &str, pointer: String, findings: &mut Findings) {
    let compact: String = iban.chars().filter(|c| *c != ' ').collect::<String>().to_ascii_uppercase();
    if compact.parse::<Iban>().is_ok() {
        return;
    }
    let message = "this is no IBAN: its country, its length or its checksum is wrong; \
                   the number of an account without an IBAN is its account_number";
    let finding = Finding::new(pointer, "iban", message);
    findings.fault(finding.expected("an IBAN, or an account_number").found(iban));
}

/// Checks that a card's number is not written out (BR-51, PCI DSS).
fn check_card(number: &str, findings: &mut Findings) {
    let digits = number.chars().filter(char::is_ascii_digit).count();
    if digits > 10 {
        let message = "a card's number is never written out: at most its first six and last four digits";
        let finding = Finding::new("/payment/card/number".to_owned(), "BR-51", message);
        findings.fault(finding.expected("at most 10 digits").found(format!("{digits} digits")));
    }
}
