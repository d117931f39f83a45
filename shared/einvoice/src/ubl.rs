//! Universal Business Language 2.1: each business term in its place (EN 16931-3-2), in the order of the schema.

mod amounts;
mod line;
mod party;
mod payment;

use invoice::{DocumentReference, Identifier, ObjectIdentifier, Period, SupportingDocument, TaxPointCode};

use crate::document::Document;
use crate::xml::Xml;

/// The two documents of UBL, which order and name some elements differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Invoice,
    CreditNote,
}

/// Room for the head and for each line, so that writing seldom has to move.
const HEAD_BYTES: usize = 8 * 1024;
const LINE_BYTES: usize = 1024;

/// Writes an invoice or a credit note.
pub(crate) fn write(document: &Document<'_>) -> Vec<u8> {
    let invoice = document.invoice;
    let mut xml = Xml::with_capacity(HEAD_BYTES + LINE_BYTES * invoice.lines.len());
    let (kind, root, namespace) = if invoice.type_code.is_credit_note() {
        (Kind::CreditNote, "CreditNote", "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2")
    } else {
        (Kind::Invoice, "Invoice", "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2")
    };
    let namespaces = [
        ("xmlns", namespace),
        ("xmlns:cac", "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"),
        ("xmlns:cbc", "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"),
    ];
    xml.root(root, &namespaces, |xml| {
        head(xml, document, kind);
        references(xml, document, kind);
        party::parties(xml, document);
        payment::payment(xml, document, kind);
        amounts::amounts(xml, document);
        for (line, price) in invoice.lines.iter().zip(&document.prices) {
            line::line(xml, document, kind, line, price);
        }
    });
    xml.into_bytes()
}

/// BT-1 to BT-10, BT-19, BT-23, BT-24, BG-1, BG-14.
fn head(xml: &mut Xml, document: &Document<'_>, kind: Kind) {
    let invoice = document.invoice;
    let tax_point_date = invoice.tax_point_date.map(|date| date.to_string());
    xml.leaf("cbc:CustomizationID", document.specification);
    xml.optional("cbc:ProfileID", document.business_process.as_deref());
    xml.leaf("cbc:ID", &invoice.number);
    xml.leaf("cbc:IssueDate", &invoice.issue_date.to_string());
    match kind {
        Kind::Invoice => {
            xml.optional("cbc:DueDate", invoice.due_date.map(|date| date.to_string()).as_deref());
            xml.leaf("cbc:InvoiceTypeCode", invoice.type_code.code());
        }
        Kind::CreditNote => {
            xml.optional("cbc:TaxPointDate", tax_point_date.as_deref());
            xml.leaf("cbc:CreditNoteTypeCode", invoice.type_code.code());
        }
    }
    for note in &document.notes {
        xml.leaf("cbc:Note", &note.with_subject());
    }
    if kind == Kind::Invoice {
        xml.optional("cbc:TaxPointDate", tax_point_date.as_deref());
    }
    xml.leaf("cbc:DocumentCurrencyCode", invoice.currency.code());
    xml.optional("cbc:TaxCurrencyCode", invoice.tax_currency.map(invoice::Currency::code));
    xml.optional("cbc:AccountingCost", invoice.buyer_accounting_reference.as_deref());
    xml.optional("cbc:BuyerReference", invoice.buyer_reference.as_deref());
    xml.group("cac:InvoicePeriod", |xml| {
        period(xml, invoice.period.as_ref());
        xml.optional("cbc:DescriptionCode", invoice.tax_point_code.map(tax_point_code));
    });
}

fn period(xml: &mut Xml, period: Option<&Period>) {
    let Some(period) = period else { return };
    xml.optional("cbc:StartDate", period.start.map(|date| date.to_string()).as_deref());
    xml.optional("cbc:EndDate", period.end.map(|date| date.to_string()).as_deref());
}

/// UNTDID 2005.
fn tax_point_code(code: TaxPointCode) -> &'static str {
    match code {
        TaxPointCode::DeliveryDate => "35",
        TaxPointCode::PaymentDate => "432",
        _ => "3",
    }
}

