//! The columns of the table: as wide as their figures, the rest for the description.

use invoice::{Line, LineEntry};

use super::geometry::{BASE, GUTTER, Geometry, QUIET, SMALL};
use super::table::amount_label;
use crate::facts::{Facts, LineFigures, has_item_ids, has_several_rates, has_units, subtotal_facts, unit_label};
use crate::font::Weight;
use crate::text::{Length, TextStyle, points, width};

/// Item identifiers wider than this are broken.
const WIDEST_ITEM: Length = points(82);
/// The description keeps at least this, in smaller figures if need be.
const NARROWEST_TEXT: Length = points(120);
/// The sizes of figures that are tried in turn.
const FIGURE_SIZES: [i32; 5] = [90, 80, 70, 60, 50];

/// The figures of a row, as they are printed.
#[derive(Debug)]
pub(super) struct Figures {
    pub(super) quantity: String,
    pub(super) unit: &'static str,
    pub(super) price: String,
    pub(super) rate: String,
    pub(super) amount: String,
}

impl Figures {
    pub(super) fn of(line: &Line, facts: &Facts<'_>) -> Self {
        let figures = LineFigures::of(line);
        let numbers = &facts.numbers;
        let rate = match line.tax_rate {
            Some(rate) if has_several_rates(facts.invoice) => numbers.percent(rate, facts.wording),
            _ => String::new(),
        };
        Self {
            quantity: numbers.quantity(figures.quantity),
            unit: unit_label(line, facts),
            price: numbers.price(figures.price, facts.invoice.currency.minor_units()),
            rate,
            amount: numbers.amount(figures.amount),
        }
    }
}

/// A column of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TextColumn {
    pub(super) left: Length,
    pub(super) right: Length,
}

impl TextColumn {
    pub(super) const fn width(&self) -> Length {
        self.right - self.left
    }
}

/// A column of figures, which stand with their decimal signs under each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FigureColumn {
    pub(super) left: Length,
    pub(super) right: Length,
    /// The room of the widest fraction with its decimal sign.
    pub(super) fraction: Length,
}

impl FigureColumn {
    pub(super) const fn frame(&self) -> (Length, Length) {
        (self.left, self.right)
    }
}

/// Where the columns of the table stand.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) item: Option<TextColumn>,
    pub(super) text: TextColumn,
    pub(super) quantity: FigureColumn,
    pub(super) unit_left: Length,
    pub(super) price: FigureColumn,
    pub(super) rate: Option<FigureColumn>,
    pub(super) amount: FigureColumn,
    /// How figures are set: smaller where they are very long.
    pub(super) style: TextStyle,
    pub(super) decimal: char,
}

impl Columns {
    /// How the amounts of subtotals are set.
    pub(super) const fn subtotal_style(&self) -> TextStyle {
        bold(self.style)
    }
}

const fn bold(style: TextStyle) -> TextStyle {
    TextStyle { weight: Weight::Bold, ..style }
}

/// The widest parts before and after the decimal sign.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    whole: Length,
    fraction: Length,
}

impl Extent {
    fn take_in(&mut self, text: &str, decimal: char, style: TextStyle) {
        let at = text.find(decimal).unwrap_or(text.len());
        self.whole = self.whole.max(width(&text[..at], style));
        self.fraction = self.fraction.max(width(&text[at..], style));
    }

    const fn width(self) -> Length {
        self.whole + self.fraction
    }
}

/// The widths of all columns but the description.
struct Widths {
    item: Length,
    quantity: Extent,
    unit: Length,
    price: Extent,
    rate: Extent,
    amount: Extent,
}

impl Columns {
    pub(super) fn measure(facts: &Facts<'_>, figures: &[Figures], geometry: &Geometry) -> Self {
        let mut columns = Self::measure_at(FIGURE_SIZES[0], facts, figures, geometry);
        for size in &FIGURE_SIZES[1..] {
            if columns.text.width() >= NARROWEST_TEXT {
                break;
            }
            columns = Self::measure_at(*size, facts, figures, geometry);
        }
        columns
    }

    fn measure_at(size: i32, facts: &Facts<'_>, figures: &[Figures], geometry: &Geometry) -> Self {
        let style = TextStyle { size, ..BASE };
        let decimal = facts.numbers.decimal;
        let widths = Widths::of(facts, figures, style);
        let wording = facts.wording;
        let at_least = |extent: Extent, label: &str| extent.width().max(width(label, SMALL));

        let amount_right = geometry.right;
        let amount_left = amount_right - at_least(widths.amount, &amount_label(facts));
        let mut right = amount_left - GUTTER;
        let rate = has_several_rates(facts.invoice).then(|| {
            let left = right - at_least(widths.rate, &facts.tax_name);
            let column = FigureColumn { left, right, fraction: widths.rate.fraction };
            right = left - GUTTER;
            column
        });
        let price_left = right - at_least(widths.price, wording.unit_price);
        let price = FigureColumn { left: price_left, right, fraction: widths.price.fraction };
        right = price_left - GUTTER;
        if has_units(facts.invoice) {
            right -= widths.unit + points(3);
        }
        let unit_left = right + points(3);
        let quantity_left = right - at_least(widths.quantity, wording.quantity);
        let quantity = FigureColumn { left: quantity_left, right, fraction: widths.quantity.fraction };
        right = quantity_left - GUTTER;

        let item =
            has_item_ids(facts.invoice).then(|| TextColumn { left: geometry.left, right: geometry.left + widths.item });
        let text_left = item.map_or(geometry.left, |column| column.right + GUTTER);
        Self {
            item,
            // However long the figures are, a description gets room for some letters.
            text: TextColumn { left: text_left, right: right.max(text_left + points(24)) },
            quantity,
            unit_left,
            price,
            rate,
            amount: FigureColumn { left: amount_left, right: amount_right, fraction: widths.amount.fraction },
            style,
            decimal,
        }
    }
}

impl Widths {
    fn of(facts: &Facts<'_>, figures: &[Figures], style: TextStyle) -> Self {
        let ids = facts.invoice.lines.iter().filter_map(|line| line.seller_item_id.as_deref());
        let widest_id = ids.map(|id| width(id, QUIET)).max().unwrap_or_default();
        let mut widths = Self {
            item: widest_id.clamp(width(facts.wording.item, SMALL), WIDEST_ITEM),
            quantity: Extent::default(),
            unit: 0,
            price: Extent::default(),
            rate: Extent::default(),
            amount: Extent::default(),
        };
        let decimal = facts.numbers.decimal;
        for row in figures {
            widths.quantity.take_in(&row.quantity, decimal, style);
            widths.price.take_in(&row.price, decimal, style);
            widths.amount.take_in(&row.amount, decimal, style);
            widths.rate.whole = widths.rate.whole.max(width(&row.rate, style));
            widths.unit = widths.unit.max(width(row.unit, QUIET));
        }
        for entry in facts.invoice.lines.entries() {
            if let LineEntry::Subtotal(subtotal) = entry {
                let amount = facts.numbers.amount(subtotal_facts(subtotal, facts).1);
                widths.amount.take_in(&amount, decimal, bold(style));
            }
        }
        let total = facts.numbers.amount(facts.invoice.totals.total_with_tax);
        widths.amount.take_in(&total, decimal, style);
        widths
    }
}
