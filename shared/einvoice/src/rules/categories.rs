//! Which tax numbers the categories ask for (BR-S-02 to -04 and their like of Z, E, L and M).
//!
//! Those of AE, K, G and O every invoice keeps that the model gives.

use invoice::{Finding, TaxCategory};

use super::Faults;
use crate::document::Document;

/// The rules of a category for lines, allowances and charges.
const RULES: [(TaxCategory, [&str; 3]); 5] = [
    (TaxCategory::S, ["BR-S-02", "BR-S-03", "BR-S-04"]),
    (TaxCategory::Z, ["BR-Z-02", "BR-Z-03", "BR-Z-04"]),
    (TaxCategory::E, ["BR-E-02", "BR-E-03", "BR-E-04"]),
    (TaxCategory::L, ["BR-AF-02", "BR-AF-03", "BR-AF-04"]),
    (TaxCategory::M, ["BR-AG-02", "BR-AG-03", "BR-AG-04"]),
];

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let represented = invoice.tax_representative.as_ref().is_some_and(|party| party.vat_id.is_some());
    if invoice.seller.vat_id.is_some() || invoice.seller.tax_id.is_some() || represented {
        return;
    }
    for (category, [line, allowance, charge]) in RULES {
        let places = [
            (line, invoice.lines.iter().any(|line| line.tax_category == category)),
            (allowance, invoice.allowances.iter().any(|allowance| allowance.tax_category == category)),
            (charge, invoice.charges.iter().any(|charge| charge.tax_category == category)),
        ];
        for (rule, _) in places.into_iter().filter(|(_, is_there)| *is_there) {
            let message = format!("category {} needs the seller's VAT number or tax number", category.code());
            let finding = Finding::new("/seller/vat_id".to_owned(), rule, message);
            report.fault("BT-31", finding.expected("a vat_id or a tax_id"));
        }
    }
}
