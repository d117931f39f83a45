//! The list of lines as it is written: invoice lines, and what documents show between them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::LineInput;
use crate::finding::Finding;
use crate::json::{FromJson, Node, Path, Reader, Required, json_object};
use crate::model::{SentBetween, SentInterlude};
use crate::text::Text;

/// The lines, and what stands between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LinesInput {
    pub(crate) lines: Vec<LineInput>,
    pub(crate) interludes: Vec<SentInterlude>,
}

/// What an entry of the list of lines is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EntryKind {
    #[default]
    Line,
    Heading,
    Text,
    Subtotal,
}

impl EntryKind {
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "line" => Some(Self::Line),
            "heading" => Some(Self::Heading),
            "text" => Some(Self::Text),
            "subtotal" => Some(Self::Subtotal),
            _ => None,
        }
    }
}

json_object! {
    /// A heading over the entries that follow, which begins a section (beyond the norm).
    #[schemars(rename = "LineHeading")]
    pub(crate) struct HeadingInput {
        /// What the entry is.
        #[schemars(extend("const" = "heading"), example = &"heading")]
        pub kind: EntryKind,
        /// The heading.
        #[schemars(example = &"Ground floor")]
        pub text: Required<Text>,
    }

    /// A text that belongs to no line (beyond the norm).
    #[schemars(rename = "LineText")]
    pub(crate) struct TextInput {
        /// What the entry is.
        #[schemars(extend("const" = "text"), example = &"text")]
        pub kind: EntryKind,
        /// The text.
        #[schemars(example = &"All units are delivered in parts and put up on site.")]
        pub text: Required<Text>,
    }

    /// The sum of the lines since the last heading or subtotal, computed by the service (beyond the norm).
    #[schemars(rename = "LineSubtotal")]
    pub(crate) struct SubtotalInput {
        /// What the entry is.
        #[schemars(extend("const" = "subtotal"), example = &"subtotal")]
        pub kind: EntryKind,
        /// What it is called; the word for a subtotal in the document's language unless said otherwise.
        #[schemars(example = &"Ground floor in all")]
        pub text: Option<Text>,
    }
}

impl LinesInput {
    /// The number of all entries.
    pub(crate) const fn entry_count(&self) -> usize {
        self.lines.len() + self.interludes.len()
    }

    /// The place of the line at an index of the list that was sent; `None` where no line stands there.
    pub(crate) fn line_index(&self, entry: usize) -> Option<usize> {
        let mut line = entry;
        for (position, interlude) in self.interludes.iter().enumerate() {
            let at = interlude.lines_before + position;
            if at == entry {
                return None;
            }
            line -= usize::from(at < entry);
        }
        Some(line)
    }

    /// How many lines stand before each entry that is none, in order.
    pub(crate) fn lines_before(&self) -> Vec<usize> {
        self.interludes.iter().map(|interlude| interlude.lines_before).collect()
    }

    fn read(&mut self, node: &Node, at: &Path<'_>, reader: &mut Reader) {
        let content = match kind(node, at, reader) {
            // What it is meant to be is not known, so nothing is said of its members.
            None => return self.lines.push(LineInput::default()),
            Some(EntryKind::Line) => return self.lines.push(LineInput::from_json(node, at, reader)),
            Some(EntryKind::Heading) => SentBetween::Heading(text_of(HeadingInput::from_json(node, at, reader).text)),
            Some(EntryKind::Text) => SentBetween::Text(text_of(TextInput::from_json(node, at, reader).text)),
            Some(EntryKind::Subtotal) => SentBetween::Subtotal(SubtotalInput::from_json(node, at, reader).text),
        };
        if matches!(content, SentBetween::Subtotal(_)) && !self.has_line_in_section() {
            let message = "no line stands between this subtotal and the heading or subtotal before it: it is zero";
            reader.findings.warning(Finding::new(at.pointer(), "subtotal-of-nothing", message));
        }
        self.interludes.push(SentInterlude { lines_before: self.lines.len(), content });
    }

    fn has_line_in_section(&self) -> bool {
        let starts_section = |interlude: &&SentInterlude| !matches!(interlude.content, SentBetween::Text(_));
        let start = self.interludes.iter().rev().find(starts_section).map_or(0, |interlude| interlude.lines_before);
        self.lines.len() > start
    }
}

fn text_of(text: Required<Text>) -> Text {
    text.0.unwrap_or_default()
}

/// What the entry says that it is; `None` after a fault was noted.
fn kind(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Option<EntryKind> {
    let Node::Object(members) = node else { return Some(EntryKind::Line) };
    let Some((key, value)) = members.iter().find(|(key, _)| key == "kind") else { return Some(EntryKind::Line) };
    let before = reader.findings.faults.count();
    let kind = Option::<EntryKind>::from_json(value, &at.member(key), reader);
    (reader.findings.faults.count() == before).then(|| kind.unwrap_or_default())
}

impl From<Vec<LineInput>> for LinesInput {
    fn from(lines: Vec<LineInput>) -> Self {
        Self { lines, interludes: Vec::new() }
    }
}

impl FromJson for LinesInput {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let mut list = Self::default();
        match node {
            Node::Null => {}
            Node::Array(entries) => {
                for (index, entry) in entries.iter().enumerate() {
                    list.read(entry, &at.element(index), reader);
                }
            }
            other => reader.wrong_kind(at, "a list", other),
        }
        list
    }

    fn has_parts(node: &Node) -> bool {
        matches!(node, Node::Array(_))
    }
}

impl Serialize for LinesInput {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.lines.serialize(serializer)
    }
}

impl JsonSchema for LinesInput {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Lines".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entries = [
            generator.subschema_for::<LineInput>(),
            generator.subschema_for::<HeadingInput>(),
            generator.subschema_for::<TextInput>(),
            generator.subschema_for::<SubtotalInput>(),
        ];
        json_schema!({ "type": "array", "items": { "anyOf": entries } })
    }
}
