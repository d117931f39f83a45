//! What mail servers are told of sender and recipient.

use pipeline::Email;
use url::Host;

/// The address with its domain in ASCII, which servers take that know no other addresses.
pub(crate) fn address(email: &Email) -> String {
    let domain = email.domain();
    match Host::parse(domain) {
        Ok(Host::Domain(ascii)) if !domain.is_ascii() => {
            let local = email.as_str().strip_suffix(domain).unwrap_or_default();
            format!("{local}{ascii}")
        }
        _ => email.as_str().to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_beyond_ascii_is_written_as_dns_knows_it() {
        for (email, told) in [
            ("test+a@example.com", "test+a@example.com"),
            ("test@müller.example", "test@xn--mller-kva.example"),
            ("łódź@例え.example", "łódź@xn--r8jz45g.example"),
            ("test@127.1", "test@127.1"),
        ] {
            assert_eq!(address(&email.parse().unwrap()), told);
        }
    }
}
