//! Germany: XRechnung (BR-DE), and the same rules in Peppol between two Germans (DE-R).

use std::collections::BTreeSet;

use invoice::{Finding, Party};

use super::{Condition, Faults, expect, need, payment, peppol};
use crate::document::Document;

pub(super) fn check_xrechnung(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, XRECHNUNG);
    check_file_names(document, "BR-DE-22", report);
    payment::check_xrechnung(document, report);
    peppol::check_shared(document, report);
}

pub(super) fn check_within_germany(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, PEPPOL);
    check_file_names(document, "DE-R-022", report);
    payment::check_within_germany(document, report);
}

fn has(party: &Party, field: fn(&invoice::PostalAddress) -> &Option<String>) -> bool {
    // Without an address BR-08 or BR-10 says what is missing.
    party.address.as_ref().is_none_or(|address| field(address).is_some())
}

fn contact(document: &Document<'_>, field: fn(&invoice::Contact) -> &Option<String>) -> bool {
    let contact = document.invoice.seller.contact.as_ref();
    // Without a contact BR-DE-2 says what is missing.
    contact.is_none_or(|contact| field(contact).is_some())
}

fn has_contact(document: &Document<'_>) -> bool {
    document.invoice.seller.contact.is_some()
}

fn delivery_has(document: &Document<'_>, field: fn(&invoice::PostalAddress) -> &Option<String>) -> bool {
    let address = document.delivery.as_ref().and_then(|delivery| delivery.address.as_ref());
    address.is_none_or(|address| field(address).is_some())
}

fn has_tax_number(document: &Document<'_>) -> bool {
    let (invoice, seller) = (document.invoice, &document.invoice.seller);
    let is_taxable = invoice.tax_breakdown.iter().any(|group| group.category != invoice::TaxCategory::O);
    !is_taxable || seller.vat_id.is_some() || seller.tax_id.is_some() || invoice.tax_representative.is_some()
}

/// Lines of the payment terms that begin with `#` are discounts in the notation of XRechnung.
fn has_right_discounts(document: &Document<'_>) -> bool {
    let terms = document.payment_terms.as_deref().unwrap_or_default();
    terms.lines().map(str::trim).filter(|line| line.starts_with('#')).all(is_discount)
}

/// `#SKONTO#TAGE=10#PROZENT=2.00#`, perhaps with `BASISBETRAG=100.00#` behind it.
fn is_discount(line: &str) -> bool {
    let mut parts = line.split('#').skip(1);
    let value = |part: Option<&str>, key: &str| part.and_then(|part| part.strip_prefix(key)).map(str::to_owned);
    let is_right = parts.next() == Some("SKONTO")
        && value(parts.next(), "TAGE=").is_some_and(|days| is_number(&days))
        && value(parts.next(), "PROZENT=").is_some_and(|percent| has_two_decimals(&percent));
    let base = parts.next();
    let is_base = |base: &str| {
        base.strip_prefix("BASISBETRAG=").is_some_and(|base| has_two_decimals(base.strip_prefix('-').unwrap_or(base)))
    };
    match (is_right, base) {
        (true, Some("")) => parts.next().is_none(),
        (true, Some(base)) => is_base(base) && parts.next() == Some("") && parts.next().is_none(),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_two_decimals(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, decimals)| is_number(whole) && is_number(decimals) && decimals.len() == 2)
}

fn has_buyer_reference(document: &Document<'_>) -> bool {
    document.invoice.buyer_reference.is_some()
}

fn debit_has(document: &Document<'_>, field: fn(&invoice::DirectDebit) -> &Option<String>) -> bool {
    let Some(payment) = &document.invoice.payment else { return true };
    let debit = payment.direct_debit.as_ref().filter(|_| payment::has_mandate(payment));
    debit.is_none_or(|debit| field(debit).is_some())
}

/// BT-10 as Germany asks for it.
const BUYER_REFERENCE: &str =
    "an invoice in Germany needs the buyer's reference: an authority's Leitweg-ID, or what a company asks for";
const CITY: &str = "an invoice in Germany needs the city";
const POSTAL_CODE: &str = "an invoice in Germany needs the postal code";
const CONTACT: &str = "an invoice in Germany names a contact of the seller: name, phone and email";

macro_rules! german_rules {
    ($name:ident, $(($id:literal, $rule:literal)),*) => {
        const $name: &[Condition] = &[$(german_rule($id, $rule)),*];
    };
}

