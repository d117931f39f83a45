//! The figures of the document, step by step.

use std::collections::BTreeMap;

use super::adjustment::{AdjustmentKind, SentAdjustment, compute_adjustment};
use super::beyond::{TaxesBeyond, taxes_beyond};
use super::check::check_line;
use super::groups::tax_groups;
use super::line::{SentLine, compute_line};
use super::net::{Share, amounts_without_tax, without_tax};
use super::tax::{SentTax, TaxDefaults, TaxKey, TaxPlace, resolve};
use super::totals::{Sums, totals};
use super::{Computation, Unreadable};
use crate::figures::{Amount, Currency};
use crate::finding::{Finding, Findings};
use crate::input::{AdjustmentInput, InvoiceInput};
use crate::model::{Adjustment, Line, Rounding, TaxCategory, TaxGroup, Totals};

/// Everything that is computed before the invoice is put together.
pub(super) struct Figures {
    pub(super) lines: Vec<Line>,
    pub(super) allowances: Vec<Adjustment>,
    pub(super) charges: Vec<Adjustment>,
    pub(super) groups: Vec<TaxGroup>,
    pub(super) totals: Totals,
    pub(super) beyond: TaxesBeyond,
}

/// Computes the figures; `None` if there is a fault, or already was one in what they rest on.
pub(super) fn figures(
    input: &mut InvoiceInput,
    unreadable: &Unreadable,
    computation: &mut Computation<'_>,
) -> Option<Figures> {
    let defaults = defaults(input, unreadable);
    let sent = sent_lines(input, &defaults, unreadable, computation);
    let sums = sums_by_tax(&sent, computation.currency);
    if !unreadable.document && unreadable.lines.is_empty() {
        crate::rules::check_categories(input, sums.keys(), computation.findings);
    }
    let line_count = input.lines.0.as_ref().map_or(0, Vec::len);
    let lines: Vec<SentLine> = sent.into_iter().flatten().collect();
    if unreadable.document || line_count == 0 || lines.len() != line_count {
        return None;
    }
    let allowances = document_adjustments(input, AdjustmentKind::Allowance, &sums, &defaults, computation);
    let charges = document_adjustments(input, AdjustmentKind::Charge, &sums, &defaults, computation);
    let (allowances, charges) = (allowances?, charges?);
    let shares = shares(&lines, &allowances, &charges);
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
    figures_of_net(input, (lines, allowances, charges), &shares, &net, computation)
}

/// What holds where a line, an allowance or a charge says nothing of its tax.
fn defaults(input: &InvoiceInput, unreadable: &Unreadable) -> TaxDefaults {
    let document = SentTax { category: input.tax_category, rate: input.tax_rate };
    let has_vat_id = [&input.seller.0, &input.buyer.0, &input.tax_representative]
        .into_iter()
        .flatten()
        .any(|party| party.vat_id.is_some());
    TaxDefaults { document, is_tax_expected: has_vat_id && !unreadable.document }
}

fn sent_lines(
    input: &InvoiceInput,
    defaults: &TaxDefaults,
    unreadable: &Unreadable,
    computation: &mut Computation<'_>,
) -> Vec<Option<SentLine>> {
    let inputs = input.lines.0.as_deref().unwrap_or_default();
    let mut lines = Vec::with_capacity(inputs.len());
    for (index, line) in inputs.iter().enumerate() {
        let sent =
            if unreadable.lines.contains(&index) { None } else { compute_line(line, index, defaults, computation) };
        let is_final = !input.prices_include_tax && !unreadable.document;
        if let Some(sent) = sent.as_ref().filter(|_| is_final) {
            check_line(line.net_amount, sent.total, index, computation.findings);
        }
        lines.push(sent);
    }
    lines
}

/// The sums of the lines as they are sent, by category and rate.
fn sums_by_tax(lines: &[Option<SentLine>], currency: Currency) -> BTreeMap<TaxKey, Amount> {
    let mut sums = BTreeMap::new();
    for line in lines.iter().flatten() {
        let sum = sums.entry(line.tax).or_insert(Amount::zero(currency));
        *sum = sum.plus(line.total);
    }
    sums
}

