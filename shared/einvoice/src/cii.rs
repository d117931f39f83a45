//! Cross Industry Invoice D16B: each business term in its place (EN 16931-3-3), in the order of the schema.

mod agreement;
mod line;
mod party;
mod settlement;

use invoice::{Adjustment, Decimal, ObjectIdentifier, TaxCategory};
use jiff::civil::Date;

use crate::document::Document;
use crate::figures;
use crate::xml::Xml;

const NAMESPACES: [(&str, &str); 4] = [
    ("xmlns:rsm", "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"),
    ("xmlns:ram", "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100"),
    ("xmlns:qdt", "urn:un:unece:uncefact:data:standard:QualifiedDataType:100"),
    ("xmlns:udt", "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100"),
];

/// Room for the head and for each line, so that writing seldom has to move.
const HEAD_BYTES: usize = 8 * 1024;
const LINE_BYTES: usize = 1536;

/// Writes an invoice or a credit note.
pub(crate) fn write(document: &Document<'_>) -> Vec<u8> {
    let invoice = document.invoice;
    let mut xml = Xml::with_capacity(HEAD_BYTES + LINE_BYTES * invoice.lines.len());
    xml.root("rsm:CrossIndustryInvoice", &NAMESPACES, |xml| {
        head(xml, document);
        xml.group("rsm:SupplyChainTradeTransaction", |xml| {
            for (line, price) in invoice.lines.iter().zip(&document.prices) {
                line::line(xml, line, price);
            }
            agreement::agreement(xml, document);
            xml.required_group("ram:ApplicableHeaderTradeDelivery", |xml| agreement::delivery(xml, document));
            settlement::settlement(xml, document);
        });
    });
    xml.into_bytes()
}

/// BG-2, BT-1 to BT-3, BG-1.
fn head(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    xml.group("rsm:ExchangedDocumentContext", |xml| {
        xml.group("ram:BusinessProcessSpecifiedDocumentContextParameter", |xml| {
            xml.optional("ram:ID", document.business_process.as_deref());
        });
        xml.group("ram:GuidelineSpecifiedDocumentContextParameter", |xml| xml.leaf("ram:ID", document.specification));
    });
    xml.group("rsm:ExchangedDocument", |xml| {
        xml.leaf("ram:ID", &invoice.number);
        xml.leaf("ram:TypeCode", invoice.type_code.code());
        date(xml, "ram:IssueDateTime", Some(invoice.issue_date));
        for note in &document.notes {
            xml.group("ram:IncludedNote", |xml| {
                xml.leaf("ram:Content", &note.text);
                xml.optional("ram:SubjectCode", note.subject);
            });
        }
    });
}

/// A date in the format 102 of UNTDID 2379, `YYYYMMDD`.
fn date(xml: &mut Xml, name: &'static str, date: Option<Date>) {
    date_as(xml, name, "udt:DateTimeString", date);
}

fn date_as(xml: &mut Xml, name: &'static str, kind: &'static str, date: Option<Date>) {
    let Some(date) = date else { return };
    xml.group(name, |xml| xml.leaf_with(kind, &[("format", Some("102"))], &figures::compact_date(date)));
}

fn period(xml: &mut Xml, period: Option<&invoice::Period>) {
    let Some(period) = period else { return };
    xml.group("ram:BillingSpecifiedPeriod", |xml| {
        date(xml, "ram:StartDateTime", period.start);
        date(xml, "ram:EndDateTime", period.end);
    });
}

fn indicator(xml: &mut Xml, is_charge: bool) {
    let text = if is_charge { "true" } else { "false" };
    xml.group("ram:ChargeIndicator", |xml| xml.leaf("udt:Indicator", text));
}

/// BG-20, BG-21, BG-27, BG-28 up to the tax.
fn allowance_charge(xml: &mut Xml, adjustment: &Adjustment, is_charge: bool) {
    indicator(xml, is_charge);
    xml.optional("ram:CalculationPercent", adjustment.percent.map(|percent| percent.to_string()).as_deref());
    xml.optional("ram:BasisAmount", adjustment.base_amount.map(figures::amount).as_deref());
    xml.leaf("ram:ActualAmount", &figures::amount(adjustment.amount));
    xml.optional("ram:ReasonCode", adjustment.reason.code);
    xml.optional("ram:Reason", adjustment.reason.text.as_deref());
}

/// A category and its rate, where no amount of tax stands; of what is not subject to VAT there is none (BR-O-05).
fn tax(xml: &mut Xml, category: TaxCategory, rate: Option<Decimal>) {
    xml.leaf("ram:TypeCode", "VAT");
    xml.leaf("ram:CategoryCode", category.code());
    xml.optional("ram:RateApplicablePercent", rate.map(|rate| rate.to_string()).as_deref());
}

/// BT-18 and BT-128: UNTDID 1001 has 130 for an object that is invoiced.
fn object_reference(xml: &mut Xml, object: &ObjectIdentifier) {
    xml.group("ram:AdditionalReferencedDocument", |xml| {
        xml.leaf("ram:IssuerAssignedID", &object.id);
        xml.leaf("ram:TypeCode", "130");
        xml.optional("ram:ReferenceTypeCode", object.scheme.map(invoice::ReferenceQualifier::code));
    });
}

fn reference(xml: &mut Xml, name: &'static str, id: Option<&str>) {
    xml.group(name, |xml| xml.optional("ram:IssuerAssignedID", id));
}
