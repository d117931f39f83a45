//! Seller, buyer, payee, tax representative and the place of delivery.

use std::borrow::Cow;

use invoice::{ElectronicAddress, Identifier, Party, Payee, PostalAddress};

use super::identifier;
use crate::document::Document;
use crate::practice::compact;
use crate::xml::Xml;

/// BG-4, BG-7, BG-10, BG-11, BG-13.
pub(super) fn parties(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    let creditor = invoice.payment.as_ref().and_then(|payment| payment.direct_debit.as_ref()?.creditor_id.as_deref());
    let seller_creditor = creditor.filter(|_| invoice.payee.is_none());
    xml.group("cac:AccountingSupplierParty", |xml| {
        party(
            xml,
            &invoice.seller,
            document.seller_address.as_deref(),
            document.seller_legal_id.as_deref(),
            seller_creditor,
        );
    });
    xml.group("cac:AccountingCustomerParty", |xml| {
        party(xml, &invoice.buyer, document.buyer_address.as_deref(), document.buyer_legal_id.as_deref(), None);
    });
    if let Some(paid) = &invoice.payee {
        xml.group("cac:PayeeParty", |xml| payee(xml, paid, creditor));
    }
    if let Some(representative) = &invoice.tax_representative {
        xml.group("cac:TaxRepresentativeParty", |xml| {
            xml.group("cac:PartyName", |xml| xml.leaf("cbc:Name", &representative.name));
            address(xml, "cac:PostalAddress", representative.address.as_ref());
            tax_number(xml, representative.vat_id.as_deref().map(compact), "VAT");
        });
    }
    delivery(xml, document);
}

fn party(
    xml: &mut Xml,
    party: &Party,
    electronic_address: Option<&ElectronicAddress>,
    legal_id: Option<&Identifier>,
    creditor: Option<&str>,
) {
    xml.group("cac:Party", |xml| {
        if let Some(address) = electronic_address {
            xml.leaf_with("cbc:EndpointID", &[("schemeID", Some(address.scheme.code()))], &address.id);
        }
        for own in &party.identifiers {
            xml.group("cac:PartyIdentification", |xml| identifier(xml, "cbc:ID", own));
        }
        creditor_id(xml, creditor);
        xml.group("cac:PartyName", |xml| xml.optional("cbc:Name", party.trading_name.as_deref()));
        address(xml, "cac:PostalAddress", party.address.as_ref());
        tax_number(xml, party.vat_id.as_deref().map(compact), "VAT");
        tax_number(xml, party.tax_id.as_deref().map(Cow::Borrowed), "FC");
        xml.group("cac:PartyLegalEntity", |xml| {
            xml.leaf("cbc:RegistrationName", &party.name);
            if let Some(own) = legal_id {
                identifier(xml, "cbc:CompanyID", own);
            }
            xml.optional("cbc:CompanyLegalForm", party.legal_information.as_deref());
        });
        if let Some(contact) = &party.contact {
            xml.group("cac:Contact", |xml| {
                xml.optional("cbc:Name", contact.name.as_deref());
                xml.optional("cbc:Telephone", contact.phone.as_deref());
                xml.optional("cbc:ElectronicMail", contact.email.as_deref());
            });
        }
    });
}

/// BT-90: the creditor identifier of direct debits has a scheme of its own.
fn creditor_id(xml: &mut Xml, creditor: Option<&str>) {
    let Some(id) = creditor else { return };
    xml.group("cac:PartyIdentification", |xml| xml.leaf_with("cbc:ID", &[("schemeID", Some("SEPA"))], id));
}

fn tax_number(xml: &mut Xml, number: Option<Cow<'_, str>>, scheme: &str) {
    let Some(number) = number else { return };
    xml.group("cac:PartyTaxScheme", |xml| {
        xml.leaf("cbc:CompanyID", &number);
        xml.group("cac:TaxScheme", |xml| xml.leaf("cbc:ID", scheme));
    });
}

fn payee(xml: &mut Xml, payee: &Payee, creditor: Option<&str>) {
    if let Some(own) = &payee.identifier {
        xml.group("cac:PartyIdentification", |xml| identifier(xml, "cbc:ID", own));
    }
    creditor_id(xml, creditor);
    xml.group("cac:PartyName", |xml| xml.leaf("cbc:Name", &payee.name));
    if let Some(own) = &payee.legal_id {
        xml.group("cac:PartyLegalEntity", |xml| identifier(xml, "cbc:CompanyID", own));
    }
}

fn address(xml: &mut Xml, name: &'static str, address: Option<&PostalAddress>) {
    let Some(address) = address else { return };
    let mut lines = address.lines.iter().map(String::as_str);
    xml.group(name, |xml| {
        xml.optional("cbc:StreetName", lines.next());
        xml.optional("cbc:AdditionalStreetName", lines.next());
        xml.optional("cbc:CityName", address.city.as_deref());
        xml.optional("cbc:PostalZone", address.postal_code.as_deref());
        xml.optional("cbc:CountrySubentity", address.subdivision.as_deref());
        xml.group("cac:AddressLine", |xml| xml.optional("cbc:Line", lines.next()));
        xml.group("cac:Country", |xml| {
            xml.optional("cbc:IdentificationCode", address.country.map(invoice::CountryCode::code));
        });
    });
}

fn delivery(xml: &mut Xml, document: &Document<'_>) {
    let Some(delivery) = document.delivery.as_deref() else { return };
    xml.group("cac:Delivery", |xml| {
        xml.optional("cbc:ActualDeliveryDate", delivery.date.map(|date| date.to_string()).as_deref());
        xml.group("cac:DeliveryLocation", |xml| {
            if let Some(location) = &delivery.location {
                identifier(xml, "cbc:ID", location);
            }
            address(xml, "cac:Address", delivery.address.as_ref());
        });
        xml.group("cac:DeliveryParty", |xml| {
            xml.group("cac:PartyName", |xml| xml.optional("cbc:Name", delivery.name.as_deref()));
        });
    });
}
