//! The columns that came later; they stand behind the others, so that none of those moved.
//!
//! What belongs to the invoice as a whole stands in the first row alone here: some of it is long, and there may be
//! thousands of rows.

use std::borrow::Cow;

use invoice::{
    Adjustment, Amount, CreditTransfer, Decimal, EarlyPaymentDiscount, ElectronicAddress, Identifier, Invoice, Line,
    Note, ObjectIdentifier, OtherTax, Party, Payment, SupportingDocument, TaxGroup, WithholdingTax,
};

use super::{Cell, Detail, InvoiceColumn, LineColumn, contact, country, date, optional, party_address};

const fn of_line(name: &'static str, cell: fn(&Line) -> Cell<'_>) -> LineColumn {
    LineColumn { name, cell }
}

const fn of_invoice(name: &'static str, cell: fn(&Invoice) -> Cell<'_>) -> InvoiceColumn {
    InvoiceColumn { name, cell }
}

/// Further columns of the line, in each row.
pub(crate) const FURTHER_LINE_COLUMNS: &[LineColumn] = &[
    of_line("gross_price", |line| number(line.price.gross)),
    of_line("price_discount", |line| number(line.price.discount)),
    of_line("amount_before_adjustments", amount_before_adjustments),
    of_line("line_allowances", |line| list(&line.allowances, |entry| adjustment(entry, false))),
    of_line("line_charges", |line| list(&line.charges, |entry| adjustment(entry, false))),
    of_line("line_note", |line| optional(line.note.as_deref())),
    of_line("line_period_start", |line| date(line.period.as_ref().and_then(|period| period.start))),
    of_line("line_period_end", |line| date(line.period.as_ref().and_then(|period| period.end))),
    of_line("order_line_reference", |line| optional(line.order_line_reference.as_deref())),
    of_line("line_accounting_reference", |line| optional(line.buyer_accounting_reference.as_deref())),
    of_line("line_object", |line| object(line.invoiced_object.as_ref())),
    of_line("buyer_item_id", |line| optional(line.buyer_item_id.as_deref())),
    of_line("standard_item_id", |line| {
        line.standard_item_id.as_ref().map_or(Cell::Empty, |id| owned(coded(id.scheme.code(), &id.id)))
    }),
    of_line("item_classifications", |line| {
        list(&line.classifications, |class| {
            let version = class.version.as_deref().map(|version| format!(" ({version})")).unwrap_or_default();
            coded(class.scheme.code(), &class.code) + &version
        })
    }),
    of_line("item_origin_country", |line| optional(line.origin_country.map(invoice::CountryCode::code))),
    of_line("item_attributes", |line| list(&line.attributes, |attribute| named(&attribute.name, &attribute.value))),
];

