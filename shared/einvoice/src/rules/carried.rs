//! What EN 16931-1 has no term for: it is refused, never dropped.

use invoice::Finding;

use super::Faults;
use crate::document::Document;
use crate::practice;
use crate::profile::Syntax;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let lists = [
        ("/other_taxes", !invoice.other_taxes.is_empty(), "BG-23", "EN 16931 knows no tax but VAT: make it a charge"),
        (
            "/withholding_taxes",
            !invoice.withholding_taxes.is_empty(),
            "BG-22",
            "EN 16931 has no term for a tax that the buyer withholds: say it in the payment terms",
        ),
    ];
    for (pointer, _, term, message) in lists.into_iter().filter(|(_, is_sent, ..)| *is_sent) {
        report.fault(term, Finding::new(pointer.to_owned(), "not-carried", message).expected("nothing"));
    }
    let is_d16b = document.profile.syntax() == Syntax::Cii && document.profile.hybrid().is_none();
    if is_d16b && invoice.preceding_invoices.len() > 1 {
        let message = "CII D16B has room for one preceding invoice: take the format in UBL, or Factur-X";
        let finding = Finding::new("/preceding_invoices".to_owned(), "not-carried", message).expected("at most 1");
        report.fault("BG-3", finding.found(invoice.preceding_invoices.len().to_string()));
    }
    let delivery = invoice.delivery.as_ref();
    if delivery.is_some_and(|delivery| !practice::carries_delivery_contact(delivery)) {
        let message = "the address of delivery has no line left for the contact: it has at most three";
        let finding = Finding::new("/delivery/contact_name".to_owned(), "not-carried", message);
        report.fault("BG-13", finding.expected("an address of at most two lines"));
    }
    let parties = [
        ("/seller/address/lines", invoice.seller.address.as_ref(), "BG-5"),
        ("/buyer/address/lines", invoice.buyer.address.as_ref(), "BG-8"),
        (
            "/tax_representative/address/lines",
            invoice.tax_representative.as_ref().and_then(|party| party.address.as_ref()),
            "BG-12",
        ),
        ("/delivery/address/lines", delivery.and_then(|delivery| delivery.address.as_ref()), "BG-15"),
    ];
    for (pointer, address, term) in parties {
        let count = address.map_or(0, |address| address.lines.len());
        if count > practice::LINES {
            let message = "an address has at most three lines beside city, postal code and country";
            let finding = Finding::new(pointer.to_owned(), "not-carried", message).expected("at most 3 lines");
            report.fault(term, finding.found(count.to_string()));
        }
    }
}
