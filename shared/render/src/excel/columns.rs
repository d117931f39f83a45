//! The columns of the sheet that looks like the invoice.

use std::ops::RangeInclusive;

use invoice::LineEntry;

use super::cells::Column;
use super::measure::characters;
use crate::facts::{Facts, LineFigures, has_item_ids, has_several_rates, has_units, subtotal_facts, unit_label};

/// The width of the description, in characters.
pub(super) const TEXT_WIDTH: f64 = 46.0;
/// Columns of units and rates always have so much room.
const LEAST_WIDTH: f64 = 8.0;
/// Figures always have so much room.
const LEAST_FIGURE_WIDTH: f64 = 12.0;
/// Amounts, under which dates stand, always have so much room.
const LEAST_AMOUNT_WIDTH: f64 = 18.0;
/// Item identifiers that are wider are broken.
pub(super) const WIDEST_ITEM: f64 = 28.0;
/// How much wider bold figures are.
const BOLD: f64 = 1.1;
/// No column is wider.
const WIDEST: f64 = 60.0;

/// The columns that this invoice needs.
pub(super) struct Columns {
    pub(super) item: Option<Column>,
    pub(super) text: Column,
    pub(super) quantity: Column,
    pub(super) unit: Option<Column>,
    pub(super) price: Column,
    pub(super) rate: Option<Column>,
    pub(super) amount: Column,
    /// The width of each in characters.
    pub(super) widths: Vec<f64>,
}

impl Columns {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let invoice = facts.invoice;
        let mut columns = 0..;
        let mut next = || columns.next().unwrap_or_default();
        let mut columns = Self {
            item: has_item_ids(invoice).then(&mut next),
            text: next(),
            quantity: next(),
            unit: has_units(invoice).then(&mut next),
            price: next(),
            rate: has_several_rates(invoice).then(&mut next),
            amount: next(),
            widths: Vec::new(),
        };
        columns.widths = columns.measured(facts);
        columns
    }

    /// The width of some columns side by side, in characters.
    pub(super) fn width(&self, columns: RangeInclusive<Column>) -> f64 {
        let (first, last) = (usize::from(*columns.start()), usize::from(*columns.end()));
        self.widths.get(first..=last).unwrap_or_default().iter().sum()
    }

    /// As wide as the names of the columns and what stands under them.
    fn measured(&self, facts: &Facts<'_>) -> Vec<f64> {
        let (invoice, numbers, wording) = (facts.invoice, &facts.numbers, facts.wording);
        let decimals = invoice.currency.minor_units();
        // The amount due is set larger and bold.
        let due = characters(&facts.amount_with_currency(facts.balance.amount())) * 1.3;
        let mut widest = Widest::default();
        widest.named([wording.item, wording.quantity, wording.unit, wording.unit_price, &facts.tax_name]);
        widest.amount = characters(&crate::pdf::amount_label(facts)).max(due).max(LEAST_AMOUNT_WIDTH);
        for line in &invoice.lines {
            let figures = LineFigures::of(line);
            let take_in = |width: &mut f64, text: &str| *width = width.max(characters(text));
            take_in(&mut widest.item, line.seller_item_id.as_deref().unwrap_or_default());
            take_in(&mut widest.quantity, &numbers.quantity(figures.quantity));
            take_in(&mut widest.unit, unit_label(line, facts));
            take_in(&mut widest.price, &numbers.price(figures.price, decimals));
            take_in(&mut widest.amount, &numbers.amount(figures.amount));
        }
        for entry in invoice.lines.entries() {
            if let LineEntry::Subtotal(subtotal) = entry {
                let amount = numbers.amount(subtotal_facts(subtotal, facts).1);
                widest.amount = widest.amount.max(characters(&amount) * BOLD);
            }
        }
        let columns = [
            self.item.map(|_| widest.item.min(WIDEST_ITEM)),
            Some(TEXT_WIDTH),
            Some(widest.quantity),
            self.unit.map(|_| widest.unit),
            Some(widest.price),
            self.rate.map(|_| widest.rate),
            Some(widest.amount),
        ];
        columns.into_iter().flatten().map(|width| width.min(WIDEST)).collect()
    }
}

/// The widths of the columns beside the description.
#[derive(Default)]
struct Widest {
    item: f64,
    quantity: f64,
    unit: f64,
    price: f64,
    rate: f64,
    amount: f64,
}

impl Widest {
    /// Takes in the names of all but the amount.
    fn named(&mut self, names: [&str; 5]) {
        let [item, quantity, unit, price, rate] = names.map(|name| characters(name).max(LEAST_WIDTH));
        let figure = LEAST_FIGURE_WIDTH;
        *self = Self {
            item: item.max(figure),
            quantity: quantity.max(figure),
            unit,
            price: price.max(figure),
            rate,
            ..Self::default()
        };
    }
}
