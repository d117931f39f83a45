//! Peppol BIS Billing 3, and the rules of it that XRechnung has taken over.

use invoice::{Adjustment, ElectronicAddress, Finding, Identifier};

use super::{Condition, Faults, countries, expect, germany, identifiers, need, payment};
use crate::document::Document;
use crate::price;
use crate::profile::Profile;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, CONDITIONS);
    check_type(document, report);
    check_addresses(document, report);
    check_identifiers(document, report);
    check_exemptions(document, report);
    check_line_amounts(document, report);
    check_shared(document, report);
    if document.profile == Profile::Peppol {
        countries::check(document, report);
        if document.is_within("DE") {
            germany::check_within_germany(document, report);
        }
    }
}

const CONDITIONS: &[Condition] = &[
    expect(
        ("PEPPOL-EN16931-R003", "BT-10"),
        "/buyer_reference",
        "Peppol needs the buyer's reference or the number of the purchase order",
        "a buyer_reference or a purchase_order_reference",
        |document| {
            let invoice = document.invoice;
            invoice.buyer_reference.is_some()
                || invoice.purchase_order_reference.is_some()
                || invoice.sales_order_reference.is_some()
        },
    ),
    expect(
        ("PEPPOL-EN16931-R007", "BT-23"),
        "/business_process",
        "this is no business process of Peppol: leave it out, and the usual one is written",
        "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        |document| document.business_process.as_deref() == document.profile.process(),
    ),
];

/// Rules that XRechnung and Peppol have in common.
pub(super) fn check_shared(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, SHARED);
    payment::check_mandate(document, report);
    check_periods(document, report);
    check_percentages(document, report);
}

const SHARED: &[Condition] = &[
    expect(
        ("PEPPOL-EN16931-R055", "BT-111"),
        "/tax_total_in_tax_currency",
        "the VAT in both currencies has one sign",
        "an amount of the same sign",
        |document| {
            let totals = &document.invoice.totals;
            let opposite = |one: invoice::Amount, other: invoice::Amount| {
                (one.is_negative() && !other.is_negative() && !other.is_zero())
                    || (other.is_negative() && !one.is_negative() && !one.is_zero())
            };
            totals.tax_total_in_tax_currency.is_none_or(|other| !opposite(totals.tax_total, other))
        },
    ),
    need(
        "PEPPOL-EN16931-R020",
        "BT-34",
        "/seller/electronic_address",
        "the seller needs an electronic address, a VAT number or a GLN that makes one",
        |document| document.seller_address.is_some(),
    ),
    need(
        "PEPPOL-EN16931-R010",
        "BT-49",
        "/buyer/electronic_address",
        "the buyer needs an electronic address, a VAT number or a GLN that makes one",
        |document| document.buyer_address.is_some(),
    ),
];

/// Periods of lines lie within that of the invoice (PEPPOL-EN16931-R110, -R111).
fn check_periods(document: &Document<'_>, report: &mut Faults) {
    let Some(whole) = &document.invoice.period else { return };
    for (index, line) in document.invoice.lines.iter().enumerate() {
        let Some(period) = &line.period else { continue };
        if let (Some(start), Some(earliest)) = (period.start, whole.start)
            && start < earliest
        {
            let message = "the line's period begins before that of the invoice";
            let finding = Finding::new(format!("/lines/{index}/period/start"), "PEPPOL-EN16931-R110", message);
            report.fault("BT-134", finding.expected(format!("{earliest} or later")).found(start.to_string()));
        }
        if let (Some(end), Some(latest)) = (period.end, whole.end)
            && end > latest
        {
            let message = "the line's period ends after that of the invoice";
            let finding = Finding::new(format!("/lines/{index}/period/end"), "PEPPOL-EN16931-R111", message);
            report.fault("BT-135", finding.expected(format!("{latest} or earlier")).found(end.to_string()));
        }
    }
}