/// BT-11 to BT-18, BG-3, BG-24.
fn references(xml: &mut Xml, document: &Document<'_>, kind: Kind) {
    let invoice = document.invoice;
    let (purchase, sales) = (&invoice.purchase_order_reference, &invoice.sales_order_reference);
    xml.group("cac:OrderReference", |xml| {
        // The schema wants the buyer's order where the seller's is named.
        let purchase = purchase.as_deref().or(sales.as_ref().map(|_| "NA"));
        xml.optional("cbc:ID", purchase);
        xml.optional("cbc:SalesOrderID", sales.as_deref());
    });
    for preceding in &invoice.preceding_invoices {
        xml.group("cac:BillingReference", |xml| preceding_invoice(xml, preceding));
    }
    reference(xml, "cac:DespatchDocumentReference", invoice.despatch_advice_reference.as_deref());
    reference(xml, "cac:ReceiptDocumentReference", invoice.receiving_advice_reference.as_deref());
    if kind == Kind::Invoice {
        reference(xml, "cac:OriginatorDocumentReference", invoice.tender_or_lot_reference.as_deref());
    }
    reference(xml, "cac:ContractDocumentReference", invoice.contract_reference.as_deref());
    if let Some(object) = &invoice.invoiced_object {
        xml.group("cac:AdditionalDocumentReference", |xml| object_reference(xml, object));
    }
    if kind == Kind::CreditNote
        && let Some(project) = &invoice.project_reference
    {
        // A credit note has no ProjectReference.
        xml.group("cac:AdditionalDocumentReference", |xml| {
            xml.leaf("cbc:ID", project);
            xml.leaf("cbc:DocumentTypeCode", "50");
        });
    }
    for supporting in &invoice.supporting_documents {
        xml.group("cac:AdditionalDocumentReference", |xml| supporting_document(xml, supporting));
    }
    match kind {
        Kind::Invoice => reference(xml, "cac:ProjectReference", invoice.project_reference.as_deref()),
        Kind::CreditNote => {
            reference(xml, "cac:OriginatorDocumentReference", invoice.tender_or_lot_reference.as_deref());
        }
    }
}

fn reference(xml: &mut Xml, name: &'static str, id: Option<&str>) {
    xml.group(name, |xml| xml.optional("cbc:ID", id));
}

fn preceding_invoice(xml: &mut Xml, preceding: &DocumentReference) {
    xml.group("cac:InvoiceDocumentReference", |xml| {
        xml.leaf("cbc:ID", &preceding.number);
        xml.optional("cbc:IssueDate", preceding.issue_date.map(|date| date.to_string()).as_deref());
    });
}

/// BT-18 and BT-128: UNTDID 1001 has 130 for an object that is invoiced.
fn object_reference(xml: &mut Xml, object: &ObjectIdentifier) {
    xml.leaf_with("cbc:ID", &[("schemeID", object.scheme.map(invoice::ReferenceQualifier::code))], &object.id);
    xml.leaf("cbc:DocumentTypeCode", "130");
}

fn supporting_document(xml: &mut Xml, supporting: &SupportingDocument) {
    xml.leaf("cbc:ID", &supporting.reference);
    xml.optional("cbc:DocumentDescription", supporting.description.as_deref());
    xml.group("cac:Attachment", |xml| {
        if let Some(file) = &supporting.attachment {
            let attributes = [("mimeCode", Some(&*file.media_type)), ("filename", Some(&*file.file_name))];
            xml.leaf_with("cbc:EmbeddedDocumentBinaryObject", &attributes, &crate::base64(file.content.bytes()));
        }
        xml.group("cac:ExternalReference", |xml| xml.optional("cbc:URI", supporting.url.as_deref()));
    });
}

/// An identifier and its scheme.
fn identifier(xml: &mut Xml, name: &'static str, identifier: &Identifier) {
    xml.leaf_with(name, &[("schemeID", identifier.scheme.map(invoice::IdentifierScheme::code))], &identifier.id);
}
