use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use pipeline::{Clock, ErrorKind, PortError};
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::KeySource;

/// Age at which the keys are fetched again, so that a withdrawn one goes.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// Age at which keys are no longer trusted although their source is out of reach.
const USABLE_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Time between two fetches that unknown key ids cause: anyone can make those up.
const REFRESH_INTERVAL: Duration = Duration::from_secs(1);
/// Time between two fetches while the source fails.
const RETRY_INTERVAL: SignedDuration = SignedDuration::from_secs(2);

/// The public keys by their id (`kid`), fetched when needed.
///
/// An unknown id is looked for at the source before it is refused, which all requests together do once a second at most:
/// one waits for its turn. While the source is out of reach, known keys serve on for up to 24 hours, and nothing is said
/// about others.
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
    /// When the source was asked last, how often it was, and which time it answered last.
    asked_at: Option<Instant>,
    asked: u64,
    answered: u64,
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
    /// The key is not known and the source is out of reach.
    pub(super) async fn key(&self, kid: &str) -> Result<Option<DecodingKey>, PortError> {
        let now = self.clock.now();
        if let Some(key) = self.known_key(kid, now, FRESH_FOR) {
            return Ok(Some(key));
        }
        match self.known_key(kid, now, USABLE_FOR) {
            Some(known) => Ok(self.renewed(kid, known, now).await),
            None => self.looked_for(kid).await,
        }
    }

    /// A key that may have been withdrawn. It serves on while another request asks the source: a slow one must not hold up
    /// all of them.
    async fn renewed(&self, kid: &str, known: DecodingKey, now: Timestamp) -> Option<DecodingKey> {
        let Ok(_turn) = self.fetching.try_lock() else { return Some(known) };
        if self.read(|known| known.younger_than(FRESH_FOR, now) || known.failed_lately(now)) {
            return self.known_key(kid, now, USABLE_FOR);
        }
        match self.fetch(now).await {
            Ok(()) => self.known_key(kid, now, USABLE_FOR),
            Err(error) => {
                tracing::warn!(%error, "cannot fetch the token keys, going on with the known ones");
                Some(known)
            }
        }
    }

    /// A key that is not known so far: the source may have it since a moment ago.
    async fn looked_for(&self, kid: &str) -> Result<Option<DecodingKey>, PortError> {
        let asked_before = self.read(|known| known.asked);
        let _turn = self.fetching.lock().await;
        let now = self.clock.now();
        if self.read(|known| known.failed_lately(now)) {
            return Err(PortError::new(ErrorKind::Unreachable, "the source of the token keys failed a moment ago"));
        }
        // Another request may have asked the source after this one came.
        let is_answered = self.read(|known| {
            known.answered > asked_before || self.source.is_fixed() && known.younger_than(USABLE_FOR, now)
        });
        if !is_answered {
            if let Some(last) = self.read(|known| known.asked_at) {
                tokio::time::sleep_until(last + REFRESH_INTERVAL).await;
            }
            self.fetch(now).await?;
        }
        Ok(self.known_key(kid, now, USABLE_FOR))
    }

    fn known_key(&self, kid: &str, now: Timestamp, age: SignedDuration) -> Option<DecodingKey> {
        self.read(|known| known.younger_than(age, now).then(|| known.keys.get(kid).cloned()).flatten())
    }

    async fn fetch(&self, now: Timestamp) -> Result<(), PortError> {
        let time = self.read(|known| known.asked) + 1;
        self.write(|known| (known.asked_at, known.asked) = (Some(Instant::now()), time));
        match self.source.fetch().await {
            Ok(set) => {
                let keys = signing_keys(&set);
                self.write(|known| {
                    (known.keys, known.answered) = (keys, time);
                    (known.fetched_at, known.failed_at) = (Some(now), None);
                });
                Ok(())
            }
            Err(error) => {
                self.write(|known| known.failed_at = Some(now));
                Err(error)
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

    fn failed_lately(&self, now: Timestamp) -> bool {
        // A time to come was noted before the clock was set back.
        self.failed_at.is_some_and(|failed| failed <= now && now.duration_since(failed) < RETRY_INTERVAL)
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
