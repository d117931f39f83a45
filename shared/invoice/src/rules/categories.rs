//! The conditions of the tax categories.

use std::collections::BTreeSet;

use crate::compute::TaxKey;
use crate::finding::{Finding, Findings};
use crate::input::{InvoiceInput, TaxExemptionInput};
use crate::model::TaxCategory;

/// Checks the conditions of all categories that the lines have.
pub(crate) fn check_categories<'k>(
    input: &InvoiceInput,
    keys: impl Iterator<Item = &'k TaxKey>,
    findings: &mut Findings,
) {
    let categories: BTreeSet<TaxCategory> = keys.map(|key| key.category).collect();
    let parties = PartyNumbers::of(input);
    for category in &categories {
        match category {
            TaxCategory::AE => check_reverse_charge(&parties, findings),
            TaxCategory::K => check_intra_community(input, &parties, findings),
            TaxCategory::G => require(
                parties.seller_vat,
                "/seller/vat_id",
                "BR-G-02",
                "an export (G) needs the seller's VAT number",
                findings,
            ),
            TaxCategory::O => check_not_subject(&parties, &categories, findings),
            _ => {}
        }
    }
    // Where a line could not be read, its category may be the one that an exemption is for.
    let is_complete = input.lines.0.as_ref().is_some_and(|lines| !lines.is_empty());
    if is_complete {
        check_exemptions(&input.tax_exemptions, &categories, findings);
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

fn check_reverse_charge(parties: &PartyNumbers, findings: &mut Findings) {
    let message = "a reverse charge (AE) needs the seller's VAT number or tax number";
    require(parties.seller_vat_or_tax, "/seller/vat_id", "BR-AE-02", message, findings);
    let message = "a reverse charge (AE) needs the buyer's VAT number or legal id";
    require(parties.buyer_vat_or_legal, "/buyer/vat_id", "BR-AE-02", message, findings);
}

fn check_intra_community(input: &InvoiceInput, parties: &PartyNumbers, findings: &mut Findings) {
    let message = "an intra-community supply (K) needs the seller's VAT number";
    require(parties.seller_vat, "/seller/vat_id", "BR-IC-02", message, findings);
    let message = "an intra-community supply (K) needs the buyer's VAT number";
    require(parties.buyer_vat, "/buyer/vat_id", "BR-IC-02", message, findings);
    let delivery = input.delivery.as_ref();
    let is_dated = delivery.is_some_and(|delivery| delivery.date.is_some()) || input.period.is_some();
    let message = "an intra-community supply (K) needs the date of delivery or the invoicing period";
    require(is_dated, "/delivery/date", "BR-IC-11", message, findings);
    let address = delivery.and_then(|delivery| delivery.address.as_ref());
    let is_placed = address.is_some_and(|address| address.country.is_some());
    let message = "an intra-community supply (K) needs the country of delivery";
    require(is_placed, "/delivery/address/country", "BR-IC-12", message, findings);
}

fn check_not_subject(parties: &PartyNumbers, categories: &BTreeSet<TaxCategory>, findings: &mut Findings) {
    for pointer in &parties.vat_ids {
        let message = "an invoice that is not subject to VAT (O) has no VAT numbers";
        findings.fault(Finding::new((*pointer).to_owned(), "BR-O-02", message).expected("nothing"));
    }
    if categories.len() > 1 {
        let others: Vec<&str> = categories.iter().map(|category| category.code()).filter(|code| *code != "O").collect();
        let message = "what is not subject to VAT (O) cannot share an invoice with other categories";
        let finding = Finding::new("/lines".to_owned(), "BR-O-11", message);
        findings.fault(finding.expected("O alone").found(format!("O and {}", others.join(", "))));
    }
}

/// Checks that exempt categories have their reason (BR-E-10), and that reasons belong to a category that is there and
/// has no tax (BR-S-10, BR-Z-10, BR-AF-10, BR-AG-10).
fn check_exemptions(exemptions: &[TaxExemptionInput], categories: &BTreeSet<TaxCategory>, findings: &mut Findings) {
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
            _ => None,
        };
        let problem = match rule {
            Some(rule) => Some((rule, "has no exemption reason")),
            None if !categories.contains(&category) => Some(("tax-exemption", "is on no line of this invoice")),
            None if !seen.insert(category) => Some(("tax-exemption", "has two exemption reasons")),
            None => None,
        };
        if let Some((rule, problem)) = problem {
            let message = format!("category {} {problem}", category.code());
            findings.fault(Finding::new(format!("{pointer}/tax_category"), rule, message).found(category.code()));
        }
    }
    let has_reason = exemptions.iter().any(|exemption| exemption.tax_category.0 == Some(TaxCategory::E));
    if categories.contains(&TaxCategory::E) && !has_reason {
        let message = "category E (exempt) needs a reason: an entry with a reason or a reason_code";
        findings.fault(Finding::new("/tax_exemptions".to_owned(), "BR-E-10", message));
    }
}
