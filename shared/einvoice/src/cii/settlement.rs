//! Payment, taxes, allowances, charges and totals.

use invoice::{Card, CreditTransfer, Invoice, TaxCategory, TaxPointCode};

use super::party::payee;
use super::{allowance_charge, date, date_as, period, tax};
use crate::document::Document;
use crate::figures::amount;
use crate::xml::Xml;

/// BT-5, BT-6, BT-9, BT-19, BT-20, BG-3, BG-10, BG-14, BG-16, BG-20 to BG-23.
pub(super) fn settlement(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    let debit = invoice.payment.as_ref().and_then(|payment| payment.direct_debit.as_ref());
    xml.group("ram:ApplicableHeaderTradeSettlement", |xml| {
        xml.optional("ram:CreditorReferenceID", debit.and_then(|debit| debit.creditor_id.as_deref()));
        let remittance = invoice.payment.as_ref().and_then(|payment| payment.remittance_information.as_deref());
        xml.optional("ram:PaymentReference", remittance);
        xml.optional("ram:TaxCurrencyCode", invoice.tax_currency.map(invoice::Currency::code));
        xml.leaf("ram:InvoiceCurrencyCode", invoice.currency.code());
        if let Some(paid) = &invoice.payee {
            xml.group("ram:PayeeTradeParty", |xml| payee(xml, paid));
        }
        payment_means(xml, document);
        tax_breakdown(xml, document);
        period(xml, invoice.period.as_ref());
        for (adjustments, is_charge) in [(&invoice.allowances, false), (&invoice.charges, true)] {
            for adjustment in adjustments {
                xml.group("ram:SpecifiedTradeAllowanceCharge", |xml| {
                    allowance_charge(xml, adjustment, is_charge);
                    xml.group("ram:CategoryTradeTax", |xml| {
                        tax(xml, adjustment.tax_category, adjustment.tax_rate);
                    });
                });
            }
        }
        xml.group("ram:SpecifiedTradePaymentTerms", |xml| {
            xml.optional("ram:Description", document.payment_terms.as_deref());
            date(xml, "ram:DueDateDateTime", invoice.due_date);
            xml.optional("ram:DirectDebitMandateID", debit.and_then(|debit| debit.mandate.as_deref()));
        });
        totals(xml, invoice);
        for preceding in &invoice.preceding_invoices {
            xml.group("ram:InvoiceReferencedDocument", |xml| {
                xml.leaf("ram:IssuerAssignedID", &preceding.number);
                date_as(xml, "ram:FormattedIssueDateTime", "qdt:DateTimeString", preceding.issue_date);
            });
        }
        xml.group("ram:ReceivableSpecifiedTradeAccountingAccount", |xml| {
            xml.optional("ram:ID", invoice.buyer_accounting_reference.as_deref());
        });
    });
}

/// BG-16: each account is a group of means; card and direct debit stand in the first.
fn payment_means(xml: &mut Xml, document: &Document<'_>) {
    let Some(means) = document.payment_means() else { return };
    let payment = document.invoice.payment.as_ref();
    let transfers = payment.map_or(&[][..], |payment| &payment.credit_transfers);
    for index in 0..transfers.len().max(1) {
        let first = payment.filter(|_| index == 0);
        xml.group("ram:SpecifiedTradeSettlementPaymentMeans", |xml| {
            xml.leaf("ram:TypeCode", means);
            xml.optional("ram:Information", payment.and_then(|payment| payment.means_text.as_deref()));
            if let Some(paid) = first.and_then(|payment| payment.card.as_ref()) {
                card(xml, paid);
            }
            let debit = first.and_then(|payment| payment.direct_debit.as_ref());
            xml.group("ram:PayerPartyDebtorFinancialAccount", |xml| {
                xml.optional("ram:IBANID", debit.and_then(|debit| debit.debited_account.as_deref()));
            });
            if let Some(transfer) = transfers.get(index) {
                account(xml, transfer);
            }
        });
    }
}

