//! Who sells, who buys, where the goods go.

use std::borrow::Cow;

use invoice::{Contact, CountryCode, Delivery, Invoice, Party, PostalAddress};

use super::identifiers::{identifier, registration};
use crate::cldr::country_name;
use crate::wording::Wording;

/// A party as a block of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartyFacts<'a> {
    pub(crate) heading: &'static str,
    pub(crate) name: &'a str,
    pub(crate) lines: Vec<Cow<'a, str>>,
}

/// Countries whose postal code follows the city and the region.
const CITY_FIRST: [&str; 8] = ["AU", "CA", "GB", "IE", "IN", "NZ", "SG", "US"];

pub(crate) fn seller(invoice: &Invoice) -> PartyFacts<'_> {
    let seller = &invoice.seller;
    let mut lines = Vec::new();
    push(&mut lines, seller.trading_name.as_deref().filter(|name| *name != seller.name));
    push_address(&mut lines, seller.address.as_ref());
    push_contact(&mut lines, seller.contact.as_ref());
    PartyFacts { heading: "", name: &seller.name, lines }
}

pub(crate) fn others<'a>(invoice: &'a Invoice, wording: &Wording) -> Vec<PartyFacts<'a>> {
    let home = invoice.seller.address.as_ref().and_then(|address| address.country);
    let mut parties = vec![party(&invoice.buyer, wording.bill_to, home, wording)];
    parties.extend(invoice.delivery.as_ref().and_then(|delivery| ship_to(delivery, home, wording)));
    let representative = invoice.tax_representative.as_ref();
    parties.extend(representative.map(|party_| party(party_, wording.tax_representative, home, wording)));
    parties
}

/// What the law asks for on letters: register, tax office, capital.
pub(crate) fn legal<'a>(seller: &'a Party, wording: &Wording) -> Vec<Cow<'a, str>> {
    let mut lines = Vec::new();
    lines.extend(seller.legal_id.as_ref().map(|id| Cow::Owned(registration(id, wording))));
    lines.extend(seller.identifiers.iter().map(|id| Cow::Owned(identifier(id))));
    push_labelled(&mut lines, wording.tax_office_number, seller.tax_id.as_deref());
    push_labelled(&mut lines, wording.tax_number, seller.vat_id.as_deref());
    lines.extend(seller.legal_information.iter().flat_map(|text| text.lines()).map(Cow::Borrowed));
    lines
}

fn party<'a>(party: &'a Party, heading: &'static str, home: Option<CountryCode>, wording: &Wording) -> PartyFacts<'a> {
    let mut lines = Vec::new();
    push(&mut lines, party.trading_name.as_deref().filter(|name| *name != party.name));
    push(&mut lines, party.contact.as_ref().and_then(|contact| contact.name.as_deref()));
    push_address(&mut lines, party.address.as_ref());
    push_country(&mut lines, party.address.as_ref(), home, wording);
    push(&mut lines, party.contact.as_ref().and_then(|contact| contact.email.as_deref()));
    push(&mut lines, party.contact.as_ref().and_then(|contact| contact.phone.as_deref()));
    push_labelled(&mut lines, wording.tax_number, party.vat_id.as_deref());
    lines.extend(party.legal_id.as_ref().map(|id| Cow::Owned(registration(id, wording))));
    lines.extend(party.identifiers.iter().map(|id| Cow::Owned(identifier(id))));
    PartyFacts { heading, name: &party.name, lines }
}

fn ship_to<'a>(delivery: &'a Delivery, home: Option<CountryCode>, wording: &Wording) -> Option<PartyFacts<'a>> {
    let mut lines = Vec::new();
    push(&mut lines, delivery.contact_name.as_deref());
    push_address(&mut lines, delivery.address.as_ref());
    push_country(&mut lines, delivery.address.as_ref(), home, wording);
    lines.extend(delivery.location.as_ref().map(|id| Cow::Owned(identifier(id))));
    let name = delivery.name.as_deref().unwrap_or_default();
    let is_empty = name.is_empty() && lines.is_empty();
    (!is_empty).then_some(PartyFacts { heading: wording.ship_to, name, lines })
}

fn push<'a>(lines: &mut Vec<Cow<'a, str>>, text: Option<&'a str>) {
    lines.extend(text.filter(|text| !text.is_empty()).map(Cow::Borrowed));
}

fn push_labelled<'a>(lines: &mut Vec<Cow<'a, str>>, label: &str, text: Option<&str>) {
    lines.extend(text.map(|text| Cow::Owned(format!("{label} {text}"))));
}

fn push_contact<'a>(lines: &mut Vec<Cow<'a, str>>, contact: Option<&'a Contact>) {
    let Some(contact) = contact else { return };
    push(lines, contact.name.as_deref());
    push(lines, contact.phone.as_deref());
    push(lines, contact.email.as_deref());
}

/// The lines of an address within its country.
fn push_address<'a>(lines: &mut Vec<Cow<'a, str>>, address: Option<&'a PostalAddress>) {
    let Some(address) = address else { return };
    lines.extend(address.lines.iter().map(|line| Cow::Borrowed(line.as_str())));
    lines.extend(city_line(address).map(Cow::Owned));
}

/// The country of an address, where it is not the home of the sender.
fn push_country(
    lines: &mut Vec<Cow<'_, str>>,
    address: Option<&PostalAddress>,
    home: Option<CountryCode>,
    wording: &Wording,
) {
    let country = address.and_then(|address| address.country);
    let abroad = country.filter(|_| country != home);
    lines.extend(abroad.map(|country| Cow::Borrowed(country_name(country.code(), wording.language))));
}

fn city_line(address: &PostalAddress) -> Option<String> {
    let city_first = address.country.is_some_and(|country| CITY_FIRST.contains(&country.code()));
    let city = address.city.as_deref();
    let region = address.subdivision.as_deref();
    let code = address.postal_code.as_deref();
    let joined = |parts: [Option<&str>; 2], by: &str| parts.into_iter().flatten().collect::<Vec<_>>().join(by);
    let line = if city_first {
        let place = joined([city, region], ", ");
        joined([Some(place.as_str()).filter(|place| !place.is_empty()), code], " ")
    } else {
        let place = joined([code, city], " ");
        joined([Some(place.as_str()).filter(|place| !place.is_empty()), region], ", ")
    };
    (!line.is_empty()).then_some(line)
}
