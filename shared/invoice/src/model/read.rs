//! How values of the model are written in JSON, where that is more than a plain object.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{
    Base64, Color, CsvDialect, Footer, Layout, Locale, LogoWidth, Mark, Note, Paper, PostalAddress, Side, TaxCategory,
    TaxPointCode, TypeCode,
};
use crate::code_lists::{CREDIT_NOTE_TYPES, INVOICE_TYPES, find};
use crate::finding::Finding;
use crate::input::EntryKind;
use crate::json::{FromJson, Node, Path, Reader};
use crate::picture::{Logo, LogoContent, LogoError};
use crate::text::Text;

/// Reads a value of one word by a function that knows the words.
fn read_word<T: Default>(
    node: &Node,
    at: &Path<'_>,
    reader: &mut Reader,
    (rule, expected): (&'static str, &str),
    parse: impl FnOnce(&str) -> Option<T>,
) -> T {
    let (Node::String(text) | Node::Number(text)) = node else {
        reader.wrong_kind(at, expected, node);
        return T::default();
    };
    parse(text.trim()).unwrap_or_else(|| {
        let shown: String = text.chars().take(80).collect();
        let message = format!("{shown:?} is not {expected}");
        reader.fault(Finding::new(at.pointer(), rule, message).expected(expected).found(shown));
        T::default()
    })
}

impl FromJson for TypeCode {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let expected = "a document type of UNTDID 1001, such as 380 (or invoice) and 381 (or credit_note)";
        read_word(node, at, reader, ("BR-CL-01", expected), |word| match word {
            "invoice" => Some(Self::INVOICE),
            "credit_note" => Some(Self::CREDIT_NOTE),
            // Code 81 is in both lists; its name in UNTDID 1001 is that of a credit note.
            code => find(&CREDIT_NOTE_TYPES, code)
                .map(|code| Self { code, is_credit_note: true })
                .or_else(|| find(&INVOICE_TYPES, code).map(|code| Self { code, is_credit_note: false })),
        })
    }
}

impl FromJson for TaxPointCode {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let expected = "3 (date of issue), 35 (date of delivery) or 432 (date of payment)";
        read_word(node, at, reader, ("BR-CL-06", expected), |word| match word {
            "3" => Some(Self::IssueDate),
            "35" => Some(Self::DeliveryDate),
            "432" => Some(Self::PaymentDate),
            _ => None,
        })
    }
}

impl FromJson for TaxCategory {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let expected = "a tax category: S, Z, E, AE, K, G, O, L, M or B";
        read_word(node, at, reader, ("BR-CL-17", expected), Self::from_code)
    }
}

impl FromJson for Color {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("color", "a colour such as #1a73e8"), read_color)
    }
}

fn read_color(word: &str) -> Option<Color> {
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |start: usize| u8::from_str_radix(digits.get(start..start + 2)?, 16).ok();
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then_some(())?;
    Some(Color { red: channel(0)?, green: channel(2)?, blue: channel(4)? })
}

impl FromJson for Locale {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("locale", "a language tag such as en or de-AT"), read_locale)
    }
}

/// Checks the outer shape of a language tag (BCP 47); which of them have words is for documents to know.
fn read_locale(word: &str) -> Option<Locale> {
    let mut parts = word.split('-');
    let language = parts.next()?;
    let is_language = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    let is_subtag = |part: &str| matches!(part.len(), 2..=8) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (is_language && word.len() <= 35 && parts.all(is_subtag)).then(|| Locale(word.to_owned()))
}

impl FromJson for EntryKind {
    const REQUIRED: bool = false;

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("line-kind", "a kind of entry: line, heading, text or subtotal"), Self::from_name)
    }
}

impl FromJson for Layout {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("style", "a style: classic or modern"), Self::from_name)
    }
}

impl FromJson for Paper {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("paper", "a size of pages: a4 or letter"), Self::from_name)
    }
}

impl FromJson for Side {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("logo-side", "a side of the page: left or right"), Self::from_name)
    }
}

impl FromJson for LogoWidth {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("logo-width", "a width of 5 to 170 millimetres, as a whole number"), |word| {
            word.parse().ok().filter(|width| (Self::LEAST..=Self::MOST).contains(width)).map(Self)
        })
    }
}

