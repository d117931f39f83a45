//! `Prefer: wait=10` (RFC 7240 section 4.3): the answer comes once all documents are final or the time is up.

use std::time::Duration;

use http::HeaderMap;
use pipeline::{PortError, Upload, UploadId, UploadState};
use tokio::time::Instant;

use crate::Gateway;

const LONGEST_WAIT: u64 = 30;
/// Lambda's HTTP API waits for 30 s in all.
const LONGEST_WAIT_IF_FROZEN: Duration = Duration::from_secs(20);
const FIRST_LOOK: Duration = Duration::from_millis(20);
const LAST_LOOK: Duration = Duration::from_millis(500);

/// The time that a request prefers to wait, at most 30 s.
pub(crate) fn preferred(headers: &HeaderMap) -> Option<Duration> {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut preferences = preferences.flat_map(|value| value.split([',', ';']));
    let seconds: u64 = preferences.find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"').parse().ok()).flatten()
    })?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

/// The upload, once it is final or the time is up. A process that is about to end lets nobody wait.
pub(crate) async fn upload(
    gateway: &Gateway,
    id: UploadId,
    wait: Option<Duration>,
) -> Result<Option<Upload>, PortError> {
    let longest = if gateway.is_frozen_between { LONGEST_WAIT_IF_FROZEN } else { Duration::MAX };
    let deadline = Instant::now() + wait.unwrap_or_default().min(longest);
    let mut pause = FIRST_LOOK;
    loop {
        let upload = gateway.ledger.upload(id).await?;
        let waiting = upload.as_ref().is_some_and(|upload| upload.state() == UploadState::Processing);
        if !waiting || Instant::now() >= deadline {
            return Ok(upload);
        }
        let pause_ends = tokio::time::sleep_until(deadline.min(Instant::now() + pause));
        if gateway.shutdown.run_until_cancelled(pause_ends).await.is_none() {
            return Ok(upload);
        }
        pause = (pause * 2).min(LAST_LOOK);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderMap;

    use super::preferred;

    fn wait(value: &'static str) -> Option<Duration> {
        preferred(&HeaderMap::from_iter([(
            http::HeaderName::from_static("prefer"),
            http::HeaderValue::from_static(value),
        )]))
    }

    #[test]
    fn only_a_number_of_seconds_is_a_wait() {
        assert_eq!(wait("wait=10"), Some(Duration::from_secs(10)));
        assert_eq!(wait("respond-async, wait=5"), Some(Duration::from_secs(5)));
        assert_eq!(wait("wait=3600"), Some(Duration::from_secs(30)));
        assert_eq!(wait("wait=soon"), None);
        assert_eq!(preferred(&HeaderMap::new()), None);
    }
}