/// The types of documents (UNTDID 1001) that Peppol's processes know.
const INVOICE_TYPES: &str = "71 80 82 84 102 218 219 326 331 380 382 383 384 386 388 393 395 553 575 623 780 817 870 \
                             875 876 877";
const CREDIT_NOTE_TYPES: &str = "381 396 81 83 532";

fn check_type(document: &Document<'_>, report: &mut Faults) {
    let code = document.invoice.type_code.code();
    if document.profile == Profile::PeppolSelfBilling {
        return;
    }
    let (rule, allowed) = if document.invoice.type_code.is_credit_note() {
        ("PEPPOL-EN16931-P0101", CREDIT_NOTE_TYPES)
    } else {
        ("PEPPOL-EN16931-P0100", INVOICE_TYPES)
    };
    if allowed.split_ascii_whitespace().all(|known| known != code) {
        let finding = Finding::new("/type_code".to_owned(), rule, "Peppol does not take this type of document");
        report.fault("BT-3", finding.expected(allowed).found(code));
    } else if matches!(code, "326" | "384") && !document.is_within("DE") {
        let message = "Peppol takes partial (326) and corrected (384) invoices between two Germans alone";
        let finding = Finding::new("/type_code".to_owned(), "PEPPOL-EN16931-P0112", message);
        report.fault("BT-3", finding.expected("380, or a credit note (381)").found(code));
    }
}

/// The schemes of Peppol's addresses (EAS list without mail and others that its network does not route).
const ADDRESS_SCHEMES: &str = "0002 0007 0009 0060 0088 0096 0097 0106 0130 0135 0142 0151 0183 0184 0188 0190 0191 \
    0192 0195 0196 0198 0199 0200 0201 0204 0208 0209 0210 0211 0216 0218 0221 0225 0230 0235 0240 0242 0244 0245 0246 \
    0248 9910 9913 9914 9915 9918 9919 9920 9922 9923 9924 9925 9926 9927 9928 9929 9930 9931 9932 9933 9934 9935 9936 \
    9937 9938 9939 9940 9941 9942 9943 9944 9945 9946 9947 9948 9949 9950 9951 9952 9953 9957 9959";

fn check_addresses(document: &Document<'_>, report: &mut Faults) {
    let addresses = [
        ("/seller/electronic_address", "BT-34", document.seller_address.as_deref()),
        ("/buyer/electronic_address", "BT-49", document.buyer_address.as_deref()),
    ];
    for (pointer, term, address) in addresses {
        let Some(ElectronicAddress { id, scheme, .. }) = address else { continue };
        if ADDRESS_SCHEMES.split_ascii_whitespace().all(|known| known != scheme.code()) {
            let message = "Peppol's network has no addresses of this scheme";
            let finding = Finding::new(format!("{pointer}/scheme"), "PEPPOL-EN16931-CL008", message);
            report.fault(
                term,
                finding.expected("a scheme such as 0088 (GLN) or that of a VAT number").found(scheme.code()),
            );
        }
        check_identifier(report, format!("{pointer}/id"), term, scheme.code(), id);
    }
}

