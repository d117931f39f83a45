//! Invoice lines.

use invoice::Line;

use super::amounts::{allowance_charge, amount, rate, tax_category};
use super::{Kind, object_reference, period};
use crate::document::Document;
use crate::figures::is_one;
use crate::price::Price;
use crate::xml::Xml;

/// BG-25.
pub(super) fn line(xml: &mut Xml, document: &Document<'_>, kind: Kind, line: &Line, price: &Price) {
    let (name, quantity) = match kind {
        Kind::Invoice => ("cac:InvoiceLine", "cbc:InvoicedQuantity"),
        Kind::CreditNote => ("cac:CreditNoteLine", "cbc:CreditedQuantity"),
    };
    xml.group(name, |xml| {
        xml.leaf("cbc:ID", &line.id);
        xml.optional("cbc:Note", line.note.as_deref());
        xml.leaf_with(quantity, &[("unitCode", Some(line.unit.code()))], &line.quantity.to_string());
        amount(xml, "cbc:LineExtensionAmount", line.net_amount);
        xml.optional("cbc:AccountingCost", line.buyer_accounting_reference.as_deref());
        xml.group("cac:InvoicePeriod", |xml| period(xml, line.period.as_ref()));
        xml.group("cac:OrderLineReference", |xml| xml.optional("cbc:LineID", line.order_line_reference.as_deref()));
        if let Some(object) = &line.invoiced_object {
            xml.group("cac:DocumentReference", |xml| object_reference(xml, object));
        }
        for (adjustments, is_charge) in [(&line.allowances, false), (&line.charges, true)] {
            for adjustment in adjustments {
                xml.group("cac:AllowanceCharge", |xml| allowance_charge(xml, adjustment, is_charge));
            }
        }
        item(xml, line);
        xml.group("cac:Price", |xml| self::price(xml, document, line, price));
    });
}

/// BG-30, BG-31, BG-32.
fn item(xml: &mut Xml, line: &Line) {
    xml.group("cac:Item", |xml| {
        xml.optional("cbc:Description", line.description.as_deref());
        xml.leaf("cbc:Name", &line.name);
        xml.group("cac:BuyersItemIdentification", |xml| xml.optional("cbc:ID", line.buyer_item_id.as_deref()));
        xml.group("cac:SellersItemIdentification", |xml| xml.optional("cbc:ID", line.seller_item_id.as_deref()));
        if let Some(standard) = &line.standard_item_id {
            xml.group("cac:StandardItemIdentification", |xml| {
                xml.leaf_with("cbc:ID", &[("schemeID", Some(standard.scheme.code()))], &standard.id);
            });
        }
        xml.group("cac:OriginCountry", |xml| {
            xml.optional("cbc:IdentificationCode", line.origin_country.map(invoice::CountryCode::code));
        });
        for class in &line.classifications {
            let attributes = [("listID", Some(class.scheme.code())), ("listVersionID", class.version.as_deref())];
            xml.group("cac:CommodityClassification", |xml| {
                xml.leaf_with("cbc:ItemClassificationCode", &attributes, &class.code);
            });
        }
        xml.group("cac:ClassifiedTaxCategory", |xml| {
            tax_category(xml, line.tax_category, rate(line.tax_rate), |_| {});
        });
        for attribute in &line.attributes {
            xml.group("cac:AdditionalItemProperty", |xml| {
                xml.leaf("cbc:Name", &attribute.name);
                xml.leaf("cbc:Value", &attribute.value);
            });
        }
    });
}

/// BG-29.
fn price(xml: &mut Xml, document: &Document<'_>, line: &Line, price: &Price) {
    let currency = [("currencyID", Some(document.invoice.currency.code()))];
    xml.leaf_with("cbc:PriceAmount", &currency, &price.net.to_string());
    if !is_one(price.base_quantity) {
        let unit = [("unitCode", Some(line.unit.code()))];
        xml.leaf_with("cbc:BaseQuantity", &unit, &price.base_quantity.to_string());
    }
    let Some(gross) = price.gross else { return };
    xml.group("cac:AllowanceCharge", |xml| {
        xml.leaf("cbc:ChargeIndicator", "false");
        xml.leaf_with("cbc:Amount", &currency, &price.discount.unwrap_or_default().to_string());
        xml.leaf_with("cbc:BaseAmount", &currency, &gross.to_string());
    });
}
