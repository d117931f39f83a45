//! Seller, buyer, payee and tax representative.

use super::vat_id::{VatIdFault, check_vat_id, is_in_european_union};
use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;
use crate::model::{Party, TaxCategory};

pub(super) fn check_parties(input: &InvoiceInput, findings: &mut Findings) {
    if let Some(seller) = &input.seller.0 {
        check_party(seller, "/seller", findings);
        warn_of_seller_in_european_union(input, seller, findings);
    }
    if let Some(buyer) = &input.buyer.0 {
        check_party(buyer, "/buyer", findings);
        check_buyer(buyer, findings);
    }
    if let Some(representative) = &input.tax_representative {
        check_party(representative, "/tax_representative", findings);
        check_representative(representative, findings);
    }
}

fn check_party(party: &Party, pointer: &str, findings: &mut Findings) {
    if let Some(vat_id) = &party.vat_id {
        let place = format!("{pointer}/vat_id");
        let finding = match check_vat_id(vat_id) {
            Ok(()) => None,
            Err(VatIdFault::Prefix) => {
                let message = "a VAT number begins with its country, such as DE123456789";
                Some(Finding::new(place, "BR-CO-09", message).expected("a country code of ISO 3166-1, or EL"))
            }
            Err(VatIdFault::Shape(shapes)) => {
                let message = "this is no VAT number of that country (9: a digit, A: a letter, *: either)";
                Some(Finding::new(place, "vat-id", message).expected(shapes.replace(' ', " or ")))
            }
        };
        if let Some(finding) = finding {
            findings.fault(finding.found(vat_id));
        }
    }
    let email = party.contact.as_ref().and_then(|contact| contact.email.as_deref());
    if let Some(email) = email.filter(|email| !is_email(email)) {
        let finding = Finding::new(format!("{pointer}/contact/email"), "email", "this is no e-mail address");
        findings.fault(finding.expected("name@domain").found(email));
    }
}

/// Checks the outer shape alone: whether mail arrives there is not to be known from the text.
fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'))
        && !text.contains(char::is_whitespace)
}

/// The norm knows these only of sellers; there is no place for them in a buyer.
fn check_buyer(buyer: &Party, findings: &mut Findings) {
    let strays = [("tax_id", buyer.tax_id.is_some()), ("legal_information", buyer.legal_information.is_some())];
    for (key, _) in strays.into_iter().filter(|(_, is_sent)| *is_sent) {
        let message = "this is known of sellers only (EN 16931-1 has no such term for buyers)";
        findings.fault(Finding::new(format!("/buyer/{key}"), "buyer-term", message));
    }
    if buyer.identifiers.len() > 1 {
        let finding =
            Finding::new("/buyer/identifiers".to_owned(), "buyer-identifier", "a buyer has at most one identifier");
        findings.fault(finding.expected("at most 1").found(buyer.identifiers.len().to_string()));
    }
}

/// A tax representative has a VAT number, an address and its country (BR-56, BR-19, BR-20).
fn check_representative(party: &Party, findings: &mut Findings) {
    let country = party.address.as_ref().and_then(|address| address.country);
    let missing = [
        (party.vat_id.is_none(), "/tax_representative/vat_id", "BR-56"),
        (party.address.is_none(), "/tax_representative/address", "BR-19"),
        (party.address.is_some() && country.is_none(), "/tax_representative/address/country", "BR-20"),
    ];
    for (_, pointer, rule) in missing.into_iter().filter(|(is_missing, ..)| *is_missing) {
        findings.fault(Finding::new(pointer.to_owned(), rule, "this is required of a tax representative"));
    }
    let strays = [
        (!party.identifiers.is_empty(), "identifiers"),
        (party.legal_id.is_some(), "legal_id"),
        (party.tax_id.is_some(), "tax_id"),
        (party.trading_name.is_some(), "trading_name"),
        (party.legal_information.is_some(), "legal_information"),
        (party.electronic_address.is_some(), "electronic_address"),
        (party.contact.is_some(), "contact"),
    ];
    for (_, key) in strays.into_iter().filter(|(is_sent, _)| *is_sent) {
        let message = "EN 16931-1 has no such term for tax representatives";
        findings.fault(Finding::new(format!("/tax_representative/{key}"), "representative-term", message));
    }
}

const SELLER_TAX_NUMBER: &str = "the seller's VAT number or tax number";

/// What an invoice from the European Union needs before it can become a legal e-invoice.
fn warn_of_seller_in_european_union(input: &InvoiceInput, seller: &Party, findings: &mut Findings) {
    let country = seller.address.as_ref().and_then(|address| address.country);
    let prefix = seller.vat_id.as_deref().and_then(|vat_id| vat_id.get(..2));
    let is_member = |code: Option<&str>| code.is_some_and(is_in_european_union);
    if !is_member(country.map(|country| country.code())) && !is_member(prefix) {
        return;
    }
    let buyer = input.buyer.0.as_ref();
    let buyer_country = buyer.and_then(|buyer| buyer.address.as_ref()).and_then(|address| address.country);
    let is_represented = input.tax_representative.is_some();
    let has_tax_number = seller.vat_id.is_some() || seller.tax_id.is_some() || is_represented;
    let is_identified = seller.vat_id.is_some() || seller.legal_id.is_some() || !seller.identifiers.is_empty();
    let missing = [
        (country.is_none(), "/seller/address/country", "BR-09", "the seller's country"),
        (buyer_country.is_none(), "/buyer/address/country", "BR-11", "the buyer's country"),
        (!is_identified, "/seller/vat_id", "BR-CO-26", "a VAT number, a legal id or another identifier of the seller"),
        (!has_tax_number && charges_tax(input), "/seller/vat_id", "BR-S-02", SELLER_TAX_NUMBER),
        (!has_tax_number && names(input, TaxCategory::Z), "/seller/vat_id", "BR-Z-02", SELLER_TAX_NUMBER),
        (!has_tax_number && names(input, TaxCategory::E), "/seller/vat_id", "BR-E-02", SELLER_TAX_NUMBER),
    ];
    for (_, pointer, rule, what) in missing.into_iter().filter(|(is_missing, ..)| *is_missing) {
        let message = format!("a legal e-invoice of the European Union needs {what}");
        findings.warning(Finding::new(pointer.to_owned(), rule, message));
    }
}

fn names(input: &InvoiceInput, category: TaxCategory) -> bool {
    let lines = input.lines.0.as_deref().unwrap_or_default();
    input.tax_category == Some(category) || lines.iter().any(|line| line.tax_category == Some(category))
}

fn charges_tax(input: &InvoiceInput) -> bool {
    let lines = input.lines.0.as_deref().unwrap_or_default();
    let has_rate = |rate: Option<crate::figures::Decimal>| rate.is_some_and(|rate| !rate.is_zero());
    has_rate(input.tax_rate) || names(input, TaxCategory::S) || lines.iter().any(|line| has_rate(line.tax_rate))
}
