//! What a document says, apart from how it looks: the same words and figures for every format.

mod identifiers;
mod lines;
mod parties;
mod payment;
mod payment_code;
mod references;
mod totals;

use std::borrow::Cow;

use invoice::{Balance, Decimal, Invoice, Logo, Mark};

pub(crate) use lines::{
    LineFigures, has_item_ids, has_several_rates, has_units, line_details, subtotal_facts, unit_label,
};
pub(crate) use parties::PartyFacts;
pub(crate) use payment_code::PaymentCode;
pub(crate) use totals::{Total, TotalKind};

use crate::font::HanForms;
use crate::number_format::NumberFormat;
use crate::style::Style;
use crate::wording::Wording;

/// A label and what it labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) label: Cow<'a, str>,
    pub(crate) value: Cow<'a, str>,
}

impl<'a> Pair<'a> {
    pub(crate) fn new(label: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// Everything that is printed outside of the table of lines.
pub(crate) struct Facts<'a> {
    pub(crate) invoice: &'a Invoice,
    pub(crate) wording: &'static Wording,
    pub(crate) numbers: NumberFormat,
    /// The kind of document, with its mark.
    pub(crate) title: &'static str,
    pub(crate) mark: Option<&'static str>,
    /// What the tax is called.
    pub(crate) tax_name: Cow<'a, str>,
    pub(crate) logo: Option<&'a Logo>,
    pub(crate) seller: PartyFacts<'a>,
    /// Bill-to, ship-to and the tax representative, as far as they are given.
    pub(crate) parties: Vec<PartyFacts<'a>>,
    /// Number, dates and references.
    pub(crate) references: Vec<Pair<'a>>,
    /// What is still to be paid, or why nothing is.
    pub(crate) balance: Balance,
    pub(crate) totals: Vec<Total<'a>>,
    pub(crate) payment: Vec<Pair<'a>>,
    /// What the payer's telephone reads.
    pub(crate) payment_codes: Vec<PaymentCode<'a>>,
    pub(crate) notes: Vec<Cow<'a, str>>,
    /// The legal data of the seller, for the foot of the page.
    pub(crate) legal: Vec<Cow<'a, str>>,
    /// What the user adds to the foot of the page.
    pub(crate) footer: &'a str,
}

impl<'a> Facts<'a> {
    pub(crate) fn new(invoice: &'a Invoice, style: &Style) -> Self {
        let wording = wording(invoice);
        let numbers = NumberFormat::of(locale_tag(invoice, wording));
        let tax_name = tax_name(invoice, wording);
        let balance = invoice.balance(style.mark_for(invoice));
        let mut facts = Self {
            invoice,
            wording,
            title: title(invoice, wording),
            mark: style.mark_for(invoice).map(|mark| mark_word(mark, wording)),
            logo: invoice.presentation.logo.as_ref(),
            seller: parties::seller(invoice),
            parties: parties::others(invoice, wording),
            references: references::references(invoice, wording, &numbers),
            totals: Vec::new(),
            balance,
            payment: payment::payment(invoice, balance, wording, &numbers),
            payment_codes: payment_code::payment_codes(invoice, balance, wording),
            notes: payment::notes(invoice, wording),
            legal: parties::legal(&invoice.seller, wording),
            footer: invoice.presentation.footer.as_ref().map_or("", |footer| footer.text()),
            tax_name,
            numbers,
        };
        facts.totals = totals::totals(&facts);
        facts
    }

    /// The number as the document's title has it, for example `Invoice HP-2026-0093`.
    pub(crate) fn headline(&self) -> String {
        format!("{} {}", self.title, self.invoice.number)
    }

    /// Whose forms of Chinese characters the document takes: in Chinese those of its own, but for the traditional ones.
    pub(crate) fn han_forms(&self) -> HanForms {
        let tag = self.invoice.presentation.locale.as_ref().map_or("", |locale| locale.tag());
        let is_traditional = |part: &str| ["Hant", "TW", "HK", "MO"].iter().any(|one| one.eq_ignore_ascii_case(part));
        if self.wording.language == "zh" && !tag.split('-').any(is_traditional) {
            HanForms::Chinese
        } else {
            HanForms::Japanese
        }
    }

    /// An amount with the code of its currency.
    pub(crate) fn amount_with_currency(&self, amount: invoice::Amount) -> String {
        let figure = self.numbers.amount(amount);
        self.wording.money.fill(&[("currency", amount.currency().code()), ("amount", &figure)])
    }
}

/// Whether prices are shown with the tax in them; where there is no tax, they are the same without.
pub(crate) fn shows_prices_with_tax(invoice: &Invoice) -> bool {
    let has_tax = |rate: Decimal| !rate.is_zero();
    invoice.prices_include_tax && invoice.tax_breakdown.iter().filter_map(|group| group.rate).any(has_tax)
}

fn title(invoice: &Invoice, wording: &Wording) -> &'static str {
    match invoice.type_code.code() {
        "325" => wording.pro_forma,
        "80" | "84" | "383" | "456" | "527" => wording.debit_note,
        "384" | "471" | "472" | "473" => wording.corrected_invoice,
        "386" => wording.prepayment_invoice,
        "389" => wording.self_billed_invoice,
        _ if invoice.type_code.is_credit_note() => wording.credit_note,
        _ => wording.invoice,
    }
}

const fn mark_word(mark: Mark, wording: &Wording) -> &'static str {
    match mark {
        Mark::Draft => wording.draft,
        Mark::Paid => wording.paid,
        Mark::Copy => wording.copy,
    }
}

/// Value added tax is named only where it is known to be one.
fn tax_name<'a>(invoice: &'a Invoice, wording: &Wording) -> Cow<'a, str> {
    let has_vat_number = invoice.seller.vat_id.is_some();
    match &invoice.presentation.tax_name {
        Some(name) => Cow::Borrowed(name),
        None if has_vat_number => Cow::Borrowed(wording.value_added_tax),
        None => Cow::Borrowed(wording.tax),
    }
}

/// The language of the invoice's locale; English without one.
fn wording(invoice: &Invoice) -> &'static Wording {
    Wording::of(invoice.presentation.locale.as_ref().map_or("en", invoice::Locale::language))
}

/// The locale of numbers and dates. A document in English follows the seller's country where it names no other.
fn locale_tag<'a>(invoice: &'a Invoice, wording: &Wording) -> &'a str {
    let country = invoice.seller.address.as_ref().and_then(|address| address.country);
    match &invoice.presentation.locale {
        Some(locale) if locale.language().eq_ignore_ascii_case(wording.language) => locale.tag(),
        _ if country.is_some_and(|country| country.code() == "US") => "en-US",
        _ => "en-GB",
    }
}
