//! Allowances, charges, taxes and totals.

use invoice::{Adjustment, Amount, Decimal, TaxCategory, TaxGroup};

use crate::document::Document;
use crate::figures;
use crate::xml::Xml;

/// BG-20, BG-21, BG-23, BG-22.
pub(super) fn amounts(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    for (adjustments, is_charge) in [(&invoice.allowances, false), (&invoice.charges, true)] {
        for adjustment in adjustments {
            xml.group("cac:AllowanceCharge", |xml| {
                allowance_charge(xml, adjustment, is_charge);
                xml.group("cac:TaxCategory", |xml| {
                    tax_category(xml, adjustment.tax_category, rate(adjustment.tax_rate), |_| {});
                });
            });
        }
    }
    taxes(xml, document);
    totals(xml, document);
}

/// An amount with its currency, without which none is written.
pub(super) fn amount(xml: &mut Xml, name: &'static str, amount: Amount) {
    xml.leaf_with(name, &[("currencyID", Some(amount.currency().code()))], &figures::amount(amount));
}

/// BG-20, BG-21, BG-27, BG-28 up to the tax.
pub(super) fn allowance_charge(xml: &mut Xml, adjustment: &Adjustment, is_charge: bool) {
    xml.leaf("cbc:ChargeIndicator", if is_charge { "true" } else { "false" });
    xml.optional("cbc:AllowanceChargeReasonCode", adjustment.reason.code);
    xml.optional("cbc:AllowanceChargeReason", adjustment.reason.text.as_deref());
    xml.optional("cbc:MultiplierFactorNumeric", adjustment.percent.map(|percent| percent.to_string()).as_deref());
    amount(xml, "cbc:Amount", adjustment.amount);
    if let Some(base) = adjustment.base_amount {
        amount(xml, "cbc:BaseAmount", base);
    }
}

/// The rate of a category in the breakdown, where some want one of what is not subject to VAT.
fn rate_of_group(document: &Document<'_>, group: &TaxGroup) -> Option<String> {
    match group.category {
        TaxCategory::O => document.writes_rate_of_untaxed().then(|| "0".to_owned()),
        _ => rate(group.rate),
    }
}

/// A rate; of what is not subject to VAT there is none (BR-O-05).
pub(super) fn rate(rate: Option<Decimal>) -> Option<String> {
    rate.map(|rate| rate.to_string())
}

pub(super) fn tax_category(
    xml: &mut Xml,
    category: TaxCategory,
    rate: Option<String>,
    exemption: impl FnOnce(&mut Xml),
) {
    xml.leaf("cbc:ID", category.code());
    xml.optional("cbc:Percent", rate.as_deref());
    exemption(xml);
    xml.group("cac:TaxScheme", |xml| xml.leaf("cbc:ID", "VAT"));
}

fn taxes(xml: &mut Xml, document: &Document<'_>) {
    let invoice = document.invoice;
    xml.group("cac:TaxTotal", |xml| {
        amount(xml, "cbc:TaxAmount", invoice.totals.tax_total);
        for group in &invoice.tax_breakdown {
            xml.group("cac:TaxSubtotal", |xml| {
                amount(xml, "cbc:TaxableAmount", group.taxable_amount);
                amount(xml, "cbc:TaxAmount", group.tax_amount);
                xml.group("cac:TaxCategory", |xml| {
                    tax_category(xml, group.category, rate_of_group(document, group), |xml| {
                        xml.optional(
                            "cbc:TaxExemptionReasonCode",
                            group.exemption_reason_code.map(invoice::ExemptionReasonCode::code),
                        );
                        xml.optional("cbc:TaxExemptionReason", group.exemption_reason.as_deref());
                    });
                });
            });
        }
    });
    if let Some(total) = invoice.totals.tax_total_in_tax_currency {
        xml.group("cac:TaxTotal", |xml| amount(xml, "cbc:TaxAmount", total));
    }
}

fn totals(xml: &mut Xml, document: &Document<'_>) {
    let (invoice, totals) = (document.invoice, &document.invoice.totals);
    let optional = |xml: &mut Xml, name, figure: Amount, is_needed: bool| {
        if is_needed || !figure.is_zero() {
            amount(xml, name, figure);
        }
    };
    xml.group("cac:LegalMonetaryTotal", |xml| {
        amount(xml, "cbc:LineExtensionAmount", totals.line_total);
        amount(xml, "cbc:TaxExclusiveAmount", totals.total_without_tax);
        amount(xml, "cbc:TaxInclusiveAmount", totals.total_with_tax);
        optional(xml, "cbc:AllowanceTotalAmount", totals.allowance_total, !invoice.allowances.is_empty());
        optional(xml, "cbc:ChargeTotalAmount", totals.charge_total, !invoice.charges.is_empty());
        optional(xml, "cbc:PrepaidAmount", totals.prepaid_amount, false);
        optional(xml, "cbc:PayableRoundingAmount", totals.rounding_amount, false);
        amount(xml, "cbc:PayableAmount", totals.payable_amount);
    });
}
