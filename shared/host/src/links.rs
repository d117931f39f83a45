//! Signed, expiring links to a document: HMAC-SHA-256 (RFC 2104) over its id and the link's end. The same keys sign what
//! else a client carries for us.

use std::path::Path;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use pipeline::BlobId;

use crate::key_list::{self, InvalidKeyList};
use crate::secret_file::{self, SecretFileError};
use crate::settings::{Secret, Settings};

/// A secret is at least as long as the hash (RFC 2104 section 3).
const SHORTEST_SECRET: usize = 32;
/// Keeps these signatures apart from any other use of the same secret.
const PURPOSE: &str = "invoice document link";

/// The keys that sign download links: the first signs, all verify.
pub struct LinkKeys(Vec<LinkKey>);

struct LinkKey {
    kid: String,
    key: hmac::Key,
}

/// What is wrong with the link keys. No secret is in it.
#[derive(Debug, thiserror::Error)]
pub enum LinkKeysError {
    /// The text is no list of keys.
    #[error("LINK_KEYS: {0}")]
    List(#[from] InvalidKeyList),
    /// A secret is too short to be safe.
    #[error("LINK_KEYS: the secret of key {0:?} is shorter than {SHORTEST_SECRET} bytes")]
    Short(String),
    /// The file cannot be read or made.
    #[error("LINK_KEYS is not given, and its stand-in cannot be had: {0}")]
    File(#[from] SecretFileError),
}

/// Why a link is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Its `kid` names no known key.
    #[error("the link is signed with an unknown key")]
    UnknownKey,
    /// The signature does not fit the id and the end.
    #[error("the link's signature is wrong")]
    WrongSignature,
    /// Its end is past.
    #[error("the link has expired")]
    Expired,
}

/// A link's parameters, as its query string carries them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignedLink<'a> {
    /// `fid`: the document.
    pub fid: BlobId,
    /// `expires`: the link's end, in seconds since 1970.
    pub expires: i64,
    /// `kid`: the key that signed it.
    pub kid: &'a str,
    /// `sig`: the signature, in base64url without padding (RFC 4648 section 5).
    pub sig: &'a str,
}

impl LinkKeys {
    /// Reads a list such as `2026a:BASE64,2025b:BASE64` (setting `LINK_KEYS`), secrets of at least 32 bytes.
    ///
    /// # Errors
    /// The text is no such list, or a secret is too short.
    pub fn parse(text: &str) -> Result<Self, LinkKeysError> {
        let keys = key_list::parse(text)?;
        if let Some((kid, _)) = keys.iter().find(|(_, secret)| secret.len() < SHORTEST_SECRET) {
            return Err(LinkKeysError::Short(kid.clone()));
        }
        let link_key =
            |(kid, secret): (String, Vec<u8>)| LinkKey { kid, key: hmac::Key::new(hmac::HMAC_SHA256, &secret) };
        Ok(Self(keys.into_iter().map(link_key).collect()))
    }

    /// The keys of the setting `LINK_KEYS`, else those in the file `link.keys` of `DATA_DIR`, made where there is none.
    ///
    /// # Errors
    /// As [`Self::parse`] and [`Self::read_or_create`].
    pub fn open(settings: &Settings) -> Result<Self, LinkKeysError> {
        match &settings.keys.link_keys {
            Some(keys) => Self::parse(keys.expose()),
            None => Self::read_or_create(&settings.data_dir.join("link.keys")),
        }
    }

    /// The keys in this file, made where there is none.
    ///
    /// # Errors
    /// The file cannot be read or made, or its text is no list of keys.
    pub fn read_or_create(path: &Path) -> Result<Self, LinkKeysError> {
        Self::parse(secret_file::read_or_create(path, generate)?.expose())
    }

    /// The query string of a link to a document that ends at a time: `fid=…&expires=…&kid=…&sig=…`.
    #[must_use]
    pub fn sign(&self, fid: BlobId, end: Timestamp) -> String {
        let expires = end.as_second();
        let (kid, sig) = self.sign_message(&message(fid, expires));
        format!("fid={fid}&expires={expires}&kid={kid}&sig={sig}")
    }

    /// The id of the key that signs, and the signature of a message in base64url without padding. The message begins
    /// with what it is for, so that no signature is good for anything else.
    #[must_use]
    pub fn sign_message(&self, message: &str) -> (&str, String) {
        let LinkKey { kid, key } = &self.0[0];
        (kid, URL_SAFE_NO_PAD.encode(hmac::sign(key, message.as_bytes())))
    }

    /// Passes where one of the keys signed the link and it has not ended.
    ///
    /// # Errors
    /// The link is refused.
    pub fn verify(&self, link: &SignedLink<'_>, now: Timestamp) -> Result<(), LinkError> {
        self.verify_message(&message(link.fid, link.expires), link.kid, link.sig)?;
        if link.expires <= now.as_second() { Err(LinkError::Expired) } else { Ok(()) }
    }

