//! The figures of the document, step by step.

use std::collections::BTreeMap;

use super::adjustment::{AdjustmentKind, SentAdjustment, compute_adjustment};
use super::beyond::{Bases, TaxesBeyond, split_payments, taxes_beyond};
use super::groups::tax_groups;
use super::line::{Known, SentLine, compute_line};
use super::net::{Share, amounts_without_tax, without_tax};
use super::prepaid::prepayments;
use super::tax::{SentTax, TaxDefaults, TaxKey, TaxPlace, resolve};
use super::totals::{Beside, Sums, totals};
use super::{Computation, Unreadable};
use crate::figures::{Amount, Currency, Exact};
use crate::finding::{Finding, Findings};
use crate::input::{AdjustmentInput, InvoiceInput, LineInput, LinesInput};
use crate::model::{Adjustment, Line, Lines, Prepayment, Rounding, TaxCategory, TaxGroup, Totals};

/// Everything that is computed before the invoice is put together.
pub(super) struct Figures {
    pub(super) lines: Lines,
    pub(super) allowances: Vec<Adjustment>,
    pub(super) charges: Vec<Adjustment>,
    pub(super) groups: Vec<TaxGroup>,
    pub(super) totals: Totals,
    pub(super) beyond: TaxesBeyond,
    pub(super) prepayments: Vec<Prepayment>,
}

/// Lines, allowances and charges, all of which are known.
struct Complete {
    lines: Vec<SentLine>,
    allowances: Vec<SentAdjustment>,
    charges: Vec<SentAdjustment>,
}

/// Lines, allowances and charges, as far as they are known.
struct Parts {
    lines: Vec<Known<SentLine>>,
    allowances: Vec<Known<SentAdjustment>>,
    charges: Vec<Known<SentAdjustment>>,
    /// Whether the three lists themselves could be read.
    are_lists_readable: bool,
}

/// Computes the figures; `None` if there is a fault, or already was one in what they rest on. Whatever does not rest on
/// it is checked all the same.
pub(super) fn figures(
    input: &mut InvoiceInput,
    unreadable: &Unreadable,
    computation: &mut Computation<'_>,
) -> Option<Figures> {
    let parts = parts(input, unreadable, computation);
    check_categories(input, &parts, unreadable, computation.findings);
    check_lines(input, &parts, computation);
    let prepayments = prepayments(input, computation);
    let beside = |beyond| Beside { beyond, prepayments: prepayments.as_deref() };
    let net = match parts.complete() {
        Ok(complete) => net(input, complete, computation),
        Err(parts) => {
            let (sums, bases) = known_sums(input, &parts, computation);
            let beyond = taxes_beyond(input, &bases, computation);
            totals(&sums, beside(beyond.as_ref()), input, computation);
            return None;
        }
    };
    let net = net?;
    let sums = net.sums(input, computation.currency);
    let bases = net.bases(input, sums.total_without_tax());
    let beyond = taxes_beyond(input, &bases, computation).map(|mut taxes| {
        taxes.withheld.extend(split_payments(&net.groups, input.tax_name.as_deref()));
        taxes
    });
    let totals = totals(&sums, beside(beyond.as_ref()), input, computation);
    net.into_figures(input, totals?, beyond?, prepayments?)
}

/// What holds where a line, an allowance or a charge says nothing of its tax.
fn defaults(input: &InvoiceInput, unreadable: &Unreadable) -> TaxDefaults {
    let document = SentTax { category: input.tax_category, rate: input.tax_rate };
    let has_vat_id = [&input.seller.0, &input.buyer.0, &input.tax_representative]
        .into_iter()
        .flatten()
        .any(|party| party.vat_id.is_some());
    let are_readable = !unreadable.has("tax_category") && !unreadable.has("tax_rate");
    TaxDefaults { document, is_tax_expected: has_vat_id, are_readable }
}

