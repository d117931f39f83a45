//! What is wrong, or remarkable, in an invoice, and where.

use serde::Serialize;

/// One fault or one warning about one place of the JSON document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The place in the document that was sent (RFC 6901); empty for the document as a whole.
    pub pointer: String,
    /// A sentence for people.
    pub message: String,
    /// The rule that is broken: its id in EN 16931-1 (`BR-CO-10`), else one of our own in small letters.
    pub rule: &'static str,
    /// The business term (`BT-131`) or group (`BG-25`) of EN 16931-1, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term: Option<&'static str>,
    /// What would have been right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What the document says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
}

impl Finding {
    /// A finding about a place of the full form.
    #[must_use]
    pub fn new(pointer: String, rule: &'static str, message: impl Into<String>) -> Self {
        Self { pointer, message: message.into(), rule, term: None, expected: None, found: None }
    }

    /// The same with what would have been right.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    /// The same with what the document says.
    #[must_use]
    pub fn found(mut self, found: impl Into<String>) -> Self {
        self.found = Some(found.into());
        self
    }

    /// The same with the business term or group that it is about.
    #[must_use]
    pub fn of_term(mut self, term: &'static str) -> Self {
        self.term = Some(term);
        self
    }
}

/// Gathers findings, only so many of each kind: a document of nothing but faults must not fill the memory with them.
#[derive(Debug)]
pub(crate) struct Findings {
    limit: usize,
    pub(crate) faults: Kept,
    pub(crate) warnings: Kept,
}

/// The findings of one kind.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) listed: Vec<Finding>,
    /// How many more there are.
    pub(crate) unlisted: usize,
}

impl Findings {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, faults: Kept::default(), warnings: Kept::default() }
    }

    pub(crate) fn fault(&mut self, finding: Finding) {
        self.faults.keep(finding, self.limit);
    }

    pub(crate) fn warning(&mut self, finding: Finding) {
        self.warnings.keep(finding, self.limit);
    }
}

impl Kept {
    fn keep(&mut self, finding: Finding, limit: usize) {
        if self.listed.len() < limit {
            self.listed.push(finding);
        } else {
            self.unlisted += 1;
        }
    }

    pub(crate) const fn count(&self) -> usize {
        self.listed.len() + self.unlisted
    }
}
