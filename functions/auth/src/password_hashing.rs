//! Password hashing: argon2id, a bounded number at a time, off the threads that serve requests.

use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use argon2::password_hash::phc;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use host::problem::Problem;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use pipeline::{ErrorKind, PasswordHash, PortError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::password::Password;

/// Memory in KiB, passes and lanes, as OWASP's password storage sheet has them for argon2id.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// How long a request waits for its turn.
const WAIT_LIMIT: Duration = Duration::from_secs(5);
/// A hash that no password is known for. Where there is no account, this one is verified, so that both take the same
/// time.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm8gYWNjb3VudCBoZXJlIQ$QSBoYXNoIG9mIG5vIHBhc3N3b3JkIGF0IGFsbCE5Njg";

/// Why nothing was hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashingError {
    /// Too many wait already.
    #[error("too many passwords are being hashed")]
    Busy,
    /// The hashing library failed.
    #[error(transparent)]
    Failed(PortError),
}

impl From<HashingError> for Problem {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "too many logins at a time, try again")
                .with_header(RETRY_AFTER, HeaderValue::from_static("2")),
            HashingError::Failed(error) => error.into(),
        }
    }
}

/// Hashes and verifies passwords, one for each processor at a time (19 MiB each).
#[derive(Clone)]
pub(crate) struct PasswordHashing {
    slots: Arc<Semaphore>,
}

/// The right to hash passwords, one after another. It is given back when it is dropped and nothing is being hashed with
/// it any more, even where nobody waits for that.
pub(crate) struct HashingSlot(Arc<OwnedSemaphorePermit>);

impl PasswordHashing {
    pub(crate) fn new() -> Self {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        Self { slots: Arc::new(Semaphore::new(processors)) }
    }

    /// Waits for a turn, for at most 5 s.
    pub(crate) async fn slot(&self) -> Result<HashingSlot, HashingError> {
        match timeout(WAIT_LIMIT, Arc::clone(&self.slots).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(HashingSlot(Arc::new(permit))),
            _ => Err(HashingError::Busy),
        }
    }
}

impl HashingSlot {
    /// The hash of a password, with a random salt.
    pub(crate) async fn hash(&self, password: Password) -> Result<PasswordHash, HashingError> {
        let hash = self.run(move || hasher()?.hash_password(password.into_text().as_bytes())).await?;
        hash.map(|hash| PasswordHash::from_phc(hash.to_string())).map_err(failed)
    }

    /// Whether a password fits the stored hash; without one, the same work for nothing.
    pub(crate) async fn verify(&self, password: String, stored: Option<PasswordHash>) -> Result<bool, HashingError> {
        let fits = self.run(move || fits(password.as_bytes(), stored.as_ref())).await?;
        fits.map_err(failed)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, HashingError> {
        let permit = Arc::clone(&self.0);
        let with_slot = move || {
            let done = work();
            drop(permit);
            done
        };
        tokio::task::spawn_blocking(with_slot).await.map_err(failed)
    }
}

type HashResult<T> = Result<T, argon2::password_hash::Error>;

fn fits(password: &[u8], stored: Option<&PasswordHash>) -> HashResult<bool> {
    let phc = phc::PasswordHash::new(stored.map_or(NOBODY, PasswordHash::as_phc))?;
    match hasher()?.verify_password(password, &phc) {
        Ok(()) => Ok(stored.is_some()),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(false),
        Err(error) => Err(error),
    }
}

fn hasher() -> HashResult<Argon2<'static>> {
    let params = Params::new(MEMORY, PASSES, LANES, None)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> HashingError {
    HashingError::Failed(PortError::new(ErrorKind::Internal, "cannot hash a password").with_source(error))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::sync::Arc;

    use super::{HashingError, NOBODY, Password, PasswordHashing, Semaphore, fits, phc};

    fn password(text: &str) -> Password {
        Password::new(text.to_owned(), &"test@example.com".parse().unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let hashing = PasswordHashing::new();
        let hash = hashing.slot().await.unwrap().hash(password("correct horse")).await.unwrap();
        assert!(hash.as_phc().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.as_phc());
        let again = hashing.slot().await.unwrap().hash(password("correct horse")).await.unwrap();
        assert!(hash != again, "the salt is random");
        for (text, expected) in [("correct horse", true), ("correct horsf", false), ("", false)] {
            let slot = hashing.slot().await.unwrap();
            assert_eq!(slot.verify(text.to_owned(), Some(hash.clone())).await.unwrap(), expected, "{text}");
        }
    }

    #[tokio::test]
    async fn nobody_has_the_same_effort_and_no_password() {
        let nobody = phc::PasswordHash::new(NOBODY).unwrap();
        let hash = PasswordHashing::new().slot().await.unwrap().hash(password("correct horse")).await.unwrap();
        let somebody = phc::PasswordHash::new(hash.as_phc()).unwrap();
        assert_eq!((&nobody.algorithm, nobody.version), (&somebody.algorithm, somebody.version));
        assert_eq!(nobody.params, somebody.params);
        assert_eq!(nobody.salt.unwrap().len(), somebody.salt.unwrap().len());
        assert_eq!(nobody.hash.unwrap().len(), somebody.hash.unwrap().len());
        assert!(!fits(b"password", None).unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_does_not_wait_for_ever() {
        let hashing = PasswordHashing { slots: Arc::new(Semaphore::new(1)) };
        let taken = hashing.slot().await.unwrap();
        assert!(matches!(hashing.slot().await, Err(HashingError::Busy)));
        drop(taken);
        assert!(hashing.slot().await.is_ok());
    }
}
