//! The JSON document as a tree that keeps numbers as their text.

use std::borrow::Cow;
use std::collections::HashSet;

use jiter::{Jiter, JiterError, JiterErrorType, JsonErrorType, Peek};

use super::Path;
use super::path::escape;
use crate::finding::{Finding, Findings};
use crate::options::Limits;

/// A value of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node<'j> {
    Null,
    Bool(bool),
    /// The text of a number, as it stands in the document.
    Number(Cow<'j, str>),
    String(Cow<'j, str>),
    Array(Vec<Node<'j>>),
    /// The members in the order of the document, keys unique.
    Object(Vec<Member<'j>>),
}

/// The key and the value of a member of an object.
pub(crate) type Member<'j> = (Cow<'j, str>, Node<'j>);

impl Node<'_> {
    /// What kind of value this is, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) => "a number",
            Self::String(_) => "a text",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads a whole document; keys that stand twice in an object are noted as faults, and the first one holds.
///
/// # Errors
///
/// The place and the cause of the first error of syntax, or of more depth, values, line breaks or key than the limits allow: the rest
/// of such a document has no sure meaning.
pub(crate) fn parse_tree<'j>(
    json: &'j [u8],
    limits: &Limits,
    findings: &mut Findings,
) -> Result<Node<'j>, Box<Finding>> {
    let mut parser = Parser { jiter: Jiter::new(json), json, limits, values: 0, line_breaks: 0, findings };
    let peek = parser.jiter.peek().map_err(|error| parser.syntax_error(&error, &Path::Root))?;
    let node = parser.value(peek, &Path::Root, 0)?;
    parser.jiter.finish().map_err(|error| parser.syntax_error(&error, &Path::Root))?;
    Ok(node)
}

/// Up to this many members, comparing with each key before is faster than a hash table.
const FEW_MEMBERS: usize = 24;

struct Parser<'j, 'f> {
    jiter: Jiter<'j>,
    json: &'j [u8],
    limits: &'f Limits,
    /// How many values were read.
    values: usize,
    /// How many line breaks were read.
    line_breaks: usize,
    findings: &'f mut Findings,
}

impl<'j> Parser<'j, '_> {
    fn value(&mut self, peek: Peek, at: &Path<'_>, depth: usize) -> Result<Node<'j>, Box<Finding>> {
        let rest = self.rest();
        self.count_value()?;
        match peek {
            Peek::Null => self.jiter.known_null().map(|()| Node::Null),
            Peek::True | Peek::False => self.jiter.known_bool(peek).map(Node::Bool),
            Peek::String => return self.string(rest, at),
            Peek::Array => return self.array(at, depth + 1),
            Peek::Object => return self.object(at, depth + 1),
            _ => return self.number(peek, at),
        }
        .map_err(|error| self.syntax_error(&error, at))
    }

    fn string(&mut self, rest: &'j [u8], at: &Path<'_>) -> Result<Node<'j>, Box<Finding>> {
        let text = match self.jiter.known_str() {
            Ok(text) => in_place(rest, text),
            Err(error) => return Err(self.syntax_error(&error, at)),
        };
        self.line_breaks += line_breaks(&text);
        if self.line_breaks <= self.limits.line_breaks {
            return Ok(Node::String(text));
        }
        let message = format!("the texts hold more than {} line breaks", self.limits.line_breaks);
        Err(Box::new(Finding::new(at.pointer(), "count", message)))
    }

    fn number(&mut self, peek: Peek, at: &Path<'_>) -> Result<Node<'j>, Box<Finding>> {
        let rest = self.rest();
        match self.jiter.known_number_bytes(peek).map(<[u8]>::len) {
            Ok(length) => Ok(Node::Number(String::from_utf8_lossy(&rest[..length]))),
            Err(error) => Err(self.syntax_error(&error, at)),
        }
    }

    /// What is not read yet.
    fn rest(&self) -> &'j [u8] {
        self.json.get(self.jiter.current_index()..).unwrap_or_default()
    }

    fn array(&mut self, at: &Path<'_>, depth: usize) -> Result<Node<'j>, Box<Finding>> {
        self.check_depth(at, depth)?;
        let mut elements = Vec::new();
        let mut next = self.jiter.known_array();
        loop {
            match next {
                Ok(Some(peek)) => {
                    let element = self.value(peek, &at.element(elements.len()), depth)?;
                    elements.push(element);
                }
                Ok(None) => return Ok(Node::Array(elements)),
                Err(error) => return Err(self.syntax_error(&error, &at.element(elements.len()))),
            }
            next = self.jiter.array_step();
        }
    }

    fn object(&mut self, at: &Path<'_>, depth: usize) -> Result<Node<'j>, Box<Finding>> {
        self.check_depth(at, depth)?;
        let mut members: Vec<Member<'j>> = Vec::new();
        let mut seen = HashSet::new();
        let rest = self.rest();
        let mut next = self.jiter.known_object().map(|key| key.map(|key| in_place(rest, key)));
        loop {
            let key = match next {
                Ok(Some(key)) => key,
                Ok(None) => return Ok(Node::Object(members)),
                Err(error) => return Err(self.syntax_error(&error, at)),
            };
            self.check_key(at, &key)?;
            let is_duplicate = is_duplicate(&members, &mut seen, &key);
            if is_duplicate {
                self.findings.fault(duplicate_key(at, &key));
            }
            let place = at.member(&key);
            let peek = self.jiter.peek().map_err(|error| self.syntax_error(&error, &place))?;
            let value = self.value(peek, &place, depth)?;
            if !is_duplicate {
                members.push((key, value));
            }
            let rest = self.rest();
            next = self.jiter.next_key().map(|key| key.map(|key| in_place(rest, key)));
        }
    }

    fn count_value(&mut self) -> Result<(), Box<Finding>> {
        self.values += 1;
        if self.values <= self.limits.values {
            return Ok(());
        }
        let message = format!("the document holds more than {} values", self.limits.values);
        Err(Box::new(Finding::new(String::new(), "count", message)))
    }

    fn check_depth(&self, at: &Path<'_>, depth: usize) -> Result<(), Box<Finding>> {
        if depth <= self.limits.depth {
            return Ok(());
        }
        let message = format!("lists and objects are nested more than {} deep", self.limits.depth);
        Err(Box::new(Finding::new(at.pointer(), "json-depth", message)))
    }

    fn check_key(&self, at: &Path<'_>, key: &str) -> Result<(), Box<Finding>> {
        let limit = self.limits.key_characters;
        if key.len() <= limit || key.chars().count() <= limit {
            return Ok(());
        }
        let message = format!("a key has more than {limit} characters");
        Err(Box::new(Finding::new(at.pointer(), "key-length", message)))
    }

    fn syntax_error(&self, error: &JiterError, at: &Path<'_>) -> Box<Finding> {
        let position = self.jiter.error_position(error.index);
        let place = format!("line {}, column {}", position.line, position.column);
        let rest = self.json.get(error.index..).unwrap_or_default();
        let is_no_number = [&b"NaN"[..], b"Infinity", b"-Infinity"].iter().any(|word| rest.starts_with(word));
        let (rule, cause) = match &error.error_type {
            _ if is_no_number => ("number", "NaN and Infinity are no numbers".to_owned()),
            JiterErrorType::JsonError(kind) => (syntax_rule(kind), kind.to_string()),
            JiterErrorType::WrongType { .. } => ("json-syntax", "a value of another kind is expected".to_owned()),
        };
        Box::new(Finding::new(at.pointer(), rule, format!("this is no JSON: {cause} ({place})")))
    }
}

/// How many lines of a document the text ends by itself.
fn line_breaks(text: &str) -> usize {
    text.matches(['\n', '\r', '\u{2028}', '\u{2029}']).count() - text.matches("\r\n").count()
}

const fn syntax_rule(kind: &JsonErrorType) -> &'static str {
    match kind {
        JsonErrorType::ControlCharacterWhileParsingString => "control-character",
        JsonErrorType::LoneLeadingSurrogateInHexEscape | JsonErrorType::UnexpectedEndOfHexEscape => "lone-surrogate",
        JsonErrorType::InvalidUnicodeCodePoint => "utf-8",
        JsonErrorType::NumberOutOfRange => "number",
        _ => "json-syntax",
    }
}

/// The text of the next string, borrowed from the document where it has no escapes.
fn in_place<'j>(rest: &'j [u8], text: &str) -> Cow<'j, str> {
    let start = rest.iter().position(|byte| *byte == b'"').map_or(0, |quote| quote + 1);
    let end = start + text.len();
    let written = rest.get(start..end).filter(|written| *written == text.as_bytes() && rest.get(end) == Some(&b'"'));
    match written.map(std::str::from_utf8) {
        Some(Ok(written)) => Cow::Borrowed(written),
        _ => Cow::Owned(text.to_owned()),
    }
}

fn duplicate_key(at: &Path<'_>, key: &str) -> Finding {
    let pointer = format!("{}/{}", at.pointer(), escape(key));
    let shown: Cow<'_, str> = key.chars().take(80).collect();
    Finding::new(pointer, "duplicate-key", format!("the key {shown:?} stands twice in one object"))
}

/// Whether the key stands in the object already; the hash table is made only for objects of many members.
fn is_duplicate(members: &[Member<'_>], seen: &mut HashSet<String>, key: &str) -> bool {
    if members.len() < FEW_MEMBERS {
        return members.iter().any(|(before, _)| before == key);
    }
    if seen.is_empty() {
        seen.extend(members.iter().map(|(before, _)| before.clone().into_owned()));
    }
    !seen.insert(key.to_owned())
}
