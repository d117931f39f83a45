//! What Factur-X BASIC has no place for (its schema, 1.09).

use invoice::{Finding, Line};

use super::{Condition, Faults, expect};
use crate::document::Document;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, CONDITIONS);
    for (index, line) in document.invoice.lines.iter().enumerate() {
        for (key, term, is_sent) in LINE_TERMS {
            if is_sent(line) {
                let finding = Finding::new(format!("/lines/{index}/{key}"), RULE, MESSAGE);
                report.fault(term, finding.expected("nothing, or the profile EN 16931"));
            }
        }
    }
}

const RULE: &str = "not-carried";
const MESSAGE: &str = "Factur-X BASIC has no place for this: take the profile EN 16931";

const fn stray(term: &'static str, pointer: &'static str, is_absent: fn(&Document<'_>) -> bool) -> Condition {
    expect((RULE, term), pointer, MESSAGE, "nothing, or the profile EN 16931", is_absent)
}

fn payment(document: &Document<'_>, is_absent: fn(&invoice::Payment) -> bool) -> bool {
    document.invoice.payment.as_ref().is_none_or(is_absent)
}

const CONDITIONS: &[Condition] = &[
    stray("BT-7", "/tax_point_date", |document| document.invoice.tax_point_date.is_none()),
    stray("BT-11", "/project_reference", |document| document.invoice.project_reference.is_none()),
    stray("BT-14", "/sales_order_reference", |document| document.invoice.sales_order_reference.is_none()),
    stray("BT-15", "/receiving_advice_reference", |document| document.invoice.receiving_advice_reference.is_none()),
    stray("BT-17", "/tender_or_lot_reference", |document| document.invoice.tender_or_lot_reference.is_none()),
    stray("BT-18", "/invoiced_object", |document| document.invoice.invoiced_object.is_none()),
    stray("BG-24", "/supporting_documents", |document| document.invoice.supporting_documents.is_empty()),
    stray("BT-33", "/seller/legal_information", |document| document.invoice.seller.legal_information.is_none()),
    stray("BG-6", "/seller/contact", |document| document.invoice.seller.contact.is_none()),
    stray("BG-9", "/buyer/contact", |document| document.invoice.buyer.contact.is_none()),
    stray("BT-82", "/payment/means_text", |document| payment(document, |payment| payment.means_text.is_none())),
    stray("BG-18", "/payment/card", |document| payment(document, |payment| payment.card.is_none())),
    stray("BT-85", "/payment/account_name", |document| {
        payment(document, |payment| payment.credit_transfers.iter().all(|transfer| transfer.account_name.is_none()))
    }),
    stray("BT-86", "/payment/bank", |document| {
        payment(document, |payment| payment.credit_transfers.iter().all(|transfer| transfer.bank.is_none()))
    }),
    stray("BT-114", "/rounding_amount", |document| document.invoice.totals.rounding_amount.is_zero()),
];

type LineTerm = (&'static str, &'static str, fn(&Line) -> bool);

const LINE_TERMS: [LineTerm; 9] = [
    ("invoiced_object", "BT-128", |line| line.invoiced_object.is_some()),
    ("order_line_reference", "BT-132", |line| line.order_line_reference.is_some()),
    ("buyer_accounting_reference", "BT-133", |line| line.buyer_accounting_reference.is_some()),
    ("description", "BT-154", |line| line.description.is_some()),
    ("seller_item_id", "BT-155", |line| line.seller_item_id.is_some()),
    ("buyer_item_id", "BT-156", |line| line.buyer_item_id.is_some()),
    ("classifications", "BT-158", |line| !line.classifications.is_empty()),
    ("origin_country", "BT-159", |line| line.origin_country.is_some()),
    ("attributes", "BG-32", |line| !line.attributes.is_empty()),
];
