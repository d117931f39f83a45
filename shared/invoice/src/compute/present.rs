//! Lines, allowances and charges as they stand in the computed invoice.

use super::adjustment::SentAdjustment;
use super::line::{SentLine, SentPrice};
use super::net::without_tax;
use crate::code_lists::UnitCode;
use crate::figures::{Amount, Decimal, Exact};
use crate::input::LineInput;
use crate::model::{Adjustment, Line, LinePrice};
use crate::text::Text;

impl SentAdjustment {
    /// The adjustment whose amount without tax is `amount`.
    pub(super) fn into_adjustment(self, amount: Amount, includes_tax: bool) -> Adjustment {
        let rate = self.tax.percentage();
        let base = |base: Amount| {
            if includes_tax { without_tax(base, rate).round(base.currency()) } else { Some(base) }
        };
        Adjustment {
            amount,
            base_amount: self.base_amount.and_then(base),
            percent: self.percent,
            amount_with_tax: includes_tax.then_some(self.amount),
            tax_category: self.tax.category,
            tax_rate: self.tax.rate,
            other_taxes: self.other_taxes,
            reason: self.reason,
        }
    }

    /// The adjustment of a line: its amount without tax is its own, rounded.
    fn into_line_adjustment(self, includes_tax: bool) -> Option<Adjustment> {
        let amount = if includes_tax {
            without_tax(self.amount, self.tax.percentage()).round(self.amount.currency())?
        } else {
            self.amount
        };
        Some(self.into_adjustment(amount, includes_tax))
    }
}

impl SentPrice {
    fn into_price(self, includes_tax: bool, net: Decimal, rate: Decimal) -> Option<LinePrice> {
        if !includes_tax {
            let Self { net, discount, gross, base_quantity } = self;
            let (with_tax, discount_with_tax, gross_with_tax) = (None, None, None);
            return Some(LinePrice {
                net,
                discount,
                gross,
                base_quantity,
                with_tax,
                discount_with_tax,
                gross_with_tax,
            });
        }
        let discount = match self.discount {
            Some(discount) => Some(without_tax(discount, rate).to_decimal()?),
            None => None,
        };
        let gross = match (self.gross, discount) {
            (Some(_), Some(discount)) => Some(Exact::from(net).plus(discount).to_decimal()?),
            (gross, _) => gross.map(|_| net),
        };
        Some(LinePrice {
            net,
            discount,
            gross,
            base_quantity: self.base_quantity,
            with_tax: Some(self.net),
            discount_with_tax: self.discount,
            gross_with_tax: self.gross,
        })
    }

    /// The net price of a price with tax: the one that, times the quantity, is the amount without tax. That is the price
    /// less its tax, unless the tax of the whole group, rounded once, left the line a minor unit more or less.
    fn without_tax(self, rate: Decimal, quantity: Decimal, amount: Amount) -> Option<Decimal> {
        let gives_amount = |price: Decimal| {
            let product = Exact::from(quantity).times(price).over(self.base_quantity);
            product.round(amount.currency()) == Some(amount)
        };
        let price = without_tax(self.net, rate).to_decimal()?;
        if gives_amount(price) || quantity.is_zero() {
            return Some(price);
        }
        let fitting = Exact::from(amount).times(self.base_quantity).over(quantity).to_decimal();
        fitting.filter(|price| !price.is_negative() && gives_amount(*price)).or(Some(price))
    }
}

impl SentLine {
    /// The line whose net amount is `net`.
    pub(super) fn into_line(self, input: LineInput, index: usize, net: Amount, includes_tax: bool) -> Option<Line> {
        let into_all = |sent: Vec<SentAdjustment>| -> Option<Vec<Adjustment>> {
            sent.into_iter().map(|one| one.into_line_adjustment(includes_tax)).collect()
        };
        let (allowances, charges) = (into_all(self.allowances)?, into_all(self.charges)?);
        let total = |list: &[Adjustment]| Amount::sum(net.currency(), list.iter().map(|one| one.amount));
        // The extension takes up what rounding the adjustments' amounts without tax left over.
        let amount_before_adjustments = net.plus(total(&allowances)).minus(total(&charges));
        let rate = self.tax.percentage();
        let price = if includes_tax {
            self.price.without_tax(rate, self.quantity, amount_before_adjustments)?
        } else {
            self.price.net
        };
        Some(Line {
            id: input.id.unwrap_or_else(|| (index + 1).to_string()),
            note: input.note,
            invoiced_object: input.invoiced_object,
            quantity: self.quantity,
            unit: input.unit.unwrap_or(UnitCode::ONE),
            net_amount: net,
            amount_before_adjustments,
            amount_with_tax: includes_tax.then_some(self.total),
            order_line_reference: input.order_line_reference,
            buyer_accounting_reference: input.buyer_accounting_reference,
            period: input.period,
            allowances,
            charges,
            price: self.price.into_price(includes_tax, price, rate)?,
            tax_category: self.tax.category,
            tax_rate: self.tax.rate,
            other_taxes: input.other_taxes,
            name: input.name.0.unwrap_or_else(|| Text(String::new())),
            description: input.description,
            seller_item_id: input.seller_item_id,
            buyer_item_id: input.buyer_item_id,
            standard_item_id: input.standard_item_id,
            classifications: input.classifications,
            origin_country: input.origin_country,
            attributes: input.attributes,
        })
    }
}