impl FromJson for Mark {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("mark", "a mark: draft, paid or copy"), Self::from_name)
    }
}

impl FromJson for CsvDialect {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        read_word(node, at, reader, ("csv-dialect", "a dialect: rfc4180, excel or excel-de"), Self::from_name)
    }
}

impl FromJson for Footer {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let text = Text::from_json(node, at, reader);
        let (characters, lines) = (text.chars().count(), text.lines().count());
        if characters > Self::CHARACTERS || lines > Self::LINES {
            let most = format!("at most {} characters in {} lines", Self::CHARACTERS, Self::LINES);
            let finding = Finding::new(at.pointer(), "text-length", format!("the footer is too long: {most}"));
            reader.fault(finding.expected(most).found(format!("{characters} characters in {lines} lines")));
        }
        Self(text)
    }
}

/// Reads Base64 and checks the size of what it holds.
fn read_bytes(node: &Node, at: &Path<'_>, reader: &mut Reader, prefix: fn(&str) -> &str) -> Vec<u8> {
    let Node::String(text) = node else {
        reader.wrong_kind(at, "a text in Base64", node);
        return Vec::new();
    };
    let limit = reader.limits.file_bytes;
    let Ok(bytes) = STANDARD.decode(prefix(text.trim())) else {
        reader.fault(Finding::new(at.pointer(), "base64", "this is no Base64 (RFC 4648, section 4)"));
        return Vec::new();
    };
    if bytes.len() > limit {
        let finding = Finding::new(at.pointer(), "file-size", format!("the file is too large: at most {limit} bytes"));
        reader.fault(finding.expected(limit.to_string()).found(bytes.len().to_string()));
    }
    bytes
}

impl FromJson for Base64 {
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        Self(read_bytes(node, at, reader, |text| text))
    }
}

/// A picture that was refused has a stand-in, which never leaves the crate.
impl Default for Logo {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            width: 1,
            height: 1,
            content: LogoContent::Pixels { colors: vec![0; 3], alpha: None },
        }
    }
}

impl FromJson for Logo {
    /// Reads a picture as Base64, alone or in a `data:` URL (RFC 2397).
    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let before = reader.findings.faults.count();
        let bytes = read_bytes(node, at, reader, |text| text.split_once(";base64,").map_or(text, |(_, data)| data));
        // What is too large is not decoded either.
        if reader.findings.faults.count() > before {
            return Self::default();
        }
        Self::read(bytes, &reader.limits).unwrap_or_else(|error| {
            reader.fault(logo_finding(&error, at));
            Self::default()
        })
    }
}

fn logo_finding(error: &LogoError, at: &Path<'_>) -> Finding {
    let finding = Finding::new(at.pointer(), error.rule(), error.to_string());
    match error {
        LogoError::TooManyPixels { width, height, limit } => {
            finding.expected(format!("at most {limit} pixels")).found(format!("{width} × {height}"))
        }
        LogoError::UnknownKind | LogoError::UnusualJpeg(_) | LogoError::UnusualSvg(_) | LogoError::Broken(_) => finding,
    }
}

impl PostalAddress {
    /// Brings an address to the three lines that the norm has beside the city: further ones follow on the third.
    pub(crate) fn join_lines(&mut self) {
        if self.lines.len() > 3 {
            let last = self.lines.split_off(2).join(", ");
            self.lines.push(last);
        }
    }
}

impl FromJson for PostalAddress {
    fn has_parts(node: &Node) -> bool {
        matches!(node, Node::Object(_))
    }

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        let mut address = match node {
            Node::String(_) => {
                let text = Text::from_json(node, at, reader);
                let lines = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
                Self { lines: lines.collect(), ..Self::default() }
            }
            _ => Self::from_object(node, at, reader),
        };
        address.join_lines();
        address
    }
}

impl FromJson for Note {
    fn has_parts(node: &Node) -> bool {
        matches!(node, Node::Object(_))
    }

    fn from_json(node: &Node, at: &Path<'_>, reader: &mut Reader) -> Self {
        match node {
            Node::String(_) => Self { text: Text::from_json(node, at, reader), subject: None },
            _ => Self::from_object(node, at, reader),
        }
    }
}
