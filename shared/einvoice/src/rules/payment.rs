//! Rules on payment that XRechnung and Peppol share.

use invoice::Finding;

use super::Faults;
use crate::document::Document;

/// Which groups go with which means of payment (BR-DE-23 to -25; Peppol, within Germany, DE-R-023 to -025).
struct Means {
    codes: &'static [&'static str],
    /// The rule that wants the group, and the one that refuses the others.
    rules: [&'static str; 2],
    term: &'static str,
    pointer: &'static str,
    what: &'static str,
}

const XRECHNUNG: [Means; 3] = [
    Means { rules: ["BR-DE-23-a", "BR-DE-23-b"], ..CREDIT_TRANSFER },
    Means { rules: ["BR-DE-24-a", "BR-DE-24-b"], ..CARD },
    Means { rules: ["BR-DE-25-a", "BR-DE-25-b"], ..DIRECT_DEBIT },
];
const PEPPOL: [Means; 3] = [CREDIT_TRANSFER, CARD, DIRECT_DEBIT];
const CREDIT_TRANSFER: Means = Means {
    codes: &["30", "58"],
    rules: ["DE-R-023-1", "DE-R-023-2"],
    term: "BG-17",
    pointer: "/payment/credit_transfers",
    what: "a credit transfer",
};
const CARD: Means = Means {
    codes: &["48", "54", "55"],
    rules: ["DE-R-024-1", "DE-R-024-2"],
    term: "BG-18",
    pointer: "/payment/card",
    what: "a card",
};
const DIRECT_DEBIT: Means = Means {
    codes: &["59"],
    rules: ["DE-R-025-1", "DE-R-025-2"],
    term: "BG-19",
    pointer: "/payment/direct_debit",
    what: "a direct debit",
};

pub(super) fn check_xrechnung(document: &Document<'_>, report: &mut Faults) {
    check_means(document, &XRECHNUNG, report);
}

pub(super) fn check_within_germany(document: &Document<'_>, report: &mut Faults) {
    check_means(document, &PEPPOL, report);
}

/// Whether something of a direct debit stands in the payment itself: UBL writes the creditor among the parties.
pub(super) fn has_mandate(payment: &invoice::Payment) -> bool {
    payment.direct_debit.as_ref().is_some_and(|debit| debit.mandate.is_some() || debit.debited_account.is_some())
}

fn check_means(document: &Document<'_>, table: &[Means; 3], report: &mut Faults) {
    let Some(payment) = &document.invoice.payment else { return };
    let code = payment.means.code();
    let groups = [!payment.credit_transfers.is_empty(), payment.card.is_some(), has_mandate(payment)];
    let Some(own) = table.iter().position(|means| means.codes.contains(&code)) else { return };
    let [missing, stray] = table[own].rules;
    if !groups[own] {
        let message = format!("means of payment {code} needs {}", table[own].what);
        let finding = Finding::new(table[own].pointer.to_owned(), missing, message);
        report.fault(table[own].term, finding.expected(table[own].what));
    }
    for (_, means) in table.iter().enumerate().filter(|(index, _)| *index != own && groups[*index]) {
        let message = format!("means of payment {code} does not go with {}", means.what);
        let finding = Finding::new(means.pointer.to_owned(), stray, message);
        report.fault(means.term, finding.expected("nothing"));
    }
}

/// A direct debit names its mandate (PEPPOL-EN16931-R061).
pub(super) fn check_mandate(document: &Document<'_>, report: &mut Faults) {
    let Some(payment) = &document.invoice.payment else { return };
    let is_debit = matches!(payment.means.code(), "49" | "59");
    let mandate = payment.direct_debit.as_ref().and_then(|debit| debit.mandate.as_ref());
    if is_debit && mandate.is_none() {
        let message = "a direct debit needs the reference of its mandate";
        let finding = Finding::new("/payment/direct_debit/mandate".to_owned(), "PEPPOL-EN16931-R061", message);
        report.fault("BT-89", finding.expected("a value"));
    }
}