fn parts(input: &InvoiceInput, unreadable: &Unreadable, computation: &mut Computation<'_>) -> Parts {
    let defaults = defaults(input, unreadable);
    let inputs = input.lines();
    let lines: Vec<_> = inputs
        .iter()
        .enumerate()
        .map(|(index, line)| compute_line(line, index, &defaults, unreadable, computation))
        .collect();
    let line_sums = LineSums::of(&lines, computation.currency);
    let mut adjustments = |kind| document_adjustments(input, kind, &line_sums, (&defaults, unreadable), computation);
    let (allowances, charges) = (adjustments(AdjustmentKind::Allowance), adjustments(AdjustmentKind::Charge));
    let are_lists_readable = !["lines", "allowances", "charges"].into_iter().any(|list| unreadable.has(list));
    Parts { lines, allowances, charges, are_lists_readable }
}

impl Parts {
    fn complete(self) -> Result<Complete, Self> {
        fn is_known<T>(list: &[Known<T>]) -> bool {
            list.iter().all(|one| one.tax.is_some() && one.amounts.is_some())
        }
        fn amounts<T>(list: Vec<Known<T>>) -> Vec<T> {
            list.into_iter().filter_map(|one| one.amounts).collect()
        }
        let are_known = is_known(&self.lines) && is_known(&self.allowances) && is_known(&self.charges);
        if !are_known || !self.are_lists_readable || self.lines.is_empty() {
            return Err(self);
        }
        let Self { lines, allowances, charges, .. } = self;
        Ok(Complete { lines: amounts(lines), allowances: amounts(allowances), charges: amounts(charges) })
    }

    /// The taxes of all parts, with where they stand; those that are not known are none.
    fn taxes(&self) -> Vec<(Option<TaxKey>, TaxPlace)> {
        let lines = self.lines.iter().map(|line| (line.tax, TaxPlace::Line));
        let allowances = self.allowances.iter().map(|one| (one.tax, TaxPlace::Allowance));
        let charges = self.charges.iter().map(|one| (one.tax, TaxPlace::Charge));
        lines.chain(allowances).chain(charges).collect()
    }
}

/// Checks the conditions of the tax categories of all parts.
fn check_categories(input: &InvoiceInput, parts: &Parts, unreadable: &Unreadable, findings: &mut Findings) {
    let taxes = parts.taxes();
    let known: Vec<(TaxKey, TaxPlace)> = taxes.iter().filter_map(|(tax, place)| Some(((*tax)?, *place))).collect();
    // Where a tax is not known, its category may be the one that an exemption is for.
    let is_complete = known.len() == taxes.len() && parts.are_lists_readable && !parts.lines.is_empty();
    let are_exemptions_readable = !unreadable.has_within("tax_exemptions");
    crate::rules::check_categories(input, &known, (is_complete, are_exemptions_readable), findings);
}

/// Checks the net amounts of lines that are sent, where prices do not include tax.
fn check_lines(input: &InvoiceInput, parts: &Parts, computation: &mut Computation<'_>) {
    if input.prices_include_tax {
        return;
    }
    for (index, (line, known)) in input.lines().iter().zip(&parts.lines).enumerate() {
        if let Some(amounts) = &known.amounts {
            computation.check_line(line.net_amount, amounts.total, index);
        }
    }
}

