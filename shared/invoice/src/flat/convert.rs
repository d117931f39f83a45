//! The flat form as the full one.

use super::{FlatInput, FlatItem, Label};
use crate::figures::Decimal;
use crate::finding::{Finding, Findings};
use crate::input::{InvoiceInput, LineInput, TotalsInput};
use crate::json::Required;
use crate::model::{Contact, Delivery, Party, PostalAddress};
use crate::text::Text;

/// Converts the flat form; the places of findings are those of the full form.
pub(crate) fn convert(flat: FlatInput, findings: &mut Findings) -> InvoiceInput {
    let buyer = buyer(flat.bill_to_name, flat.bill_to_company, flat.bill_to_address);
    if buyer.is_none() {
        let message = "a bill_to_name or a bill_to_company is required";
        findings.fault(Finding::new("/buyer/name".to_owned(), "BR-07", message).expected("a value"));
    }
    let lines = flat.items.0.map(|items| {
        let convert = |(index, item)| line(item, index, findings);
        let lines: Vec<LineInput> = items.into_iter().enumerate().map(convert).collect();
        lines.into()
    });
    InvoiceInput {
        number: Required(flat.invoice_no.0.map(text_of)),
        issue_date: flat.date,
        currency: flat.currency,
        logo: flat.logo,
        logo_width: flat.logo_width,
        logo_side: flat.logo_side,
        accent_color: flat.accent_color,
        style: flat.style,
        paper: flat.paper,
        mark: flat.mark,
        csv_dialect: flat.csv_dialect,
        footer: flat.footer,
        locale: flat.locale,
        seller: Required(flat.company_name.0.map(|name| seller(name, flat.company_address, flat.company_phone))),
        buyer: Required(buyer),
        delivery: delivery(flat.ship_to_name, flat.ship_to_company, flat.ship_to_address),
        lines: Required(lines),
        tax_rate: flat.tax_rate,
        totals: Some(TotalsInput {
            total_without_tax: flat.subtotal,
            tax_total: flat.tax_amount,
            total_with_tax: flat.total_amount,
            ..TotalsInput::default()
        }),
        ..InvoiceInput::default()
    }
}

fn text_of(label: Label) -> String {
    label.0
}

fn seller(name: Label, address: Option<Text>, phone: Option<Label>) -> Party {
    Party {
        name: name.0,
        address: address.map(postal_address),
        contact: phone.map(|phone| Contact { phone: Some(phone.0), ..Contact::default() }),
        ..Party::default()
    }
}

/// The company buys, where there is one; the person is then whom to ask there.
fn buyer(person: Option<Label>, company: Option<Label>, address: Option<Text>) -> Option<Party> {
    let (name, contact_name) = name_and_contact(person, company);
    let contact = contact_name.map(|name| Contact { name: Some(name), ..Contact::default() });
    Some(Party { name: name?, address: address.map(postal_address), contact, ..Party::default() })
}

fn delivery(person: Option<Label>, company: Option<Label>, address: Option<Text>) -> Option<Delivery> {
    let (name, contact_name) = name_and_contact(person, company);
    if name.is_none() && address.is_none() {
        return None;
    }
    Some(Delivery { name, contact_name, address: address.map(postal_address), ..Delivery::default() })
}

fn name_and_contact(person: Option<Label>, company: Option<Label>) -> (Option<String>, Option<String>) {
    match company {
        Some(company) => (Some(company.0), person.map(text_of)),
        None => (person.map(text_of), None),
    }
}

/// An address in one text: its lines, of which the norm has three; further ones follow on the third.
fn postal_address(text: Text) -> PostalAddress {
    let lines = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect();
    let mut address = PostalAddress { lines, ..PostalAddress::default() };
    address.join_lines();
    address
}

fn line(item: FlatItem, index: usize, findings: &mut Findings) -> LineInput {
    let (quantity, unit_price) = positive_price(item.qty, item.unit_price.0, index, findings);
    LineInput {
        name: item.description,
        seller_item_id: item.id.map(text_of),
        quantity,
        unit_price,
        net_amount: item.total,
        ..LineInput::default()
    }
}

/// A price is never negative (BR-27), but flat files write discounts so: the sign goes to the quantity.
fn positive_price(
    quantity: Option<Decimal>,
    price: Option<Decimal>,
    index: usize,
    findings: &mut Findings,
) -> (Option<Decimal>, Option<Decimal>) {
    let Some(price) = price.filter(|price| price.is_negative()) else {
        return (quantity, price);
    };
    let quantity = quantity.unwrap_or(Decimal::ONE).negated();
    let message = format!("a price is not negative: taken as {quantity} for {}", price.negated());
    findings.warning(Finding::new(format!("/lines/{index}/unit_price"), "BR-27", message).found(price.to_string()));
    (Some(quantity), Some(price.negated()))
}