fn card(xml: &mut Xml, card: &Card) {
    xml.group("ram:ApplicableTradeSettlementFinancialCard", |xml| {
        xml.leaf("ram:ID", &card.number);
        xml.optional("ram:CardholderName", card.holder.as_deref());
    });
}

fn account(xml: &mut Xml, transfer: &CreditTransfer) {
    xml.group("ram:PayeePartyCreditorFinancialAccount", |xml| {
        xml.optional("ram:IBANID", transfer.iban.as_deref());
        xml.optional("ram:AccountName", transfer.account_name.as_deref());
        xml.optional("ram:ProprietaryID", transfer.account_number.as_deref());
    });
    xml.group("ram:PayeeSpecifiedCreditorFinancialInstitution", |xml| {
        xml.optional("ram:BICID", transfer.bank.as_deref());
    });
}

/// BG-23, and the tax point (BT-7, BT-8), which CII keeps in a group. The date stands in the first alone (CII-SR-461).
fn tax_breakdown(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    for (index, group) in invoice.tax_breakdown.iter().enumerate() {
        xml.group("ram:ApplicableTradeTax", |xml| {
            xml.leaf("ram:CalculatedAmount", &amount(group.tax_amount));
            xml.leaf("ram:TypeCode", "VAT");
            xml.optional("ram:ExemptionReason", group.exemption_reason.as_deref());
            xml.leaf("ram:BasisAmount", &amount(group.taxable_amount));
            xml.leaf("ram:CategoryCode", group.category.code());
            let code = group.exemption_reason_code.map(invoice::ExemptionReasonCode::code);
            xml.optional("ram:ExemptionReasonCode", code);
            let tax_point_date = invoice.tax_point_date.filter(|_| index == 0);
            date_as(xml, "ram:TaxPointDate", "udt:DateString", tax_point_date);
            xml.optional("ram:DueDateTypeCode", invoice.tax_point_code.map(due_date_type));
            let rate = match group.category {
                TaxCategory::O => document.writes_rate_of_untaxed().then(|| "0".to_owned()),
                _ => group.rate.map(|rate| rate.to_string()),
            };
            xml.optional("ram:RateApplicablePercent", rate.as_deref());
        });
    }
}

/// UNTDID 2475, which CII has in place of UNTDID 2005.
fn due_date_type(code: TaxPointCode) -> &'static str {
    match code {
        TaxPointCode::DeliveryDate => "29",
        TaxPointCode::PaymentDate => "72",
        _ => "5",
    }
}

/// BG-22.
fn totals(xml: &mut Xml, invoice: &Invoice) {
    let totals = &invoice.totals;
    xml.group("ram:SpecifiedTradeSettlementHeaderMonetarySummation", |xml| {
        xml.leaf("ram:LineTotalAmount", &amount(totals.line_total));
        if !invoice.charges.is_empty() {
            xml.leaf("ram:ChargeTotalAmount", &amount(totals.charge_total));
        }
        if !invoice.allowances.is_empty() {
            xml.leaf("ram:AllowanceTotalAmount", &amount(totals.allowance_total));
        }
        xml.leaf("ram:TaxBasisTotalAmount", &amount(totals.total_without_tax));
        for total in [Some(totals.tax_total), totals.tax_total_in_tax_currency].into_iter().flatten() {
            xml.leaf_with("ram:TaxTotalAmount", &[("currencyID", Some(total.currency().code()))], &amount(total));
        }
        if !totals.rounding_amount.is_zero() {
            xml.leaf("ram:RoundingAmount", &amount(totals.rounding_amount));
        }
        xml.leaf("ram:GrandTotalAmount", &amount(totals.total_with_tax));
        if !totals.prepaid_amount.is_zero() {
            xml.leaf("ram:TotalPrepaidAmount", &amount(totals.prepaid_amount));
        }
        xml.leaf("ram:DuePayableAmount", &amount(totals.payable_amount));
    });
}