/// The sums of what is known where something is not. The net amount that a line was sent with stands in for its own.
fn known_sums<'i>(input: &'i InvoiceInput, parts: &Parts, computation: &mut Computation<'_>) -> (Sums, Bases<'i>) {
    let (zero, inputs) = (Amount::zero(computation.currency), input.lines());
    let is_hidden = input.prices_include_tax || !parts.are_lists_readable || computation.compares_nothing;
    let amount_of = |(line, known): (&LineInput, &Known<SentLine>)| {
        let sent = || Exact::from(line.net_amount?).round(zero.currency());
        known.amounts.as_ref().map(|amounts| amounts.total).or_else(sent).filter(|_| !is_hidden)
    };
    let adjusted =
        |known: &Known<SentAdjustment>| known.amounts.as_ref().map(|amounts| amounts.amount).filter(|_| !is_hidden);
    let lines: Vec<Option<Amount>> = inputs.iter().zip(&parts.lines).map(amount_of).collect();
    let allowances: Vec<Option<Amount>> = parts.allowances.iter().map(adjusted).collect();
    let charges: Vec<Option<Amount>> = parts.charges.iter().map(adjusted).collect();
    let sum = |amounts: &[Option<Amount>]| -> Option<Amount> {
        let known: Option<Vec<Amount>> = amounts.iter().copied().collect();
        Some(Amount::sum(zero.currency(), known.filter(|_| !is_hidden)?))
    };
    let (line_sum, allowance_sum, charge_sum) = (sum(&lines), sum(&allowances), sum(&charges));
    let amounts = lines
        .iter()
        .copied()
        .chain(allowances.iter().map(|one| Some((*one)?.negated())))
        .chain(charges.iter().copied());
    let amounts: Vec<Option<Amount>> = amounts.collect();
    let taxable: Option<Vec<(TaxKey, Amount)>> =
        parts.taxes().iter().zip(&amounts).map(|((tax, _), amount)| (*tax).zip(*amount)).collect();
    let taxable = taxable.filter(|taxable| !taxable.is_empty());
    let groups = taxable.and_then(|taxable| tax_groups(taxable.into_iter(), &[], true, computation));
    let tax = groups.map(|groups| Amount::sum(zero.currency(), groups.iter().map(|group| group.tax_amount)));
    let lines = line_sum.filter(|_| !inputs.is_empty());
    let sums = Sums { lines, allowances: allowance_sum, charges: charge_sum, tax, with_tax: None };
    let shares = other_tax_names(input).zip(amounts).collect();
    (sums, Bases { total: sums.total_without_tax(), shares })
}

/// The names of other taxes that lines, allowances and charges name, in that order.
fn other_tax_names(input: &InvoiceInput) -> impl Iterator<Item = &[String]> {
    let lines = input.lines().iter().map(|line| line.other_taxes.as_slice());
    let adjustments = input.allowances.iter().chain(&input.charges).map(|one| one.other_taxes.as_slice());
    lines.chain(adjustments)
}

/// The sums of the lines as they are sent, by category and rate, and whether all of them are known.
struct LineSums {
    by_tax: BTreeMap<TaxKey, Amount>,
    are_taxes_known: bool,
    are_amounts_known: bool,
}

impl LineSums {
    fn of(lines: &[Known<SentLine>], currency: Currency) -> Self {
        let mut by_tax = BTreeMap::new();
        for (tax, amounts) in lines.iter().filter_map(|line| Some((line.tax?, line.amounts.as_ref()))) {
            let sum = by_tax.entry(tax).or_insert(Amount::zero(currency));
            *sum = sum.plus(amounts.map_or(Amount::zero(currency), |amounts| amounts.total));
        }
        let are_taxes_known = !lines.is_empty() && lines.iter().all(|line| line.tax.is_some());
        let are_amounts_known = lines.iter().all(|line| line.amounts.is_some());
        Self { by_tax, are_taxes_known, are_amounts_known }
    }

    /// What a percentage of the lines of a tax is taken of.
    fn base(&self, tax: Option<TaxKey>, currency: Currency) -> Option<Amount> {
        let tax = tax.filter(|_| self.are_taxes_known && self.are_amounts_known)?;
        Some(self.by_tax.get(&tax).copied().unwrap_or(Amount::zero(currency)))
    }
}

