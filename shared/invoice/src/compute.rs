//! From what was sent to every derived figure.

mod adjustment;
mod assembly;
mod beyond;
mod check;
mod figures;
mod groups;
mod line;
mod net;
mod payment;
mod prepaid;
mod present;
mod tax;
mod totals;

pub(crate) use assembly::compute;
pub(crate) use figures::says_nothing_of_tax;
pub(crate) use payment::days_after;
pub(crate) use tax::{TaxKey, TaxPlace};

use std::collections::BTreeSet;

use crate::figures::{Amount, Currency, Decimal, Exact};
use crate::finding::{Finding, Findings};
use crate::model::Rounding;

/// Which parts of the arithmetic rest on values that could not be read, so that nothing is said about them.
#[derive(Debug, Default)]
pub(crate) struct Unreadable {
    /// The document as a whole.
    pub(crate) document: bool,
    /// Members of the document.
    pub(crate) members: BTreeSet<String>,
    /// Lines whose quantity, price, allowances or charges could not be read.
    pub(crate) line_amounts: BTreeSet<usize>,
    /// Lines whose tax could not be read.
    pub(crate) line_taxes: BTreeSet<usize>,
    /// Entries of other lists of the document.
    pub(crate) entries: BTreeSet<(String, usize)>,
}

impl Unreadable {
    /// Whether the member itself could not be read, whatever may be said of its entries.
    pub(crate) fn has(&self, member: &str) -> bool {
        self.document || self.members.contains(member)
    }

    /// Whether the entry of a list could not be read.
    pub(crate) fn has_entry(&self, list: &str, index: usize) -> bool {
        self.has(list) || self.entries.contains(&(list.to_owned(), index))
    }

    /// Whether anything in the member could not be read.
    pub(crate) fn has_within(&self, member: &str) -> bool {
        self.has(member) || self.entries.iter().any(|(list, _)| list == member)
    }

    /// Whether no figure can be compared with another: their currency, or what prices include, is not known.
    fn hides_figures(&self) -> bool {
        self.has("currency") || self.has("prices_include_tax")
    }
}

/// What all steps of the computation share.
#[derive(Debug)]
pub(crate) struct Computation<'f> {
    pub(crate) currency: Currency,
    /// Whether prices, allowances and charges include tax.
    pub(crate) prices_include_tax: bool,
    /// Whether net amounts of lines are taken as they are sent, as far as the norm leaves their rounding open.
    pub(crate) is_imported: bool,
    /// Whether figures are not compared with each other, since the currency or what prices include is not known.
    pub(crate) compares_nothing: bool,
    pub(crate) findings: &'f mut Findings,
    pub(crate) roundings: Vec<Rounding>,
}

impl Computation<'_> {
    /// Rounds a figure once, and remembers it if that changed it; a figure out of range is a fault.
    fn round(&mut self, exact: Exact, pointer: impl FnOnce() -> String) -> Option<Amount> {
        let Some(rounded) = exact.round(self.currency) else {
            self.out_of_range(pointer());
            return None;
        };
        if exact.differs_from(rounded) {
            let pointer = pointer();
            self.roundings.push(Rounding { pointer, unrounded: exact.to_digits(), rounded });
        }
        Some(rounded)
    }

    /// Takes a figure that was sent as an amount; it must have no more decimals than the currency.
    fn amount(&mut self, sent: Decimal, rule: &'static str, pointer: impl FnOnce() -> String) -> Option<Amount> {
        let decimals = self.currency.minor_units();
        if sent.scale() > decimals {
            let message = format!("an amount in {} has at most {decimals} decimals", self.currency);
            let finding = Finding::new(pointer(), rule, message);
            self.findings.fault(finding.expected(format!("at most {decimals} decimals")).found(sent.to_string()));
            return None;
        }
        let amount = Exact::from(sent).round(self.currency);
        if amount.is_none() {
            self.out_of_range(pointer());
        }
        amount
    }

    /// Gives a sum back if its magnitude is one that this crate computes with.
    fn in_range(&mut self, sum: Amount, pointer: impl FnOnce() -> String) -> Option<Amount> {
        if sum.is_in_range() {
            return Some(sum);
        }
        self.out_of_range(pointer());
        None
    }

    /// Notes that a figure that was sent is not the one that follows from others.
    fn mismatch(&mut self, finding: Finding) {
        if !self.compares_nothing {
            self.findings.fault(finding);
        }
    }

    fn out_of_range(&mut self, pointer: String) {
        let message = "the amount that follows from these figures is too large to be one";
        self.findings.fault(Finding::new(pointer, "amount-range", message));
    }
}
