//! Members that may or must be there, lists, and values of one word.

use jiff::civil::Date;
use serde::Serialize;

use super::{FromJson, Node, Path, Reader};
use crate::figures::{Currency, Decimal};
use crate::finding::Finding;
use crate::text::Text;

/// A member that must be there; `None` only after its absence, or a fault in it, was noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Required<T>(pub(crate) Option<T>);

impl<T> Default for Required<T> {
    fn default() -> Self {
        Self(None)
    }
}

/// Reads a value and gives it only if it can be used: without a fault, or with its faults in single parts.
fn usable<T: FromJson>(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Option<T> {
    let before = reader.findings.faults.count();
    let value = T::from_json(node, at, reader);
    (reader.findings.faults.count() == before || T::has_parts(node)).then_some(value)
}

/// Whether the value says nothing: `null` and blank texts, which forms send for fields left empty.
fn is_blank(node: &Node) -> bool {
    match node {
        Node::Null => true,
        Node::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

impl<T: FromJson> FromJson for Required<T> {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        if is_blank(node) {
            reader.missing(at);
            return Self(None);
        }
        Self(usable(node, at, reader))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        if is_blank(node) {
            return None;
        }
        usable(node, at, reader)
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        match node {
            Node::Null => Self::new(),
            Node::Array(elements) => elements
                .iter()
                .enumerate()
                .map(|(index, element)| T::from_json(element, &at.element(index), reader))
                .collect(),
            other => {
                reader.wrong_kind(at, "a list", other);
                Self::new()
            }
        }
    }

    fn has_parts(node: &Node) -> bool {
        matches!(node, Node::Array(_))
    }

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl FromJson for bool {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        match node {
            Node::Bool(value) => *value,
            Node::Null => false,
            other => {
                reader.wrong_kind(at, "true or false", other);
                false
            }
        }
    }
}

/// What programs write between the lines of a form's field.
const LINE_BREAKS: [char; 3] = ['\r', '\n', '\t'];

impl FromJson for String {
    /// Reads a text of one line.
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let limit = reader.limits.line_characters;
        match node {
            Node::String(text) if at.is_prose() && text.trim().contains(LINE_BREAKS) => {
                let message = "this is one line: its line breaks are taken as spaces";
                reader.findings.warning(Finding::new(at.pointer(), "line-break", message));
                let joined = text.split(LINE_BREAKS).map(str::trim).filter(|part| !part.is_empty());
                let joined = Node::String(joined.collect::<Vec<_>>().join(" ").into());
                read_text(&joined, at, reader, limit, char::is_control)
            }
            _ => read_text(node, at, reader, limit, char::is_control),
        }
    }
}

impl FromJson for Text {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let limit = reader.limits.text_characters;
        let text = read_text(node, at, reader, limit, |c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        // A tab is layout, which documents make themselves; a line ends in one way.
        let plain = if text.contains(['\r', '\t']) {
            text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " ")
        } else {
            text
        };
        Self(plain)
    }
}

/// Reads a text without its outer white space; refuses what is blank, too long, or holds characters that no
/// document can show.
pub(super) fn read_text(
    node: &Node,
    at: &Path<'_>,
    reader: &mut Reader,
    limit: usize,
    refused: fn(char) -> bool,
) -> String {
    let Node::String(text) = node else {
        reader.wrong_kind(at, "a text", node);
        return String::new();
    };
    let text = text.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() {
        reader.missing(at);
    }
    if text.len() > limit {
        check_length(text, at, reader, limit);
    }
    if let Some(bad) = text.chars().find(|c| refused(*c) || is_no_character(*c)) {
        let found = format!("U+{:04X}", u32::from(bad));
        let message = format!("the control character {found} is not allowed in this text");
        reader.fault(Finding::new(at.pointer(), "control-character", message).found(found));
    }
    text.to_owned()
}

/// U+FFFE and U+FFFF are no characters, and no XML document may hold them.
const fn is_no_character(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

fn check_length(text: &str, at: &Path<'_>, reader: &mut Reader, limit: usize) {
    let length = text.chars().count();
    if length > limit {
        let message = format!("the text is too long: at most {limit} characters");
        let finding = Finding::new(at.pointer(), "text-length", message);
        reader.fault(finding.expected(limit.to_string()).found(length.to_string()));
    }
}

impl FromJson for Decimal {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let (Node::Number(text) | Node::String(text)) = node else {
            reader.wrong_kind(at, "a number", node);
            return Self::ZERO;
        };
        text.trim().parse().unwrap_or_else(|error: crate::figures::DecimalError| {
            let found: String = text.chars().take(80).collect();
            reader.fault(Finding::new(at.pointer(), "number", error.to_string()).found(found));
            Self::ZERO
        })
    }
}

impl FromJson for Date {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let Node::String(text) = node else {
            reader.wrong_kind(at, "a date such as 2026-03-09", node);
            return Self::default();
        };
        read_date(text.trim()).unwrap_or_else(|| {
            let found: String = text.chars().take(80).collect();
            let finding = Finding::new(at.pointer(), "date", "this is no day of the calendar, written as 2026-03-09");
            reader.fault(finding.expected("YYYY-MM-DD").found(found));
            Self::default()
        })
    }
}

/// Reads a date as RFC 3339 writes it; ISO 8601 has other forms, of which some are ambiguous to people.
fn read_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    let is_plain = bytes.len() == 10
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    let date: Date = if is_plain {
        text.parse().ok()?
    } else {
        return None;
    };
    (1900..=2999).contains(&date.year()).then_some(date)
}

impl FromJson for Currency {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let Node::String(text) = node else {
            reader.wrong_kind(at, "a currency code such as EUR", node);
            return Self::USD;
        };
        text.trim().parse().unwrap_or_else(|_| {
            let found: String = text.chars().take(80).collect();
            let finding = Finding::new(at.pointer(), "BR-CL-04", "this is no currency code of ISO 4217, such as EUR");
            reader.fault(finding.expected("a code of ISO 4217").found(found));
            Self::USD
        })
    }
}

impl Default for Currency {
    fn default() -> Self {
        Self::USD
    }
}