/// The allowances (BG-20) or charges (BG-21) of the document.
fn document_adjustments(
    input: &InvoiceInput,
    kind: AdjustmentKind,
    lines: &LineSums,
    (defaults, unreadable): (&TaxDefaults, &Unreadable),
    computation: &mut Computation<'_>,
) -> Vec<Known<SentAdjustment>> {
    let (inputs, name, place) = match kind {
        AdjustmentKind::Allowance => (&input.allowances, "allowances", TaxPlace::Allowance),
        _ => (&input.charges, "charges", TaxPlace::Charge),
    };
    let mut adjustments = Vec::with_capacity(inputs.len());
    for (index, adjustment) in inputs.iter().enumerate() {
        if unreadable.has_entry(name, index) {
            adjustments.push(Known { tax: None, amounts: None });
            continue;
        }
        let pointer = format!("/{name}/{index}");
        let tax = adjustment_tax(adjustment, lines, defaults, (place, &pointer), computation.findings);
        let base = lines.base(tax, computation.currency);
        let key = tax.unwrap_or_default();
        let amounts = compute_adjustment(adjustment, kind, base, key, &pointer, computation);
        adjustments.push(Known { tax, amounts });
    }
    adjustments
}

/// The tax of an allowance or charge of the document: its own, else that of all lines (BR-32, BR-37).
fn adjustment_tax(
    input: &AdjustmentInput,
    lines: &LineSums,
    defaults: &TaxDefaults,
    (place, pointer): (TaxPlace, &str),
    findings: &mut Findings,
) -> Option<TaxKey> {
    let own = SentTax { category: input.tax_category, rate: input.tax_rate };
    if own.category.is_some() || own.rate.is_some() {
        return resolve(own, defaults, place, || pointer.to_owned(), findings);
    }
    if !lines.are_taxes_known {
        return None;
    }
    if let (Some((only, _)), 1) = (lines.by_tax.first_key_value(), lines.by_tax.len()) {
        return Some(*only);
    }
    let rule = if matches!(place, TaxPlace::Allowance) { "BR-32" } else { "BR-37" };
    let message = "the lines have several taxes: say which tax_category and tax_rate this belongs to";
    findings.fault(Finding::new(format!("{pointer}/tax_rate"), rule, message));
    None
}

/// All amounts that make up the taxable ones, in the order lines, allowances, charges.
fn shares(lines: &[SentLine], allowances: &[SentAdjustment], charges: &[SentAdjustment]) -> Vec<Share> {
    let of_lines = lines.iter().map(|line| Share { tax: line.tax, amount_with_tax: line.total });
    let of_allowances =
        allowances.iter().map(|allowance| Share { tax: allowance.tax, amount_with_tax: allowance.amount.negated() });
    let of_charges = charges.iter().map(|charge| Share { tax: charge.tax, amount_with_tax: charge.amount });
    of_lines.chain(of_allowances).chain(of_charges).collect()
}

/// Remembers which amounts without tax were rounded.
fn record_net(input: &InvoiceInput, shares: &[Share], net: &[Amount], computation: &mut Computation<'_>) {
    let (lines, allowances) = (input.lines().len(), input.allowances.len());
    for (index, (share, net)) in shares.iter().zip(net).enumerate() {
        if share.tax.percentage().is_zero() {
            continue;
        }
        let exact = without_tax(share.amount_with_tax, share.tax.percentage());
        if !exact.differs_from(*net) {
            continue;
        }
        let (pointer, exact, rounded) = if index < lines {
            (format!("/lines/{index}/net_amount"), exact, *net)
        } else if index < lines + allowances {
            (format!("/allowances/{}/amount", index - lines), exact.negated(), net.negated())
        } else {
            (format!("/charges/{}/amount", index - lines - allowances), exact, *net)
        };
        computation.roundings.push(Rounding { pointer, unrounded: exact.to_digits(), rounded });
    }
}

/// Everything without tax: the parts, and the amounts in their order.
struct Net {
    parts: Complete,
    /// What the customer saw of all parts together.
    seen: Amount,
    lines: Vec<Amount>,
    allowances: Vec<Amount>,
    charges: Vec<Amount>,
    groups: Vec<TaxGroup>,
}

