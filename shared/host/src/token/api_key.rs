use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};

/// What every key begins with, so that a leaked one is found by scanners.
const MARK: &str = "inv";
const PREFIX_BYTES: usize = 6;
const SECRET_BYTES: usize = 32;

/// An API key as its owner holds it: `inv_<prefix>_<secret>`, both parts in lower-case hexadecimal digits. The secret
/// part has 256 random bits. It is shown once and never printed by us again.
#[derive(Clone, PartialEq, Eq)]
pub struct PlainApiKey(String);

/// The text is no API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an API key")]
pub struct InvalidApiKey;

impl PlainApiKey {
    /// A fresh key.
    #[must_use]
    pub fn generate() -> Self {
        let (prefix, secret) = (random::<PREFIX_BYTES>(), random::<SECRET_BYTES>());
        Self(format!("{MARK}_{}_{}", hex::encode(prefix), hex::encode(secret)))
    }

    /// Whether a bearer credential is meant to be an API key rather than a token.
    #[must_use]
    pub fn is_meant_by(credential: &str) -> bool {
        credential.strip_prefix(MARK).is_some_and(|rest| rest.starts_with('_'))
    }

    /// The visible part by which the key is found.
    #[must_use]
    pub fn prefix(&self) -> &str {
        let start = MARK.len() + 1;
        &self.0[start..start + 2 * PREFIX_BYTES]
    }

    /// SHA-256 of the whole key, as it is stored.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        let mut sum = [0; 32];
        sum.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        sum
    }

    /// The key itself, to be shown to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlainApiKey {
    type Err = InvalidApiKey;

    fn from_str(text: &str) -> Result<Self, InvalidApiKey> {
        let mut parts = text.split('_');
        let (mark, prefix, secret, end) = (parts.next(), parts.next(), parts.next(), parts.next());
        let is_key = mark == Some(MARK)
            && prefix.is_some_and(|prefix| is_hex(prefix, PREFIX_BYTES))
            && secret.is_some_and(|secret| is_hex(secret, SECRET_BYTES))
            && end.is_none();
        if is_key { Ok(Self(text.to_owned())) } else { Err(InvalidApiKey) }
    }
}

impl fmt::Debug for PlainApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PlainApiKey({MARK}_{}_…)", self.prefix())
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

fn is_hex(text: &str, bytes: usize) -> bool {
    text.len() == 2 * bytes && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::PlainApiKey;

    #[test]
    fn a_generated_key_is_read_back() {
        let key = PlainApiKey::generate();
        let read: PlainApiKey = key.expose().parse().expect("well-formed");
        assert_eq!(read, key);
        assert_eq!((read.prefix(), read.sha256()), (key.prefix(), key.sha256()));
        assert_ne!(PlainApiKey::generate(), key);
    }

    #[test]
    fn other_texts_are_no_keys() {
        let key = PlainApiKey::generate();
        let texts = ["", "inv", "inv_", "inv__", "eyJ.e30.x", "inv_é_é"].map(str::to_owned);
        let changed = [key.expose().to_uppercase(), format!("{}_", key.expose()), format!("{}0", key.expose())];
        for text in texts.into_iter().chain(changed) {
            assert!(text.parse::<PlainApiKey>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_secret_part_is_not_printed() {
        let key = PlainApiKey::generate();
        let secret = key.expose().rsplit('_').next().expect("three parts");
        assert!(!format!("{key:?}").contains(secret));
    }
}
