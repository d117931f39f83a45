//! The practice of countries: what a normal invoice leaves out and its receivers expect.

use std::borrow::Cow;

use invoice::{
    Delivery, ElectronicAddress, ElectronicAddressScheme, Identifier, IdentifierScheme, Invoice, Line, LineEntry,
    Party, PostalAddress,
};

use crate::document::Note;
use crate::profile::{Profile, RuleSet, is_self_billed};

/// The alphabetic code of a party's country (BT-40, BT-55).
pub(crate) fn country(party: &Party) -> Option<&'static str> {
    Some(party.address.as_ref()?.country?.code())
}

pub(crate) fn is_within(invoice: &Invoice, place: &str) -> bool {
    country(&invoice.seller) == Some(place) && country(&invoice.buyer) == Some(place)
}

/// A VAT number without the spaces, dots and hyphens of its layout.
pub(crate) fn compact(number: &str) -> Cow<'_, str> {
    let is_layout = |c: char| matches!(c, ' ' | '.' | '-');
    if number.contains(is_layout) { Cow::Owned(number.replace(is_layout, "")) } else { Cow::Borrowed(number) }
}

/// The business process (BT-23): as sent, else that of the profile; in France goods, services or both, by the units.
pub(crate) fn business_process(invoice: &Invoice, profile: Profile) -> Option<Cow<'_, str>> {
    if let Some(sent) = &invoice.business_process {
        return Some(Cow::Borrowed(sent));
    }
    if profile != Profile::FacturXFr {
        return profile.process().map(Cow::Borrowed);
    }
    let (timed, counted): (Vec<&Line>, Vec<&Line>) = invoice.lines.iter().partition(|line| is_time(line.unit.code()));
    Some(Cow::Borrowed(match (timed.is_empty(), counted.is_empty()) {
        (false, true) => "S1",
        (false, false) => "M1",
        (true, _) => "B1",
    }))
}

/// Units of UN/ECE Recommendation 20 in which work is counted.
fn is_time(unit: &str) -> bool {
    matches!(unit, "SEC" | "MIN" | "HUR" | "DAY" | "WEE" | "MON" | "QAN" | "SAN" | "ANN" | "E49" | "10" | "LH" | "WHR")
}

/// What French law has everyone say of late and of early payment (Code de commerce, L441-9, L441-10 and D441-5): the
/// rate and the sum that it sets where the parties agree on nothing else.
const FRENCH_NOTES: [(&str, &str); 3] = [
    (
        "PMD",
        "En cas de retard de paiement, pénalités au taux de refinancement de la Banque centrale européenne majoré de \
         10 points.",
    ),
    ("PMT", "Indemnité forfaitaire pour frais de recouvrement en cas de retard de paiement : 40 euros."),
    ("AAB", "Pas d'escompte pour paiement anticipé."),
];
const FRENCH_DISCOUNT: &str = "Escompte pour paiement anticipé selon les conditions de paiement.";

/// The notes (BG-1): those that were sent, the free fields, the texts between lines, and in France what its law asks for.
/// Peppol has one note. Headings and subtotals say how a page is laid out, so there is no place for them.
pub(crate) fn notes(invoice: &Invoice, profile: Profile) -> Vec<Note<'_>> {
    let sent = invoice.notes.iter().map(|note| Note {
        subject: note.subject.map(invoice::NoteSubjectCode::code),
        text: Cow::Borrowed(note.text.as_ref()),
    });
    let fields = invoice
        .custom_fields
        .iter()
        .map(|field| Note { subject: None, text: Cow::Owned(format!("{}: {}", field.name, field.value)) });
    let between_lines = invoice.lines.entries().filter_map(|entry| match entry {
        LineEntry::Text(text) => Some(Note { subject: None, text: Cow::Borrowed(text.as_ref()) }),
        LineEntry::Line(_) | LineEntry::Heading(_) | LineEntry::Subtotal(_) => None,
    });
    let mut notes: Vec<Note<'_>> = sent.chain(fields).chain(between_lines).collect();
    if profile == Profile::FacturXFr {
        add_french_notes(invoice, &mut notes);
    }
    // Within Germany Peppol allows any number (PEPPOL-EN16931-R002).
    if profile.is_peppol() && notes.len() > 1 && !(profile == Profile::Peppol && is_within(invoice, "DE")) {
        let texts: Vec<String> = notes.iter().map(Note::with_subject).collect();
        return vec![Note { subject: None, text: Cow::Owned(texts.join("\n")) }];
    }
    notes
}

fn add_french_notes(invoice: &Invoice, notes: &mut Vec<Note<'_>>) {
    for (subject, text) in FRENCH_NOTES {
        if notes.iter().all(|note| note.subject != Some(subject)) {
            let is_discount = subject == "AAB" && !invoice.early_payment_discounts.is_empty();
            let text = if is_discount { FRENCH_DISCOUNT } else { text };
            notes.push(Note { subject: Some(subject), text: Cow::Borrowed(text) });
        }
    }
}

