//! The rows from the subtotal to the amount due.

use std::borrow::Cow;

use invoice::{Adjustment, Amount, Balance, Decimal, Invoice, Prepayment, TaxCategory, TaxGroup};

use super::lines::{LineFigures, adjustment_label};
use super::{Facts, shows_prices_with_tax};

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
    /// Lines, allowances and charges with tax, as they were given (beyond the norm).
    Gross,
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
    // Without tax the total is the row above.
    let above = if rows.len() > 1 { totals.total_with_tax } else { totals.total_without_tax };
    let corrections = corrections(facts, above);
    if !corrections.is_empty() {
        if rows.len() > 1 {
            rows.push(row(wording.total_with_tax, totals.total_with_tax, TotalKind::WithTax));
        }
        rows.extend(corrections);
    }
    // A subtotal that is the amount due says nothing.
    if rows.len() == 1 {
        rows.clear();
    }
    let label = match facts.balance {
        Balance::Due(_) => wording.amount_due,
        Balance::Credited(_) => wording.amount_credited,
        Balance::Paid(_) | Balance::Nothing(_) => wording.nothing_to_pay,
        Balance::BelowZero(_) => wording.balance,
    };
    rows.push(row(label, facts.balance.amount(), TotalKind::Due));
    rows
}

fn row<'a>(label: impl Into<Cow<'a, str>>, amount: Amount, kind: TotalKind) -> Total<'a> {
    Total { label: label.into(), amount, kind }
}

fn before_tax<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let invoice = facts.invoice;
    let wording = facts.wording;
    let totals = &invoice.totals;
    let is_gross = shows_prices_with_tax(invoice);
    if invoice.allowances.is_empty() && invoice.charges.is_empty() {
        let label = if is_gross { wording.total_without_tax } else { wording.subtotal };
        return vec![row(label, totals.line_total, TotalKind::Lines)];
    }
    // Amounts that were given with tax stand as they were given, and add up to what is then taken apart.
    let lines = if is_gross {
        row(wording.subtotal_with_tax, gross_of_lines(invoice), TotalKind::Lines)
    } else {
        row(wording.subtotal, totals.line_total, TotalKind::Lines)
    };
    let mut rows = vec![lines];
    let given = |entry: &Adjustment| entry.amount_with_tax.filter(|_| is_gross).unwrap_or(entry.amount);
    rows.extend(invoice.allowances.iter().map(|entry| {
        row(adjustment_label(entry, wording.discount, facts), given(entry).negated(), TotalKind::Adjustment)
    }));
    rows.extend(
        invoice
            .charges
            .iter()
            .map(|entry| row(adjustment_label(entry, wording.charge, facts), given(entry), TotalKind::Adjustment)),
    );
    if is_gross {
        let units = rows.iter().map(|row| row.amount.minor_units()).sum();
        let sum = Amount::from_minor_units(units, invoice.currency);
        rows.push(row(wording.gross_total, sum, TotalKind::Gross));
    }
    rows.push(row(wording.total_without_tax, totals.total_without_tax, TotalKind::WithoutTax));
    rows
}

fn gross_of_lines(invoice: &Invoice) -> Amount {
    let units = invoice.lines.iter().map(|line| LineFigures::of(line).amount.minor_units()).sum();
    Amount::from_minor_units(units, invoice.currency)
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

/// What changes the amount due after the total. A tax names its base where that is not the sum above.
fn corrections<'a>(facts: &Facts<'a>, above: Amount) -> Vec<Total<'a>> {
    let invoice = facts.invoice;
    let wording = facts.wording;
    let totals = &invoice.totals;
    let mut rows = Vec::new();
    let named = |name: &str, rate: Option<Decimal>, base: Option<Amount>| {
        let rate = rate.map(|rate| format!(" {}", facts.numbers.percent(rate, wording))).unwrap_or_default();
        let tax = format!("{name}{rate}");
        match base.filter(|base| *base != above) {
            Some(base) => wording.tax_of.fill(&[("tax", &tax), ("base", &facts.numbers.amount(base))]),
            None => tax,
        }
    };
    rows.extend(
        invoice
            .other_taxes
            .iter()
            .map(|tax| row(named(&tax.name, tax.rate, tax.base_amount), tax.amount, TotalKind::Correction)),
    );
    rows.extend(invoice.withholding_taxes.iter().map(|tax| {
        let tax_and_base = named(&tax.name, Some(tax.rate), Some(tax.base_amount));
        row(wording.withheld.fill(&[("tax", &tax_and_base)]), tax.amount.negated(), TotalKind::Correction)
    }));
    rows.extend(paid(facts));
    if !totals.rounding_amount.is_zero() {
        rows.push(row(wording.rounding, totals.rounding_amount, TotalKind::Correction));
    }
    rows
}

/// What is paid already: deposits one by one, else their sum, and the rest where the document is paid.
fn paid<'a>(facts: &Facts<'a>) -> Vec<Total<'a>> {
    let invoice = facts.invoice;
    let wording = facts.wording;
    let prepaid = invoice.totals.prepaid_amount;
    let label =
        if facts.balance == Balance::Paid(Amount::zero(invoice.currency)) { wording.paid } else { wording.prepaid };
    let mut rows: Vec<Total<'a>> = if invoice.prepayments.is_empty() {
        (!prepaid.is_zero()).then(|| row(label, prepaid.negated(), TotalKind::Correction)).into_iter().collect()
    } else {
        let deposits = invoice.prepayments.iter();
        deposits
            .map(|one| row(prepayment_label(one, label, facts), one.amount.negated(), TotalKind::Correction))
            .collect()
    };
    match facts.balance {
        Balance::Paid(rest) if !rest.is_zero() => rows.push(row(wording.paid, rest.negated(), TotalKind::Correction)),
        _ => {}
    }
    rows
}

/// For example `Paid already HP-2026-0081, 20 February 2026 (incl. VAT 19% 19.00)`.
fn prepayment_label(prepayment: &Prepayment, label: &str, facts: &Facts<'_>) -> String {
    let wording = facts.wording;
    let date = prepayment.date.map(|date| facts.numbers.date(date));
    let document = [prepayment.number.as_deref(), date.as_deref()];
    let document = document.into_iter().flatten().collect::<Vec<_>>().join(", ");
    let tax = prepayment.tax_amount.map(|amount| {
        let rate = prepayment.tax_rate.map(|rate| format!(" {}", facts.numbers.percent(rate, wording)));
        let name = format!("{}{}", facts.tax_name, rate.unwrap_or_default());
        let text = wording.prepaid_tax.fill(&[("tax", &name), ("amount", &facts.numbers.amount(amount))]);
        format!("({text})")
    });
    let parts = [label, &document, tax.as_deref().unwrap_or_default()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}
