//! Seller, buyer, payee and tax representative.

use super::vat_id::{VatIdFault, check_vat_id, is_in_european_union};
use crate::finding::{Finding, Findings};
use crate::input::InvoiceInput;
use crate::model::{Party, PostalAddress};

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
        match check_vat_id(vat_id) {
            Ok(()) => {}
            Err(VatIdFault::Prefix) => {
                let message = "a VAT number begins with its country, such as DE123456789";
                let finding = Finding::new(place, "BR-CO-09", message).found(vat_id);
                findings.fault(finding.expected("a country code of ISO 3166-1, or EL"));
            }
            // The norm asks for the prefix alone; what a country's numbers look like may change.
            Err(VatIdFault::Shape(shapes)) => {
                let message =
                    "this does not look like a VAT number of that country (9: a digit, A: a letter, *: either)";
                let finding = Finding::new(place, "vat-id", message).found(vat_id);
                findings.warning(finding.expected(shapes.replace(' ', " or ")));
            }
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
        let message = "a legal e-invoice names one identifier of the buyer: the first";
        let finding = Finding::new("/buyer/identifiers".to_owned(), "buyer-identifier", message);
        findings.warning(finding.expected("at most 1").found(buyer.identifiers.len().to_string()));
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

/// Whether the seller is in the European Union, by its address or its VAT number.
pub(super) fn is_seller_in_european_union(input: &InvoiceInput) -> bool {
    let Some(seller) = &input.seller.0 else {
        return false;
    };
    let country = seller.address.as_ref().and_then(|address| address.country);
    let prefix = seller.vat_id.as_deref().and_then(|vat_id| vat_id.get(..2));
    country.map(|country| country.code()).into_iter().chain(prefix).any(is_in_european_union)
}

/// Warns of what a legal e-invoice of the European Union would lack.
pub(super) fn warn_of_missing(place: &str, rule: &'static str, what: &str, findings: &mut Findings) {
    let message = format!("a legal e-invoice of the European Union needs {what}");
    findings.warning(Finding::new(place.to_owned(), rule, message));
}

/// What an invoice from the European Union needs before it can become a legal e-invoice.
fn warn_of_seller_in_european_union(input: &InvoiceInput, seller: &Party, findings: &mut Findings) {
    if !is_seller_in_european_union(input) {
        return;
    }
    let addresses = [
        (Some(seller), "/seller/address", ["BR-08", "BR-09"], "the seller's"),
        (input.buyer.0.as_ref(), "/buyer/address", ["BR-10", "BR-11"], "the buyer's"),
    ];
    for (party, place, rules, whose) in addresses {
        if let Some(party) = party {
            warn_of_address(party.address.as_ref(), (place, rules, whose), findings);
        }
    }
    if let Some(address) = input.delivery.as_ref().and_then(|delivery| delivery.address.as_ref())
        && address.country.is_none()
    {
        warn_of_missing("/delivery/address/country", "BR-57", "the country of delivery", findings);
    }
    let is_identified = seller.vat_id.is_some() || seller.legal_id.is_some() || !seller.identifiers.is_empty();
    if !is_identified {
        let what = "a VAT number, a legal id or another identifier of the seller";
        warn_of_missing("/seller/vat_id", "BR-CO-26", what, findings);
    }
    if let Some(currency) = input.currency.filter(|currency| currency.minor_units() > 2) {
        let what = format!("amounts of at most two decimals (BR-DEC rules), but amounts in {currency} have more");
        warn_of_missing("/currency", "BR-DEC-18", &what, findings);
    }
}

fn warn_of_address(
    address: Option<&PostalAddress>,
    (place, [presence, country], whose): (&str, [&'static str; 2], &str),
    findings: &mut Findings,
) {
    match address {
        None => warn_of_missing(place, presence, &format!("{whose} postal address"), findings),
        Some(address) if address.country.is_none() => {
            warn_of_missing(&format!("{place}/country"), country, &format!("{whose} country"), findings);
        }
        Some(_) => {}
    }
}
