use std::fmt;

use pipeline::Email;

const FEWEST_CHARACTERS: usize = 8;
/// Hashing takes time in proportion to the length, so there is an end to it.
const MOST_BYTES: usize = 1024;
/// The first ones that are tried, of at least eight characters.
const COMMON: [&str; 20] = [
    "00000000",
    "11111111",
    "12341234",
    "12345678",
    "123456789",
    "1234567890",
    "1q2w3e4r",
    "87654321",
    "abcd1234",
    "asdfasdf",
    "baseball",
    "changeme",
    "football",
    "iloveyou",
    "passw0rd",
    "password",
    "password1",
    "princess",
    "qwertyui",
    "qwertyuiop",
];

/// A password that may be set: 8 characters to 1024 bytes, not one of the most common ones, not the mail address.
/// It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(String);

/// Why a password may not be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Fewer than 8 characters.
    #[error("the password is too short: it needs at least {FEWEST_CHARACTERS} characters")]
    Short,
    /// More than 1024 bytes.
    #[error("the password is too long: it may have {MOST_BYTES} bytes")]
    Long,
    /// It holds control characters, which Basic authentication cannot carry (RFC 7617 section 2).
    #[error("the password holds control characters")]
    ControlCharacters,
    /// One of the first that anybody tries.
    #[error("the password is too easy to guess")]
    Common,
}

impl Password {
    /// Checks a password that a user with this address chose.
    ///
    /// # Errors
    /// The password is too weak.
    pub(crate) fn new(text: String, owner: &Email) -> Result<Self, WeakPassword> {
        if text.chars().count() < FEWEST_CHARACTERS {
            return Err(WeakPassword::Short);
        }
        if text.len() > MOST_BYTES {
            return Err(WeakPassword::Long);
        }
        if text.chars().any(char::is_control) {
            return Err(WeakPassword::ControlCharacters);
        }
        let lower = text.to_lowercase();
        if COMMON.contains(&lower.as_str()) || lower == owner.as_str() {
            return Err(WeakPassword::Common);
        }
        Ok(Self(text))
    }

    /// The demo user's: everybody knows it.
    pub(crate) fn demo() -> Self {
        Self(crate::DEMO_PASSWORD.to_owned())
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{COMMON, Password, WeakPassword};

    fn weakness(text: &str) -> Option<WeakPassword> {
        Password::new(text.to_owned(), &"Test@example.com".parse().unwrap()).err()
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert_eq!(weakness("sieben7"), Some(WeakPassword::Short));
        assert_eq!(weakness(&"x".repeat(1025)), Some(WeakPassword::Long));
        assert_eq!(weakness("password"), Some(WeakPassword::Common));
        assert_eq!(weakness("TEST@example.com"), Some(WeakPassword::Common));
        assert_eq!(weakness("eight\r\n8"), Some(WeakPassword::ControlCharacters));
        assert!(COMMON.is_sorted(), "it is read by people");
    }

    #[test]
    fn others_are_fine_and_not_printed() {
        for text in ["acht Acht", "パスワードは八文字", &"x".repeat(1024)] {
            let password = Password::new(text.to_owned(), &"test@example.com".parse().unwrap()).unwrap();
            assert_eq!(format!("{password:?}"), "Password(…)");
        }
    }
}
