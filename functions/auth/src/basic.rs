//! The `Basic` authentication scheme (RFC 7617).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;

/// What answers name so that a client knows how to log in.
pub(crate) const CHALLENGE: &str = "Basic realm=\"invoices\", charset=\"UTF-8\"";

/// A user-id and a password, as they came. They are never printed.
pub(crate) struct BasicCredentials {
    pub(crate) user_id: String,
    pub(crate) password: String,
}

impl BasicCredentials {
    /// The credentials of a request: nothing where there are none, several, or they are malformed.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("Basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
        let (user_id, password) = text.split_once(':')?;
        let printable = !text.chars().any(char::is_control);
        printable.then(|| Self { user_id: user_id.to_owned(), password: password.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use base64::Engine as _;

    use super::{AUTHORIZATION, BasicCredentials, HeaderMap, STANDARD};

    fn read(value: &str) -> Option<(String, String)> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
        BasicCredentials::from_headers(&headers).map(|found| (found.user_id, found.password))
    }

    fn encoded(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn the_first_colon_ends_the_user_id() {
        let expected = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(read(&encoded("test@example.com:pass:wörd")), expected("test@example.com", "pass:wörd"));
        assert_eq!(read("bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), expected("Aladdin", "open sesame"));
        assert_eq!(read(&encoded(":")), expected("", ""));
    }

    #[test]
    fn malformed_credentials_are_none() {
        let values = ["Basic", "Basic ", "Basic ???", "Bearer YTpi", "Basic /w=="].map(str::to_owned);
        for value in values.into_iter().chain([encoded("no colon"), encoded("a:b\nc")]) {
            assert_eq!(read(&value), None, "{value}");
        }
    }
}
