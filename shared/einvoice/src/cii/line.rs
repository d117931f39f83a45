//! Invoice lines.

use invoice::{Decimal, Line};

use super::{allowance_charge, indicator, object_reference, period, tax};
use crate::figures::{amount, is_one};
use crate::price::Price;
use crate::xml::Xml;

/// BG-25.
pub(super) fn line(xml: &mut Xml, line: &Line, price: &Price) {
    let unit = [("unitCode", Some(line.unit.code()))];
    xml.group("ram:IncludedSupplyChainTradeLineItem", |xml| {
        xml.group("ram:AssociatedDocumentLineDocument", |xml| {
            xml.leaf("ram:LineID", &line.id);
            xml.group("ram:IncludedNote", |xml| xml.optional("ram:Content", line.note.as_deref()));
        });
        product(xml, line);
        xml.group("ram:SpecifiedLineTradeAgreement", |xml| {
            xml.group("ram:BuyerOrderReferencedDocument", |xml| {
                xml.optional("ram:LineID", line.order_line_reference.as_deref());
            });
            prices(xml, line, price);
        });
        xml.group("ram:SpecifiedLineTradeDelivery", |xml| {
            xml.leaf_with("ram:BilledQuantity", &unit, &line.quantity.to_string());
        });
        xml.group("ram:SpecifiedLineTradeSettlement", |xml| settlement(xml, line));
    });
}

/// BG-31, BG-32.
fn product(xml: &mut Xml, line: &Line) {
    xml.group("ram:SpecifiedTradeProduct", |xml| {
        if let Some(standard) = &line.standard_item_id {
            xml.leaf_with("ram:GlobalID", &[("schemeID", Some(standard.scheme.code()))], &standard.id);
        }
        xml.optional("ram:SellerAssignedID", line.seller_item_id.as_deref());
        xml.optional("ram:BuyerAssignedID", line.buyer_item_id.as_deref());
        xml.leaf("ram:Name", &line.name);
        xml.optional("ram:Description", line.description.as_deref());
        for attribute in &line.attributes {
            xml.group("ram:ApplicableProductCharacteristic", |xml| {
                xml.leaf("ram:Description", &attribute.name);
                xml.leaf("ram:Value", &attribute.value);
            });
        }
        for class in &line.classifications {
            let attributes = [("listID", Some(class.scheme.code())), ("listVersionID", class.version.as_deref())];
            xml.group("ram:DesignatedProductClassification", |xml| {
                xml.leaf_with("ram:ClassCode", &attributes, &class.code);
            });
        }
        xml.group("ram:OriginTradeCountry", |xml| {
            xml.optional("ram:ID", line.origin_country.map(invoice::CountryCode::code));
        });
    });
}

/// BG-29.
fn prices(xml: &mut Xml, line: &Line, price: &Price) {
    if let Some(gross) = price.gross {
        xml.group("ram:GrossPriceProductTradePrice", |xml| {
            xml.leaf("ram:ChargeAmount", &gross.to_string());
            base_quantity(xml, line, price.base_quantity);
            if let Some(discount) = price.discount {
                xml.group("ram:AppliedTradeAllowanceCharge", |xml| {
                    indicator(xml, false);
                    xml.leaf("ram:ActualAmount", &discount.to_string());
                });
            }
        });
    }
    xml.group("ram:NetPriceProductTradePrice", |xml| {
        xml.leaf("ram:ChargeAmount", &price.net.to_string());
        base_quantity(xml, line, price.base_quantity);
    });
}

fn base_quantity(xml: &mut Xml, line: &Line, quantity: Decimal) {
    if !is_one(quantity) {
        xml.leaf_with("ram:BasisQuantity", &[("unitCode", Some(line.unit.code()))], &quantity.to_string());
    }
}

/// BG-26 to BG-28, BG-30, BT-128, BT-131, BT-133.
fn settlement(xml: &mut Xml, line: &Line) {
    xml.group("ram:ApplicableTradeTax", |xml| tax(xml, line.tax_category, line.tax_rate));
    period(xml, line.period.as_ref());
    for (adjustments, is_charge) in [(&line.allowances, false), (&line.charges, true)] {
        for adjustment in adjustments {
            xml.group("ram:SpecifiedTradeAllowanceCharge", |xml| allowance_charge(xml, adjustment, is_charge));
        }
    }
    xml.group("ram:SpecifiedTradeSettlementLineMonetarySummation", |xml| {
        xml.leaf("ram:LineTotalAmount", &amount(line.net_amount));
    });
    if let Some(object) = &line.invoiced_object {
        object_reference(xml, object);
    }
    xml.group("ram:ReceivableSpecifiedTradeAccountingAccount", |xml| {
        xml.optional("ram:ID", line.buyer_accounting_reference.as_deref());
    });
}
