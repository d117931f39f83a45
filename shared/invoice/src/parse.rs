//! From the bytes of a document to the computed invoice.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;

use crate::compute::{Unreadable, compute};
use crate::finding::{Finding, Findings, Kept};
use crate::flat::{self, FlatInput, FlatItem};
use crate::input::{InvoiceInput, LineInput, LinesInput};
use crate::json::{FromJson, Node, Path, Reader, parse_tree};
use crate::model::{Invoice, sent_pointer};
use crate::options::ParseOptions;
use crate::{rules, terms};

/// A document without a fault.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Parsed {
    /// The computed invoice.
    pub invoice: Invoice,
    /// What is remarkable, though no fault.
    pub warnings: Vec<Finding>,
    #[serde(skip)]
    form: Form,
}

impl Parsed {
    /// A later finding about a place of the full form as one about the document that was sent. Where that has the flat
    /// form, which has no such place, the message says which one of the full form it is.
    #[must_use]
    pub fn placed(&self, mut finding: Finding) -> Finding {
        if self.form == Form::Flat {
            let place = flat::place(&finding.pointer);
            if !flat::has_place(&finding.pointer) {
                finding.message.push_str(&format!(" (the full form has a place for it: {})", finding.pointer));
            }
            finding.pointer = place;
        }
        finding
    }
}

/// A document that is no right invoice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rejected {
    /// What is wrong, in the order of the document as far as possible; never empty.
    pub faults: Vec<Finding>,
    /// What is remarkable, though no fault.
    pub warnings: Vec<Finding>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.faults.len();
        write!(f, "the invoice has {count} fault{}", if count == 1 { "" } else { "s" })?;
        match self.faults.first() {
            Some(first) => write!(f, ", first at {:?}: {}", first.pointer, first.message),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Rejected {}

/// Parses an invoice in the flat or the full form, computes every derived figure and checks it.
///
/// # Errors
///
/// All faults of the document at once, each with its place; only an error of JSON's own syntax stands alone.
pub fn parse(json: &[u8], options: &ParseOptions) -> Result<Parsed, Rejected> {
    let json = json.strip_prefix(BYTE_ORDER_MARK).unwrap_or(json);
    let mut reader = Reader::new(options.limits);
    let tree = parse_tree(json, &options.limits, &mut reader.findings).map_err(|fault| Rejected::single(*fault))?;
    let form = Form::of(&tree);
    let mut findings = Findings::new(options.limits.findings);
    let input = match form {
        Form::Flat => flat::convert(flat::read(&tree, &mut reader), &mut findings),
        Form::Full => InvoiceInput::from_json(&tree, &Path::Root, &mut reader),
    };
    drop(tree);
    let unreadable = unreadable(&reader.findings.faults, input.lines.0.as_ref());
    let lines_before = input.lines.0.as_ref().map(LinesInput::lines_before).unwrap_or_default();
    rules::check(&input, &options.limits, &mut findings);
    let invoice = compute(input, options, &unreadable, &mut findings);
    let report = Report { form, lines_before, limit: options.limits.findings };
    let faults = report.complete(reader.findings.faults, findings.faults);
    let warnings = report.complete(reader.findings.warnings, findings.warnings);
    match invoice {
        Some(invoice) if faults.is_empty() => Ok(Parsed { invoice, warnings, form }),
        None if faults.is_empty() => Err(Rejected { faults: vec![incomplete()], warnings }),
        _ => Err(Rejected { faults, warnings }),
    }
}

/// The mark that some programs put before UTF-8; RFC 8259 (section 8.1) lets readers ignore it.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Rejected {
    pub(crate) fn single(fault: Finding) -> Self {
        Self { faults: vec![fault], warnings: Vec::new() }
    }
}

/// Stands in for a fault that a step of the computation saw but did not name, so that no document is refused without one.
fn incomplete() -> Finding {
    Finding::new(String::new(), "incomplete", "the invoice cannot be computed from these figures")
}

/// The two forms of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Flat,
    Full,
}

impl Form {
    /// Tells the forms apart by the keys that only one of them has.
    fn of(tree: &Node) -> Self {
        let Node::Object(members) = tree else {
            return Self::Full;
        };
        let count = |own: &[&str], others: &[&str]| {
            members.iter().filter(|(key, _)| own.contains(&key.as_ref()) && !others.contains(&key.as_ref())).count()
        };
        let flat = count(FlatInput::MEMBERS, InvoiceInput::MEMBERS);
        let full = count(InvoiceInput::MEMBERS, FlatInput::MEMBERS);
        if flat > full { Self::Flat } else { Self::Full }
    }
}