/// Further columns of the invoice, in the first row alone.
pub(crate) const FURTHER_INVOICE_COLUMNS: &[InvoiceColumn] = &[
    of_invoice("business_process", |invoice| optional(invoice.business_process.as_deref())),
    of_invoice("specification", |invoice| optional(invoice.specification.as_deref())),
    of_invoice("period_start", |invoice| date(invoice.period.as_ref().and_then(|period| period.start))),
    of_invoice("period_end", |invoice| date(invoice.period.as_ref().and_then(|period| period.end))),
    of_invoice("project_reference", |invoice| optional(invoice.project_reference.as_deref())),
    of_invoice("contract_reference", |invoice| optional(invoice.contract_reference.as_deref())),
    of_invoice("sales_order_reference", |invoice| optional(invoice.sales_order_reference.as_deref())),
    of_invoice("receiving_advice_reference", |invoice| optional(invoice.receiving_advice_reference.as_deref())),
    of_invoice("despatch_advice_reference", |invoice| optional(invoice.despatch_advice_reference.as_deref())),
    of_invoice("tender_or_lot_reference", |invoice| optional(invoice.tender_or_lot_reference.as_deref())),
    of_invoice("invoiced_object", |invoice| object(invoice.invoiced_object.as_ref())),
    of_invoice("buyer_accounting_reference", |invoice| optional(invoice.buyer_accounting_reference.as_deref())),
    of_invoice("preceding_invoices", |invoice| {
        list(&invoice.preceding_invoices, |one| {
            let day = one.issue_date.map(|date| format!(" ({date})")).unwrap_or_default();
            format!("{}{day}", one.number)
        })
    }),
    of_invoice("seller_trading_name", |invoice| optional(invoice.seller.trading_name.as_deref())),
    of_invoice("seller_contact", |invoice| contact(&invoice.seller, Detail::Name)),
    of_invoice("seller_identifiers", |invoice| list(&invoice.seller.identifiers, identifier)),
    of_invoice("seller_legal_id", |invoice| legal_id(&invoice.seller)),
    of_invoice("seller_tax_id", |invoice| optional(invoice.seller.tax_id.as_deref())),
    of_invoice("seller_legal_information", |invoice| optional(invoice.seller.legal_information.as_deref())),
    of_invoice("seller_electronic_address", |invoice| electronic_address(invoice.seller.electronic_address.as_ref())),
    of_invoice("buyer_trading_name", |invoice| optional(invoice.buyer.trading_name.as_deref())),
    of_invoice("buyer_phone", |invoice| contact(&invoice.buyer, Detail::Phone)),
    of_invoice("buyer_email", |invoice| contact(&invoice.buyer, Detail::Email)),
    of_invoice("buyer_identifiers", |invoice| list(&invoice.buyer.identifiers, identifier)),
    of_invoice("buyer_legal_id", |invoice| legal_id(&invoice.buyer)),
    of_invoice("buyer_electronic_address", |invoice| electronic_address(invoice.buyer.electronic_address.as_ref())),
    of_invoice("payee_name", |invoice| optional(invoice.payee.as_ref().map(|payee| payee.name.as_str()))),
    of_invoice("payee_identifier", |invoice| {
        an_identifier(invoice.payee.as_ref().and_then(|payee| payee.identifier.as_ref()))
    }),
    of_invoice("payee_legal_id", |invoice| {
        an_identifier(invoice.payee.as_ref().and_then(|payee| payee.legal_id.as_ref()))
    }),
    of_invoice("tax_representative_name", |invoice| {
        optional(invoice.tax_representative.as_ref().map(|party| party.name.as_str()))
    }),
    of_invoice("tax_representative_vat_id", |invoice| {
        optional(invoice.tax_representative.as_ref().and_then(|party| party.vat_id.as_deref()))
    }),
    of_invoice("tax_representative_address", |invoice| {
        invoice.tax_representative.as_ref().map_or(Cell::Empty, party_address)
    }),
    of_invoice("tax_representative_country", |invoice| {
        country(invoice.tax_representative.as_ref().and_then(|party| party.address.as_ref()))
    }),
    of_invoice("delivery_location", |invoice| {
        an_identifier(invoice.delivery.as_ref().and_then(|delivery| delivery.location.as_ref()))
    }),
    of_invoice("delivery_country", |invoice| {
        country(invoice.delivery.as_ref().and_then(|delivery| delivery.address.as_ref()))
    }),
    of_invoice("payment_terms", |invoice| optional(invoice.payment_terms.as_deref())),
    of_invoice("early_payment_discounts", |invoice| list(&invoice.early_payment_discounts, early_payment)),
    of_invoice("payment_means", |invoice| optional(invoice.payment.as_ref().map(|payment| payment.means.code()))),
    of_invoice("payment_means_text", |invoice| of_payment(invoice, |payment| payment.means_text.as_deref())),
    of_invoice("payment_reference", |invoice| of_payment(invoice, |payment| payment.remittance_information.as_deref())),
    of_invoice("payment_link", |invoice| of_payment(invoice, |payment| payment.link.as_deref())),
    of_invoice("payment_accounts", |invoice| {
        let accounts = invoice.payment.as_ref().map(|payment| payment.credit_transfers.as_slice());
        list(accounts.unwrap_or_default(), account)
    }),
    of_invoice("payment_card", |invoice| {
        let card = invoice.payment.as_ref().and_then(|payment| payment.card.as_ref());
        card.map_or(Cell::Empty, |card| owned(joined([Some(card.number.as_str()), card.holder.as_deref()])))
    }),
    of_invoice("direct_debit_mandate", |invoice| {
        of_payment(invoice, |payment| payment.direct_debit.as_ref()?.mandate.as_deref())
    }),
    of_invoice("direct_debit_creditor", |invoice| {
        of_payment(invoice, |payment| payment.direct_debit.as_ref()?.creditor_id.as_deref())
    }),
    of_invoice("direct_debit_account", |invoice| {
        of_payment(invoice, |payment| payment.direct_debit.as_ref()?.debited_account.as_deref())
    }),
    of_invoice("allowances", |invoice| list(&invoice.allowances, |entry| adjustment(entry, true))),
    of_invoice("charges", |invoice| list(&invoice.charges, |entry| adjustment(entry, true))),
    of_invoice("tax_breakdown", |invoice| list(&invoice.tax_breakdown, tax_group)),
    of_invoice("other_taxes", |invoice| list(&invoice.other_taxes, other_tax)),
    of_invoice("withholding_taxes", |invoice| list(&invoice.withholding_taxes, withholding_tax)),
    of_invoice("tax_point_date", |invoice| date(invoice.tax_point_date)),
    of_invoice("tax_point_code", |invoice| optional(invoice.tax_point_code.map(invoice::TaxPointCode::code))),
    of_invoice("tax_currency", |invoice| optional(invoice.tax_currency.map(invoice::Currency::code))),
    of_invoice("tax_exchange_rate", |invoice| number(invoice.tax_exchange_rate)),
    of_invoice("tax_total_in_tax_currency", |invoice| {
        invoice.totals.tax_total_in_tax_currency.map_or(Cell::Empty, Cell::Amount)
    }),
    of_invoice("notes", |invoice| list(&invoice.notes, note)),
    of_invoice("supporting_documents", |invoice| list(&invoice.supporting_documents, supporting_document)),
    of_invoice("custom_fields", |invoice| list(&invoice.custom_fields, |field| named(&field.name, &field.value))),
];