german_rules!(
    XRECHNUNG,
    (2, "BR-DE-2"),
    (3, "BR-DE-3"),
    (4, "BR-DE-4"),
    (5, "BR-DE-5"),
    (6, "BR-DE-6"),
    (7, "BR-DE-7"),
    (8, "BR-DE-8"),
    (9, "BR-DE-9"),
    (10, "BR-DE-10"),
    (11, "BR-DE-11"),
    (15, "BR-DE-15"),
    (16, "BR-DE-16"),
    (18, "BR-DE-18"),
    (30, "BR-DE-30"),
    (31, "BR-DE-31"),
    (25, "BR-CO-25")
);
german_rules!(
    PEPPOL,
    (2, "DE-R-002"),
    (3, "DE-R-003"),
    (4, "DE-R-004"),
    (5, "DE-R-005"),
    (6, "DE-R-006"),
    (7, "DE-R-007"),
    (8, "DE-R-008"),
    (9, "DE-R-009"),
    (10, "DE-R-010"),
    (11, "DE-R-011"),
    (15, "DE-R-015"),
    (16, "DE-R-016"),
    (18, "DE-R-018"),
    (30, "DE-R-030"),
    (31, "DE-R-031")
);

/// The rule of a number, which the two sets share.
const fn german_rule(number: u8, rule: &'static str) -> Condition {
    match number {
        2 => need(rule, "BG-6", "/seller/contact", CONTACT, has_contact),
        3 => need(rule, "BT-37", "/seller/address/city", CITY, |document| {
            has(&document.invoice.seller, |address| &address.city)
        }),
        4 => need(rule, "BT-38", "/seller/address/postal_code", POSTAL_CODE, |document| {
            has(&document.invoice.seller, |address| &address.postal_code)
        }),
        5 => {
            need(rule, "BT-41", "/seller/contact/name", CONTACT, |document| contact(document, |contact| &contact.name))
        }
        6 => need(rule, "BT-42", "/seller/contact/phone", CONTACT, |document| {
            contact(document, |contact| &contact.phone)
        }),
        7 => need(rule, "BT-43", "/seller/contact/email", CONTACT, |document| {
            contact(document, |contact| &contact.email)
        }),
        8 => need(rule, "BT-52", "/buyer/address/city", CITY, |document| {
            has(&document.invoice.buyer, |address| &address.city)
        }),
        9 => need(rule, "BT-53", "/buyer/address/postal_code", POSTAL_CODE, |document| {
            has(&document.invoice.buyer, |address| &address.postal_code)
        }),
        10 => need(rule, "BT-77", "/delivery/address/city", CITY, |document| {
            delivery_has(document, |address| &address.city)
        }),
        11 => need(rule, "BT-78", "/delivery/address/postal_code", POSTAL_CODE, |document| {
            delivery_has(document, |address| &address.postal_code)
        }),
        15 => need(rule, "BT-10", "/buyer_reference", BUYER_REFERENCE, has_buyer_reference),
        16 => expect(
            (rule, "BT-31"),
            "/seller/vat_id",
            "an invoice in Germany needs the seller's VAT number or tax number",
            "a vat_id or a tax_id",
            has_tax_number,
        ),
        18 => expect(
            (rule, "BT-20"),
            "/payment_terms",
            "a line of payment terms that begins with # is a discount whose percentage has at most two decimals",
            "#SKONTO#TAGE=10#PROZENT=2.00#",
            has_right_discounts,
        ),
        25 => super::factur_x::PAYMENT_TERMS,
        30 => need(
            rule,
            "BT-90",
            "/payment/direct_debit/creditor_id",
            "a direct debit needs the creditor identifier",
            |document| debit_has(document, |debit| &debit.creditor_id),
        ),
        _ => need(
            rule,
            "BT-91",
            "/payment/direct_debit/debited_account",
            "a direct debit needs the account that is debited",
            |document| debit_has(document, |debit| &debit.debited_account),
        ),
    }
}

fn check_file_names(document: &Document<'_>, rule: &'static str, report: &mut Faults) {
    let mut seen = BTreeSet::new();
    for (index, supporting) in document.invoice.supporting_documents.iter().enumerate() {
        let Some(file) = &supporting.attachment else { continue };
        if !seen.insert(&file.file_name) {
            let pointer = format!("/supporting_documents/{index}/attachment/file_name");
            let finding = Finding::new(pointer, rule, "two attached files have one name").expected("a name of its own");
            report.fault("BT-125-2", finding.found(&*file.file_name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discounts_are_told_from_other_lines() {
        for right in ["#SKONTO#TAGE=10#PROZENT=2.00#", "#SKONTO#TAGE=0#PROZENT=12.50#BASISBETRAG=-1.00#"] {
            assert!(is_discount(right), "{right}");
        }
        for wrong in [
            "#1 an uns",
            "#SKONTO#TAGE=10#PROZENT=2#",
            "#SKONTO#TAGE=10#PROZENT=2.125#",
            "#SKONTO#TAGE=10#PROZENT=2.00",
            "#SKONTO#TAGE=10#PROZENT=2.00##",
            "#skonto#TAGE=10#PROZENT=2.00#",
            "#SKONTO#TAGE=10#PROZENT=2.00#BASISBETRAG=1#",
        ] {
            assert!(!is_discount(wrong), "{wrong}");
        }
    }
}
