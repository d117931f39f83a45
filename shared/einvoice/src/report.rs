//! What an e-invoice was judged by, and what was added to it.

use invoice::{ElectronicAddress, Finding, Identifier};
use serde::Serialize;

use crate::document::Document;
use crate::profile::RuleSet;
use crate::rules::RULES_VERSION;

/// The record of a verdict, to be kept beside the document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// [`RULES_VERSION`].
    pub rules_version: u32,
    /// The specification that the document names (BT-24).
    pub specification: String,
    /// The rule sets that it keeps, with their editions.
    pub rules: Vec<&'static str>,
    /// What the document says beside the data, and what it says otherwise: each with its business term and place.
    pub warnings: Vec<Finding>,
}

impl Report {
    pub(crate) fn of(document: &Document<'_>) -> Self {
        Self {
            rules_version: RULES_VERSION,
            specification: document.specification.to_owned(),
            rules: document.profile.rule_sets().iter().copied().map(RuleSet::edition).collect(),
            warnings: warnings(document),
        }
    }
}

/// What a person who reads the document does not find in the data.
fn warnings(document: &Document<'_>) -> Vec<Finding> {
    let invoice = document.invoice;
    let mut warnings = Vec::new();
    if let Some(sent) = invoice.specification.as_deref().filter(|sent| *sent != document.specification) {
        let message = "the format has a specification of its own, which replaces the one that was sent";
        let finding = Finding::new("/specification".to_owned(), "replaced", message).expected(document.specification);
        warnings.push(finding.found(sent).of_term("BT-24"));
    }
    let mut add = |term: &'static str, pointer: &str, what: &str, value: Option<String>| {
        let Some(value) = value else { return };
        let message = format!("{what} was not sent and is added");
        warnings.push(Finding::new(pointer.to_owned(), "added", message).expected(value).of_term(term));
    };
    let process = document.business_process.as_ref().filter(|_| invoice.business_process.is_none());
    add("BT-23", "/business_process", "the business process", process.map(|process| process.to_string()));
    let (seller, buyer) = (&invoice.seller, &invoice.buyer);
    for (term, pointer, sent, written) in [
        ("BT-34", "/seller/electronic_address", &seller.electronic_address, &document.seller_address),
        ("BT-49", "/buyer/electronic_address", &buyer.electronic_address, &document.buyer_address),
    ] {
        let written = written.as_deref().filter(|_| sent.is_none());
        add(term, pointer, "the electronic address", written.map(address));
    }
    for (term, pointer, sent, written) in [
        ("BT-30", "/seller/legal_id", &seller.legal_id, &document.seller_legal_id),
        ("BT-47", "/buyer/legal_id", &buyer.legal_id, &document.buyer_legal_id),
    ] {
        let written = written.as_deref().filter(|_| sent.is_none());
        add(term, pointer, "the number of the register", written.map(identifier));
    }
    let means = document.payment_means().filter(|_| invoice.payment.is_none());
    add("BT-81", "/payment/means", "the means of payment", means.map(str::to_owned));
    let of_fields = invoice.custom_fields.len();
    for note in document.notes.iter().skip(invoice.notes.len() + of_fields) {
        add("BT-22", "/notes", "a note that the law prescribes", Some(note.with_subject()));
    }
    warnings
}

fn address(address: &ElectronicAddress) -> String {
    format!("{}:{}", address.scheme.code(), address.id)
}

fn identifier(identifier: &Identifier) -> String {
    match identifier.scheme {
        Some(scheme) => format!("{}:{}", scheme.code(), identifier.id),
        None => identifier.id.clone(),
    }
}
