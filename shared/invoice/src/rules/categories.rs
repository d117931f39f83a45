//! The conditions of the tax categories.

use std::collections::{BTreeMap, BTreeSet};

use super::parties::{is_seller_in_european_union, warn_of_missing};
use crate::compute::{TaxKey, TaxPlace, says_nothing_of_tax};
use crate::finding::{Finding, Findings};
use crate::input::{InvoiceInput, TaxExemptionInput};
use crate::model::TaxCategory;

/// Checks the conditions of all categories that lines, allowances and charges have.
///
/// `is_complete` tells whether these are all of them, `are_exemptions_readable` whether the reasons could be read.
pub(crate) fn check_categories(
    input: &InvoiceInput,
    taxes: &[(TaxKey, TaxPlace)],
    (is_complete, are_exemptions_readable): (bool, bool),
    findings: &mut Findings,
) {
    // Where a category stands at several places, its rule is that of the first: lines, allowances, charges.
    let mut categories: BTreeMap<TaxCategory, TaxPlace> = BTreeMap::new();
    for (tax, place) in taxes {
        let first = categories.entry(tax.category).or_insert(*place);
        *first = (*first).min(*place);
    }
    let parties = PartyNumbers::of(input);
    for (category, place) in &categories {
        match category {
            TaxCategory::AE => check_reverse_charge(&parties, *place, findings),
            TaxCategory::K => check_intra_community(input, &parties, *place, findings),
            TaxCategory::G => require(
                parties.seller_vat,
                "/seller/vat_id",
                by_place(["BR-G-02", "BR-G-03", "BR-G-04"], *place),
                "an export (G) needs the seller's VAT number",
                findings,
            ),
            TaxCategory::O => check_not_subject(&parties, *place, &categories, findings),
            TaxCategory::B => check_split_payment(input, &categories, findings),
            TaxCategory::S | TaxCategory::Z | TaxCategory::E | TaxCategory::L | TaxCategory::M => {}
        }
    }
    if is_seller_in_european_union(input) {
        warn_of_european_union(input, &parties, &categories, findings);
    }
    if are_exemptions_readable {
        check_exemptions(&input.tax_exemptions, &categories, is_complete, findings);
    }
}

