//! Parties and their addresses.

use invoice::{ElectronicAddress, Identifier, Party, Payee, PostalAddress};

use crate::practice::compact;
use crate::xml::Xml;

/// BG-4, BG-7 and BG-11.
pub(super) fn party(
    xml: &mut Xml,
    party: &Party,
    electronic_address: Option<&ElectronicAddress>,
    legal_id: Option<&Identifier>,
) {
    identifiers(xml, &party.identifiers);
    xml.leaf("ram:Name", &party.name);
    xml.optional("ram:Description", party.legal_information.as_deref());
    organization(xml, legal_id, party.trading_name.as_deref());
    if let Some(contact) = &party.contact {
        xml.group("ram:DefinedTradeContact", |xml| {
            xml.optional("ram:PersonName", contact.name.as_deref());
            xml.group("ram:TelephoneUniversalCommunication", |xml| {
                xml.optional("ram:CompleteNumber", contact.phone.as_deref());
            });
            xml.group("ram:EmailURIUniversalCommunication", |xml| {
                xml.optional("ram:URIID", contact.email.as_deref());
            });
        });
    }
    address(xml, party.address.as_ref());
    if let Some(address) = electronic_address {
        xml.group("ram:URIUniversalCommunication", |xml| {
            xml.leaf_with("ram:URIID", &[("schemeID", Some(address.scheme.code()))], &address.id);
        });
    }
    tax_number(xml, party.vat_id.as_deref().map(compact).as_deref(), "VA");
    tax_number(xml, party.tax_id.as_deref(), "FC");
}

/// BG-10.
pub(super) fn payee(xml: &mut Xml, payee: &Payee) {
    identifiers(xml, payee.identifier.as_slice());
    xml.leaf("ram:Name", &payee.name);
    organization(xml, payee.legal_id.as_ref(), None);
}

/// Identifiers without a scheme stand before those with one.
pub(super) fn identifiers(xml: &mut Xml, identifiers: &[Identifier]) {
    for own in identifiers.iter().filter(|own| own.scheme.is_none()) {
        xml.leaf("ram:ID", &own.id);
    }
    for own in identifiers {
        if let Some(scheme) = own.scheme {
            xml.leaf_with("ram:GlobalID", &[("schemeID", Some(scheme.code()))], &own.id);
        }
    }
}

fn organization(xml: &mut Xml, legal_id: Option<&Identifier>, trading_name: Option<&str>) {
    xml.group("ram:SpecifiedLegalOrganization", |xml| {
        if let Some(own) = legal_id {
            xml.leaf_with("ram:ID", &[("schemeID", own.scheme.map(invoice::IdentifierScheme::code))], &own.id);
        }
        xml.optional("ram:TradingBusinessName", trading_name);
    });
}

pub(super) fn address(xml: &mut Xml, address: Option<&PostalAddress>) {
    let Some(address) = address else { return };
    let mut lines = address.lines.iter().map(String::as_str);
    xml.group("ram:PostalTradeAddress", |xml| {
        xml.optional("ram:PostcodeCode", address.postal_code.as_deref());
        xml.optional("ram:LineOne", lines.next());
        xml.optional("ram:LineTwo", lines.next());
        xml.optional("ram:LineThree", lines.next());
        xml.optional("ram:CityName", address.city.as_deref());
        xml.optional("ram:CountryID", address.country.map(invoice::CountryCode::code));
        xml.optional("ram:CountrySubDivisionName", address.subdivision.as_deref());
    });
}

fn tax_number(xml: &mut Xml, number: Option<&str>, scheme: &str) {
    let Some(number) = number else { return };
    xml.group("ram:SpecifiedTaxRegistration", |xml| xml.leaf_with("ram:ID", &[("schemeID", Some(scheme))], number));
}
