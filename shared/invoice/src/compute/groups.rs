//! The VAT breakdown (BG-23).

use std::collections::BTreeMap;

use super::Computation;
use super::tax::TaxKey;
use crate::code_lists::ExemptionReasonCode;
use crate::figures::{Amount, Exact};
use crate::input::TaxExemptionInput;
use crate::model::{TaxCategory, TaxGroup};

/// Sums up taxable amounts by category and rate, and takes the tax of each sum once (BR-CO-17).
pub(crate) fn tax_groups(
    taxable: impl Iterator<Item = (TaxKey, Amount)>,
    exemptions: &[TaxExemptionInput],
    is_untaxed_by_default: bool,
    computation: &mut Computation<'_>,
) -> Option<Vec<TaxGroup>> {
    let zero = Amount::zero(computation.currency);
    let mut sums: BTreeMap<TaxKey, Amount> = BTreeMap::new();
    for (tax, amount) in taxable {
        let sum = sums.entry(tax).or_insert(zero);
        *sum = sum.plus(amount);
    }
    let mut groups = Vec::with_capacity(sums.len());
    for (index, (tax, sum)) in sums.into_iter().enumerate() {
        let taxable_amount = computation.in_range(sum, || "/lines".to_owned())?;
        let exact = Exact::from(taxable_amount).percent(tax.percentage());
        let tax_amount = computation.round(exact, || format!("/tax_breakdown/{index}/tax_amount"))?;
        let (exemption_reason, exemption_reason_code) = match tax.category {
            TaxCategory::O if is_untaxed_by_default => (None, None),
            category => exemption(category, exemptions),
        };
        groups.push(TaxGroup {
            taxable_amount,
            tax_amount,
            category: tax.category,
            rate: tax.rate,
            exemption_reason,
            exemption_reason_code,
        });
    }
    Some(groups)
}

/// Why a category has no tax: as was sent, else the usual reason (BR-AE-10, BR-IC-10, BR-G-10, BR-O-10).
fn exemption(category: TaxCategory, exemptions: &[TaxExemptionInput]) -> (Option<String>, Option<ExemptionReasonCode>) {
    let sent = exemptions.iter().find(|exemption| exemption.tax_category.0 == Some(category));
    if let Some(exemption) = sent {
        return (exemption.reason.clone(), exemption.reason_code);
    }
    let (reason, code) = match category {
        TaxCategory::AE => ("Reverse charge", "VATEX-EU-AE"),
        TaxCategory::K => ("Intra-Community supply", "VATEX-EU-IC"),
        TaxCategory::G => ("Export outside the EU", "VATEX-EU-G"),
        TaxCategory::O => ("Not subject to VAT", "VATEX-EU-O"),
        _ => return (None, None),
    };
    (Some(reason.to_owned()), ExemptionReasonCode::from_code(code))
}
