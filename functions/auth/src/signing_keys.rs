use std::collections::HashSet;
use std::path::Path;

use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::signature::Ed25519KeyPair;
use host::key_list::{self, InvalidKeyList};
use host::secret_file::{self, SecretFileError};
use host::settings::Secret;
use jsonwebtoken::jwk::{Jwk, JwkSet, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use pem::Pem;
use serde::Serialize;

const PEM_TAG: &str = "PRIVATE KEY";

/// The Ed25519 private keys that sign tokens: the first signs, all verify.
pub struct SigningKeys(Vec<SigningKey>);

struct SigningKey {
    kid: String,
    private: EncodingKey,
    public: Jwk,
}

/// What is wrong with the signing keys. No key is in it.
#[derive(Debug, thiserror::Error)]
pub enum SigningKeysError {
    /// The text is no list of keys.
    #[error(transparent)]
    List(#[from] InvalidKeyList),
    /// The text is no PEM (RFC 7468).
    #[error("the PEM text is malformed")]
    Pem,
    /// A key is no Ed25519 private key in PKCS#8.
    #[error("key {0:?} is no Ed25519 private key in PKCS#8 (RFC 8410)")]
    NotEd25519(String),
    /// The cryptography library refuses a key.
    #[error("a key cannot be used")]
    Unusable,
    /// The file cannot be read or made.
    #[error(transparent)]
    File(#[from] SecretFileError),
}

impl From<Unspecified> for SigningKeysError {
    fn from(_: Unspecified) -> Self {
        Self::Unusable
    }
}

impl SigningKeys {
    /// Reads the keys of setting `TOKEN_KEYS`: either a list such as `2026a:BASE64,2025b:BASE64` of PKCS#8 keys, or
    /// PEM blocks one after another, whose `kid` is their thumbprint (RFC 7638).
    ///
    /// # Errors
    /// The text is neither, or a key is no Ed25519 key.
    pub fn parse(text: &str) -> Result<Self, SigningKeysError> {
        if text.contains("-----BEGIN") {
            return Self::from_pem(text);
        }
        let keys = key_list::parse(text)?.into_iter().map(|(kid, pkcs8)| SigningKey::new(Some(kid), &pkcs8));
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// The keys in this file, made where there is none.
    ///
    /// # Errors
    /// The file cannot be read or made, or its keys are wrong.
    pub fn read_or_create(path: &Path) -> Result<Self, SigningKeysError> {
        let made = generate()?;
        Self::parse(secret_file::read_or_create(path, || made)?.expose())
    }

    /// The public keys, as they are published (RFC 7517).
    #[must_use]
    pub fn public(&self) -> JwkSet {
        JwkSet { keys: self.0.iter().map(|key| key.public.clone()).collect() }
    }

    /// A token with these claims (RFC 7519), signed with the first key.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> jsonwebtoken::errors::Result<String> {
        let key = &self.0[0];
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        jsonwebtoken::encode(&header, claims, &key.private)
    }

    fn from_pem(text: &str) -> Result<Self, SigningKeysError> {
        let blocks = pem::parse_many(text).map_err(|_| SigningKeysError::Pem)?;
        let mut keys = Vec::with_capacity(blocks.len());
        let mut kids = HashSet::new();
        for (index, block) in blocks.iter().enumerate() {
            if block.tag() != PEM_TAG {
                return Err(SigningKeysError::NotEd25519(format!("number {}", index + 1)));
            }
            let key = SigningKey::new(None, block.contents())?;
            if !kids.insert(key.kid.clone()) {
                return Err(InvalidKeyList::Duplicate(key.kid).into());
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(SigningKeysError::Pem) } else { Ok(Self(keys)) }
    }
}

impl SigningKey {
    /// The thumbprint becomes the id where none is given.
    fn new(kid: Option<String>, pkcs8: &[u8]) -> Result<Self, SigningKeysError> {
        let named = |_: KeyRejected| SigningKeysError::NotEd25519(kid.clone().unwrap_or_default());
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8).map_err(named)?;
        let private = EncodingKey::from_ed_der(pair.to_pkcs8v1()?.as_ref());
        let unusable = |_| SigningKeysError::Unusable;
        let mut public = Jwk::from_encoding_key(&private, Algorithm::EdDSA).map_err(unusable)?;
        let kid = match kid {
            Some(kid) => kid,
            None => public.thumbprint(ThumbprintHash::SHA256).map_err(unusable)?,
        };
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { kid, private, public })
    }
}

fn generate() -> Result<Secret, Unspecified> {
    let pkcs8 = Ed25519KeyPair::generate()?.to_pkcs8v1()?;
    Ok(Secret::new(pem::encode(&Pem::new(PEM_TAG, pkcs8.as_ref()))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use serde_json::{Value, json};

    use super::{Ed25519KeyPair, InvalidKeyList, SigningKeys, SigningKeysError, generate, key_list};

    /// RFC 8037 appendix A.1, as PKCS#8.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n\
        -----END PRIVATE KEY-----\n";

    fn public(keys: &SigningKeys) -> Value {
        serde_json::to_value(keys.public()).unwrap()
    }

    #[test]
    fn the_public_key_is_the_standards() {
        let expected = json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        }]});
        assert_eq!(public(&SigningKeys::parse(PEM).unwrap()), expected);
    }

    #[test]
    fn lists_name_their_keys_and_keep_their_order() {
        let pair = || Ed25519KeyPair::generate().unwrap();
        let entries = [
            key_list::write("new", pair().to_pkcs8v1().unwrap().as_ref()),
            key_list::write("old", pair().to_pkcs8().unwrap().as_ref()),
        ];
        let keys = public(&SigningKeys::parse(&entries.join(",")).unwrap());
        assert_eq!((&keys["keys"][0]["kid"], &keys["keys"][1]["kid"]), (&json!("new"), &json!("old")));
        let two = format!("{PEM}{}", generate().unwrap().expose());
        assert_eq!(public(&SigningKeys::parse(&two).unwrap())["keys"].as_array().unwrap().len(), 2);
    }

    #[test]
    fn other_keys_are_refused() {
        let twice = format!("{PEM}{PEM}");
        let certificate = PEM.replace("PRIVATE KEY", "CERTIFICATE");
        for text in [twice.as_str(), &certificate, "-----BEGIN", "a:AAAA", "hush", ""] {
            let error = SigningKeys::parse(text).err().unwrap().to_string();
            assert!(!error.contains("AAAA") && !error.contains("hush"), "{error}");
        }
        let twice = SigningKeys::parse(&twice);
        assert!(matches!(twice, Err(SigningKeysError::List(InvalidKeyList::Duplicate(_)))));
    }

    #[test]
    fn the_file_is_made_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token-keys.pem");
        let made = public(&SigningKeys::read_or_create(&path).unwrap());
        assert_eq!(public(&SigningKeys::read_or_create(&path).unwrap()), made);
    }
}
