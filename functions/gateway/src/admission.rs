//! How many uploads are worked on at a time. What comes beyond is told to come again, before anything is done for it: so
//! those inside are still answered soon, however many more there are.

use host::problem::Problem;
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};

/// Twice what the ledger takes in one batch: one is under way while the next gathers.
const PLACES: usize = 128;

/// The places for uploads.
pub(crate) struct Admission(Semaphore);

impl Default for Admission {
    fn default() -> Self {
        Self(Semaphore::new(PLACES))
    }
}

impl Admission {
    /// A place for one upload, until it is dropped.
    ///
    /// # Errors
    /// 429 with `Retry-After` (RFC 6585, section 4) where all are taken.
    pub(crate) fn enter(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.0.try_acquire().map_err(|_| {
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many uploads at the moment, send it again in a second")
                .with_header(RETRY_AFTER, HeaderValue::from_static("1"))
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use axum::response::IntoResponse as _;

    use super::*;

    #[test]
    fn one_too_many_is_told_to_come_again_and_finds_a_place_then() {
        let admission = Admission::default();
        let mut inside: Vec<_> = (0..PLACES).map(|_| admission.enter().unwrap()).collect();
        let refused = admission.enter().unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.headers()[RETRY_AFTER], "1");
        inside.pop();
        assert!(admission.enter().is_ok());
    }
}
