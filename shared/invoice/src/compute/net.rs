//! Prices that include tax: which amounts without tax they mean.
//!
//! For each group of one category and rate the gross that the customer saw is known. The net of the group is the
//! amount that, with its own rounded tax, gives that gross; where no amount does, the nearest, and the difference goes
//! to the rounding amount (BT-114). The net is then distributed over the lines, allowances and charges of the group by
//! the method of the largest remainder, so that they sum up to it and none is more than one minor unit from its own.

use std::cmp::Ordering;
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

fn distribute(
    shares: &[Share],
    members: &[usize],
    rate: Decimal,
    currency: Currency,
    net: &mut [Amount],
) -> Option<()> {
    let gross = Amount::sum(currency, members.iter().map(|index| shares[*index].amount_with_tax));
    let target = group_net(gross, rate, currency)?;
    let mut remainders = Vec::with_capacity(members.len());
    for index in members {
        let exact = without_tax(shares[*index].amount_with_tax, rate);
        net[*index] = exact.round(currency)?;
        remainders.push((exact.minus(net[*index]), *index));
    }
    let rounded = Amount::sum(currency, members.iter().map(|index| net[*index]));
    let missing = target.minus(rounded).minor_units();
    if missing == 0 {
        return Some(());
    }
    // Shares of nothing stay nothing.
    remainders.retain(|(_, index)| !shares[*index].amount_with_tax.is_zero());
    remainders.sort_by(|(a, first), (b, second)| {
        let order = a.partial_cmp(b).unwrap_or(Ordering::Equal);
        // Of equal remainders the earlier share is served first.
        (if missing > 0 { order.reverse() } else { order }).then(first.cmp(second))
    });
    let unit = Amount::from_minor_units(missing.signum(), currency);
    let count = usize::try_from(missing.unsigned_abs()).ok()?;
    for (_, index) in remainders.iter().cycle().take(if remainders.is_empty() { 0 } else { count }) {
        net[*index] = net[*index].plus(unit);
    }
    Some(())
}

/// The net of a group: the amount whose own tax leads back to the gross, else the nearest.
fn group_net(gross: Amount, rate: Decimal, currency: Currency) -> Option<Amount> {
    let nearest = without_tax(gross, rate).round(currency)?;
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