    /// Passes where the key of this id signed the message. The comparison takes the same time wherever the signatures
    /// differ.
    ///
    /// # Errors
    /// The signature is another one's, or its key unknown.
    pub fn verify_message(&self, message: &str, kid: &str, sig: &str) -> Result<(), LinkError> {
        let key = self.0.iter().find(|key| key.kid == kid).ok_or(LinkError::UnknownKey)?;
        let signature = URL_SAFE_NO_PAD.decode(sig).map_err(|_| LinkError::WrongSignature)?;
        hmac::verify(&key.key, message.as_bytes(), &signature).map_err(|_| LinkError::WrongSignature)
    }
}

fn message(fid: BlobId, expires: i64) -> String {
    format!("{PURPOSE}\n{fid}\n{expires}")
}

fn generate() -> Secret {
    let mut secret = [0; SHORTEST_SECRET];
    aws_lc_rs::rand::fill(&mut secret).expect("the operating system gives random bytes");
    Secret::new(key_list::write("local", &secret))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::{BlobId, LinkError, LinkKeys, LinkKeysError, Settings, SignedLink, Timestamp, key_list};
    use crate::settings::Variables;

    fn keys(of: &[(&str, u8)]) -> LinkKeys {
        let list: Vec<String> = of.iter().map(|(kid, byte)| key_list::write(kid, &[*byte; 32])).collect();
        LinkKeys::parse(&list.join(",")).unwrap()
    }

    fn time(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn read(query: &str) -> SignedLink<'_> {
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap();
        let (fid, expires) = (value("fid").parse().unwrap(), value("expires").parse().unwrap());
        SignedLink { fid, expires, kid: value("kid"), sig: value("sig") }
    }

    #[test]
    fn a_link_works_until_its_end() {
        let keys = keys(&[("a", 1)]);
        let query = keys.sign(BlobId::new(), time(1000));
        assert_eq!(keys.verify(&read(&query), time(999)), Ok(()));
        assert_eq!(keys.verify(&read(&query), time(1000)), Err(LinkError::Expired));
    }

    #[test]
    fn a_changed_link_is_refused() {
        let keys = keys(&[("a", 1), ("b", 2)]);
        let query = keys.sign(BlobId::new(), time(1000));
        let link = read(&query);
        let other_sig = keys.sign(link.fid, time(1001));
        let changed = [
            SignedLink { fid: BlobId::new(), ..link },
            SignedLink { expires: 1001, ..link },
            SignedLink { kid: "b", ..link },
            SignedLink { sig: read(&other_sig).sig, ..link },
            SignedLink { sig: &link.sig[..42], ..link },
            SignedLink { sig: "", ..link },
            SignedLink { sig: "?", ..link },
        ];
        for link in changed {
            assert_eq!(keys.verify(&link, time(1)), Err(LinkError::WrongSignature), "{link:?}");
        }
        assert_eq!(keys.verify(&SignedLink { kid: "c", ..link }, time(1)), Err(LinkError::UnknownKey));
    }

    #[test]
    fn after_a_rotation_the_new_key_signs_and_the_old_one_verifies() {
        let (old, both, new) = (keys(&[("a", 1)]), keys(&[("b", 2), ("a", 1)]), keys(&[("b", 2)]));
        let (before, after) = (old.sign(BlobId::new(), time(9)), both.sign(BlobId::new(), time(9)));
        assert_eq!(both.verify(&read(&before), time(1)), Ok(()));
        assert_eq!(new.verify(&read(&after), time(1)), Ok(()));
        assert_eq!(new.verify(&read(&before), time(1)), Err(LinkError::UnknownKey));
    }

    #[test]
    fn short_secrets_are_refused() {
        let short = key_list::write("a", &[1; 31]);
        assert!(matches!(LinkKeys::parse(&short), Err(LinkKeysError::Short(kid)) if kid == "a"));
    }

    #[test]
    fn the_setting_comes_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let open = |link_keys: Option<&str>| {
            let lookup = |name: &str| match name {
                "DATA_DIR" => Some(folder.path().display().to_string()),
                "LINK_KEYS" => link_keys.map(str::to_owned),
                _ => None,
            };
            LinkKeys::open(&Settings::read(Variables::new(lookup)).unwrap())
        };
        let query = open(Some(&key_list::write("given", &[1; 32]))).unwrap().sign(BlobId::new(), time(9));
        assert_eq!(read(&query).kid, "given");
        assert_eq!(folder.path().read_dir().unwrap().count(), 0, "no file is needed");
        open(None).unwrap();
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
        let wrong = open(Some("hush")).err().unwrap().to_string();
        assert!(wrong.contains("LINK_KEYS") && !wrong.contains("hush"), "{wrong}");
    }

    #[test]
    fn the_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("link-keys");
        let query = LinkKeys::read_or_create(&path).unwrap().sign(BlobId::new(), time(9));
        assert_eq!(LinkKeys::read_or_create(&path).unwrap().verify(&read(&query), time(1)), Ok(()));
    }
}
