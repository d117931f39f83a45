//! Codes that the artefacts' lists do not have, though the model's do.

use invoice::Finding;

use super::Faults;
use crate::document::Document;

/// Currencies of ISO 4217, some of them withdrawn, that the code list of EN 16931 does not have (BR-CL-04, BR-CL-05).
const UNLISTED_CURRENCIES: &[&str] = &["BGN", "CUC", "HRK", "SLL", "STN", "XAD", "ZWL"];

pub(super) fn check(document: &Document<'_>, report: &mut Faults) {
    let currencies = [
        ("/currency", "BR-CL-04", "BT-5", Some(document.invoice.currency)),
        ("/tax_currency", "BR-CL-05", "BT-6", document.invoice.tax_currency),
    ];
    for (pointer, rule, term, currency) in currencies {
        let code = currency.map(invoice::Currency::code);
        if let Some(code) = code.filter(|code| UNLISTED_CURRENCIES.contains(code)) {
            let message = "this currency is not in the code list of EN 16931";
            let finding =
                Finding::new(pointer.to_owned(), rule, message).expected("a currency of the list, such as EUR");
            report.fault(term, finding.found(code));
        }
    }
}
