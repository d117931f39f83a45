//! Mail addresses.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A mail address, in lower case, safe to put into a header (RFC 5321 lengths; quoted local parts and address
/// literals are refused).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Email(String);

/// The text is no mail address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address: expected name@domain")]
pub struct InvalidEmail;

impl Email {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl FromStr for Email {
    type Err = InvalidEmail;

    fn from_str(text: &str) -> Result<Self, InvalidEmail> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidEmail)?;
        let local_ok = (1..=64).contains(&local.len())
            && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character));
        let domain_ok = (1..=255).contains(&domain.len()) && domain.split('.').all(is_label);
        if local_ok && domain_ok { Ok(Self(text)) } else { Err(InvalidEmail) }
    }
}

/// RFC 5321 section 4.1.2 `atext`, and letters beyond ASCII (RFC 6531).
fn is_atom_character(character: char) -> bool {
    character.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(character)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|character| character.is_alphanumeric() || character == '-')
}

impl TryFrom<String> for Email {
    type Error = InvalidEmail;

    fn try_from(text: String) -> Result<Self, InvalidEmail> {
        text.parse()
    }
}

impl From<Email> for String {
    fn from(email: Email) -> Self {
        email.0
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Email;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["a@example.com", "First.Last+tag@sub.example.org", "root@localhost", " x@y.z "] {
            assert!(good.parse::<Email>().is_ok(), "{good}");
        }
        let bad = ["", "@", "a@", "@b", "a b@c.d", "a@b\r\nBcc: c@d.e", "a..b@c.d", "a@-b.c", "a@b..c", "<a@b.c>"];
        for bad in bad {
            assert!(bad.parse::<Email>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn case_does_not_make_another_address() {
        assert_eq!("Test@Example.COM".parse::<Email>(), "test@example.com".parse());
    }
}
