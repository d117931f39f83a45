//! Ordered lists of secret keys, each with an id: `2026a:BASE64,2025b:BASE64`.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

/// Padding may be missing: people lose it when they copy.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const BASE64: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const BASE64_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const LONGEST_KID: usize = 64;

/// The text is no list of keys. No secret is in the message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeyList {
    /// There is no key in it.
    #[error("no key is given, expected KID:BASE64, several separated by commas")]
    Empty,
    /// An entry is not of the form `KID:BASE64`.
    #[error("key number {0} is not of the form KID:BASE64")]
    Malformed(usize),
    /// An id occurs twice.
    #[error("two keys have the id {0:?}")]
    Duplicate(String),
}

/// Reads a list of keys: at least one, each with an id of at most 64 letters, digits, `-`, `_` or `.` that is unique,
/// and its bytes in base64 or base64url (RFC 4648).
///
/// # Errors
/// The text is no such list.
pub fn parse(text: &str) -> Result<Vec<(String, Vec<u8>)>, InvalidKeyList> {
    let mut keys: Vec<(String, Vec<u8>)> = Vec::new();
    let entries = text.split([',', '\n']).map(str::trim).filter(|entry| !entry.is_empty());
    for (index, entry) in entries.enumerate() {
        let (kid, bytes) = parse_entry(entry).ok_or(InvalidKeyList::Malformed(index + 1))?;
        if keys.iter().any(|(other, _)| *other == kid) {
            return Err(InvalidKeyList::Duplicate(kid));
        }
        keys.push((kid, bytes));
    }
    if keys.is_empty() { Err(InvalidKeyList::Empty) } else { Ok(keys) }
}

/// One entry of a list.
#[must_use]
pub fn write(kid: &str, bytes: &[u8]) -> String {
    format!("{kid}:{}", STANDARD.encode(bytes))
}

fn parse_entry(entry: &str) -> Option<(String, Vec<u8>)> {
    let (kid, base64) = entry.split_once(':')?;
    let bytes = BASE64.decode(base64).or_else(|_| BASE64_URL.decode(base64)).ok()?;
    (is_kid(kid) && !bytes.is_empty()).then(|| (kid.to_owned(), bytes))
}

fn is_kid(text: &str) -> bool {
    (1..=LONGEST_KID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::{InvalidKeyList, parse, write};

    #[test]
    fn lists_keep_their_order() {
        let text = format!(" {},\n{} ,", write("b", &[0xfb; 3]), write("a", b"x").trim_end_matches('='));
        let expected = vec![("b".to_owned(), vec![0xfb; 3]), ("a".to_owned(), b"x".to_vec())];
        assert_eq!(parse(&text), Ok(expected));
        assert_eq!(parse("b:-_v7"), parse("b:+/v7"), "both alphabets are read");
    }

    #[test]
    fn other_texts_are_refused_without_showing_them() {
        assert_eq!(parse(" ,"), Err(InvalidKeyList::Empty));
        for (text, number) in [("hush", 1), ("a:eA==,b:", 2), ("a b:eA==", 1), ("a:h?", 1), (":eA==", 1)] {
            assert_eq!(parse(text), Err(InvalidKeyList::Malformed(number)), "{text}");
        }
        assert_eq!(parse("a:eA==,a:eQ=="), Err(InvalidKeyList::Duplicate("a".to_owned())));
    }
}
