//! Where in a flat document a place of the full form comes from.

use super::{FlatInput, FlatItem};

/// Places of the full form and the flat keys they come from; the first that the place begins with holds.
const PLACES: &[(&str, &str)] = &[
    ("/number", "/invoice_no"),
    ("/issue_date", "/date"),
    ("/seller/address", "/company_address"),
    ("/seller/contact", "/company_phone"),
    ("/seller", "/company_name"),
    ("/buyer/address", "/bill_to_address"),
    ("/buyer", "/bill_to_name"),
    ("/delivery/address", "/ship_to_address"),
    ("/delivery", "/ship_to_name"),
    ("/totals/total_without_tax", "/subtotal"),
    ("/totals/tax_total", "/tax_amount"),
    ("/totals/total_with_tax", "/total_amount"),
];

/// Members of a line and the keys of a flat item they come from.
const LINE_PLACES: &[(&str, &str)] = &[
    ("name", "description"),
    ("quantity", "qty"),
    ("net_amount", "total"),
    ("amount_before_adjustments", "total"),
    ("amount_with_tax", "total"),
    ("seller_item_id", "id"),
];

/// The pointer into the flat document that a pointer into the full form stands for.
pub(crate) fn place(pointer: &str) -> String {
    if let Some(rest) = pointer.strip_prefix("/lines") {
        return format!("/items{}", item_place(rest));
    }
    let known = PLACES.iter().find(|(full, _)| pointer.starts_with(full));
    known.map_or_else(|| pointer.to_owned(), |(_, flat)| (*flat).to_owned())
}

/// Whether the flat form has a place of its own for what a pointer into the full form leads to.
pub(crate) fn has_place(pointer: &str) -> bool {
    if let Some(item) = pointer.strip_prefix("/lines") {
        let member = item.rsplit_once('/').map_or("", |(_, member)| member);
        return LINE_PLACES.iter().any(|(full, _)| *full == member) || FlatItem::MEMBERS.contains(&member);
    }
    let member = pointer.strip_prefix('/').unwrap_or_default();
    PLACES.iter().any(|(full, _)| *full == pointer) || FlatInput::MEMBERS.contains(&member)
}

/// The rest of a pointer after the list of lines, such as `/3/quantity`.
fn item_place(rest: &str) -> String {
    let Some((index, member)) = rest.rsplit_once('/') else {
        return rest.to_owned();
    };
    let known = LINE_PLACES.iter().find(|(full, _)| *full == member);
    known.map_or_else(|| rest.to_owned(), |(_, flat)| format!("{index}/{flat}"))
}