/// How findings are answered.
struct Report {
    form: Form,
    /// How many lines stand before each entry of the list of lines that is none.
    lines_before: Vec<usize>,
    limit: usize,
}

impl Report {
    /// Puts findings together as they are answered: places as in the document, each once, with their terms.
    fn complete(&self, read: Kept, found: Kept) -> Vec<Finding> {
        let unlisted = read.unlisted + found.unlisted;
        let mut all: Vec<Finding> = read.listed.into_iter().map(|finding| self.describe_read(finding)).collect();
        let unreadable: HashSet<String> = all.iter().map(|finding| finding.pointer.clone()).collect();
        let found = found.listed.into_iter().map(|finding| self.describe(finding));
        // What is said of a value that could not be read follows from that alone.
        all.extend(found.filter(|finding| !unreadable.contains(&finding.pointer)));
        let mut seen = HashSet::new();
        all.retain(|finding| seen.insert((finding.pointer.clone(), finding.rule)));
        let rest = all.len().saturating_sub(self.limit) + unlisted;
        if rest > 0 {
            all.truncate(self.limit);
            all.push(Finding::new(String::new(), "count", format!("{rest} further findings are not listed")));
        }
        all
    }

    /// Completes a finding whose place is one of the full form, lines counted without what stands between them.
    fn describe(&self, mut finding: Finding) -> Finding {
        terms::annotate(&mut finding);
        finding.pointer = match self.form {
            Form::Flat => flat::place(&finding.pointer),
            Form::Full => {
                let shift = |index: usize| self.lines_before.partition_point(|before| *before <= index);
                sent_pointer(finding.pointer, shift)
            }
        };
        finding
    }

    /// Completes a finding whose place is one of the document.
    fn describe_read(&self, mut finding: Finding) -> Finding {
        match self.form {
            Form::Full => terms::annotate(&mut finding),
            Form::Flat => terms::annotate_flat(&mut finding),
        }
        finding
    }
}

/// Which parts of the arithmetic rest on values in which the reader found a fault.
fn unreadable(faults: &Kept, lines: Option<&LinesInput>) -> Unreadable {
    let mut unreadable = Unreadable { document: faults.unlisted > 0, ..Unreadable::default() };
    for fault in &faults.listed {
        let mut segments = fault.pointer.split('/').skip(1);
        let (member, entry) = (segments.next(), segments.next().and_then(|index| index.parse().ok()));
        match (member, entry) {
            (None, _) => unreadable.document = true,
            (Some("lines" | "items"), Some(entry)) => {
                let Some(index) = lines.map_or(Some(entry), |lines| lines.line_index(entry)) else { continue };
                let (amounts, tax) = line_parts(segments.next(), fault);
                unreadable.line_amounts.extend(amounts.then_some(index));
                unreadable.line_taxes.extend(tax.then_some(index));
            }
            (Some("lines" | "items"), None) => _ = unreadable.members.insert("lines".to_owned()),
            (Some(list), Some(index)) => _ = unreadable.entries.insert((list.to_owned(), index)),
            (Some(member), None) => _ = unreadable.members.insert(meant(member, fault).to_owned()),
        }
    }
    unreadable
}

/// Whether a fault at a member of a line leaves its amounts, and its tax, in the dark.
fn line_parts(member: Option<&str>, fault: &Finding) -> (bool, bool) {
    const AMOUNTS: [&str; 8] = [
        "quantity",
        "qty",
        "unit_price",
        "gross_price",
        "price_discount",
        "price_base_quantity",
        "allowances",
        "charges",
    ];
    // Of an entry that does not say what it is, nothing is known.
    let Some(member) = member.map(|member| meant(member, fault)).filter(|member| *member != "kind") else {
        return (true, true);
    };
    let is_known = LineInput::MEMBERS.contains(&member) || FlatItem::MEMBERS.contains(&member);
    (AMOUNTS.contains(&member) || !is_known, matches!(member, "tax_rate" | "tax_category"))
}

/// The member that a fault is about: of a key that is not known, the one that it was probably meant to be.
fn meant<'f>(member: &'f str, fault: &'f Finding) -> &'f str {
    let nearest = fault.expected.as_deref().filter(|_| fault.rule == "unknown-key");
    nearest.unwrap_or(member)
}