/// Said only where it is not the net amount.
fn amount_before_adjustments(line: &Line) -> Cell<'_> {
    let is_net = line.allowances.is_empty() && line.charges.is_empty();
    if is_net { Cell::Empty } else { Cell::Amount(line.amount_before_adjustments) }
}

fn number(value: Option<Decimal>) -> Cell<'static> {
    value.map_or(Cell::Empty, Cell::Number)
}

fn owned(text: String) -> Cell<'static> {
    Cell::Text(Cow::Owned(text))
}

fn list<T>(entries: &[T], written: fn(&T) -> String) -> Cell<'static> {
    match entries {
        [] => Cell::Empty,
        entries => Cell::List(entries.iter().map(|entry| Cow::Owned(written(entry))).collect()),
    }
}

/// The parts that there are, with commas between.
fn joined<const N: usize>(parts: [Option<&str>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// A text with the scheme that gives it meaning, as participants of Peppol are written: `0088:4304171000002`.
fn coded(scheme: &str, text: &str) -> String {
    format!("{scheme}:{text}")
}

fn named(name: &str, value: &str) -> String {
    format!("{name}: {value}")
}

fn identifier(identifier: &Identifier) -> String {
    identifier.scheme.map_or_else(|| identifier.id.clone(), |scheme| coded(scheme.code(), &identifier.id))
}

fn an_identifier(value: Option<&Identifier>) -> Cell<'static> {
    value.map_or(Cell::Empty, |value| owned(identifier(value)))
}

fn legal_id(party: &Party) -> Cell<'static> {
    an_identifier(party.legal_id.as_ref())
}

fn object(object: Option<&ObjectIdentifier>) -> Cell<'static> {
    let Some(object) = object else { return Cell::Empty };
    owned(object.scheme.map_or_else(|| object.id.clone(), |scheme| coded(scheme.code(), &object.id)))
}

fn electronic_address(address: Option<&ElectronicAddress>) -> Cell<'static> {
    address.map_or(Cell::Empty, |address| owned(coded(address.scheme.code(), &address.id)))
}

/// For example `25.00 (10% of 250.00), Regular customer, 95, S 20%`.
fn adjustment(entry: &Adjustment, has_own_tax: bool) -> String {
    let amount = format!("{}{}", entry.amount, share(entry.percent, entry.base_amount));
    let tax = has_own_tax.then(|| category(entry.tax_category.code(), entry.tax_rate));
    joined([Some(&*amount), entry.reason.text.as_deref(), entry.reason.code, tax.as_deref()])
}

fn category(code: &str, rate: Option<Decimal>) -> String {
    rate.map_or_else(|| code.to_owned(), |rate| format!("{code} {rate}%"))
}

/// For example `S 20%: 305.10 of 1525.50`, and why there is no tax.
fn tax_group(group: &TaxGroup) -> String {
    let name = category(group.category.code(), group.rate);
    let tax = format!("{name}: {} of {}", group.tax_amount, group.taxable_amount);
    let code = group.exemption_reason_code.map(invoice::ExemptionReasonCode::code);
    joined([Some(&*tax), group.exemption_reason.as_deref(), code])
}

fn share(rate: Option<Decimal>, base: Option<Amount>) -> String {
    match (rate, base) {
        (Some(rate), Some(base)) => format!(" ({rate}% of {base})"),
        (Some(rate), None) => format!(" ({rate}%)"),
        _ => String::new(),
    }
}

fn other_tax(tax: &OtherTax) -> String {
    named(&tax.name, &format!("{}{}", tax.amount, share(tax.rate, tax.base_amount)))
}

fn withholding_tax(tax: &WithholdingTax) -> String {
    named(&tax.name, &format!("{}{}", tax.amount, share(Some(tax.rate), Some(tax.base_amount))))
}

/// For example `2% until 2026-03-19: 1793.99`.
fn early_payment(discount: &EarlyPaymentDiscount) -> String {
    format!("{}% until {}: {}", discount.percent, discount.until, discount.amount_to_pay)
}

fn of_payment<'a>(invoice: &'a Invoice, value: fn(&'a Payment) -> Option<&'a str>) -> Cell<'a> {
    optional(invoice.payment.as_ref().and_then(value))
}

fn account(account: &CreditTransfer) -> String {
    let parts = [&account.iban, &account.account_number, &account.account_name, &account.bank];
    joined(parts.map(Option::as_deref))
}

/// A note with its subject as invoices in UBL write it: `#AAI#Goods remain our property.`
fn note(note: &Note) -> String {
    note.subject.map_or_else(|| note.text.to_string(), |subject| format!("#{}#{}", subject.code(), &*note.text))
}

fn supporting_document(document: &SupportingDocument) -> String {
    let file_name = document.attachment.as_ref().map(|attachment| attachment.file_name.as_str());
    joined([Some(&*document.reference), document.description.as_deref(), document.url.as_deref(), file_name])
}