/// The rule of a category by the place where it stands: line, allowance or charge.
fn by_place([line, allowance, charge]: [&'static str; 3], place: TaxPlace) -> &'static str {
    match place {
        TaxPlace::Line => line,
        TaxPlace::Allowance => allowance,
        TaxPlace::Charge => charge,
    }
}

/// What a legal e-invoice of the European Union needs by the categories that it has.
fn warn_of_european_union(
    input: &InvoiceInput,
    parties: &PartyNumbers,
    categories: &BTreeMap<TaxCategory, TaxPlace>,
    findings: &mut Findings,
) {
    for (category, place) in categories {
        let rules = match category {
            TaxCategory::S => ["BR-S-02", "BR-S-03", "BR-S-04"],
            TaxCategory::Z => ["BR-Z-02", "BR-Z-03", "BR-Z-04"],
            TaxCategory::E => ["BR-E-02", "BR-E-03", "BR-E-04"],
            TaxCategory::L => ["BR-AF-02", "BR-AF-03", "BR-AF-04"],
            TaxCategory::M => ["BR-AG-02", "BR-AG-03", "BR-AG-04"],
            _ => continue,
        };
        if !parties.seller_vat_or_tax {
            let what = "the seller's VAT number or tax number";
            warn_of_missing("/seller/vat_id", by_place(rules, *place), what, findings);
        }
    }
    if categories.contains_key(&TaxCategory::O) && says_nothing_of_tax(input) {
        warn_of_missing("/tax_exemptions", "BR-O-10", "the reason why there is no tax (category O)", findings);
    }
}

/// Checks that a split payment is one within Italy (BR-B-01) that shares the invoice with no other standard rate (BR-B-02).
fn check_split_payment(input: &InvoiceInput, categories: &BTreeMap<TaxCategory, TaxPlace>, findings: &mut Findings) {
    let parties = [(&input.seller.0, "/seller/address/country"), (&input.buyer.0, "/buyer/address/country")];
    for (party, pointer) in parties {
        let address = party.as_ref().map(|party| party.address.as_ref());
        let country = address.map(|address| address.and_then(|address| address.country));
        if country.is_some_and(|country| country.is_none_or(|country| country.code() != "IT")) {
            let message = "a split payment (B) is one between parties in Italy";
            findings.warning(Finding::new(pointer.to_owned(), "BR-B-01", message).expected("IT"));
        }
    }
    if categories.contains_key(&TaxCategory::S) {
        let message = "a split payment (B) cannot share an invoice with the standard rate (S)";
        let finding = Finding::new("/lines".to_owned(), "BR-B-02", message);
        findings.fault(finding.expected("B without S").found("B and S"));
    }
}

/// Which numbers are given for the parties. An unreadable party is taken to have all, so that nothing is said of it.
struct PartyNumbers {
    /// The seller's VAT number, or that of its tax representative.
    seller_vat: bool,
    seller_vat_or_tax: bool,
    buyer_vat: bool,
    buyer_vat_or_legal: bool,
    /// The pointers of the VAT numbers that are given.
    vat_ids: Vec<&'static str>,
}

impl PartyNumbers {
    fn of(input: &InvoiceInput) -> Self {
        let (seller, buyer) = (input.seller.0.as_ref(), input.buyer.0.as_ref());
        let represented = input.tax_representative.as_ref().is_some_and(|party| party.vat_id.is_some());
        let vat_ids = [
            (seller.is_some_and(|seller| seller.vat_id.is_some()), "/seller/vat_id"),
            (represented, "/tax_representative/vat_id"),
            (buyer.is_some_and(|buyer| buyer.vat_id.is_some()), "/buyer/vat_id"),
        ];
        let seller_vat = represented || seller.is_none_or(|seller| seller.vat_id.is_some());
        Self {
            seller_vat,
            seller_vat_or_tax: seller_vat || seller.is_some_and(|seller| seller.tax_id.is_some()),
            buyer_vat: buyer.is_none_or(|buyer| buyer.vat_id.is_some()),
            buyer_vat_or_legal: buyer.is_none_or(|buyer| buyer.vat_id.is_some() || buyer.legal_id.is_some()),
            vat_ids: vat_ids.into_iter().filter(|(is_given, _)| *is_given).map(|(_, pointer)| pointer).collect(),
        }
    }
}

fn require(is_given: bool, pointer: &str, rule: &'static str, message: &str, findings: &mut Findings) {
    if !is_given {
        findings.fault(Finding::new(pointer.to_owned(), rule, message).expected("a value"));
    }
}

fn check_reverse_charge(parties: &PartyNumbers, place: TaxPlace, findings: &mut Findings) {
    let rule = by_place(["BR-AE-02", "BR-AE-03", "BR-AE-04"], place);
    let message = "a reverse charge (AE) needs the seller's VAT number or tax number";
    require(parties.seller_vat_or_tax, "/seller/vat_id", rule, message, findings);
    let message = "a reverse charge (AE) needs the buyer's VAT number or legal id";
    require(parties.buyer_vat_or_legal, "/buyer/vat_id", rule, message, findings);
}

fn check_intra_community(input: &InvoiceInput, parties: &PartyNumbers, place: TaxPlace, findings: &mut Findings) {
    let rule = by_place(["BR-IC-02", "BR-IC-03", "BR-IC-04"], place);
    let message = "an intra-community supply (K) needs the seller's VAT number";
    require(parties.seller_vat, "/seller/vat_id", rule, message, findings);
    let message = "an intra-community supply (K) needs the buyer's VAT number";
    require(parties.buyer_vat, "/buyer/vat_id", rule, message, findings);
    let delivery = input.delivery.as_ref();
    let is_dated = delivery.is_some_and(|delivery| delivery.date.is_some()) || input.period.is_some();
    let message = "an intra-community supply (K) needs the date of delivery or the invoicing period";
    require(is_dated, "/delivery/date", "BR-IC-11", message, findings);
    let address = delivery.and_then(|delivery| delivery.address.as_ref());
    let is_placed = address.is_some_and(|address| address.country.is_some());
    let message = "an intra-community supply (K) needs the country of delivery";
    require(is_placed, "/delivery/address/country", "BR-IC-12", message, findings);
}

fn check_not_subject(
    parties: &PartyNumbers,
    place: TaxPlace,
    categories: &BTreeMap<TaxCategory, TaxPlace>,
    findings: &mut Findings,
) {
    let rule = by_place(["BR-O-02", "BR-O-03", "BR-O-04"], place);
    for pointer in &parties.vat_ids {
        let message = "an invoice that is not subject to VAT (O) has no VAT numbers";
        findings.fault(Finding::new((*pointer).to_owned(), rule, message).expected("nothing"));
    }
    if categories.len() > 1 {
        let others: Vec<&str> = categories.keys().map(|category| category.code()).filter(|code| *code != "O").collect();
        let message = "what is not subject to VAT (O) cannot share an invoice with other categories";
        let finding = Finding::new("/lines".to_owned(), "BR-O-11", message);
        findings.fault(finding.expected("O alone").found(format!("O and {}", others.join(", "))));
    }
}

/// Checks that exempt categories have their reason (BR-E-10), and that reasons belong to a category that is there and
/// has no tax (BR-S-10, BR-Z-10, BR-AF-10, BR-AG-10).
fn check_exemptions(
    exemptions: &[TaxExemptionInput],
    categories: &BTreeMap<TaxCategory, TaxPlace>,
    is_complete: bool,
    findings: &mut Findings,
) {
    let mut seen = BTreeSet::new();
    for (index, exemption) in exemptions.iter().enumerate() {
        let Some(category) = exemption.tax_category.0 else {
            continue;
        };
        let pointer = format!("/tax_exemptions/{index}");
        if exemption.reason.is_none() && exemption.reason_code.is_none() {
            let message = "a reason or a reason_code is required";
            findings.fault(Finding::new(format!("{pointer}/reason"), "tax-exemption", message));
        }
        let rule = match category {
            TaxCategory::S => Some("BR-S-10"),
            TaxCategory::Z => Some("BR-Z-10"),
            TaxCategory::L => Some("BR-AF-10"),
            TaxCategory::M => Some("BR-AG-10"),
            // A split payment has its tax, only another payer: the norm has no rule of its own about its reason.
            TaxCategory::B => Some("tax-exemption"),
            _ => None,
        };
        let problem = match rule {
            Some(rule) => Some((rule, "has no exemption reason")),
            None if is_complete && !categories.contains_key(&category) => {
                Some(("tax-exemption", "is on no line, allowance or charge of this invoice"))
            }
            None if !seen.insert(category) => Some(("tax-exemption", "has two exemption reasons")),
            None => None,
        };
        if let Some((rule, problem)) = problem {
            let message = format!("category {} {problem}", category.code());
            findings.fault(Finding::new(format!("{pointer}/tax_category"), rule, message).found(category.code()));
        }
    }
    let has_reason = exemptions.iter().any(|exemption| exemption.tax_category.0 == Some(TaxCategory::E));
    if categories.contains_key(&TaxCategory::E) && !has_reason {
        let message = "category E (exempt) needs a reason: an entry with a reason or a reason_code";
        findings.fault(Finding::new("/tax_exemptions".to_owned(), "BR-E-10", message));
    }
}
