//! The list of lines, and what documents show between them.

use std::ops::Deref;

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::Line;
use crate::figures::{Amount, Currency};
use crate::text::Text;

/// The invoice lines (BG-25), at least one, and what documents show between them (beyond the norm).
///
/// It dereferences to the slice of its invoice lines, because only those are counted, summed and exchanged: headings, texts
/// and subtotals are no lines of EN 16931. [`Lines::entries`] gives all of it in the order in which it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lines {
    lines: Vec<Line>,
    interludes: Vec<Interlude>,
}

/// What stands between two lines, with the number of lines before it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Interlude {
    lines_before: usize,
    content: Between,
}

/// What a document shows between lines.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Between {
    Heading(Text),
    Text(Text),
    Subtotal(Subtotal),
}

/// An entry of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineEntry<'a> {
    /// An invoice line (BG-25).
    Line(&'a Line),
    /// A heading over the entries that follow.
    Heading(&'a Text),
    /// A text that belongs to no line.
    Text(&'a Text),
    /// The sum of the lines since the last heading or subtotal.
    Subtotal(&'a Subtotal),
}

/// The sum of the lines since the last heading or subtotal (beyond the norm), in the same terms as a line's own amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Subtotal {
    /// What it is called, where that is not just a subtotal.
    pub text: Option<Text>,
    /// The sum of the net amounts.
    pub net_amount: Amount,
    /// The sum of the amounts with tax, where the invoice's prices include tax.
    pub amount_with_tax: Option<Amount>,
}

/// What is sent between lines, with the number of lines before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SentInterlude {
    pub(crate) lines_before: usize,
    pub(crate) content: SentBetween,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SentBetween {
    Heading(Text),
    Text(Text),
    Subtotal(Option<Text>),
}

impl Lines {
    /// Puts the computed lines and what stands between them together, in the order of the latter, and sums up.
    pub(crate) fn new(lines: Vec<Line>, sent: Vec<SentInterlude>, currency: Currency) -> Self {
        let mut section = 0;
        let mut interludes = Vec::with_capacity(sent.len());
        for SentInterlude { lines_before, content } in sent {
            let content = match content {
                SentBetween::Text(text) => Between::Text(text),
                SentBetween::Heading(text) => {
                    section = lines_before;
                    Between::Heading(text)
                }
                SentBetween::Subtotal(text) => {
                    let summed = lines.get(section..lines_before).unwrap_or_default();
                    section = lines_before;
                    Between::Subtotal(Subtotal::of(summed, text, currency))
                }
            };
            interludes.push(Interlude { lines_before, content });
        }
        Self { lines, interludes }
    }

    /// The lines and what stands between them, in order.
    pub fn entries(&self) -> impl Iterator<Item = LineEntry<'_>> {
        let mut interludes = self.interludes.iter().peekable();
        let mut lines = self.lines.iter();
        let mut given = 0;
        std::iter::from_fn(move || {
            if let Some(interlude) = interludes.next_if(|interlude| interlude.lines_before <= given) {
                return Some(interlude.content.entry());
            }
            given += 1;
            lines.next().map(LineEntry::Line)
        })
    }

    /// Whether there is more than invoice lines.
    #[must_use]
    pub fn has_interludes(&self) -> bool {
        !self.interludes.is_empty()
    }

    /// The number of all entries.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.lines.len() + self.interludes.len()
    }

    /// Turns a JSON pointer that counts invoice lines alone into one that counts all entries, as they were sent.
    #[must_use]
    pub fn sent_pointer(&self, pointer: String) -> String {
        sent_pointer(pointer, |index| self.interludes.partition_point(|interlude| interlude.lines_before <= index))
    }
}

/// Turns `/lines/N/…`, where N counts lines alone, into the pointer that counts what stands between them too; how much of
/// that stands before line N is for `count` to say.
pub(crate) fn sent_pointer(pointer: String, count: impl Fn(usize) -> usize) -> String {
    let Some(rest) = pointer.strip_prefix("/lines/") else { return pointer };
    let (index, member) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let Ok(index) = index.parse::<usize>() else { return pointer };
    match count(index) {
        0 => pointer,
        shift => format!("/lines/{}{member}", index + shift),
    }
}

impl Deref for Lines {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        &self.lines
    }
}

impl<'a> IntoIterator for &'a Lines {
    type Item = &'a Line;
    type IntoIter = std::slice::Iter<'a, Line>;

    fn into_iter(self) -> Self::IntoIter {
        self.lines.iter()
    }
}

impl Between {
    const fn entry(&self) -> LineEntry<'_> {
        match self {
            Self::Heading(text) => LineEntry::Heading(text),
            Self::Text(text) => LineEntry::Text(text),
            Self::Subtotal(subtotal) => LineEntry::Subtotal(subtotal),
        }
    }
}

impl Subtotal {
    fn of(lines: &[Line], text: Option<Text>, currency: Currency) -> Self {
        let with_tax: Option<Vec<Amount>> = lines.iter().map(|line| line.amount_with_tax).collect();
        Self {
            text,
            net_amount: Amount::sum(currency, lines.iter().map(|line| line.net_amount)),
            amount_with_tax: with_tax.filter(|amounts| !amounts.is_empty()).map(|all| Amount::sum(currency, all)),
        }
    }
}

impl Serialize for Lines {
    /// As the list that was sent: lines as they are, the rest with its `kind`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.entries())
    }
}

impl Serialize for LineEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, text) = match self {
            Self::Line(line) => return line.serialize(serializer),
            Self::Heading(text) => ("heading", Some(*text)),
            Self::Text(text) => ("text", Some(*text)),
            Self::Subtotal(subtotal) => ("subtotal", subtotal.text.as_ref()),
        };
        let mut entry = serializer.serialize_struct("LineEntry", 4)?;
        entry.serialize_field("kind", kind)?;
        if let Some(text) = text {
            entry.serialize_field("text", text)?;
        }
        if let Self::Subtotal(subtotal) = self {
            entry.serialize_field("net_amount", &subtotal.net_amount)?;
            if let Some(amount) = subtotal.amount_with_tax {
                entry.serialize_field("amount_with_tax", &amount)?;
            }
        }
        entry.end()
    }
}
