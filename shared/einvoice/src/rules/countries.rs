//! Peppol's rules of single countries, for sellers there.

use invoice::{Adjustment, Finding, Party, PostalAddress};

use super::identifiers::{is_greek, is_mod_11, is_swedish};
use super::{Condition, Faults, expect};
use crate::document::Document;
use crate::practice::{compact, country};

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    let tables: &[&[Condition]] = match seller_country(document).as_deref() {
        Some("DK") => &[DENMARK],
        Some("IS") => &[ICELAND],
        Some("IT") => &[ITALY],
        Some("NL") => &[NETHERLANDS],
        Some("NO") => &[NORWAY],
        Some("SE") => &[SWEDEN],
        Some("GR" | "EL") => &[GREECE],
        _ => &[],
    };
    for table in tables {
        report.judge(document, table);
    }
    // These look at the address alone.
    if document.is_within("DK") {
        report.judge(document, WITHIN_DENMARK);
        check_danish_taxes(document, report);
    }
}

/// The seller's country as Peppol finds it: by its VAT number, that of its representative, or its address.
fn seller_country(document: &Document<'_>) -> Option<String> {
    let invoice = document.invoice;
    let prefix = |party: &Party| Some(party.vat_id.as_deref()?.get(..2)?.to_ascii_uppercase());
    prefix(&invoice.seller)
        .or_else(|| prefix(invoice.tax_representative.as_ref()?))
        .or_else(|| country(&invoice.seller).map(str::to_owned))
}

fn seller<'a>(document: &Document<'a>) -> &'a Party {
    &document.invoice.seller
}

fn buyer<'a>(document: &Document<'a>) -> &'a Party {
    &document.invoice.buyer
}

fn is_complete(address: Option<&PostalAddress>) -> bool {
    address.is_some_and(|address| !address.lines.is_empty() && address.city.is_some() && address.postal_code.is_some())
}

/// Whether the legal id is of one of these schemes, or not there.
fn is_registered(party: &Party, schemes: &[&str]) -> bool {
    let Some(legal_id) = &party.legal_id else { return true };
    legal_id.scheme.is_some_and(|scheme| schemes.contains(&scheme.code()))
}

fn vat_digits(party: &Party) -> Option<String> {
    Some(compact(party.vat_id.as_deref()?).get(2..)?.to_owned())
}

