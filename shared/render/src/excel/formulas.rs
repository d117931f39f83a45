//! Formulas of the totals.
//!
//! A formula is written only where it gives exactly the figure of the invoice; that is checked here in whole numbers.
//! It may not, for example where prices include tax, or where a figure is text because it has too many digits.

use std::ops::Range;

use invoice::{Amount, Decimal, Invoice, Line};

use super::cells::{Column, Row, is_exact};
use crate::facts::{LineFigures, Total, TotalKind};

/// Where the lines stand on the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinesPlace {
    pub(super) first: Row,
    pub(super) last: Row,
    pub(super) amount: Column,
    pub(super) rate: Option<Column>,
}

/// The rows of the totals that were written so far, and what they hold.
pub(super) struct TotalFormulas<'a> {
    invoice: &'a Invoice,
    lines: LinesPlace,
    /// The minor units of each row from `first` on.
    rows: Vec<i128>,
    first: Row,
    /// The row that the total with tax begins with.
    base: usize,
    with_tax: Option<usize>,
    are_lines_exact: bool,
}

impl<'a> TotalFormulas<'a> {
    pub(super) fn new(invoice: &'a Invoice, lines: LinesPlace, first: Row) -> Self {
        let are_lines_exact = are_lines_exact(invoice);
        Self { invoice, lines, rows: Vec::new(), first, base: 0, with_tax: None, are_lines_exact }
    }

    /// The formula of the next row, if one gives its figure.
    pub(super) fn next(&mut self, total: &Total<'_>) -> Option<String> {
        let index = self.rows.len();
        let formula = match total.kind {
            TotalKind::Lines => self.sum_of_lines(total.amount),
            TotalKind::WithoutTax | TotalKind::Gross => self.sum_of_rows(0, total.amount),
            TotalKind::Tax { taxable, rate } => rate.and_then(|rate| self.tax(taxable, rate, total.amount)),
            TotalKind::WithTax => self.sum_of_rows(self.base, total.amount),
            TotalKind::Due if index == 0 => self.sum_of_lines(total.amount),
            TotalKind::Due => self.sum_of_rows(self.with_tax.unwrap_or(self.base), total.amount),
            TotalKind::Adjustment | TotalKind::Correction => None,
        };
        match total.kind {
            TotalKind::WithoutTax => self.base = index,
            TotalKind::WithTax => self.with_tax = Some(index),
            _ => {}
        }
        self.rows.push(total.amount.minor_units());
        formula
    }

    fn sum_of_lines(&self, amount: Amount) -> Option<String> {
        let sum: i128 = self.invoice.lines.iter().map(|line| LineFigures::of(line).amount.minor_units()).sum();
        let holds = self.are_lines_exact && sum == amount.minor_units() && is_exact(amount.to_decimal());
        // Unlike SUM, SUBTOTAL passes over the subtotals between the lines (ISO/IEC 29500-1, 18.17.7.312).
        let function = if self.invoice.lines.has_interludes() { "SUBTOTAL(9," } else { "SUM(" };
        holds.then(|| format!("={function}{})", self.line_range(self.lines.amount)))
    }

    fn sum_of_rows(&self, from: usize, amount: Amount) -> Option<String> {
        let rows = self.rows.get(from..).filter(|rows| !rows.is_empty())?;
        let are_exact = rows.iter().chain([&amount.minor_units()]).all(|units| is_exact_amount(*units, amount));
        let holds = are_exact && rows.iter().sum::<i128>() == amount.minor_units();
        let last = from + rows.len() - 1;
        holds.then(|| {
            let (first, last) = (self.cell_of_row(from), self.cell_of_row(last));
            if first == last { format!("={first}") } else { format!("=SUM({first}:{last})") }
        })
    }

    /// `ROUND(base * rate, decimals)`, of the row before or of the lines of that rate.
    fn tax(&self, taxable: Amount, rate: Decimal, tax: Amount) -> Option<String> {
        let is_exact = is_exact(taxable.to_decimal()) && is_exact(tax.to_decimal()) && self.are_lines_exact;
        if !is_exact || rounded_tax(taxable, rate)? != tax.minor_units() {
            return None;
        }
        let decimals = tax.currency().minor_units();
        let base = if self.rows.get(self.base) == Some(&taxable.minor_units()) {
            self.cell_of_row(self.base)
        } else {
            self.sum_of_rate(taxable, rate)?
        };
        Some(format!("=ROUND({base}*{rate}%,{decimals})"))
    }

    fn sum_of_rate(&self, taxable: Amount, rate: Decimal) -> Option<String> {
        let column = self.lines.rate?;
        let of_rate = |line: &&Line| line.tax_rate == Some(rate);
        let lines = self.invoice.lines.iter().filter(of_rate);
        let sum: i128 = lines.map(|line| LineFigures::of(line).amount.minor_units()).sum();
        let holds = sum == taxable.minor_units();
        holds.then(|| {
            let (rates, amounts) = (self.line_range(column), self.line_range(self.lines.amount));
            format!("SUMIF({rates},{rate}%,{amounts})")
        })
    }

    fn line_range(&self, column: Column) -> String {
        let name = column_name(column);
        format!("{name}{}:{name}{}", self.lines.first + 1, self.lines.last + 1)
    }

    fn cell_of_row(&self, index: usize) -> String {
        let row = self.first + u32::try_from(index).unwrap_or_default() + 1;
        format!("{}{row}", column_name(self.lines.amount))
    }
}

/// The formula of a subtotal of the rows of a section, if it gives its figure.
pub(super) fn sum_of_section(invoice: &Invoice, column: Column, rows: Range<Row>, amount: Amount) -> Option<String> {
    let holds = !rows.is_empty() && are_lines_exact(invoice) && is_exact(amount.to_decimal());
    let name = column_name(column);
    holds.then(|| format!("=SUBTOTAL(9,{name}{}:{name}{})", rows.start + 1, rows.end))
}

fn are_lines_exact(invoice: &Invoice) -> bool {
    invoice.lines.iter().all(|line| is_exact(LineFigures::of(line).amount.to_decimal()))
}

fn is_exact_amount(minor_units: i128, like: Amount) -> bool {
    is_exact(Amount::from_minor_units(minor_units, like.currency()).to_decimal())
}

/// The tax in minor units, rounded half away from zero.
fn rounded_tax(taxable: Amount, rate: Decimal) -> Option<i128> {
    let product = taxable.minor_units().checked_mul(rate.coefficient())?;
    let divisor = 10_i128.checked_pow(u32::from(rate.scale()) + 2)?;
    let magnitude = (product.abs().checked_mul(2)?.checked_add(divisor)?) / (2 * divisor);
    Some(magnitude * product.signum())
}

/// The letter of one of the first 26 columns.
fn column_name(column: Column) -> char {
    char::from(b'A' + u8::try_from(column).unwrap_or_default().min(25))
}
