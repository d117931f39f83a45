use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use pipeline::{Clock, ErrorKind, PortError};
use tokio::sync::Mutex;

use super::KeySource;

/// Age at which the keys are fetched again, so that a withdrawn one goes.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Age at which keys are no longer trusted although their source is out of reach.
const USABLE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Time between two fetches that unknown key ids cause: anyone can make those up.
const REFRESH_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// Time between two fetches while the source fails.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(2);

/// The public keys by their id (`kid`), fetched when needed.
///
/// An unknown id causes one fetch at most every 30 s. While the source is out of reach, known keys serve on for up
/// to 24 hours.
pub struct KeyCache {
    source: Arc<dyn KeySource>,
    clock: Arc<dyn Clock>,
    known: RwLock<Known>,
    fetching: Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    fetched_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

impl KeyCache {
    /// An empty cache before a source.
    #[must_use]
    pub fn new(source: Arc<dyn KeySource>, clock: Arc<dyn Clock>) -> Self {
        Self { source, clock, known: RwLock::default(), fetching: Mutex::default() }
    }

    /// The key with this id, or nothing where the source has no such key.
    ///
    /// # Errors
    /// No keys are known and the source is out of reach.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, PortError> {
        let now = self.clock.now();
        if let Some(key) = self.known_key(kid, now, FRESH_FOR) {
            return Ok(Some(key));
        }
        let known = self.known_key(kid, now, USABLE_FOR);
        let turn = if known.is_some() { self.fetching.try_lock().ok() } else { Some(self.fetching.lock().await) };
        if turn.is_none() {
            return Ok(known); // Another request sees to it: a slow source must not hold up those with a usable key.
        }
        if self.read(|known| known.may_fetch(now)) {
            self.fetch(now).await?;
        }
        if !self.read(|known| known.younger_than(USABLE_FOR, now)) {
            return Err(PortError::new(ErrorKind::Unreachable, "no token keys: their source failed a moment ago"));
        }
        Ok(self.known_key(kid, now, USABLE_FOR))
    }

    fn known_key(&self, kid: &str, now: Timestamp, age: SignedDuration) -> Option<DecodingKey> {
        self.read(|known| known.younger_than(age, now).then(|| known.keys.get(kid).cloned()).flatten())
    }

    /// An error only where no usable key is left.
    async fn fetch(&self, now: Timestamp) -> Result<(), PortError> {
        match self.source.fetch().await {
            Ok(set) => {
                let keys = signing_keys(&set);
                self.write(|known| *known = Known { keys, fetched_at: Some(now), failed_at: None });
                Ok(())
            }
            Err(error) => {
                self.write(|known| known.failed_at = Some(now));
                if !self.read(|known| known.younger_than(USABLE_FOR, now)) {
                    return Err(error);
                }
                tracing::warn!(%error, "cannot fetch the token keys, going on with the known ones");
                Ok(())
            }
        }
    }

    fn read<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write(&self, change: impl FnOnce(&mut Known)) {
        change(&mut self.known.write().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Known {
    fn younger_than(&self, age: SignedDuration, now: Timestamp) -> bool {
        self.fetched_at.is_some_and(|fetched| now.duration_since(fetched) < age)
    }

    fn may_fetch(&self, now: Timestamp) -> bool {
        // A time to come was noted before the clock was set back.
        let waited =
            |since: Option<Timestamp>, interval| since.is_none_or(|at| at > now || now.duration_since(at) >= interval);
        waited(self.fetched_at, REFRESH_INTERVAL) && waited(self.failed_at, RETRY_INTERVAL)
    }
}

/// The keys of a set that may sign our tokens; others are none of our business.
fn signing_keys(set: &JwkSet) -> HashMap<String, DecodingKey> {
    set.keys.iter().filter_map(|key| Some((key.common.key_id.clone()?, ed25519(key)?))).collect()
}

fn ed25519(key: &Jwk) -> Option<DecodingKey> {
    let AlgorithmParameters::OctetKeyPair(parameters) = &key.algorithm else { return None };
    let for_signatures = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let for_eddsa = matches!(key.common.key_algorithm, None | Some(KeyAlgorithm::EdDSA));
    if parameters.curve != EllipticCurve::Ed25519 || !for_signatures || !for_eddsa {
        return None;
    }
    DecodingKey::from_jwk(key).ok()
}
