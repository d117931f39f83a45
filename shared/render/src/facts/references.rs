//! Number, dates and what the invoice refers to.

use invoice::{DocumentReference, Invoice, Period, TaxPointCode};

use super::Pair;
use crate::number_format::NumberFormat;
use crate::wording::Wording;

pub(crate) fn references<'a>(invoice: &'a Invoice, wording: &Wording, numbers: &NumberFormat) -> Vec<Pair<'a>> {
    let mut pairs = dates(invoice, wording, numbers);
    let object = invoice.invoiced_object.as_ref().map(|object| object.id.as_str());
    let texts = [
        (wording.buyer_reference, invoice.buyer_reference.as_deref()),
        (wording.purchase_order, invoice.purchase_order_reference.as_deref()),
        (wording.sales_order, invoice.sales_order_reference.as_deref()),
        (wording.contract, invoice.contract_reference.as_deref()),
        (wording.project, invoice.project_reference.as_deref()),
        (wording.despatch_advice, invoice.despatch_advice_reference.as_deref()),
        (wording.receiving_advice, invoice.receiving_advice_reference.as_deref()),
        (wording.tender, invoice.tender_or_lot_reference.as_deref()),
        (wording.invoiced_object, object),
        (wording.accounting_reference, invoice.buyer_accounting_reference.as_deref()),
    ];
    pairs.extend(texts.into_iter().filter_map(|(label, text)| Some(Pair::new(label, text?))));
    let preceding = invoice.preceding_invoices.iter();
    pairs.extend(preceding.map(|reference| Pair::new(wording.preceding_invoice, document(reference, numbers))));
    pairs.extend(invoice.custom_fields.iter().map(|field| Pair::new(field.name.as_str(), field.value.as_str())));
    pairs
}

fn dates<'a>(invoice: &'a Invoice, wording: &Wording, numbers: &NumberFormat) -> Vec<Pair<'a>> {
    let delivered = invoice.delivery.as_ref().and_then(|delivery| delivery.date);
    let dates = [
        (wording.issue_date, Some(invoice.issue_date)),
        (wording.due_date, invoice.due_date),
        (wording.tax_point_date, invoice.tax_point_date),
        (wording.delivery_date, delivered),
    ];
    let mut pairs: Vec<_> =
        dates.into_iter().filter_map(|(label, date)| Some(Pair::new(label, numbers.date(date?)))).collect();
    let span = invoice.period.as_ref().and_then(|span| period(span, numbers));
    pairs.extend(tax_point(invoice, wording).map(|day| Pair::new(wording.tax_point_date, day)));
    pairs.extend(span.map(|span| Pair::new(wording.period, span)));
    pairs
}

/// Which day makes the tax due, where it is no date of its own.
fn tax_point(invoice: &Invoice, wording: &Wording) -> Option<&'static str> {
    match invoice.tax_point_code? {
        TaxPointCode::IssueDate => Some(wording.issue_date),
        TaxPointCode::DeliveryDate => Some(wording.delivery_date),
        TaxPointCode::PaymentDate => Some(wording.payment),
        _ => None,
    }
}

/// A span of days, for example `1 March 2026 – 31 March 2026`.
pub(super) fn period(period: &Period, numbers: &NumberFormat) -> Option<String> {
    match (period.start, period.end) {
        (Some(start), Some(end)) => Some(numbers.span(start, end)),
        (Some(start), None) => Some(format!("{} –", numbers.date(start))),
        (None, Some(end)) => Some(format!("– {}", numbers.date(end))),
        (None, None) => None,
    }
}

fn document(reference: &DocumentReference, numbers: &NumberFormat) -> String {
    match reference.issue_date {
        Some(date) => format!("{}, {}", reference.number, numbers.date(date)),
        None => reference.number.clone(),
    }
}
