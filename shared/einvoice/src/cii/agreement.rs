//! Who agreed on what with whom, and what was delivered.

use invoice::SupportingDocument;

use super::party::{address, identifiers, party};
use super::{date, object_reference, reference};
use crate::document::Document;
use crate::xml::Xml;

/// BT-10 to BT-14, BT-17, BT-18, BG-4, BG-7, BG-11, BG-24.
pub(super) fn agreement(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    xml.group("ram:ApplicableHeaderTradeAgreement", |xml| {
        xml.optional("ram:BuyerReference", invoice.buyer_reference.as_deref());
        xml.group("ram:SellerTradeParty", |xml| {
            party(xml, &invoice.seller, document.seller_address.as_deref(), document.seller_legal_id.as_deref());
        });
        xml.group("ram:BuyerTradeParty", |xml| {
            party(xml, &invoice.buyer, document.buyer_address.as_deref(), document.buyer_legal_id.as_deref());
        });
        if let Some(representative) = &invoice.tax_representative {
            xml.group("ram:SellerTaxRepresentativeTradeParty", |xml| party(xml, representative, None, None));
        }
        reference(xml, "ram:SellerOrderReferencedDocument", invoice.sales_order_reference.as_deref());
        reference(xml, "ram:BuyerOrderReferencedDocument", invoice.purchase_order_reference.as_deref());
        reference(xml, "ram:ContractReferencedDocument", invoice.contract_reference.as_deref());
        for supporting in &invoice.supporting_documents {
            supporting_document(xml, supporting);
        }
        if let Some(tender) = &invoice.tender_or_lot_reference {
            xml.group("ram:AdditionalReferencedDocument", |xml| {
                xml.leaf("ram:IssuerAssignedID", tender);
                xml.leaf("ram:TypeCode", "50");
            });
        }
        if let Some(object) = &invoice.invoiced_object {
            object_reference(xml, object);
        }
        if let Some(project) = &invoice.project_reference {
            xml.group("ram:SpecifiedProcuringProject", |xml| {
                xml.leaf("ram:ID", project);
                // The schema wants a name, which the norm does not know.
                xml.leaf("ram:Name", "Project reference");
            });
        }
    });
}

fn supporting_document(xml: &mut Xml, supporting: &SupportingDocument) {
    xml.group("ram:AdditionalReferencedDocument", |xml| {
        xml.leaf("ram:IssuerAssignedID", &supporting.reference);
        xml.optional("ram:URIID", supporting.url.as_deref());
        xml.leaf("ram:TypeCode", "916");
        xml.optional("ram:Name", supporting.description.as_deref());
        if let Some(file) = &supporting.attachment {
            let attributes = [("mimeCode", Some(&*file.media_type)), ("filename", Some(&*file.file_name))];
            xml.leaf_with("ram:AttachmentBinaryObject", &attributes, &crate::base64(file.content.bytes()));
        }
    });
}

/// BG-13, BT-15, BT-16.
pub(super) fn delivery(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    if let Some(delivery) = document.delivery.as_deref() {
        xml.group("ram:ShipToTradeParty", |xml| {
            identifiers(xml, delivery.location.as_slice());
            xml.optional("ram:Name", delivery.name.as_deref());
            address(xml, delivery.address.as_ref());
        });
        xml.group("ram:ActualDeliverySupplyChainEvent", |xml| date(xml, "ram:OccurrenceDateTime", delivery.date));
    }
    reference(xml, "ram:DespatchAdviceReferencedDocument", invoice.despatch_advice_reference.as_deref());
    reference(xml, "ram:ReceivingAdviceReferencedDocument", invoice.receiving_advice_reference.as_deref());
}
