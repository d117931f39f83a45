//! The invoice that the computed figures and the rest of the document make.

use super::figures::{Figures, figures};
use super::payment::{days_after, early_payment_discounts, payment};
use super::{Computation, Unreadable};
use crate::figures::Currency;
use crate::finding::Findings;
use crate::input::InvoiceInput;
use crate::model::{EarlyPaymentDiscount, Invoice, Presentation};
use crate::options::ParseOptions;

/// Computes the invoice. `None` if there is a fault, or already was one in what it rests on.
pub(crate) fn compute(
    mut input: InvoiceInput,
    options: &ParseOptions,
    unreadable: &Unreadable,
    findings: &mut Findings,
) -> Option<Invoice> {
    // Of the figures of an unreadable currency nothing is said that rests on its minor units.
    let otherwise = if unreadable.has("currency") { Currency::FINEST } else { options.default_currency };
    let mut computation = Computation {
        currency: input.currency.unwrap_or(otherwise),
        prices_include_tax: input.prices_include_tax,
        is_imported: options.is_imported,
        compares_nothing: unreadable.hides_figures(),
        findings,
        roundings: Vec::new(),
    };
    let figures = figures(&mut input, unreadable, &mut computation);
    let amount_to_pay = figures.as_ref().map(|figures| figures.totals.amount_to_pay);
    let discounts = early_payment_discounts(&input, amount_to_pay, &mut computation);
    let figures = figures?;
    crate::rules::warn_of_signs(&input, &figures.totals, computation.findings);
    assemble(input, figures, discounts?, computation)
}

fn assemble(
    input: InvoiceInput,
    figures: Figures,
    early_payment_discounts: Vec<EarlyPaymentDiscount>,
    computation: Computation<'_>,
) -> Option<Invoice> {
    let issue_date = input.issue_date.0?;
    let (seller, buyer) = (input.seller.0?, input.buyer.0?);
    let terms = input.payment_terms.as_ref();
    let due_date = match (input.due_date, terms.and_then(|terms| terms.days)) {
        (Some(date), _) => Some(date),
        (None, Some(days)) => days_after(issue_date, days),
        (None, None) => None,
    };
    let mut roundings = computation.roundings;
    for rounding in &mut roundings {
        rounding.pointer = figures.lines.sent_pointer(std::mem::take(&mut rounding.pointer));
    }
    let presentation = Presentation {
        logo: input.logo,
        logo_width: input.logo_width,
        logo_side: input.logo_side,
        accent_color: input.accent_color,
        layout: input.style,
        paper: input.paper,
        mark: input.mark,
        csv_dialect: input.csv_dialect,
        footer: input.footer,
        locale: input.locale,
        tax_name: input.tax_name,
    };
    Some(Invoice {
        number: input.number.0?,
        issue_date,
        type_code: input.type_code,
        currency: computation.currency,
        tax_currency: input.tax_currency.filter(|currency| *currency != computation.currency),
        tax_exchange_rate: input.tax_exchange_rate,
        tax_point_date: input.tax_point_date,
        tax_point_code: input.tax_point_code,
        due_date,
        buyer_reference: input.buyer_reference,
        project_reference: input.project_reference,
        contract_reference: input.contract_reference,
        purchase_order_reference: input.purchase_order_reference,
        sales_order_reference: input.sales_order_reference,
        receiving_advice_reference: input.receiving_advice_reference,
        despatch_advice_reference: input.despatch_advice_reference,
        tender_or_lot_reference: input.tender_or_lot_reference,
        invoiced_object: input.invoiced_object,
        buyer_accounting_reference: input.buyer_accounting_reference,
        payment_terms: input.payment_terms.and_then(|terms| terms.text),
        early_payment_discounts,
        notes: input.notes,
        business_process: input.business_process,
        specification: input.specification,
        preceding_invoices: input.preceding_invoices,
        seller,
        buyer,
        payee: input.payee,
        tax_representative: input.tax_representative,
        delivery: input.delivery,
        period: input.period,
        payment: input.payment.map(|sent| payment(sent, computation.currency)),
        allowances: figures.allowances,
        charges: figures.charges,
        totals: figures.totals,
        tax_breakdown: figures.groups,
        prepayments: figures.prepayments,
        supporting_documents: input.supporting_documents,
        lines: figures.lines,
        prices_include_tax: input.prices_include_tax,
        other_taxes: figures.beyond.other,
        withholding_taxes: figures.beyond.withheld,
        custom_fields: input.custom_fields.0,
        presentation,
        roundings,
    })
}
