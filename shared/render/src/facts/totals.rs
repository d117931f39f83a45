//! The rows from the subtotal to the amount due.

use std::borrow::Cow;

use invoice::{Amount, Decimal, TaxCategory, TaxGroup};

use super::Facts;
use super::lines::adjustment_label;

/// A row of the totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total<'a> {
    pub(crate) label: Cow<'a, str>,
    /// With its sign: what is subtracted is negative.
    pub(crate) amount: Amount,
    pub(crate) kind: TotalKind,
}

/// Which figure of the invoice a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TotalKind {
    /// The sum of the lines (BT-106).
    Lines,
    /// An allowance or a charge of the document (BT-92, BT-99).
    Adjustment,
    /// The total without tax (BT-109).
    WithoutTax,
    /// The tax of a group (BT-117).
    Tax { taxable: Amount, rate: Option<Decimal> },
    /// The total with tax (BT-112).
    WithTax,
    /// What changes the amount due after the total: prepaid, rounding, other and withheld taxes.
    Correction,
    /// What is to be paid in the end.
    Due,
}

pub(crate) fn totals<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let totals = &facts.invoice.totals;
    let wording = facts.wording;
    let mut rows = before_tax(facts);
    rows.extend(taxes(facts));
    let corrections = corrections(facts);
    if !corrections.is_empty() {
        // Without tax the total is the row above.
        if rows.len() > 1 {
            rows.push(row(wording.total_with_tax, totals.total_with_tax, TotalKind::WithTax));
        }
        rows.extend(corrections);
    }
    // A subtotal that is the amount due says nothing.
    if rows.len() == 1 {
        rows.clear();
    }
    let is_credit = facts.invoice.type_code.is_credit_note();
    let label = if is_credit { wording.amount_credited } else { wording.amount_due };
    rows.push(row(label, totals.amount_to_pay, TotalKind::Due));
    rows
}

fn row<'a>(label: impl Into<Cow<'a, str>>, amount: Amount, kind: TotalKind) -> Total<'a> {
    Total { label: label.into(), amount, kind }
}

fn before_tax<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let invoice = facts.invoice;
    let wording = facts.wording;
    let totals = &invoice.totals;
    if invoice.allowances.is_empty() && invoice.charges.is_empty() {
        let label = if invoice.prices_include_tax { wording.total_without_tax } else { wording.subtotal };
        return vec![row(label, totals.line_total, TotalKind::Lines)];
    }
    let mut rows = vec![row(wording.subtotal, totals.line_total, TotalKind::Lines)];
    rows.extend(invoice.allowances.iter().map(|entry| {
        row(adjustment_label(entry, wording.discount, facts), entry.amount.negated(), TotalKind::Adjustment)
    }));
    rows.extend(
        invoice
            .charges
            .iter()
            .map(|entry| row(adjustment_label(entry, wording.charge, facts), entry.amount, TotalKind::Adjustment)),
    );
    rows.push(row(wording.total_without_tax, totals.total_without_tax, TotalKind::WithoutTax));
    rows
}

fn taxes<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let groups = &facts.invoice.tax_breakdown;
    // What is not subject to tax has no row of its own; its reason stands among the notes.
    let is_untaxed = groups.iter().all(|group| group.category == TaxCategory::O);
    if is_untaxed {
        return Vec::new();
    }
    groups
        .iter()
        .map(|group| {
            let kind = TotalKind::Tax { taxable: group.taxable_amount, rate: group.rate };
            row(tax_label(group, facts), group.tax_amount, kind)
        })
        .collect()
}

/// For example `VAT 20% of 1,525.50`, or `Reverse charge of 1,525.50`.
fn tax_label(group: &TaxGroup, facts: &Facts<'_>) -> String {
    let wording = facts.wording;
    let base = facts.numbers.amount(group.taxable_amount);
    let name = match group.category {
        TaxCategory::E => wording.exempt.to_owned(),
        TaxCategory::AE => wording.reverse_charge.to_owned(),
        TaxCategory::K => wording.intra_community.to_owned(),
        TaxCategory::G => wording.export.to_owned(),
        TaxCategory::O => wording.no_tax.to_owned(),
        TaxCategory::S | TaxCategory::Z | TaxCategory::L | TaxCategory::M | TaxCategory::B => {
            format!("{} {}", facts.tax_name, facts.numbers.percent(group.rate.unwrap_or_default(), wording))
        }
    };
    wording.tax_of.fill(&[("tax", &name), ("base", &base)])
}

fn corrections<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let invoice = facts.invoice;
    let wording = facts.wording;
    let totals = &invoice.totals;
    let mut rows = Vec::new();
    let named = |name: &str, rate: Option<Decimal>| match rate {
        Some(rate) => format!("{name} {}", facts.numbers.percent(rate, wording)),
        None => name.to_owned(),
    };
    rows.extend(
        invoice.other_taxes.iter().map(|tax| row(named(&tax.name, tax.rate), tax.amount, TotalKind::Correction)),
    );
    rows.extend(invoice.withholding_taxes.iter().map(|tax| {
        let label = wording.withheld.fill(&[("tax", &named(&tax.name, Some(tax.rate)))]);
        row(label, tax.amount.negated(), TotalKind::Correction)
    }));
    if !totals.prepaid_amount.is_zero() {
        rows.push(row(wording.prepaid, totals.prepaid_amount.negated(), TotalKind::Correction));
    }
    if !totals.rounding_amount.is_zero() {
        rows.push(row(wording.rounding, totals.rounding_amount, TotalKind::Correction));
    }
    rows
}
