//! The French reform: the rules BR-FR of what platforms exchange (Flux 2).

use invoice::{Decimal, Finding, Identifier, Party};
use jiff::civil::Date;

use super::{Condition, Faults, expect, need};
use crate::document::Document;

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    report.judge(document, CONDITIONS);
    check_numbers(document, report);
    check_dates(document, report);
    check_notes(document, report);
    check_rates(document, report);
    check_parties(document, report);
    check_attachments(document, report);
    check_decimals(document, report);
}

const TYPES: &str = "380 389 393 501 386 500 384 471 472 473 261 262 381 396 502 503";
/// Those with groups of lines of several sellers (S8 to M9), which the model does not have, are left out.
const PROCESSES: &str = "B1 S1 M1 B2 S2 M2 S3 B4 S4 M4 S5 S6 B7 S7";

fn is_one_of(list: &str, code: &str) -> bool {
    list.split_ascii_whitespace().any(|known| known == code)
}

fn type_code(document: &Document<'_>) -> &'static str {
    document.invoice.type_code.code()
}

fn is_process(document: &Document<'_>, list: &str) -> bool {
    document.business_process.as_deref().is_some_and(|process| is_one_of(list, process))
}

/// Types that the buyer issues.
fn is_issued_by_buyer(document: &Document<'_>) -> bool {
    is_one_of("389 501 500 471 473 261 502", type_code(document))
}

/// What a note of the subject BAR says about who trades with whom.
fn treatment<'a>(document: &'a Document<'_>) -> Option<&'a str> {
    document.notes.iter().find(|note| note.subject == Some("BAR")).map(|note| note.text.as_ref())
}

fn siren(legal_id: Option<&Identifier>) -> Option<&str> {
    let own = legal_id.filter(|own| own.scheme.is_some_and(|scheme| scheme.code() == "0002"))?;
    is_number(&own.id, 9).then_some(own.id.as_str())
}

fn is_number(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an address is that of the directory: the SIREN, perhaps with more behind it, under scheme 0225.
fn is_in_directory(address: Option<&invoice::ElectronicAddress>, siren: Option<&str>) -> bool {
    let (Some(address), Some(siren)) = (address, siren) else { return false };
    address.scheme.code() == "0225" && address.id.starts_with(siren)
}

fn buyer_siren<'a>(document: &'a Document<'_>) -> Option<&'a str> {
    siren(document.buyer_legal_id.as_deref())
}

fn seller_siren<'a>(document: &'a Document<'_>) -> Option<&'a str> {
    siren(document.seller_legal_id.as_deref())
}

fn is_prepayment(document: &Document<'_>) -> bool {
    is_one_of("386 500 503", type_code(document))
}

/// The scheme of members of a single taxable person.
const SINGLE_TAXABLE_PERSON: &str = "0231";

fn is_member(document: &Document<'_>) -> bool {
    let mut schemes = document.invoice.seller.identifiers.iter().filter_map(|own| own.scheme);
    schemes.any(|scheme| scheme.code() == SINGLE_TAXABLE_PERSON)
}

const CONDITIONS: &[Condition] = &[
    expect(("BR-FR-04", "BT-3"), "/type_code", "France does not take this type of document", TYPES, |document| {
        is_one_of(TYPES, type_code(document))
    }),
    expect(
        ("BR-FR-08", "BT-23"),
        "/business_process",
        "this is no French billing mode, or one with lines of several sellers, which this service does not have",
        PROCESSES,
        |document| is_process(document, PROCESSES),
    ),
    need(
        "BR-FR-10",
        "BT-30",
        "/seller/legal_id",
        "a French seller needs its SIREN: a legal_id of scheme 0002 with nine digits, or a French VAT number",
        |document| seller_siren(document).is_some(),
    ),
    need(
        "BR-FR-11",
        "BT-47",
        "/buyer/legal_id",
        "a note BAR says that the buyer is a French company (B2B), so it needs its SIREN",
        |document| treatment(document) != Some("B2B") || buyer_siren(document).is_some(),
    ),
    need("BR-FR-12", "BT-49", "/buyer/electronic_address", "the buyer needs an electronic address", |document| {
        document.buyer_address.is_some()
    }),
    need("BR-FR-13", "BT-34", "/seller/electronic_address", "the seller needs an electronic address", |document| {
        document.seller_address.is_some()
    }),
    expect(
        ("BR-FR-21", "BT-49"),
        "/buyer/electronic_address",
        "between French companies the buyer's address is its SIREN in the directory",
        "scheme 0225, beginning with the buyer's SIREN",
        |document| {
            treatment(document) != Some("B2B")
                || is_issued_by_buyer(document)
                || is_in_directory(document.buyer_address.as_deref(), buyer_siren(document))
        },
    ),
    expect(
        ("BR-FR-22", "BT-34"),
        "/seller/electronic_address",
        "where the buyer issues the invoice, the seller's address is its SIREN in the directory",
        "scheme 0225, beginning with the seller's SIREN",
        |document| {
            treatment(document) != Some("B2B")
                || !is_issued_by_buyer(document)
                || is_in_directory(document.seller_address.as_deref(), seller_siren(document))
        },
    ),
    expect(
        ("BR-FR-15", "BT-151"),
        "/tax_category",
        "the taxes of the Canary Islands (L), Ceuta and Melilla (M) are none of France",
        "S, E, AE, K, G, O or Z",
        |document| {
            let is_spanish = |category| matches!(category, invoice::TaxCategory::L | invoice::TaxCategory::M);
            !document.invoice.tax_breakdown.iter().any(|group| is_spanish(group.category))
        },
    ),
    expect(
        ("BR-FR-CO-03", "BT-12"),
        "/contract_reference",
        "a global rebate (262) names its contract and the whole period",
        "a contract_reference, and a period with start and end",
        |document| {
            let invoice = document.invoice;
            let is_whole = invoice.period.as_ref().is_some_and(|period| period.start.is_some() && period.end.is_some());
            type_code(document) != "262" || (invoice.contract_reference.is_some() && is_whole)
        },
    ),
    expect(
        ("BR-FR-CO-04", "BG-3"),
        "/preceding_invoices",
        "a corrected invoice names the one that it corrects, and its date",
        "one preceding invoice with its issue_date",
        |document| {
            let preceding = &document.invoice.preceding_invoices;
            let is_one = preceding.len() == 1 && preceding.iter().all(|one| one.issue_date.is_some());
            !is_one_of("384 471 472 473", type_code(document)) || is_one
        },
    ),
    expect(
        ("BR-FR-CO-05", "BG-3"),
        "/preceding_invoices",
        "a French credit note names each invoice that it credits, and its date",
        "preceding invoices with their issue_date",
        |document| {
            let preceding = &document.invoice.preceding_invoices;
            let is_dated = !preceding.is_empty() && preceding.iter().all(|one| one.issue_date.is_some());
            !is_one_of("261 381 396 502 503", type_code(document)) || is_dated
        },
    ),
    expect(
        ("BR-FR-CO-08", "BT-3"),
        "/type_code",
        "a final invoice after a prepayment (B4, S4, M4) is not a prepayment itself",
        "another type than 386, 500 and 503",
        |document| !is_process(document, "B4 S4 M4") || !is_prepayment(document),
    ),
    expect(
        ("BR-FR-CO-09", "BT-113"),
        "/prepaid_amount",
        "an invoice that is paid already (B2, S2, M2) has nothing due, and the day of payment as its due date",
        "the total with tax, and a due_date",
        |document| {
            let (totals, due) = (&document.invoice.totals, document.invoice.due_date);
            let is_paid = totals.prepaid_amount == totals.total_with_tax && totals.payable_amount.is_zero();
            !is_process(document, "B2 S2 M2") || (is_paid && due.is_some())
        },
    ),
    expect(
        ("BR-FR-CO-12", "BT-6"),
        "/tax_currency",
        "an invoice in another currency gives the VAT in euros, too",
        "EUR, and the tax_exchange_rate",
        |document| {
            let invoice = document.invoice;
            let in_euros = invoice.tax_currency.is_some_and(|currency| currency.code() == "EUR");
            invoice.currency.code() == "EUR" || (in_euros && invoice.totals.tax_total_in_tax_currency.is_some())
        },
    ),
    expect(
        ("BR-FR-CO-14", "BG-1"),
        "/notes",
        "a member of a single taxable person (0231) says so in a note of the subject TXD",
        "MEMBRE_ASSUJETTI_UNIQUE",
        |document| {
            let mut notes = document.notes.iter().filter(|note| note.subject == Some("TXD"));
            !is_member(document) || notes.any(|note| note.text == "MEMBRE_ASSUJETTI_UNIQUE")
        },
    ),
    expect(
        ("BR-FR-CO-15", "BG-11"),
        "/tax_representative",
        "a member of a single taxable person (0231) names that person as its representative",
        "a tax representative with its VAT number",
        |document| !is_member(document) || document.invoice.tax_representative.is_some(),
    ),
];

const LONGEST_NUMBER: usize = 35;

/// BR-FR-01 and BR-FR-02.
fn check_numbers(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let own = ("/number".to_owned(), "BT-1", invoice.number.as_str());
    let preceding = invoice.preceding_invoices.iter().enumerate();
    let preceding =
        preceding.map(|(index, one)| (format!("/preceding_invoices/{index}/number"), "BT-25", one.number.as_str()));
    for (pointer, term, number) in std::iter::once(own).chain(preceding) {
        if number.chars().count() > LONGEST_NUMBER {
            let message = "a French invoice number has at most 35 characters";
            let finding = Finding::new(pointer.clone(), "BR-FR-01", message).expected("at most 35 characters");
            report.fault(term, finding.found(number));
        }
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_' | '/');
        if !number.chars().all(is_plain) {
            let message = "a French invoice number has letters, digits and + - _ / alone";
            let finding = Finding::new(pointer, "BR-FR-02", message).expected("letters, digits, + - _ /");
            report.fault(term, finding.found(number));
        }
    }
}

/// BR-FR-03: all dates are of this century. BR-FR-CO-07 is kept by every invoice: none is due before it is issued.
fn check_dates(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let period = invoice.period.as_ref();
    let dates = [
        ("/issue_date", "BT-2", Some(invoice.issue_date)),
        ("/tax_point_date", "BT-7", invoice.tax_point_date),
        ("/due_date", "BT-9", invoice.due_date),
        ("/delivery/date", "BT-72", invoice.delivery.as_ref().and_then(|delivery| delivery.date)),
        ("/period/start", "BT-73", period.and_then(|period| period.start)),
        ("/period/end", "BT-74", period.and_then(|period| period.end)),
    ];
    for (pointer, term, date) in dates {
        check_date(report, || pointer.to_owned(), term, date);
    }
    for (index, one) in invoice.preceding_invoices.iter().enumerate() {
        check_date(report, || format!("/preceding_invoices/{index}/issue_date"), "BT-26", one.issue_date);
    }
    for (index, line) in invoice.lines.iter().enumerate() {
        let Some(period) = &line.period else { continue };
        check_date(report, || format!("/lines/{index}/period/start"), "BT-134", period.start);
        check_date(report, || format!("/lines/{index}/period/end"), "BT-135", period.end);
    }
}

fn check_date(report: &mut Faults, pointer: impl FnOnce() -> String, term: &'static str, date: Option<Date>) {
    if let Some(date) = date.filter(|date| !(2000..2100).contains(&date.year())) {
        let finding = Finding::new(pointer(), "BR-FR-03", "a date of a French invoice lies in 2000 to 2099");
        report.fault(term, finding.expected("2000 to 2099").found(date.to_string()));
    }
}

/// BR-FR-06, BR-FR-20, BR-FR-31: some subjects are there once; those of BR-FR-05 are added where they are missing.
fn check_notes(document: &Document<'_>, report: &mut Faults) {
    for (subject, rule) in
        [("PMT", "BR-FR-06"), ("PMD", "BR-FR-06"), ("AAB", "BR-FR-06"), ("TXD", "BR-FR-06"), ("BAR", "BR-FR-31")]
    {
        let count = document.notes.iter().filter(|note| note.subject == Some(subject)).count();
        if count > 1 {
            let finding = Finding::new("/notes".to_owned(), rule, format!("there is one note of subject {subject}"));
            report.fault("BT-21", finding.expected("at most 1").found(count.to_string()));
        }
    }
    const TREATMENTS: &str = "B2B B2BINT B2C B2CINT OUTOFSCOPE ARCHIVEONLY";
    if let Some(text) = treatment(document).filter(|text| !is_one_of(TREATMENTS, text)) {
        let finding = Finding::new("/notes".to_owned(), "BR-FR-20", "a note BAR holds one of these words alone");
        report.fault("BT-22", finding.expected(TREATMENTS).found(text));
    }
}

/// The rates of VAT that France has or had (BR-FR-16), in hundredths of a percent.
const RATES: [u32; 15] = [0, 90, 105, 175, 210, 550, 700, 850, 920, 960, 1000, 1300, 1960, 2000, 2060];

fn check_rates(document: &Document<'_>, report: &mut Faults) {
    for group in &document.invoice.tax_breakdown {
        let Some(rate) = group.rate else { continue };
        let known = RATES.iter().any(|hundredths| is_hundredths(rate, *hundredths));
        if !known {
            let finding = Finding::new("/tax_rate".to_owned(), "BR-FR-16", "France has no such rate of VAT");
            report.fault("BT-119", finding.expected("20, 10, 8.5, 5.5, 2.1 or 0").found(rate.to_string()));
        }
    }
}

fn is_hundredths(rate: Decimal, hundredths: u32) -> bool {
    rate.scale() <= 2 && rate.coefficient() * 10_i128.pow(2 - u32::from(rate.scale())) == i128::from(hundredths)
}

/// Characters of an identifier of the directory (BR-FR-23, BR-FR-24).
fn is_plain(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_' | b'.'))
}

fn check_parties(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    let addresses = [
        ("/seller/electronic_address/id", "BT-34", document.seller_address.as_deref()),
        ("/buyer/electronic_address/id", "BT-49", document.buyer_address.as_deref()),
    ];
    for (pointer, term, address) in addresses {
        let Some(address) = address else { continue };
        if address.scheme.code() == "0225" && !is_plain(&address.id) {
            fault(report, pointer, ("BR-FR-23", term), "letters, digits and + - _ . alone", &address.id);
        }
        if address.id.chars().count() > 125 {
            fault(report, pointer, ("BR-FR-25", term), "at most 125 characters", &address.id);
        }
    }
    check_party(&invoice.seller, document.seller_legal_id.as_deref(), ("/seller", "BT-29", "BT-30"), report);
    check_party(&invoice.buyer, document.buyer_legal_id.as_deref(), ("/buyer", "BT-46", "BT-47"), report);
    if let Some(payee) = &invoice.payee {
        let own = payee.identifier.as_slice();
        check_identifiers(own, payee.legal_id.as_ref(), "/payee/identifier/id", "BT-60", report);
        check_legal_id(payee.legal_id.as_ref(), "/payee/legal_id/id", "BT-61", report);
    }
    if let Some(delivery) = &invoice.delivery {
        check_identifiers(delivery.location.as_slice(), None, "/delivery/location/id", "BT-71", report);
    }
}

fn fault(
    report: &mut Faults,
    pointer: &str,
    (rule, term): (&'static str, &'static str),
    expected: &'static str,
    found: &str,
) {
    let message = "this identifier has not the form that France asks for";
    report.fault(term, Finding::new(pointer.to_owned(), rule, message).expected(expected).found(found));
}

fn check_party(
    party: &Party,
    legal_id: Option<&Identifier>,
    (pointer, term, legal_term): (&str, &'static str, &'static str),
    report: &mut Faults,
) {
    check_identifiers(&party.identifiers, legal_id, &format!("{pointer}/identifiers"), term, report);
    check_legal_id(legal_id, &format!("{pointer}/legal_id/id"), legal_term, report);
}

/// A SIREN has nine digits (BR-FR-32).
fn check_legal_id(legal_id: Option<&Identifier>, pointer: &str, term: &'static str, report: &mut Faults) {
    let Some(own) = legal_id else { return };
    if own.scheme.is_some_and(|scheme| scheme.code() == "0002") && !is_number(&own.id, 9) {
        fault(report, pointer, ("BR-FR-32", term), "nine digits", &own.id);
    }
}

/// BR-FR-09, -24, -26, -32 and -CO-10.
fn check_identifiers(
    identifiers: &[Identifier],
    legal_id: Option<&Identifier>,
    pointer: &str,
    term: &'static str,
    report: &mut Faults,
) {
    let mut seen = Vec::new();
    for own in identifiers {
        let Some(scheme) = own.scheme.map(invoice::IdentifierScheme::code) else { continue };
        if seen.contains(&scheme) {
            fault(report, pointer, ("BR-FR-CO-10", term), "each scheme once", scheme);
        }
        seen.push(scheme);
        match scheme {
            "0009" if !is_siret(&own.id, legal_id) => {
                fault(report, pointer, ("BR-FR-09", term), "a SIRET: the SIREN and five digits", &own.id);
            }
            "0002" | SINGLE_TAXABLE_PERSON if !is_number(&own.id, 9) => {
                fault(report, pointer, ("BR-FR-32", term), "nine digits", &own.id);
            }
            "0224" if !is_plain(&own.id) => {
                fault(report, pointer, ("BR-FR-24", term), "letters, digits and + - _ . alone", &own.id);
            }
            "0224" if own.id.chars().count() > 100 => {
                fault(report, pointer, ("BR-FR-26", term), "at most 100 characters", &own.id);
            }
            _ => {}
        }
    }
}

fn is_siret(id: &str, legal_id: Option<&Identifier>) -> bool {
    is_number(id, 14) && siren(legal_id).is_none_or(|siren| id.starts_with(siren))
}

/// What attached documents are (BR-FR-17), and that one of them at most is the readable invoice (BR-FR-18).
fn check_attachments(document: &Document<'_>, report: &mut Faults) {
    const KINDS: &str = "RIB LISIBLE FEUILLE_DE_STYLE PJA BORDEREAU_SUIVI DOCUMENT_ANNEXE BON_LIVRAISON BON_COMMANDE \
                         BORDEREAU_SUIVI_VALIDATION ETAT_ACOMPTE FACTURE_PAIEMENT_DIRECT RECAPITULATIF_COTRAITANCE";
    let documents = &document.invoice.supporting_documents;
    for (index, one) in documents.iter().enumerate() {
        if let Some(kind) = one.description.as_deref().filter(|kind| !is_one_of(KINDS, kind)) {
            let message = "the description of a French supporting document is one of these words";
            let pointer = format!("/supporting_documents/{index}/description");
            report.fault("BT-123", Finding::new(pointer, "BR-FR-17", message).expected(KINDS).found(kind));
        }
    }
    let readable = documents.iter().filter(|one| one.description.as_deref() == Some("LISIBLE")).count();
    if readable > 1 {
        let finding = Finding::new("/supporting_documents".to_owned(), "BR-FR-18", "one document is the LISIBLE one");
        report.fault("BT-123", finding.expected("at most 1").found(readable.to_string()));
    }
}

/// The most digits of a figure, and its most decimals (BR-FR-DEC-02, -03). Amounts have two, which BR-DEC sees to.
const DIGITS: usize = 19;
const QUANTITY_DECIMALS: u8 = 4;
const PRICE_DECIMALS: u8 = 6;

fn check_decimals(document: &Document<'_>, report: &mut Faults) {
    for (index, (line, price)) in document.invoice.lines.iter().zip(&document.prices).enumerate() {
        let figures = [
            ("quantity", ("BR-FR-DEC-02", "BT-129"), Some(line.quantity), QUANTITY_DECIMALS),
            ("price_base_quantity", ("BR-FR-DEC-02", "BT-149"), Some(price.base_quantity), QUANTITY_DECIMALS),
            ("unit_price", ("BR-FR-DEC-03", "BT-146"), Some(price.net), PRICE_DECIMALS),
            ("price_discount", ("BR-FR-DEC-03", "BT-147"), price.discount, PRICE_DECIMALS),
            ("gross_price", ("BR-FR-DEC-03", "BT-148"), price.gross, PRICE_DECIMALS),
        ];
        for (key, (rule, term), figure, decimals) in figures {
            let Some(figure) = figure else { continue };
            let length = figure.to_string().bytes().filter(|byte| *byte != b'.').count();
            if figure.scale() > decimals || length > DIGITS {
                let message = format!("France takes at most {decimals} decimals and {DIGITS} digits here");
                let finding = Finding::new(format!("/lines/{index}/{key}"), rule, message);
                report.fault(term, finding.expected(format!("at most {decimals} decimals")).found(figure.to_string()));
            }
        }
    }
}