fn means(document: &Document<'_>) -> Option<&'static str> {
    document.payment_means()
}

const SELLER_ADDRESS: &str = "/seller/address";
const BUYER_ADDRESS: &str = "/buyer/address";
const FULL_ADDRESS: &str = "a street, a city and a postal code";

const NETHERLANDS: &[Condition] = &[
    expect(
        ("NL-R-001", "BG-3"),
        "/preceding_invoices",
        "a Dutch credit note names the invoice that it credits",
        "a preceding invoice",
        |document| !document.invoice.type_code.is_credit_note() || !document.invoice.preceding_invoices.is_empty(),
    ),
    expect(("NL-R-002", "BG-5"), SELLER_ADDRESS, "a Dutch seller gives its whole address", FULL_ADDRESS, |document| {
        country(seller(document)) != Some("NL") || is_complete(seller(document).address.as_ref())
    }),
    expect(
        ("NL-R-003", "BT-30"),
        "/seller/legal_id",
        "a Dutch seller's legal id is its KVK number or OIN",
        "scheme 0106 (KVK) or 0190 (OIN)",
        |document| country(seller(document)) != Some("NL") || is_registered(seller(document), &["0106", "0190"]),
    ),
    expect(("NL-R-004", "BG-8"), BUYER_ADDRESS, "a Dutch buyer has its whole address", FULL_ADDRESS, |document| {
        !document.is_within("NL") || is_complete(buyer(document).address.as_ref())
    }),
    expect(
        ("NL-R-005", "BT-47"),
        "/buyer/legal_id",
        "a Dutch buyer's legal id is its KVK number or OIN",
        "scheme 0106 (KVK) or 0190 (OIN)",
        |document| !document.is_within("NL") || is_registered(buyer(document), &["0106", "0190"]),
    ),
    expect(
        ("NL-R-006", "BG-12"),
        "/tax_representative/address",
        "a Dutch representative has its whole address",
        FULL_ADDRESS,
        |document| {
            let representative = document.invoice.tax_representative.as_ref();
            let address = representative.and_then(|party| party.address.as_ref());
            representative.and_then(country) != Some("NL") || is_complete(address)
        },
    ),
    expect(
        ("NL-R-007", "BG-16"),
        "/payment",
        "a Dutch invoice says how it is to be paid",
        "means of payment, such as an iban",
        |document| {
            let payable = document.invoice.totals.payable_amount;
            let is_paid_to_seller = !payable.is_negative() && !payable.is_zero();
            document.invoice.type_code.is_credit_note() || !is_paid_to_seller || means(document).is_some()
        },
    ),
    expect(
        ("NL-R-008", "BT-81"),
        "/payment/means",
        "between two Dutch these means of payment are not used",
        "30, 48, 49, 57, 58 or 59",
        |document| {
            let usual = means(document).is_none_or(|code| ["30", "48", "49", "57", "58", "59"].contains(&code));
            !document.is_within("NL") || usual
        },
    ),
    expect(
        ("NL-R-009", "BT-13"),
        "/purchase_order_reference",
        "a line names a line of an order, so the invoice names the order",
        "the number of the purchase order",
        |document| {
            let invoice = document.invoice;
            let has_order = invoice.purchase_order_reference.is_some() || invoice.sales_order_reference.is_some();
            has_order || invoice.lines.iter().all(|line| line.order_line_reference.is_none())
        },
    ),
];

const ITALY: &[Condition] = &[
    expect(
        ("IT-R-001", "BT-32"),
        "/seller/tax_id",
        "an Italian tax number has 11 to 16 capital letters and digits",
        "11 to 16 characters",
        |document| {
            let number = seller(document).tax_id.as_deref();
            number.is_none_or(|number| {
                (11..=16).contains(&number.len())
                    && number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            })
        },
    ),
    expect(
        ("IT-R-002", "BT-35"),
        "/seller/address/lines",
        "an Italian seller gives its street",
        "a street",
        |document| seller(document).address.as_ref().is_some_and(|address| !address.lines.is_empty()),
    ),
    expect(("IT-R-003", "BT-37"), "/seller/address/city", "an Italian seller gives its city", "a city", |document| {
        seller(document).address.as_ref().is_some_and(|address| address.city.is_some())
    }),
    expect(
        ("IT-R-004", "BT-38"),
        "/seller/address/postal_code",
        "an Italian seller gives its postal code",
        "a postal code",
        |document| seller(document).address.as_ref().is_some_and(|address| address.postal_code.is_some()),
    ),
];

const SWEDEN: &[Condition] = &[
    expect(
        ("SE-R-001", "BT-31"),
        "/seller/vat_id",
        "a Swedish VAT number has SE and 12 digits",
        "SE and 12 digits",
        |document| vat_digits(seller(document)).is_none_or(|digits| digits.len() == 12),
    ),
    expect(
        ("SE-R-013", "BT-30"),
        "/seller/legal_id/id",
        "a Swedish organisation number has 10 digits, of which the last is the check digit",
        "10 digits",
        |document| {
            let legal_id = seller(document).legal_id.as_ref();
            country(seller(document)) != Some("SE") || legal_id.is_none_or(|legal_id| is_swedish(&legal_id.id))
        },
    ),
    expect(
        ("SE-R-005", "BT-32"),
        "/seller/tax_id",
        "a Swedish seller's tax registration says that it is approved for F-tax",
        "Godkänd för F-skatt",
        |document| {
            let seller = seller(document);
            let is_approved = |number: &String| number.to_uppercase() == "GODKÄND FÖR F-SKATT";
            seller.legal_id.is_none() || seller.tax_id.as_ref().is_none_or(is_approved)
        },
    ),
    expect(("SE-R-006", "BT-152"), "/tax_rate", "Sweden has these rates of VAT alone", "25, 12 or 6", |document| {
        let is_swedish = |rate: invoice::Decimal| [25, 12, 6].map(invoice::Decimal::from).contains(&rate);
        let groups = &document.invoice.tax_breakdown;
        let mut rates = groups.iter().filter(|group| group.category == invoice::TaxCategory::S);
        rates.all(|group| group.rate.is_none_or(is_swedish))
    }),
];

const NORWAY: &[Condition] = &[expect(
    ("NO-R-001", "BT-31"),
    "/seller/vat_id",
    "a Norwegian VAT number has NO, the organisation number and MVA",
    "NO, 9 digits and MVA",
    |document| {
        let digits = vat_digits(seller(document));
        digits.is_none_or(|digits| {
            digits.strip_suffix("MVA").is_some_and(|number| number.len() == 9 && is_mod_11(number))
        })
    },
)];

const ICELAND: &[Condition] = &[
    expect(
        ("IS-R-002", "BT-30"),
        "/seller/legal_id",
        "an Icelandic seller gives its kennitala",
        "a legal_id of scheme 0196",
        |document| seller(document).legal_id.is_some() && is_registered(seller(document), &["0196"]),
    ),
    expect(
        ("IS-R-003", "BG-5"),
        SELLER_ADDRESS,
        "an Icelandic seller gives its street and postal code",
        "a street and a postal code",
        |document| {
            let address = seller(document).address.as_ref();
            address.is_some_and(|address| !address.lines.is_empty() && address.postal_code.is_some())
        },
    ),
    expect(
        ("IS-R-006", "BT-84"),
        "/payment/account_number",
        "means of payment 9 and 42 (IS-R-007) take an Icelandic account of 12 digits",
        "12 characters",
        |document| {
            let Some(payment) = &document.invoice.payment else { return true };
            let account = payment.credit_transfers.first();
            let number = account.and_then(|account| account.iban.as_deref().or(account.account_number.as_deref()));
            !matches!(payment.means.code(), "9" | "42") || number.is_some_and(|number| number.len() == 12)
        },
    ),
    expect(
        ("IS-R-008", "BT-122"),
        "/supporting_documents",
        "the last day of payment (EINDAGI) is a date, not before the due date (IS-R-009, IS-R-010)",
        "a reference such as 2026-03-31, and a due_date",
        |document| {
            let invoice = document.invoice;
            let mut dates =
                invoice.supporting_documents.iter().filter(|one| one.description.as_deref() == Some("EINDAGI"));
            dates.all(|one| {
                let last = one.reference.parse::<jiff::civil::Date>().ok();
                invoice.due_date.is_some_and(|due| last.is_some_and(|last| due <= last))
            })
        },
    ),
];

/// The number (BT-1) of a Greek invoice: tax number, date, branch, type, series and serial number, parted by `|`.
fn has_greek_number(document: &Document<'_>) -> bool {
    let invoice = document.invoice;
    let parts: Vec<&str> = invoice.number.split('|').collect();
    let [number, date, branch, kind, series, serial] = parts.as_slice() else { return false };
    let own = [Some(seller(document)), invoice.tax_representative.as_ref()];
    let is_own = own.into_iter().flatten().any(|party| vat_digits(party).as_deref() == Some(*number));
    let issued = invoice.issue_date;
    is_own
        && is_greek(number)
        && *date == format!("{:02}/{:02}/{:04}", issued.day(), issued.month(), issued.year())
        && branch.bytes().all(|byte| byte.is_ascii_digit())
        && !branch.is_empty()
        && ["1.1", "1.6", "2.1", "2.4", "5.1", "5.2"].contains(kind)
        && !series.is_empty()
        && !serial.is_empty()
}

fn is_greek_vat_id(party: &Party) -> bool {
    let number = party.vat_id.as_deref().map(compact);
    number.is_some_and(|number| number.strip_prefix("EL").is_some_and(is_greek))
}

fn has_greek_address(address: Option<&invoice::ElectronicAddress>) -> bool {
    address.is_none_or(|address| address.scheme.code() == "9933" && is_greek(&address.id))
}

const GREECE: &[Condition] = &[
    expect(
        ("GR-R-001-1", "BT-1"),
        "/number",
        "a Greek invoice's number has six parts: tax number, date, branch, type, series and serial number",
        "such as 094014201|09/03/2026|0|1.1|A|93",
        has_greek_number,
    ),
    expect(
        ("GR-R-002", "BT-28"),
        "/seller/trading_name",
        "a Greek seller gives its trading name",
        "a trading name",
        |document| seller(document).trading_name.is_some(),
    ),
    expect(
        ("GR-R-003", "BT-31"),
        "/seller/vat_id",
        "a Greek VAT number has EL and 9 digits",
        "EL and 9 digits",
        |document| seller(document).vat_id.is_none() || is_greek_vat_id(seller(document)),
    ),
    expect(
        ("GR-R-004-1", "BG-24"),
        "/supporting_documents",
        "a Greek invoice carries its MARK as a supporting document with the description ##M.AR.K##",
        "one reference of digits, described as ##M.AR.K##",
        |document| {
            let documents = &document.invoice.supporting_documents;
            let mut marks = documents.iter().filter(|one| one.description.as_deref() == Some("##M.AR.K##"));
            let is_mark = |reference: &str| reference.starts_with(|c: char| ('1'..='9').contains(&c));
            country(seller(document)) != Some("GR")
                || (marks.next().is_some_and(|mark| is_mark(&mark.reference)) && marks.next().is_none())
        },
    ),
    expect(
        ("GR-R-008-3", "BT-124"),
        "/supporting_documents",
        "the link to a Greek invoice (##INVOICE|URL##) is there at most once, and has its url",
        "one url at most",
        |document| {
            let documents = &document.invoice.supporting_documents;
            let links: Vec<_> =
                documents.iter().filter(|one| one.description.as_deref() == Some("##INVOICE|URL##")).collect();
            links.len() <= 1 && links.iter().all(|link| link.url.is_some())
        },
    ),
    expect(
        ("GR-R-005", "BT-45"),
        "/buyer/trading_name",
        "the buyer of a Greek invoice has a trading name",
        "a trading name",
        |document| buyer(document).trading_name.is_some(),
    ),
    expect(
        ("GR-R-009", "BT-34"),
        "/seller/electronic_address",
        "a Greek seller's address is its tax number",
        "scheme 9933 and 9 digits",
        |document| has_greek_address(document.seller_address.as_deref()),
    ),
    expect(("GR-R-006", "BT-48"), "/buyer/vat_id", "a Greek buyer has its VAT number", "EL and 9 digits", |document| {
        !is_greek_buyer(document) || is_greek_vat_id(buyer(document))
    }),
    expect(
        ("GR-R-010", "BT-49"),
        "/buyer/electronic_address",
        "a Greek buyer's address is its tax number",
        "scheme 9933 and 9 digits",
        |document| !is_greek_buyer(document) || has_greek_address(document.buyer_address.as_deref()),
    ),
];

fn is_greek_buyer(document: &Document<'_>) -> bool {
    let prefix = buyer(document).vat_id.as_deref().and_then(|number| number.get(..2));
    matches!(prefix.or(country(buyer(document))), Some("GR" | "EL"))
}

const DENMARK: &[Condition] = &[
    expect(
        ("DK-R-002", "BT-30"),
        "/seller/legal_id",
        "a Danish seller gives its CVR number (DK-R-014)",
        "a legal_id of scheme 0184",
        |document| {
            let seller = seller(document);
            country(seller) != Some("DK") || (seller.legal_id.is_some() && is_registered(seller, &["0184"]))
        },
    ),
    expect(
        ("DK-R-016", "BT-115"),
        "/lines",
        "a Danish credit note does not have a negative amount due",
        "an amount of 0 or more",
        |document| {
            let invoice = document.invoice;
            !document.is_within("DK")
                || !invoice.type_code.is_credit_note()
                || !invoice.totals.payable_amount.is_negative()
        },
    ),
];

const WITHIN_DENMARK: &[Condition] = &[
    expect(
        ("DK-R-013", "BT-29-1"),
        "/seller/identifiers",
        "identifiers of Danish parties name their scheme",
        "a scheme for each",
        |document| {
            let payee = document.invoice.payee.as_ref().and_then(|payee| payee.identifier.as_ref());
            let mut all = seller(document).identifiers.iter().chain(&buyer(document).identifiers).chain(payee);
            all.all(|own| own.scheme.is_some())
        },
    ),
    expect(
        ("DK-R-017", "BT-47"),
        "/buyer/legal_id",
        "a Danish buyer's legal id is its CVR number",
        "scheme 0184",
        |document| is_registered(buyer(document), &["0184"]),
    ),
    expect(
        ("DK-R-005", "BT-81"),
        "/payment/means",
        "between two Danes these means of payment are not used",
        "1, 10, 31, 42, 48, 49, 50, 58, 59, 93 or 97",
        |document| {
            let usual = ["1", "10", "31", "42", "48", "49", "50", "58", "59", "93", "97"];
            document.invoice.type_code.is_credit_note() || means(document).is_none_or(|code| usual.contains(&code))
        },
    ),
    expect(
        ("DK-R-006", "BG-17"),
        "/payment/credit_transfers",
        "these Danish means of payment need more (DK-R-006 to -011)",
        "31 and 42: account and bank; 49: mandate and account; 50 and 93 are not supported",
        has_danish_payment,
    ),
];

fn has_danish_payment(document: &Document<'_>) -> bool {
    let Some(payment) = document.invoice.payment.as_ref().filter(|_| !document.invoice.type_code.is_credit_note())
    else {
        return true;
    };
    match payment.means.code() {
        "31" | "42" => {
            !payment.credit_transfers.is_empty()
                && payment.credit_transfers.iter().all(|transfer| transfer.bank.is_some())
        }
        "49" => payment
            .direct_debit
            .as_ref()
            .is_some_and(|debit| debit.mandate.is_some() && debit.debited_account.is_some()),
        // Payment slips (FIK and Giro), whose numbers are forms of their own.
        "50" | "93" => false,
        _ => true,
    }
}

/// Danish classes and other taxes (DK-R-003, DK-R-004).
fn check_danish_taxes(document: &Document<'_>, report: &mut Faults) {
    let invoice = document.invoice;
    for (index, line) in invoice.lines.iter().enumerate() {
        let mut unspsc = line.classifications.iter().filter(|class| class.scheme.code() == "TST");
        let known = ["19.05.01", "19.0501", "26.08.01", "26.0801"];
        if unspsc.any(|class| class.version.as_deref().is_none_or(|version| !known.contains(&version))) {
            let message = "a Danish line is classified by UNSPSC of these versions";
            let pointer = format!("/lines/{index}/classifications");
            let finding = Finding::new(pointer, "DK-R-003", message).expected("version 19.05.01 or 26.08.01");
            report.fault("BT-158-2", finding);
        }
    }
    let is_wrong = |adjustment: &Adjustment| {
        let text = adjustment.reason.text.as_deref().unwrap_or_default();
        let is_number = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
        let is_marked = text.contains('#') && !text.starts_with('#') && !text.ends_with('#');
        adjustment.reason.code == Some("ZZZ") && !is_number && !is_marked
    };
    let of_lines = invoice.lines.iter().flat_map(|line| line.allowances.iter().chain(&line.charges));
    if invoice.allowances.iter().chain(&invoice.charges).chain(of_lines).any(is_wrong) {
        let message = "a Danish charge for another tax (ZZZ) names its category: four digits, or a text with # in it";
        report.fault("BT-104", Finding::new("/charges".to_owned(), "DK-R-004", message).expected("four digits"));
    }
}
