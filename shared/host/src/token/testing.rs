//! What the tests of this module share.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws_lc_rs::signature::Ed25519KeyPair;
use jiff::Timestamp;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use pipeline::{Clock, ErrorKind, PortError, Role, UserId};
use serde_json::{Value, json};

use super::KeySource;

pub(super) const ISSUER: &str = "https://invoices.example.com";
pub(super) const NOW: i64 = 1_800_000_000;

/// A clock that stands still until it is moved.
pub(super) struct StillClock(AtomicI64);

impl StillClock {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(NOW)))
    }

    pub(super) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// A private key and its id.
pub(super) struct TestKey {
    pub(super) kid: &'static str,
    pub(super) private: EncodingKey,
}

impl TestKey {
    pub(super) fn new(kid: &'static str) -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        Self { kid, private: EncodingKey::from_ed_der(pair.to_pkcs8v1().unwrap().as_ref()) }
    }

    pub(super) fn public(&self) -> Jwk {
        let mut key = Jwk::from_encoding_key(&self.private, Algorithm::EdDSA).unwrap();
        key.common.key_id = Some(self.kid.to_owned());
        key
    }

    pub(super) fn header(&self) -> Header {
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(self.kid.to_owned());
        header
    }

    pub(super) fn sign(&self, claims: &Value) -> String {
        self.sign_with(&self.header(), claims)
    }

    pub(super) fn sign_with(&self, header: &Header, claims: &Value) -> String {
        jsonwebtoken::encode(header, claims, &self.private).unwrap()
    }
}

pub(super) fn claims() -> Value {
    json!({
        "iss": ISSUER,
        "aud": super::AUDIENCE,
        "sub": UserId::new(),
        "email": "test@example.com",
        "roles": BTreeSet::from([Role::User]),
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 3600,
        "jti": "5f0c8a4e-5b0a-4c5e-9d38-6d1f3b8f2c11",
    })
}

/// Counts how often it is asked, and can be taken out of reach.
pub(super) struct CountingSource {
    keys: Mutex<Option<JwkSet>>,
    fetches: AtomicUsize,
    /// Held by a test while the source is to hang.
    pub(super) hanging: tokio::sync::Mutex<()>,
}

impl CountingSource {
    pub(super) fn new(keys: &[&TestKey]) -> Arc<Self> {
        let hanging = tokio::sync::Mutex::default();
        let source = Arc::new(Self { keys: Mutex::default(), fetches: AtomicUsize::new(0), hanging });
        source.publish(keys);
        source
    }

    pub(super) fn publish(&self, keys: &[&TestKey]) {
        *self.keys.lock().unwrap() = Some(JwkSet { keys: keys.iter().map(|key| key.public()).collect() });
    }

    pub(super) fn disappear(&self) {
        *self.keys.lock().unwrap() = None;
    }

    pub(super) fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl KeySource for CountingSource {
    async fn fetch(&self) -> Result<JwkSet, PortError> {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        let _waited = self.hanging.lock().await;
        tokio::task::yield_now().await;
        self.keys.lock().unwrap().clone().ok_or_else(|| PortError::new(ErrorKind::Unreachable, "gone"))
    }
}