impl Note<'_> {
    /// The text with its subject as UBL writes it (EN 16931-3-2): `#AAI#text`.
    pub(crate) fn with_subject(&self) -> String {
        match self.subject {
            Some(subject) => format!("#{subject}#{}", self.text),
            None => self.text.clone().into_owned(),
        }
    }
}

/// The payment terms (BT-20): in words, then where it can be paid, then each discount in XRechnung's notation, which ends
/// in a line break (BR-DE-18).
pub(crate) fn payment_terms(invoice: &Invoice) -> Option<String> {
    let mut lines: Vec<String> = invoice.payment_terms.iter().map(ToString::to_string).collect();
    lines.extend(invoice.payment.as_ref().and_then(|payment| payment.link.clone()));
    let mut text = lines.join("\n");
    for discount in &invoice.early_payment_discounts {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let percent = discount.percent.with_decimals(2);
        text.push_str(&format!("#SKONTO#TAGE={}#PROZENT={percent}#\n", discount.days));
    }
    let ends_in_discount = text.lines().next_back().is_some_and(|line| line.trim_start().starts_with('#'));
    if ends_in_discount && !text.ends_with('\n') {
        text.push('\n');
    }
    (!text.is_empty()).then_some(text)
}

/// The seller's electronic address (BT-34).
pub(crate) fn seller_address(invoice: &Invoice, profile: Profile) -> Option<Cow<'_, ElectronicAddress>> {
    electronic_address(&invoice.seller, profile, profile == Profile::FacturXFr && is_self_billed(invoice))
}

/// The buyer's electronic address (BT-49); in Germany the routing id of an authority (BT-10) is one.
pub(crate) fn buyer_address(invoice: &Invoice, profile: Profile) -> Option<Cow<'_, ElectronicAddress>> {
    let reference = invoice.buyer_reference.as_deref().filter(|reference| is_leitweg_id(reference));
    if let (None, true, Some(reference)) =
        (&invoice.buyer.electronic_address, profile.has(RuleSet::XRechnung), reference)
    {
        return address(reference.to_owned(), "0204").map(Cow::Owned);
    }
    electronic_address(&invoice.buyer, profile, profile == Profile::FacturXFr)
}

/// Whether a text has the form of a German routing id: digits, perhaps a middle part, and two check digits.
fn is_leitweg_id(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_middle = |part: &str| part.len() <= 30 && part.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    match parts.as_slice() {
        [first, check] => (2..=12).contains(&first.len()) && is_number(first) && check.len() == 2 && is_number(check),
        [first, middle, check] => {
            (2..=12).contains(&first.len())
                && is_number(first)
                && !middle.is_empty()
                && is_middle(middle)
                && check.len() == 2
                && is_number(check)
        }
        _ => false,
    }
}

/// The address that was sent, else that of a GLN, the register of companies, the VAT number or, outside of Peppol, the
/// contact's mail.
fn electronic_address(party: &Party, profile: Profile, is_french: bool) -> Option<Cow<'_, ElectronicAddress>> {
    if let Some(sent) = &party.electronic_address {
        return Some(Cow::Borrowed(sent));
    }
    if is_french && let Some(siren) = siren(party) {
        return address(siren, "0225").map(Cow::Owned);
    }
    let numbers = party.identifiers.iter().chain(party.legal_id.as_ref());
    let mut of_register = numbers.filter_map(|number| {
        let scheme = number.scheme?.code();
        let is_usual = matches!(scheme, "0088" | "0106" | "0190" | "0192" | "0208" | "0196" | "0184" | "0007" | "0225");
        is_usual.then(|| address(number.id.clone(), scheme)).flatten()
    });
    let mail = || {
        let email = party.contact.as_ref()?.email.clone()?;
        address(email, "EM")
    };
    let found = of_register.next().or_else(|| address_of_vat_id(party));
    let found = if profile.is_peppol() { found } else { found.or_else(mail) };
    found.map(Cow::Owned)
}

fn address(id: String, scheme: &str) -> Option<ElectronicAddress> {
    let scheme = ElectronicAddressScheme::from_code(scheme)?;
    let mut address = ElectronicAddress::default();
    (address.id, address.scheme) = (id, scheme);
    Some(address)
}

