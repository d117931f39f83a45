//! The rules that what was sent must keep; each has an id, that of EN 16931-1 where it is one of the norm.

mod categories;
mod dates;
mod lines;
mod other_taxes;
mod parties;
mod payment;
mod references;
mod signs;
mod vat_id;

pub(crate) use categories::check_categories;
pub(crate) use signs::warn_of_signs;

use crate::finding::{Finding, Findings};
use crate::input::{InvoiceInput, LinesInput};
use crate::options::Limits;

/// Checks everything that needs no computation.
pub(crate) fn check(input: &InvoiceInput, limits: &Limits, findings: &mut Findings) {
    check_counts(input, limits, findings);
    parties::check_parties(input, findings);
    dates::check_dates(input, findings);
    lines::check_lines(input, findings);
    payment::check_payment(input, findings);
    references::check_references(input, findings);
    other_taxes::check_other_taxes(input, findings);
}

/// Checks that no list is longer than the limits allow, and that there is a line (BR-16).
fn check_counts(input: &InvoiceInput, limits: &Limits, findings: &mut Findings) {
    let lines = input.lines();
    if input.lines.0.as_ref().is_some_and(|list| list.lines.is_empty()) {
        let finding = Finding::new("/lines".to_owned(), "BR-16", "an invoice has at least one line");
        findings.fault(finding.expected("at least 1").found("0"));
    }
    let lists = [
        ("/lines", input.lines.0.as_ref().map_or(0, LinesInput::entry_count), limits.lines),
        ("/allowances", input.allowances.len(), limits.entries),
        ("/charges", input.charges.len(), limits.entries),
        ("/notes", input.notes.len(), limits.entries),
        ("/preceding_invoices", input.preceding_invoices.len(), limits.entries),
        ("/supporting_documents", input.supporting_documents.len(), limits.entries),
        ("/tax_exemptions", input.tax_exemptions.len(), limits.entries),
        ("/other_taxes", input.other_taxes.len(), limits.entries),
        ("/prepayments", input.prepayments.len(), limits.entries),
        ("/withholding_taxes", input.withholding_taxes.len(), limits.entries),
        ("/custom_fields", input.custom_fields.0.len(), limits.entries),
    ];
    for (pointer, count, limit) in lists {
        check_count(pointer.to_owned(), count, limit, findings);
    }
    for (index, line) in lines.iter().enumerate() {
        let lists = [
            ("allowances", line.allowances.len()),
            ("charges", line.charges.len()),
            ("classifications", line.classifications.len()),
            ("attributes", line.attributes.len()),
            ("other_taxes", line.other_taxes.len()),
        ];
        for (key, count) in lists.into_iter().filter(|(_, count)| *count > limits.entries) {
            check_count(format!("/lines/{index}/{key}"), count, limits.entries, findings);
        }
    }
}

fn check_count(pointer: String, count: usize, limit: usize, findings: &mut Findings) {
    if count > limit {
        let finding = Finding::new(pointer, "count", format!("at most {limit} entries are allowed here"));
        findings.fault(finding.expected(format!("at most {limit}")).found(count.to_string()));
    }
}
