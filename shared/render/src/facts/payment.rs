//! How the invoice is to be paid, and what else is said under the totals.

use std::borrow::Cow;

use invoice::{
    Amount, Balance, CreditTransfer, EarlyPaymentDiscount, Invoice, Payee, Payment, SupportingDocument, TaxCategory,
};

use super::Pair;
use super::identifiers::{identifier, registration};
use crate::number_format::NumberFormat;
use crate::wording::Wording;

pub(crate) fn payment<'a>(
    invoice: &'a Invoice,
    balance: Balance,
    wording: &Wording,
    numbers: &NumberFormat,
) -> Vec<Pair<'a>> {
    // Where no money is to move, ways to pay would only lead to a payment by mistake.
    let is_to_be_paid = matches!(balance, Balance::Due(_) | Balance::Credited(_)) && !balance.amount().is_zero();
    let mut pairs = if is_to_be_paid { ways_to_pay(invoice, wording, numbers) } else { Vec::new() };
    // What is credited goes to an account, and nobody pays it online.
    let link = invoice.payment.as_ref().and_then(|payment| payment.link.as_deref());
    let is_due = matches!(balance, Balance::Due(_)) && is_to_be_paid;
    pairs.extend(link.filter(|_| is_due).map(|link| Pair::new(wording.pay_online, link)));
    if let Some(tax) = invoice.totals.tax_total_in_tax_currency {
        let label = wording.tax_in.fill(&[("currency", tax.currency().code())]);
        pairs.push(Pair::new(label, tax_in_tax_currency(invoice, tax, numbers)));
    }
    pairs
}

fn ways_to_pay<'a>(invoice: &'a Invoice, wording: &Wording, numbers: &NumberFormat) -> Vec<Pair<'a>> {
    let mut pairs = Vec::new();
    pairs.extend(invoice.payment_terms.as_deref().map(|terms| Pair::new(wording.terms, terms)));
    let discounts = invoice.early_payment_discounts.iter();
    pairs.extend(discounts.map(|discount| Pair::new(wording.early_payment, early_payment(discount, wording, numbers))));
    if let Some(payment) = &invoice.payment {
        push_payment(&mut pairs, payment, wording);
    }
    pairs.extend(invoice.payee.as_ref().map(|payee| Pair::new(wording.payee, payee_line(payee, wording))));
    pairs
}

/// The payee with what identifies it, on one line.
fn payee_line(payee: &Payee, wording: &Wording) -> String {
    let legal_id = payee.legal_id.as_ref().map(|id| registration(id, wording));
    let parts = [Some(payee.name.clone()), payee.identifier.as_ref().map(identifier), legal_id];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// For example `138.67 (1 USD = 0.9123 EUR)`.
fn tax_in_tax_currency(invoice: &Invoice, tax: Amount, numbers: &NumberFormat) -> String {
    let amount = numbers.amount(tax);
    match invoice.tax_exchange_rate {
        Some(rate) => {
            let (from, to) = (invoice.currency.code(), tax.currency().code());
            format!("{amount} (1 {from} = {} {to})", numbers.quantity(rate))
        }
        None => amount,
    }
}

fn push_payment<'a>(pairs: &mut Vec<Pair<'a>>, payment: &'a Payment, wording: &Wording) {
    pairs.extend(payment.means_text.as_deref().map(|text| Pair::new(wording.means, text)));
    for account in &payment.credit_transfers {
        push_account(pairs, account, wording);
    }
    if let Some(card) = &payment.card {
        let holder = card.holder.as_deref().map(|holder| format!(", {holder}")).unwrap_or_default();
        pairs.push(Pair::new(wording.card, format!("{}{holder}", card.number)));
    }
    if let Some(debit) = &payment.direct_debit {
        let debited = debit.debited_account.as_deref().map(grouped_by_four);
        let texts = [
            (wording.mandate, debit.mandate.as_deref().map(Cow::Borrowed)),
            (wording.creditor, debit.creditor_id.as_deref().map(Cow::Borrowed)),
            (wording.debited_account, debited.map(Cow::Owned)),
        ];
        pairs.extend(texts.into_iter().filter_map(|(label, text)| Some(Pair::new(label, text?))));
    }
    let reference = payment.remittance_information.as_deref();
    pairs.extend(reference.map(|text| Pair::new(wording.payment_reference, text)));
}

fn push_account<'a>(pairs: &mut Vec<Pair<'a>>, account: &'a CreditTransfer, wording: &Wording) {
    let iban = account.iban.as_deref().map(grouped_by_four);
    let texts = [
        (wording.account_holder, account.account_name.as_deref().map(Cow::Borrowed)),
        ("IBAN", iban.map(Cow::Owned)),
        (wording.account_number, account.account_number.as_deref().map(Cow::Borrowed)),
        (wording.bank, account.bank.as_deref().map(Cow::Borrowed)),
    ];
    pairs.extend(texts.into_iter().filter_map(|(label, text)| Some(Pair::new(label, text?))));
}

/// An IBAN in its printed form (ISO 13616): groups of four characters.
fn grouped_by_four(iban: &str) -> String {
    let mut grouped = String::with_capacity(iban.len() * 5 / 4 + 1);
    for (index, character) in iban.chars().filter(|character| *character != ' ').enumerate() {
        if index > 0 && index % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    grouped
}

fn early_payment(discount: &EarlyPaymentDiscount, wording: &Wording, numbers: &NumberFormat) -> String {
    let percent = numbers.percent(discount.percent, wording);
    let (date, amount) = (numbers.date(discount.until), numbers.amount(discount.amount_to_pay));
    wording.early_payment_terms.fill(&[("percent", &percent), ("date", &date), ("amount", &amount)])
}

pub(crate) fn notes<'a>(invoice: &'a Invoice, wording: &Wording) -> Vec<Cow<'a, str>> {
    let mut notes: Vec<Cow<'a, str>> = invoice.notes.iter().map(|note| Cow::Borrowed(&*note.text)).collect();
    // With another tax, such as a sales tax, it would mislead to say that there is none.
    let has_other_tax = !invoice.other_taxes.is_empty();
    let explained = invoice.tax_breakdown.iter().filter(|group| !(has_other_tax && group.category == TaxCategory::O));
    let mut reasons: Vec<&str> = explained.filter_map(|group| group.exemption_reason.as_deref()).collect();
    reasons.dedup();
    notes.extend(reasons.into_iter().map(Cow::Borrowed));
    notes
        .extend(invoice.supporting_documents.iter().map(|document| Cow::Owned(supporting_document(document, wording))));
    notes
}

/// For example `Enclosed: TS-3, Time sheet of March, timesheet.csv`.
fn supporting_document(document: &SupportingDocument, wording: &Wording) -> String {
    let file_name = document.attachment.as_ref().map(|attachment| attachment.file_name.as_str());
    let parts =
        [Some(document.reference.as_str()), document.description.as_deref(), document.url.as_deref(), file_name];
    let parts: Vec<&str> = parts.into_iter().flatten().collect();
    format!("{}: {}", wording.supporting_documents, parts.join(", "))
}
