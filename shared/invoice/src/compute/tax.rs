//! Which tax category and rate a line, an allowance or a charge has.

use std::cmp::Ordering;

use crate::figures::Decimal;
use crate::finding::{Finding, Findings};
use crate::model::TaxCategory;

/// A tax category with its rate: what the VAT breakdown (BG-23) groups by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TaxKey {
    pub(crate) category: TaxCategory,
    /// The rate in percent; none in category O alone.
    pub(crate) rate: Option<Decimal>,
}

impl TaxKey {
    pub(crate) fn percentage(self) -> Decimal {
        self.rate.unwrap_or(Decimal::ZERO)
    }
}

impl Ord for TaxKey {
    /// By category, and then by falling rate.
    fn cmp(&self, other: &Self) -> Ordering {
        self.category.cmp(&other.category).then_with(|| other.rate.cmp(&self.rate))
    }
}

impl PartialOrd for TaxKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A category and a rate as they are written, each perhaps missing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SentTax {
    pub(crate) category: Option<TaxCategory>,
    pub(crate) rate: Option<Decimal>,
}

/// What stands in where a line, an allowance or a charge says nothing about its tax.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TaxDefaults {
    /// That of the document.
    pub(crate) document: SentTax,
    /// Whether a party has a VAT number, so that "no tax" must be said and not meant.
    pub(crate) is_tax_expected: bool,
    /// Whether that of the document could be read.
    pub(crate) are_readable: bool,
}

/// Where a category and a rate stand, since the norm counts its rules by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum TaxPlace {
    Line,
    Allowance,
    Charge,
}

/// Finds the category and the rate that hold at a place.
pub(crate) fn resolve(
    own: SentTax,
    defaults: &TaxDefaults,
    place: TaxPlace,
    pointer: impl Fn() -> String,
    findings: &mut Findings,
) -> Option<TaxKey> {
    let is_own = own.category.is_some_and(|category| own.rate.is_some() || !category.is_taxed());
    if !is_own && !defaults.are_readable {
        return None;
    }
    let category = category(own, defaults);
    let Some(category) = category else {
        let message = "say which tax applies: a tax_rate, or a tax_category without tax (Z, E, AE, K, G or O)";
        findings.fault(Finding::new(format!("{}/tax_rate", pointer()), "BR-CO-04", message));
        return None;
    };
    let rate = if category.is_taxed() { own.rate.or(defaults.document.rate) } else { own.rate };
    let is_inherited = own.rate.is_none() && rate.is_some();
    let rate_pointer = || {
        if is_inherited { "/tax_rate".to_owned() } else { format!("{}/tax_rate", pointer()) }
    };
    check_rate(category, rate, place, &rate_pointer, findings)
}

fn category(own: SentTax, defaults: &TaxDefaults) -> Option<TaxCategory> {
    let document = defaults.document;
    if own.category.is_some() {
        return own.category;
    }
    let by_rate = |rate: Decimal| {
        if rate.is_zero() { TaxCategory::Z } else { TaxCategory::S }
    };
    match (own.rate, document.category) {
        (Some(rate), Some(category)) if category.is_taxed() != rate.is_zero() => Some(category),
        (Some(rate), _) => Some(by_rate(rate)),
        (None, Some(category)) => Some(category),
        (None, None) => match document.rate {
            Some(rate) => Some(by_rate(rate)),
            None => (!defaults.is_tax_expected).then_some(TaxCategory::O),
        },
    }
}

/// Checks that the rate is one that the category allows (BR-S-05 to BR-S-07 and their like).
fn check_rate(
    category: TaxCategory,
    rate: Option<Decimal>,
    place: TaxPlace,
    pointer: &impl Fn() -> String,
    findings: &mut Findings,
) -> Option<TaxKey> {
    let allowed = match (category, rate) {
        (TaxCategory::O, rate) => rate.is_none(),
        (TaxCategory::S, rate) => rate.is_some_and(|rate| !rate.is_zero()),
        (TaxCategory::L | TaxCategory::M | TaxCategory::B, rate) => rate.is_some(),
        (_, rate) => rate.is_none_or(Decimal::is_zero),
    };
    if !allowed {
        let expected = match category {
            TaxCategory::O => "no rate",
            TaxCategory::S => "a rate greater than 0",
            TaxCategory::L | TaxCategory::M | TaxCategory::B => "a rate",
            _ => "0",
        };
        let message = format!("category {} has {expected}", category.code());
        let found = rate.map_or_else(|| "nothing".to_owned(), |rate| rate.to_string());
        let finding = Finding::new(pointer(), rate_rule(category, place), message);
        findings.fault(finding.expected(expected).found(found));
        return None;
    }
    if rate.is_some_and(|rate| rate.is_negative() || rate > Decimal::HUNDRED) {
        let found = rate.unwrap_or_default().to_string();
        let finding = Finding::new(pointer(), "tax-rate", "a tax rate is from 0 to 100 percent");
        findings.fault(finding.expected("0 to 100").found(found));
        return None;
    }
    if matches!(category, TaxCategory::L | TaxCategory::M) && rate.is_some_and(Decimal::is_zero) {
        let message = format!("a legal e-invoice has a rate above 0 in category {}", category.code());
        let finding = Finding::new(pointer(), rate_rule(category, place), message);
        findings.warning(finding.expected("a rate greater than 0").found("0"));
    }
    let rate = if category == TaxCategory::O { None } else { Some(rate.unwrap_or_default()) };
    Some(TaxKey { category, rate })
}

/// The rule of the norm about the rate of a category at a place.
fn rate_rule(category: TaxCategory, place: TaxPlace) -> &'static str {
    let [line, allowance, charge] = match category {
        TaxCategory::S => ["BR-S-05", "BR-S-06", "BR-S-07"],
        TaxCategory::Z => ["BR-Z-05", "BR-Z-06", "BR-Z-07"],
        TaxCategory::E => ["BR-E-05", "BR-E-06", "BR-E-07"],
        TaxCategory::AE => ["BR-AE-05", "BR-AE-06", "BR-AE-07"],
        TaxCategory::K => ["BR-IC-05", "BR-IC-06", "BR-IC-07"],
        TaxCategory::G => ["BR-G-05", "BR-G-06", "BR-G-07"],
        TaxCategory::O => ["BR-O-05", "BR-O-06", "BR-O-07"],
        TaxCategory::L => ["BR-AF-05", "BR-AF-06", "BR-AF-07"],
        TaxCategory::M => ["BR-AG-05", "BR-AG-06", "BR-AG-07"],
        // The norm has no rule of its own about the rate of a split payment, only that there is one (BR-48).
        TaxCategory::B => ["BR-48"; 3],
    };
    match place {
        TaxPlace::Line => line,
        TaxPlace::Allowance => allowance,
        TaxPlace::Charge => charge,
    }
}