/// The allowances (BG-20) or charges (BG-21) of the document.
fn document_adjustments(
    input: &InvoiceInput,
    kind: AdjustmentKind,
    sums: &BTreeMap<TaxKey, Amount>,
    defaults: &TaxDefaults,
    computation: &mut Computation<'_>,
) -> Option<Vec<SentAdjustment>> {
    let (inputs, name, place) = match kind {
        AdjustmentKind::Allowance => (&input.allowances, "allowances", TaxPlace::Allowance),
        _ => (&input.charges, "charges", TaxPlace::Charge),
    };
    let mut computed = Vec::with_capacity(inputs.len());
    for (index, adjustment) in inputs.iter().enumerate() {
        let pointer = format!("/{name}/{index}");
        let Some(tax) = adjustment_tax(adjustment, sums, defaults, (place, &pointer), computation.findings) else {
            continue;
        };
        let base = sums.get(&tax).copied().unwrap_or(Amount::zero(computation.currency));
        computed.extend(compute_adjustment(adjustment, kind, base, tax, &pointer, computation));
    }
    (computed.len() == inputs.len()).then_some(computed)
}

/// The tax of an allowance or charge of the document: its own, else that of all lines (BR-32, BR-37).
fn adjustment_tax(
    input: &AdjustmentInput,
    sums: &BTreeMap<TaxKey, Amount>,
    defaults: &TaxDefaults,
    (place, pointer): (TaxPlace, &str),
    findings: &mut Findings,
) -> Option<TaxKey> {
    let own = SentTax { category: input.tax_category, rate: input.tax_rate };
    if own.category.is_some() || own.rate.is_some() {
        return resolve(own, defaults, place, || pointer.to_owned(), findings);
    }
    if let (Some((only, _)), 1) = (sums.first_key_value(), sums.len()) {
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
    let (lines, allowances) = (input.lines.0.as_ref().map_or(0, Vec::len), input.allowances.len());
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

fn figures_of_net(
    input: &mut InvoiceInput,
    (lines, allowances, charges): (Vec<SentLine>, Vec<SentAdjustment>, Vec<SentAdjustment>),
    shares: &[Share],
    net: &[Amount],
    computation: &mut Computation<'_>,
) -> Option<Figures> {
    let currency = computation.currency;
    let (line_net, rest) = net.split_at(lines.len());
    let (allowance_net, charge_net) = rest.split_at(allowances.len());
    if input.prices_include_tax {
        for (index, (line, net)) in input.lines.0.iter().flatten().zip(line_net).enumerate() {
            check_line(line.net_amount, *net, index, computation.findings);
        }
    }
    let seen = Amount::sum(currency, shares.iter().map(|share| share.amount_with_tax));
    let sums = Sums {
        lines: Amount::sum(currency, line_net.iter().copied()),
        allowances: Amount::sum(currency, allowance_net.iter().copied()).negated(),
        charges: Amount::sum(currency, charge_net.iter().copied()),
        with_tax: input.prices_include_tax.then_some(seen),
    };
    let taxable = shares.iter().zip(net).map(|(share, net)| (share.tax, *net));
    let is_untaxed = is_untaxed_by_default(input);
    let groups = tax_groups(taxable, &input.tax_exemptions, is_untaxed, computation)?;
    let beyond = taxes_beyond(input, sums.total_without_tax(), computation)?;
    let totals = totals(&sums, &groups, &beyond, input, computation)?;
    let includes_tax = input.prices_include_tax;
    let adjustments = |sent: Vec<SentAdjustment>, net: &[Amount], sign: i128| -> Vec<Adjustment> {
        let amount = |net: &Amount| Amount::from_minor_units(net.minor_units() * sign, currency);
        sent.into_iter().zip(net).map(|(sent, net)| sent.into_adjustment(amount(net), includes_tax)).collect()
    };
    let allowances = adjustments(allowances, allowance_net, -1);
    let charges = adjustments(charges, charge_net, 1);
    let inputs = input.lines.0.take().unwrap_or_default();
    let lines: Option<Vec<Line>> = inputs
        .into_iter()
        .zip(lines)
        .zip(line_net)
        .enumerate()
        .map(|(index, ((input, sent), net))| sent.into_line(input, index, *net, includes_tax))
        .collect();
    Some(Figures { lines: lines?, allowances, charges, groups, totals, beyond })
}

/// Whether the invoice says nothing of tax at all: then it needs no reason for having none.
fn is_untaxed_by_default(input: &InvoiceInput) -> bool {
    let says_o = |category: Option<TaxCategory>| category == Some(TaxCategory::O);
    let lines = input.lines.0.as_deref().unwrap_or_default();
    !says_o(input.tax_category)
        && input.tax_exemptions.is_empty()
        && !lines.iter().any(|line| says_o(line.tax_category))
}
