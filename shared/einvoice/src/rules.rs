//! The official rules, each in one place: a table a rule set, and beside it what a table cannot say.
//!
//! What the model itself rules out has no row here; README.md lists those rules with the reason.

mod basic;
mod carried;
mod categories;
mod codes;
mod countries;
mod decimals;
mod en16931;
mod factur_x;
mod france;
mod germany;
mod identifiers;
mod payment;
mod peppol;

use invoice::Finding;

use crate::document::Document;
use crate::profile::RuleSet;

/// The version of the rules in this crate. It rises whenever one of them changes: the same invoice and version have the
/// same verdict.
pub const RULES_VERSION: u32 = 1;

/// The most faults that are reported one by one.
const MOST_FAULTS: usize = 1_000;

/// All reasons why the document would break a rule of its profile, in the order of the rule sets. Rules count invoice lines
/// alone; their pointers count what was sent.
pub(crate) fn check(document: &Document<'_>) -> Vec<Finding> {
    let mut report = Faults::default();
    carried::check(document, &mut report);
    for rules in document.profile.rule_sets() {
        match rules {
            RuleSet::En16931 => en16931::check(document, &mut report),
            RuleSet::XRechnung => germany::check_xrechnung(document, &mut report),
            RuleSet::Peppol => peppol::check(document, &mut report),
            RuleSet::FacturX => factur_x::check(document, &mut report),
            RuleSet::FacturXBasic => basic::check(document, &mut report),
            RuleSet::France => france::check(document, &mut report),
        }
    }
    for fault in &mut report.listed {
        fault.pointer = document.invoice.lines.sent_pointer(std::mem::take(&mut fault.pointer));
    }
    report.listed
}

/// Gathers faults up to a limit: a document of nothing but faults must not fill the memory with them.
#[derive(Debug, Default)]
struct Faults {
    listed: Vec<Finding>,
}

impl Faults {
    fn fault(&mut self, term: &'static str, finding: Finding) {
        if self.listed.len() < MOST_FAULTS {
            self.listed.push(finding.of_term(term));
        }
    }

    /// Judges the conditions of a table.
    fn judge(&mut self, document: &Document<'_>, conditions: &[Condition]) {
        for condition in conditions.iter().filter(|condition| !(condition.holds)(document)) {
            let finding = Finding::new(condition.pointer.to_owned(), condition.rule, condition.message);
            self.fault(condition.term, finding.expected(condition.expected));
        }
    }
}

/// A row of a table: a condition on the document as a whole.
struct Condition {
    rule: &'static str,
    term: &'static str,
    /// Where the data are missing or wrong.
    pointer: &'static str,
    message: &'static str,
    expected: &'static str,
    holds: fn(&Document<'_>) -> bool,
}

/// A row for a value that must be there.
const fn need(
    rule: &'static str,
    term: &'static str,
    pointer: &'static str,
    message: &'static str,
    holds: fn(&Document<'_>) -> bool,
) -> Condition {
    Condition { rule, term, pointer, message, expected: "a value", holds }
}

/// A row for a value that must be as `expected`.
const fn expect(
    (rule, term): (&'static str, &'static str),
    pointer: &'static str,
    message: &'static str,
    expected: &'static str,
    holds: fn(&Document<'_>) -> bool,
) -> Condition {
    Condition { rule, term, pointer, message, expected, holds }
}