fn check_identifiers(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let (seller, buyer, payee) = (&invoice.seller, &invoice.buyer, invoice.payee.as_ref());
    let own = seller.identifiers.iter().enumerate();
    let mut places: Vec<(String, &'static str, &Identifier)> =
        own.map(|(index, own)| (format!("/seller/identifiers/{index}/id"), "BT-29", own)).collect();
    let single = [
        ("/seller/legal_id/id", "BT-30", document.seller_legal_id.as_deref()),
        ("/buyer/identifiers/0/id", "BT-46", buyer.identifiers.first()),
        ("/buyer/legal_id/id", "BT-47", document.buyer_legal_id.as_deref()),
        ("/payee/identifier/id", "BT-60", payee.and_then(|payee| payee.identifier.as_ref())),
        ("/payee/legal_id/id", "BT-61", payee.and_then(|payee| payee.legal_id.as_ref())),
    ];
    places.extend(single.into_iter().filter_map(|(pointer, term, own)| Some((pointer.to_owned(), term, own?))));
    for (pointer, term, own) in places {
        if let Some(scheme) = own.scheme {
            check_identifier(report, pointer, term, scheme.code(), &own.id);
        }
    }
}

fn check_identifier(report: &mut Faults, pointer: String, term: &'static str, scheme: &str, id: &str) {
    if let Some((rule, expected)) = identifiers::fault(scheme, id) {
        let message = format!("this is no identifier of scheme {scheme}");
        report.fault(term, Finding::new(pointer, rule, message).expected(expected).found(id));
    }
}

/// Exemption reason codes that belong to one category.
const EXEMPTIONS: [(&str, &str, &str); 8] = [
    ("VATEX-EU-G", "G", "PEPPOL-EN16931-P0104"),
    ("VATEX-EU-O", "O", "PEPPOL-EN16931-P0105"),
    ("VATEX-EU-IC", "K", "PEPPOL-EN16931-P0106"),
    ("VATEX-EU-AE", "AE", "PEPPOL-EN16931-P0107"),
    ("VATEX-EU-D", "E", "PEPPOL-EN16931-P0108"),
    ("VATEX-EU-F", "E", "PEPPOL-EN16931-P0109"),
    ("VATEX-EU-I", "E", "PEPPOL-EN16931-P0110"),
    ("VATEX-EU-J", "E", "PEPPOL-EN16931-P0111"),
];

fn check_exemptions(document: &Document<'_>, report: &mut Faults) {
    for group in &document.invoice.tax_breakdown {
        let code = group.exemption_reason_code.map(invoice::ExemptionReasonCode::code);
        let row = EXEMPTIONS.iter().find(|(known, ..)| code == Some(*known));
        if let Some((code, category, rule)) = row.filter(|(_, category, _)| *category != group.category.code()) {
            let message = format!("{code} is a reason of category {category} alone");
            let finding = Finding::new("/tax_exemptions".to_owned(), rule, message);
            report.fault("BT-121", finding.expected(format!("category {category}")).found(group.category.code()));
        }
    }
}

/// How far Peppol lets amounts be off.
const TOLERANCE: &str = "0.02";

fn check_line_amounts(document: &Document<'_>, report: &mut Faults) {
    for (index, (line, price)) in document.invoice.lines.iter().zip(&document.prices).enumerate() {
        if price::is_off(line, price, TOLERANCE) {
            let message =
                "the line's amount is more than 0.02 off quantity times price: give a price with fewer decimals";
            let finding = Finding::new(format!("/lines/{index}/unit_price"), "PEPPOL-EN16931-R120", message);
            report.fault("BT-131", finding.expected("quantity times price").found(line.net_amount.to_string()));
        }
    }
}

fn check_percentages(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    check_percentages_of(report, &invoice.allowances, "/allowances", "BT-92");
    check_percentages_of(report, &invoice.charges, "/charges", "BT-99");
    for (index, line) in invoice.lines.iter().enumerate() {
        if !line.allowances.is_empty() {
            check_percentages_of(report, &line.allowances, &format!("/lines/{index}/allowances"), "BT-136");
        }
        if !line.charges.is_empty() {
            check_percentages_of(report, &line.charges, &format!("/lines/{index}/charges"), "BT-141");
        }
    }
}

fn check_percentages_of(report: &mut Faults, adjustments: &[Adjustment], place: &str, term: &'static str) {
    for (index, adjustment) in adjustments.iter().enumerate() {
        if price::is_percentage_off(adjustment, TOLERANCE) {
            let message = "the amount is more than 0.02 off its percentage: leave the percentage out";
            let finding = Finding::new(format!("{place}/{index}/percent"), "PEPPOL-EN16931-R040", message);
            report.fault(term, finding.expected("an amount alone").found(adjustment.amount.to_string()));
        }
    }
}