/// Takes the tax out of prices that include it, and sums up by tax; `None` if a figure is out of range.
fn net(input: &InvoiceInput, parts: Complete, computation: &mut Computation<'_>) -> Option<Net> {
    let shares = shares(&parts.lines, &parts.allowances, &parts.charges);
    let net = if input.prices_include_tax {
        let Some(net) = amounts_without_tax(&shares, computation.currency) else {
            computation.out_of_range("/lines".to_owned());
            return None;
        };
        record_net(input, &shares, &net, computation);
        net
    } else {
        shares.iter().map(|share| share.amount_with_tax).collect()
    };
    let seen = Amount::sum(computation.currency, shares.iter().map(|share| share.amount_with_tax));
    let (lines, rest) = net.split_at(parts.lines.len());
    let (allowances, charges) = rest.split_at(parts.allowances.len());
    if input.prices_include_tax {
        for (index, (line, net)) in input.lines().iter().zip(lines).enumerate() {
            computation.check_line(line.net_amount, *net, index);
        }
    }
    let taxable = shares.iter().zip(&net).map(|(share, net)| (share.tax, *net));
    let groups = tax_groups(taxable, &input.tax_exemptions, says_nothing_of_tax(input), computation)?;
    let allowances = allowances.iter().map(|amount| amount.negated()).collect();
    Some(Net { parts, seen, lines: lines.to_vec(), allowances, charges: charges.to_vec(), groups })
}

impl Net {
    fn sums(&self, input: &InvoiceInput, currency: Currency) -> Sums {
        let sum = |amounts: &[Amount]| Some(Amount::sum(currency, amounts.iter().copied()));
        Sums {
            lines: sum(&self.lines),
            allowances: sum(&self.allowances),
            charges: sum(&self.charges),
            tax: Some(Amount::sum(currency, self.groups.iter().map(|group| group.tax_amount))),
            with_tax: input.prices_include_tax.then_some(self.seen),
        }
    }

    fn bases<'i>(&self, input: &'i InvoiceInput, total: Option<Amount>) -> Bases<'i> {
        let allowances = self.allowances.iter().map(|amount| amount.negated());
        let amounts = self.lines.iter().copied().chain(allowances).chain(self.charges.iter().copied());
        Bases { total, shares: other_tax_names(input).zip(amounts.map(Some)).collect() }
    }

    fn into_figures(
        self,
        input: &mut InvoiceInput,
        totals: Totals,
        beyond: TaxesBeyond,
        prepayments: Vec<Prepayment>,
    ) -> Option<Figures> {
        let includes_tax = input.prices_include_tax;
        let adjustments = |sent: Vec<SentAdjustment>, net: Vec<Amount>| -> Vec<Adjustment> {
            sent.into_iter().zip(net).map(|(sent, net)| sent.into_adjustment(net, includes_tax)).collect()
        };
        let LinesInput { lines: inputs, interludes } = input.lines.0.take().unwrap_or_default();
        let currency = totals.line_total.currency();
        let lines: Option<Vec<Line>> = inputs
            .into_iter()
            .zip(self.parts.lines)
            .zip(&self.lines)
            .enumerate()
            .map(|(index, ((input, sent), net))| sent.into_line(input, index, *net, includes_tax))
            .collect();
        Some(Figures {
            lines: Lines::new(lines?, interludes, currency),
            allowances: adjustments(self.parts.allowances, self.allowances),
            charges: adjustments(self.parts.charges, self.charges),
            groups: self.groups,
            totals,
            beyond,
            prepayments,
        })
    }
}

/// Whether the invoice says nothing of tax at all: then it needs no reason for having none.
pub(crate) fn says_nothing_of_tax(input: &InvoiceInput) -> bool {
    let says_o = |category: Option<TaxCategory>| category == Some(TaxCategory::O);
    let lines = input.lines();
    !says_o(input.tax_category)
        && input.tax_exemptions.is_empty()
        && !lines.iter().any(|line| says_o(line.tax_category))
}
