//! Prices that include tax: which amounts without tax they mean.
//!
//! For each group of one category and rate the gross that the customer saw is known. The net of the group is the
//! amount that, with its own rounded tax, gives that gross; where no amount does, the nearest, and the difference goes
//! to the rounding amount (BT-114). The net is then distributed over the lines, allowances and charges of the group by
//! the method of the largest remainder, so that they sum up to it and none is more than one minor unit from its own.

use std::collections::BTreeMap;

use super::tax::TaxKey;
use crate::figures::{Amount, Currency, Decimal, Exact};

/// The part of a group that one line, allowance or charge is; an allowance's amount is negative here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) tax: TaxKey,
    pub(crate) amount_with_tax: Amount,
}

/// The amounts without tax of all shares, in their order; `None` if a figure is out of range.
pub(crate) fn amounts_without_tax(shares: &[Share], currency: Currency) -> Option<Vec<Amount>> {
    let mut groups: BTreeMap<TaxKey, Vec<usize>> = BTreeMap::new();
    for (index, share) in shares.iter().enumerate() {
        groups.entry(share.tax).or_default().push(index);
    }
    let mut net: Vec<Amount> = shares.iter().map(|share| share.amount_with_tax).collect();
    for (tax, members) in groups {
        if !tax.percentage().is_zero() {
            distribute(shares, &members, tax.percentage(), currency, &mut net)?;
        }
    }
    Some(net)
}

/// What an amount with tax is without it, not rounded.
pub(crate) fn without_tax(with_tax: impl Into<Exact>, rate: Decimal) -> Exact {
    let divisor = Exact::from(Decimal::HUNDRED).plus(rate);
    with_tax.into().times(Decimal::HUNDRED).over(divisor)
}

/// A rate as a quotient of whole numbers: an amount with tax, times `factor`, over `divisor`, is the one without.
///
/// The factor has at most 14 digits and an amount at most 20 minor digits, so their product fits into an `i128`.
#[derive(Debug, Clone, Copy)]
struct Quotient {
    factor: i128,
    divisor: i128,
}

impl Quotient {
    fn of(rate: Decimal) -> Self {
        let factor = 100 * 10_i128.pow(u32::from(rate.scale()));
        Self { factor, divisor: factor + rate.coefficient() }
    }

    /// The amount without tax, rounded half away from zero, and what is missing to it in parts of the divisor.
    fn without_tax(self, with_tax: Amount) -> (Amount, i128) {
        let dividend = with_tax.minor_units() * self.factor;
        let rounded = (2 * dividend.abs() + self.divisor) / (2 * self.divisor) * dividend.signum();
        (Amount::from_minor_units(rounded, with_tax.currency()), dividend - rounded * self.divisor)
    }
}

fn distribute(
    shares: &[Share],
    members: &[usize],
    rate: Decimal,
    currency: Currency,
    net: &mut [Amount],
) -> Option<()> {
    let gross = Amount::sum(currency, members.iter().map(|index| shares[*index].amount_with_tax));
    let quotient = Quotient::of(rate);
    let target = group_net(Some(gross).filter(|gross| gross.is_in_range())?, rate, quotient)?;
    let mut remainders = Vec::with_capacity(members.len());
    for index in members {
        let (rounded, remainder) = quotient.without_tax(shares[*index].amount_with_tax);
        net[*index] = rounded;
        // Shares of nothing stay nothing.
        if !rounded.is_zero() || remainder != 0 {
            remainders.push((remainder, *index));
        }
    }
    let rounded = Amount::sum(currency, members.iter().map(|index| net[*index]));
    let missing = target.minus(rounded).minor_units();
    // Of equal remainders the earlier share is served first.
    remainders.sort_by_key(|(remainder, index)| (if missing > 0 { -remainder } else { *remainder }, *index));
    let unit = Amount::from_minor_units(missing.signum(), currency);
    let count = usize::try_from(missing.unsigned_abs()).ok()?;
    for (_, index) in remainders.iter().cycle().take(count) {
        net[*index] = net[*index].plus(unit);
    }
    Some(())
}

/// The net of a group: the amount whose own tax leads back to the gross, else the nearest.
fn group_net(gross: Amount, rate: Decimal, quotient: Quotient) -> Option<Amount> {
    let currency = gross.currency();
    let (nearest, _) = quotient.without_tax(gross);
    let leads_back = |net: Amount| {
        let tax = Exact::from(net).percent(rate).round(currency)?;
        Some(net.plus(tax) == gross)
    };
    let unit = Amount::from_minor_units(1, currency);
    for candidate in [nearest, nearest.plus(unit), nearest.minus(unit)] {
        if leads_back(candidate)? {
            return Some(candidate);
        }
    }
    Some(nearest)
}