/// The schemes of VAT numbers by country, and what of the number they take.
#[rustfmt::skip]
const VAT_SCHEMES: [(&str, &str, Part); 33] = {
    use Part::{Digits, Whole};
    [
        ("AT", "9914", Whole), ("BE", "0208", Digits), ("BG", "9926", Whole), ("CH", "9927", Whole),
        ("CY", "9928", Whole), ("CZ", "9929", Whole), ("DE", "9930", Whole), ("DK", "0184", Whole),
        ("EE", "9931", Whole), ("EL", "9933", Digits), ("ES", "9920", Whole), ("FI", "0216", Part::After("0037")),
        ("FR", "9957", Whole), ("GB", "9932", Whole), ("HR", "9934", Whole), ("HU", "9910", Whole),
        ("IE", "9935", Whole), ("IT", "0211", Whole), ("LI", "9936", Whole), ("LT", "9937", Whole),
        ("LU", "9938", Whole), ("LV", "9939", Whole), ("MT", "9943", Whole), ("NL", "9944", Whole),
        ("NO", "0192", Part::First(9)), ("PL", "9945", Whole), ("PT", "9946", Whole), ("RO", "9947", Whole),
        ("SE", "0007", Part::First(10)), ("SI", "9949", Whole), ("SK", "9950", Whole), ("SM", "9951", Whole),
        ("XI", "9932", Whole),
    ]
};

#[derive(Clone, Copy)]
enum Part {
    /// The number with its country.
    Whole,
    /// The number without its country.
    Digits,
    /// That many digits after the country.
    First(usize),
    /// The number without its country, after this: the Finnish OVT code.
    After(&'static str),
}

fn address_of_vat_id(party: &Party) -> Option<ElectronicAddress> {
    let number = compact(party.vat_id.as_deref()?);
    let (_, scheme, part) = VAT_SCHEMES.iter().find(|(country, ..)| number.starts_with(country))?;
    let id = match part {
        Part::Whole => number.clone().into_owned(),
        Part::Digits => number.get(2..)?.to_owned(),
        Part::First(count) => number.get(2..2 + count)?.to_owned(),
        Part::After(front) => format!("{front}{}", number.get(2..)?),
    };
    address(id, scheme)
}

/// The number in the register of companies (BT-30, BT-47); in France the SIREN that a VAT number contains.
pub(crate) fn legal_id(party: &Party, profile: Profile) -> Option<Cow<'_, Identifier>> {
    if let Some(sent) = &party.legal_id {
        return Some(Cow::Borrowed(sent));
    }
    if profile != Profile::FacturXFr {
        return None;
    }
    let mut identifier = Identifier::default();
    (identifier.id, identifier.scheme) = (siren(party)?, IdentifierScheme::from_code("0002"));
    Some(Cow::Owned(identifier))
}

/// The SIREN (scheme 0002): as sent, else the last nine digits of the French VAT number.
pub(crate) fn siren(party: &Party) -> Option<String> {
    if let Some(sent) = party.legal_id.as_ref() {
        let is_siren = sent.scheme.is_some_and(|scheme| scheme.code() == "0002");
        return is_siren.then(|| sent.id.clone());
    }
    let number = compact(party.vat_id.as_deref()?);
    let digits = number.strip_prefix("FR")?.get(2..)?;
    (digits.len() == 9 && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| digits.to_owned())
}

/// Where it was delivered (BG-13); a person or department there becomes a line of the address, for which the norm has no
/// term.
pub(crate) fn delivery(invoice: &Invoice, profile: Profile) -> Option<Cow<'_, Delivery>> {
    let Some(sent) = &invoice.delivery else { return country_of_delivery(invoice, profile).map(Cow::Owned) };
    let Some(contact) = sent.contact_name.clone() else { return Some(Cow::Borrowed(sent)) };
    let mut delivery = sent.clone();
    if delivery.name.is_none() {
        delivery.name = Some(contact);
    } else if let Some(address) = delivery.address.as_mut().filter(|address| address.lines.len() < LINES) {
        address.lines.push(contact);
    }
    Some(Cow::Owned(delivery))
}

/// Between two Germans ZUGFeRD wants the country of delivery where a period stands in the place of its date
/// (BR-FX-EN-04); it is the buyer's.
fn country_of_delivery(invoice: &Invoice, profile: Profile) -> Option<Delivery> {
    let is_hybrid = profile.hybrid().is_some() && !profile.has(RuleSet::XRechnung);
    if !is_hybrid || !is_within(invoice, "DE") || !has_period(invoice) {
        return None;
    }
    let (mut delivery, mut address) = (Delivery::default(), PostalAddress::default());
    address.country = invoice.buyer.address.as_ref()?.country;
    delivery.address = Some(address);
    Some(delivery)
}

/// Whether the invoice, or each of its lines, names a period.
pub(crate) fn has_period(invoice: &Invoice) -> bool {
    invoice.period.is_some() || invoice.lines.iter().all(|line| line.period.is_some())
}

/// The lines that an address can have (BT-35, BT-36 and BT-162, and their like).
pub(crate) const LINES: usize = 3;

/// Whether the contact at the place of delivery has found a place in [`delivery`].
pub(crate) fn carries_delivery_contact(sent: &Delivery) -> bool {
    let has_line = |address: &PostalAddress| address.lines.len() < LINES;
    sent.contact_name.is_none() || sent.name.is_none() || sent.address.as_ref().is_some_and(has_line)
}
