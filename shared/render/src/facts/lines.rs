//! What is said of a line beside its name.

use invoice::{Adjustment, Amount, Decimal, Invoice, Line, Subtotal};

use super::{Facts, identifiers, references};
use crate::cldr::{country_name, unit_name};

/// The figures of a line as a document shows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineFigures {
    pub(crate) quantity: Decimal,
    pub(crate) price: Decimal,
    pub(crate) amount: Amount,
}

impl LineFigures {
    /// Where the prices that were sent include tax, so do the ones that are shown.
    pub(crate) fn of(line: &Line) -> Self {
        Self {
            quantity: line.quantity,
            price: line.price.with_tax.unwrap_or(line.price.net),
            amount: line.amount_with_tax.unwrap_or(line.net_amount),
        }
    }
}

/// A subtotal as a document shows it: its label, and its amount in the basis of the lines' amounts.
pub(crate) fn subtotal_facts<'a>(subtotal: &'a Subtotal, facts: &Facts<'_>) -> (&'a str, Amount) {
    let label = subtotal.text.as_deref().unwrap_or(facts.wording.subtotal);
    (label, subtotal.amount_with_tax.unwrap_or(subtotal.net_amount))
}

pub(crate) fn has_item_ids(invoice: &Invoice) -> bool {
    invoice.lines.iter().any(|line| line.seller_item_id.is_some())
}

pub(crate) fn has_units(invoice: &Invoice) -> bool {
    invoice.lines.iter().any(|line| line.unit.code() != PIECE)
}

/// With one rate alone the totals say it; with more the reader wants it beside each line.
pub(crate) fn has_several_rates(invoice: &Invoice) -> bool {
    invoice.tax_breakdown.len() > 1
}

/// The short form of a line's unit in the document's language; nothing where one is meant (`C62`).
pub(crate) fn unit_label(line: &Line, facts: &Facts<'_>) -> &'static str {
    match line.unit.code() {
        PIECE => "",
        code => unit_name(code, line.quantity, facts.wording.language, facts.numbers.plurals.as_ref()),
    }
}

/// The unit of what is counted without one (UN/ECE Recommendation 20).
const PIECE: &str = "C62";

/// Further facts of a line, each a line of its own under its name.
pub(crate) fn line_details(line: &Line, facts: &Facts<'_>) -> Vec<String> {
    let wording = facts.wording;
    let mut details: Vec<String> = Vec::new();
    let texts = [line.description.as_deref(), line.note.as_deref()];
    details.extend(texts.into_iter().flatten().map(str::to_owned));
    details.extend(line.period.as_ref().and_then(|period| references::period(period, &facts.numbers)));
    let labelled = [
        (wording.buyer_item, line.buyer_item_id.as_deref()),
        (wording.order_line, line.order_line_reference.as_deref()),
        (wording.accounting_reference, line.buyer_accounting_reference.as_deref()),
        (wording.invoiced_object, line.invoiced_object.as_ref().map(|object| object.id.as_str())),
        (wording.origin, line.origin_country.map(|country| country_name(country.code(), wording.language))),
    ];
    details.extend(labelled.into_iter().filter_map(|(label, text)| Some(format!("{label} {}", text?))));
    details.extend(line.standard_item_id.as_ref().map(|id| identifiers::item_identifier(id, wording)));
    details.extend(line.classifications.iter().map(identifiers::classification));
    details.extend(line.attributes.iter().map(|attribute| format!("{}: {}", attribute.name, attribute.value)));
    details.extend((!line.other_taxes.is_empty()).then(|| line.other_taxes.join(", ")));
    if line.price.base_quantity != Decimal::ONE {
        let base = facts.numbers.quantity(line.price.base_quantity);
        details.push(wording.price_per.fill(&[("quantity", &base)]));
    }
    details.extend(price_before_discount(line, facts));
    details.extend(line.allowances.iter().map(|entry| adjustment(entry, wording.discount, true, facts)));
    details.extend(line.charges.iter().map(|entry| adjustment(entry, wording.charge, false, facts)));
    details
}

/// What the price was before its discount; nothing where it has none.
fn price_before_discount(line: &Line, facts: &Facts<'_>) -> Option<String> {
    let price = &line.price;
    let discount = price.discount_with_tax.or(price.discount).filter(|discount| !discount.is_zero())?;
    let gross = price.gross_with_tax.or(price.gross)?;
    let written = |price: Decimal| facts.numbers.price(price, facts.invoice.currency.minor_units());
    let values = [("price", &*written(gross)), ("discount", &*written(discount))];
    Some(facts.wording.price_before_discount.fill(&values))
}

fn adjustment(entry: &Adjustment, label: &str, lowers: bool, facts: &Facts<'_>) -> String {
    let amount = entry.amount_with_tax.unwrap_or(entry.amount);
    let signed = if lowers { amount.negated() } else { amount };
    format!("{} {}", adjustment_label(entry, label, facts), facts.numbers.amount(signed))
}

/// For example `Discount 10% (loyal customer)`.
pub(super) fn adjustment_label(entry: &Adjustment, label: &str, facts: &Facts<'_>) -> String {
    let mut text = entry.reason.text.clone().unwrap_or_else(|| label.to_owned());
    if let Some(percent) = entry.percent {
        text.push(' ');
        text.push_str(&facts.numbers.percent(percent, facts.wording));
    }
    text
}
