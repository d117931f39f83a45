//! Turning the tree into types, with all faults at once.

use super::tree::Member;
use super::{Node, Path};
use crate::finding::{Finding, Findings};
use crate::options::Limits;

/// A type that is read from a value of JSON.
///
/// A fault never stops the reading: it is noted in the [`Reader`], and the type's default stands in. Nothing made of
/// such defaults leaves the crate, since a document with a fault gives no invoice.
pub(crate) trait FromJson: Default {
    /// Whether a missing member of this type is a fault.
    const REQUIRED: bool = true;

    /// Reads the value that stands at `at`.
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self;

    /// Whether the value holds parts of its own, which stay usable beside one with a fault.
    fn has_parts(_node: &Node) -> bool {
        false
    }

    /// Whether the value says nothing and is left out of answers.
    fn is_absent(&self) -> bool {
        false
    }
}

/// Gathers what is found while a document is read.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(crate) limits: Limits,
    /// The findings; places are those of the document.
    pub(crate) findings: Findings,
    /// Whether an unknown key is a warning instead of a fault.
    pub(crate) tolerates_unknown_keys: bool,
}

impl Reader {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { limits, findings: Findings::new(limits.findings), tolerates_unknown_keys: false }
    }

    pub(crate) fn fault(&mut self, finding: Finding) {
        self.findings.fault(finding);
    }

    /// Notes that a value of another kind was expected.
    pub(crate) fn wrong_kind(&mut self, at: &Path<'_>, expected: &str, node: &Node) {
        let message = format!("{expected} is expected here, not {}", node.kind());
        self.fault(Finding::new(at.pointer(), "type", message).expected(expected).found(node.kind()));
    }

    /// Notes that a member that must be there is not.
    pub(crate) fn missing(&mut self, at: &Path<'_>) {
        self.fault(Finding::new(at.pointer(), "required", "this is required").expected("a value"));
    }

    /// The members of an object; `None` is a fault that is noted.
    pub(crate) fn object<'n, 'j>(&mut self, node: &'n Node<'j>, at: &Path<'_>) -> Option<&'n [Member<'j>]> {
        if let Node::Object(members) = node {
            return Some(members);
        }
        self.wrong_kind(at, "an object", node);
        None
    }

    /// Notes a key that the object does not know, with the nearest one that it does.
    pub(crate) fn unknown_key(&mut self, key: &str, at: &Path<'_>, known: &[&'static str]) {
        let kept = if self.tolerates_unknown_keys { &mut self.findings.warnings } else { &mut self.findings.faults };
        if kept.listed.len() >= self.limits.findings {
            kept.unlisted += 1;
            return;
        }
        let pointer = at.member(key).pointer();
        let shown: String = key.chars().take(80).collect();
        let finding = match nearest(key, known) {
            Some(name) => {
                let message = format!("{shown}: did you mean {name}?");
                Finding::new(pointer, "unknown-key", message).expected(name)
            }
            None if known.len() <= 12 => {
                let message = format!("{shown} is not known here");
                Finding::new(pointer, "unknown-key", message).expected(format!("one of {}", known.join(", ")))
            }
            None => Finding::new(pointer, "unknown-key", format!("{shown} is not known here")),
        };
        let finding = finding.found(shown);
        if self.tolerates_unknown_keys {
            self.findings.warning(finding);
        } else {
            self.fault(finding);
        }
    }
}

/// What other programs call the members of ours, where the letters alone do not show it.
const SYNONYMS: &[(&str, &str)] = &[
    ("discounts", "allowances"),
    ("invoice_no", "number"),
    ("items", "lines"),
    ("label", "text"),
    ("name", "text"),
    ("postcode", "postal_code"),
    ("qty", "quantity"),
    ("state", "subdivision"),
    ("street", "lines"),
    ("title", "text"),
    ("total", "net_amount"),
    ("zip", "postal_code"),
];

/// The known name that is most like the key, if any is like it at all.
fn nearest(key: &str, known: &[&'static str]) -> Option<&'static str> {
    const ALIKE: f64 = 0.55;
    // Longer than every known name, and costly to compare with all of them.
    if key.len() > 40 {
        return None;
    }
    let key = key.to_ascii_lowercase();
    let synonym = SYNONYMS.iter().find(|(word, name)| *word == key && known.contains(name));
    if let Some((_, name)) = synonym {
        return Some(name);
    }
    let likeness = |name: &str| {
        let likeness = strsim::normalized_damerau_levenshtein(&key, name);
        // A word of a compound name ("price" for "unit_price") is near in meaning though not in letters.
        let is_part = name.split('_').any(|word| word == key) || key.split('_').any(|word| word == name);
        if is_part { ALIKE.max(likeness) + likeness / 10.0 } else { likeness }
    };
    known
        .iter()
        .map(|name| (likeness(name), *name))
        .filter(|(score, _)| *score >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
