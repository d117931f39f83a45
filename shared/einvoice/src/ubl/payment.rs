//! How and when it is to be paid.

use invoice::{Card, CreditTransfer, DirectDebit};

use super::Kind;
use crate::document::Document;
use crate::xml::Xml;

/// BG-16, BT-9 of credit notes, BT-20.
pub(super) fn payment(xml: &mut Xml, document: &Document<'_>, kind: Kind) {
    let invoice = document.invoice;
    // A credit note has no place of its own for the due date.
    let due_date = invoice.due_date.filter(|_| kind == Kind::CreditNote);
    let means = document.payment_means().or(due_date.map(|_| "1"));
    if let Some(means) = means {
        let payment = invoice.payment.as_ref();
        let transfers = payment.map_or(&[][..], |payment| &payment.credit_transfers);
        // Each account is a group of means; card and direct debit stand in the first.
        for index in 0..transfers.len().max(1) {
            let first = payment.filter(|_| index == 0);
            xml.group("cac:PaymentMeans", |xml| {
                // The text stands once (UBL-SR-46).
                let name = first.and_then(|payment| payment.means_text.as_deref());
                xml.leaf_with("cbc:PaymentMeansCode", &[("name", name)], means);
                xml.optional("cbc:PaymentDueDate", due_date.map(|date| date.to_string()).as_deref());
                xml.optional("cbc:PaymentID", payment.and_then(|payment| payment.remittance_information.as_deref()));
                if let Some(paid) = first.and_then(|payment| payment.card.as_ref()) {
                    card(xml, paid);
                }
                if let Some(transfer) = transfers.get(index) {
                    account(xml, transfer);
                }
                if let Some(debit) = first.and_then(|payment| payment.direct_debit.as_ref()) {
                    mandate(xml, debit);
                }
            });
        }
    }
    xml.group("cac:PaymentTerms", |xml| xml.optional("cbc:Note", document.payment_terms.as_deref()));
}

fn card(xml: &mut Xml, card: &Card) {
    xml.group("cac:CardAccount", |xml| {
        xml.leaf("cbc:PrimaryAccountNumberID", &card.number);
        // The schema wants a network, which the norm does not know.
        xml.leaf("cbc:NetworkID", "mapped-from-cii");
        xml.optional("cbc:HolderName", card.holder.as_deref());
    });
}

fn account(xml: &mut Xml, transfer: &CreditTransfer) {
    xml.group("cac:PayeeFinancialAccount", |xml| {
        xml.optional("cbc:ID", transfer.iban.as_deref().or(transfer.account_number.as_deref()));
        xml.optional("cbc:Name", transfer.account_name.as_deref());
        xml.group("cac:FinancialInstitutionBranch", |xml| xml.optional("cbc:ID", transfer.bank.as_deref()));
    });
}

fn mandate(xml: &mut Xml, debit: &DirectDebit) {
    xml.group("cac:PaymentMandate", |xml| {
        xml.optional("cbc:ID", debit.mandate.as_deref());
        xml.group("cac:PayerFinancialAccount", |xml| xml.optional("cbc:ID", debit.debited_account.as_deref()));
    });
}
