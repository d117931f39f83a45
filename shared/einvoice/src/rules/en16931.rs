//! EN 16931-1, as CEN's validation artefacts judge it.

use invoice::Finding;

use super::{Condition, Faults, categories, codes, decimals, expect, need};
use crate::document::Document;
use crate::practice::country;
use crate::price;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, CONDITIONS);
    categories::check(document, report);
    decimals::check(document, report);
    codes::check(document, report);
    check_small_rates(document, report);
}

const CONDITIONS: &[Condition] = &[
    need("BR-08", "BG-5", "/seller/address", "an e-invoice needs the seller's postal address", |document| {
        document.invoice.seller.address.is_some()
    }),
    need("BR-09", "BT-40", "/seller/address/country", "an e-invoice needs the seller's country", |document| {
        document.invoice.seller.address.is_none() || country(&document.invoice.seller).is_some()
    }),
    need("BR-10", "BG-8", "/buyer/address", "an e-invoice needs the buyer's postal address", |document| {
        document.invoice.buyer.address.is_some()
    }),
    need("BR-11", "BT-55", "/buyer/address/country", "an e-invoice needs the buyer's country", |document| {
        document.invoice.buyer.address.is_none() || country(&document.invoice.buyer).is_some()
    }),
    need("BR-57", "BT-80", "/delivery/address/country", "an address of delivery needs its country", |document| {
        let address = document.delivery.as_ref().and_then(|delivery| delivery.address.as_ref());
        address.is_none_or(|address| address.country.is_some())
    }),
    need(
        "BR-CO-26",
        "BT-31",
        "/seller/vat_id",
        "the seller needs a vat_id, a legal_id or an identifier of its own",
        |document| {
            let seller = &document.invoice.seller;
            // The creditor identifier of direct debits (SEPA) does not count.
            let is_own = |own: &invoice::Identifier| own.scheme.is_none_or(|scheme| scheme.code() != "SEPA");
            seller.vat_id.is_some() || document.seller_legal_id.is_some() || seller.identifiers.iter().any(is_own)
        },
    ),
    expect(
        ("BR-51", "BT-87"),
        "/payment/card/number",
        "a card's number has at most its first six and last four digits",
        "at most 10 characters",
        |document| {
            let card = document.invoice.payment.as_ref().and_then(|payment| payment.card.as_ref());
            card.is_none_or(|card| card.number.chars().count() <= 10)
        },
    ),
    expect(
        ("BR-17", "BT-59"),
        "/payee/name",
        "a payee is another party than the seller: leave it out where the seller is paid",
        "another name than the seller's",
        |document| {
            let seller = &document.invoice.seller;
            let payee = document.invoice.payee.as_ref();
            payee.is_none_or(|payee| payee.name != seller.name && Some(&payee.name) != seller.trading_name.as_ref())
        },
    ),
    expect(
        ("BR-17", "BT-60"),
        "/payee/identifier/id",
        "a payee is another party than the seller, so it has another identifier",
        "an identifier that is not the seller's",
        |document| {
            let paid = document.invoice.payee.as_ref().and_then(|payee| payee.identifier.as_ref());
            let is_own = |id: &str| document.invoice.seller.identifiers.iter().any(|own| own.id == id);
            paid.is_none_or(|paid| !is_own(&paid.id))
        },
    ),
];

/// Below half a percent CEN's artefacts take a rate for none, and want no tax with it.
fn check_small_rates(document: &Document<'_>, report: &mut Faults) {
    for group in &document.invoice.tax_breakdown {
        if group.rate.is_some_and(price::is_below_half) && !price::rounds_to_zero(group.tax_amount) {
            let message = "the official rule takes a rate below 0.5 percent for none, and then wants no tax";
            let finding = Finding::new("/tax_rate".to_owned(), "BR-CO-17", message).expected("at least 0.5");
            report.fault("BT-119", finding.found(group.rate.unwrap_or_default().to_string()));
        }
    }
}
